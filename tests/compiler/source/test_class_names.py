"""What the classes of composites are called."""

import pytest

from cnnstudio.blocks import ConvBNReLU, DepthwiseSeparable, Residual, SqueezeExcite
from cnnstudio.compiler.source.class_names import class_names
from cnnstudio.graph import Composite, Shape


def names(*blocks: Composite, taken: tuple[str, ...] = ()) -> list[str]:
    shape = Shape(16, 8, 8)
    return class_names([(block, block.graph(shape)) for block in blocks], set(taken))


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([ConvBNReLU(8)], ["ConvBNReLU"]),
        ([ConvBNReLU(8, activation="SiLU")], ["ConvBNSiLU"]),
        ([ConvBNReLU(8, activation="none"), ConvBNReLU(8)], ["ConvBN", "ConvBNReLU"]),
        ([Residual(16), Residual(32)], ["Residual", "ResidualProjection"]),
        ([Residual(32), Residual(16)], ["ResidualProjection", "Residual"]),
        ([Residual(32)], ["Residual"]),
        (
            [DepthwiseSeparable(8), DepthwiseSeparable(8, activation="none"), DepthwiseSeparable(8, activation="GELU")],
            ["DepthwiseSeparable", "DepthwiseSeparableNoActivation", "DepthwiseSeparableGELU"],
        ),
        (
            [SqueezeExcite(gate="Hardsigmoid", activation="SiLU"), SqueezeExcite()],
            ["SqueezeExciteSiLUHardsigmoid", "SqueezeExcite"],
        ),
        ([Residual(32, 2), Residual(32, 1)], ["Residual", "ResidualStride1"]),
        ([Residual(32), Residual(64)], ["Residual", "Residual2"]),
    ],
)
def test_variants_say_how_they_differ(blocks: list[Composite], expected: list[str]) -> None:
    assert names(*blocks) == expected


def test_a_name_that_is_taken_is_numbered() -> None:
    assert names(Residual(16), taken=("Residual",)) == ["Residual2"]
    assert names(Residual(16), Residual(32), taken=("Residual", "ResidualProjection")) == [
        "Residual2",
        "ResidualProjection2",
    ]

"""Composite: everything follows from the graph inside."""

from typing import ClassVar

import pytest

from cnnstudio.blocks import Conv2d, ConvBNReLU, MBConv, Residual
from cnnstudio.graph import BLOCKS, Block, Pen, Shape, ShapeError, block
from cnnstudio.graph.composite import facts

MAP = Shape(8, 16, 16)


def test_shape_weights_and_cost_are_those_of_the_parts() -> None:
    made = ConvBNReLU(12, 3, 2)
    conv = Conv2d(12, 3, 2, 1, bias=False)
    assert made.shape(MAP) == conv.shape(MAP) == Shape(12, 8, 8)
    assert made.macs(MAP) == conv.macs(MAP)
    assert made.weights(MAP) == {
        "conv.weight": Shape(12, 8, 3, 3),
        "bn.weight": Shape(12),
        "bn.bias": Shape(12),
    }


def test_parts_know_the_shape_at_every_node() -> None:
    parts = Residual(16, 2).parts(MAP)
    assert parts.shapes_into(parts.graph["add"]) == (Shape(16, 8, 8), Shape(16, 8, 8))
    assert parts.result.name == "relu2"
    assert parts is Residual(16, 2).parts(MAP)  # kept: inference after an edit costs what the edit changed


def test_an_error_inside_names_the_place() -> None:
    with pytest.raises(ShapeError, match=r"Inside it, at conv \(Conv2d\): 3 groups must divide"):
        ConvBNReLU(9, groups=3).shape(MAP)


def test_what_mends_the_part_mends_the_composite() -> None:
    with pytest.raises(ShapeError) as caught:
        ConvBNReLU(9, groups=4).shape(MAP)
    (remedy,) = caught.value.remedies
    assert (remedy.title, remedy.blocks, remedy.port) == ("Set groups to 1", (ConvBNReLU(9, groups=1),), None)
    with pytest.raises(ShapeError) as caught:
        ConvBNReLU(8, 9, padding=0).shape(Shape(8, 4, 4))  # the padding "same" is none that this block can have
    assert not caught.value.remedies


def test_blocks_that_differ_in_what_costs_nothing_are_found_once() -> None:
    opened = []

    class Watched(MBConv):
        def sketch(self, draw: Pen, *inputs: Shape) -> None:
            opened.append(self)
            super().sketch(draw, *inputs)

    assert len({facts(Watched(8, drop=drop, eps=eps), (MAP,)) for drop in (0.1, 0.2) for eps in (1e-3, 1e-5)}) == 1
    assert opened == [Watched(8)]
    assert "drop" in Watched(8, drop=0.1).parts(MAP).graph  # while what is inside stays its own


def test_a_remedy_keeps_what_costs_nothing() -> None:
    with pytest.raises(ShapeError) as caught:
        facts(ConvBNReLU(9, groups=4, eps=1e-3), (MAP,))
    (remedy,) = caught.value.remedies
    assert remedy.blocks == (ConvBNReLU(9, groups=1, eps=1e-3),)


def test_two_blocks_may_not_share_a_name() -> None:
    with pytest.raises(TypeError, match="two blocks are called Conv2d"):
        block(type("Conv2d", (Block,), {"__doc__": "Another.", "__module__": __name__}))
    assert BLOCKS["Conv2d"] is Conv2d


def test_a_block_takes_its_family_from_its_module_and_its_stem_from_its_name() -> None:
    assert (Conv2d.family, Conv2d.stem, Conv2d.title) == ("convolution", "conv", "Conv2d")

    class Named(Block):
        """Named."""

        family: ClassVar[str] = "merge"
        stem: ClassVar[str] = "n"

    made = block(Named)
    try:
        assert (made.family, made.stem, made.title) == ("merge", "n", "Named")
    finally:
        del BLOCKS["Named"]

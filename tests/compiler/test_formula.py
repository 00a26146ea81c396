"""The formula with the numbers put in: the syllabus's rows, and that every sum in every line is right."""

import random
import re

import pytest

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop,
    FilterConv2d,
    Flatten,
    FractionalMaxPool2d,
    GroupNorm,
    Input,
    Linear,
    MaxPool2d,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    PReLU,
    ReLU,
    Residual,
    SqueezeExcite,
    Upsample,
)
from cnnstudio.compiler.formula import formula
from cnnstudio.compiler.inference import node_facts
from cnnstudio.graph import Block, Facts, Shape


def lines(block: Block, *shapes: Shape) -> tuple[str, ...]:
    made = formula(block, shapes)
    assert made is not None
    return made.lines


# 32,K3,P1,S1 -> 32 and so on: the output-size rows of the syllabus
@pytest.mark.parametrize(
    ("size", "kernel", "padding", "stride", "result"),
    [
        (32, 3, 1, 1, 32),
        (32, 3, 0, 1, 30),
        (32, 5, 2, 1, 32),
        (32, 3, 1, 2, 16),
        (224, 7, 3, 2, 112),
        (8, 3, 0, 1, 6),
        (8, 3, 0, 2, 3),
        (5, 3, 0, 1, 3),
        (5, 3, 1, 1, 5),
    ],
)
def test_the_size_of_the_syllabus(size: int, kernel: int, padding: int, stride: int, result: int) -> None:
    block = Conv2d(1, kernel, stride, padding)
    first = lines(block, Shape(1, size, size))[0]
    assert first.startswith(f"height and width: ⌊({size} + 2·{padding} − 1·({kernel} − 1) − 1) / {stride}⌋ + 1 = ")
    assert first.endswith(f" = {result}")


def test_step_by_step() -> None:
    made = formula(Conv2d(64, 3, 2, 1), (Shape(3, 32, 32),))
    assert made is not None
    assert made.title == "Output size"
    assert made.rule == "⌊(in + 2P − D(K − 1) − 1) / S⌋ + 1"
    assert made.lines == (
        "height and width: ⌊(32 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊31 / 2⌋ + 1 = 15 + 1 = 16",
        "parameters: 3 · 3 · 3 · 64 + 64 = 1,792",
        "multiply-accumulates: 3 · 3 · 3 · 64 · 16 · 16 = 442,368",
    )


# the parameter rows of the syllabus
@pytest.mark.parametrize(
    ("block", "shape", "line"),
    [
        (Conv2d(64, 3), Shape(3, 32, 32), "parameters: 3 · 3 · 3 · 64 + 64 = 1,792"),
        (Conv2d(64, 1), Shape(512, 7, 7), "parameters: 1 · 1 · 512 · 64 + 64 = 32,832"),
        (Conv2d(64, 3, groups=64, bias=False), Shape(64, 8, 8), "parameters: 3 · 3 · 64 / 64 · 64 = 576"),
        (Conv2d(64, 3, groups=64), Shape(64, 8, 8), "parameters: 3 · 3 · 64 / 64 · 64 + 64 = 640"),
        (Conv2d(64, 3, bias=False), Shape(64, 8, 8), "parameters: 3 · 3 · 64 · 64 = 36,864"),
        (Conv2d(128, (1, 7), groups=4), Shape(64, 8, 8), "parameters: 1 · 7 · 64 / 4 · 128 + 128 = 14,464"),
        (ConvTranspose2d(8, 2, 2), Shape(4, 5, 5), "parameters: 2 · 2 · 4 · 8 + 8 = 136"),
        (Linear(1000, bias=False), Shape(150528), "parameters: 150528 · 1000 = 150,528,000"),
        (Linear(120), Shape(400), "parameters: 400 · 120 + 120 = 48,120"),
        (BatchNorm2d(), Shape(64, 8, 8), "parameters: 2 · 64 = 128"),
        (GroupNorm(4), Shape(64, 8, 8), "parameters: 2 · 64 = 128"),
    ],
)
def test_parameters(block: Block, shape: Shape, line: str) -> None:
    assert line in lines(block, shape)


@pytest.mark.parametrize(
    ("block", "shape", "line"),
    [
        (Conv2d(64, 3, groups=4, padding=1), Shape(64, 8, 9), "3 · 3 · 64 / 4 · 64 · 8 · 9 = 663,552"),
        (ConvTranspose2d(8, 2, 2), Shape(4, 5, 6), "2 · 2 · 4 · 8 · 5 · 6 = 3,840"),
        (Linear(120), Shape(400), "400 · 120 = 48,000"),
        (Linear(8), Shape(5, 4), "4 · 8 · 5 = 160"),
    ],
)
def test_cost(block: Block, shape: Shape, line: str) -> None:
    assert f"multiply-accumulates: {line}" in lines(block, shape)


def test_an_asymmetric_kernel_has_a_line_an_axis() -> None:
    height, width = lines(Conv2d(8, (1, 7), padding=(0, 3)), Shape(3, 17, 17))[:2]
    assert height == "height: ⌊(17 + 2·0 − 1·(1 − 1) − 1) / 1⌋ + 1 = ⌊16 / 1⌋ + 1 = 16 + 1 = 17"
    assert width == "width: ⌊(17 + 2·3 − 1·(7 − 1) − 1) / 1⌋ + 1 = ⌊16 / 1⌋ + 1 = 16 + 1 = 17"


def test_a_map_that_is_not_square_has_a_line_an_axis() -> None:
    height, width = lines(MaxPool2d(2), Shape(3, 16, 12))
    assert height.startswith("height: ")
    assert height.endswith("= 8")
    assert width.startswith("width: ")
    assert width.endswith("= 6")


def test_dilation() -> None:
    assert "− 2·(3 − 1) − 1)" in lines(Conv2d(8, 3, dilation=2), Shape(3, 17, 17))[0]


def test_same_padding_of_an_even_kernel_is_uneven() -> None:
    made = formula(Conv2d(8, 4, padding="same"), (Shape(3, 17, 17),))
    assert made is not None
    assert made.rule == "⌊(in + P before + P after − D(K − 1) − 1) / S⌋ + 1"
    assert made.lines[0].startswith("height and width: ⌊(17 + 1 + 2 − 1·(4 − 1) − 1) / 1⌋ + 1")


def test_ceil_mode() -> None:
    made = formula(MaxPool2d(3, 2, ceil_mode=True), (Shape(3, 32, 32),))
    assert made is not None
    assert made.rule.startswith("⌈")
    assert made.lines[0].endswith("⌈29 / 2⌉ + 1 = 15 + 1 = 16")


def test_ceil_mode_leaves_out_a_window_beyond_the_map() -> None:
    (line,) = lines(MaxPool2d(1, 2, ceil_mode=True), Shape(3, 4, 4))
    assert line.endswith("= 2 + 1 = 3, less 1 = 2, as the last window would begin beyond the map")


def test_transposed() -> None:
    made = formula(ConvTranspose2d(8, 3, 2, 1, output_padding=1), (Shape(4, 5, 5),))
    assert made is not None
    assert made.rule == "(in − 1) · S − 2P + D(K − 1) + output padding + 1"
    assert made.lines[0] == ("height and width: (5 − 1)·2 − 2·1 + 1·(3 − 1) + 1 + 1 = 8 − 2 + 2 + 1 + 1 = 10")


def test_a_window_that_does_not_fit_is_shown_not_to() -> None:
    (line,) = lines(Conv2d(8, 5), Shape(3, 2, 2))
    assert line.endswith("= ⌊−3 / 1⌋ + 1 = −3 + 1 = −2: the window is larger than the padded map")


def test_a_window_that_hangs_over_the_edge_fits_with_ceil_mode() -> None:
    (line,) = lines(AvgPool2d(2, ceil_mode=True), Shape(3, 1, 1))
    assert line.endswith(" = 0 + 1 = 1: the window is larger than the padded map, and hangs over its edge")


def test_fractional_pooling() -> None:
    made = formula(FractionalMaxPool2d((3, 4), 2), (Shape(3, 7, 9),))
    assert made is not None and made.rule.startswith("out is given; ")
    assert made.lines == (
        "height: 3 windows, at random steps of (7 − 2) / (3 − 1) = 2.5 on average",
        "width: 4 windows, at random steps of (9 − 2) / (4 − 1) ≈ 2.333 on average",
    )
    assert lines(FractionalMaxPool2d(1), Shape(3, 2, 2)) == ("height and width: one window",)


def test_a_fixed_filter_costs_what_one_that_learns_costs() -> None:
    for learn in (False, True):
        found = lines(FilterConv2d("blur", learn=learn), Shape(4, 9, 9))
        assert found[-1] == "multiply-accumulates: 3 · 3 · 1 · 4 · 9 · 9 = 2,916"


def test_adaptive_pooling() -> None:
    assert lines(AdaptiveAvgPool2d(4), Shape(3, 8, 8)) == (
        "height and width: 8 / 4 = 2 pixels under each window, 4 windows",
    )
    assert "leaves a rest" in lines(AdaptiveAvgPool2d(5), Shape(3, 8, 8))[0]


@pytest.mark.parametrize(
    ("block", "rule", "line"),
    [
        (Pad(2, 2, 2, 2), "in + before + after", "height and width: 8 + 2 + 2 = 12"),
        (Crop(1, 1, 1, 1), "in + before + after", "height and width: 8 − 1 − 1 = 6"),
        (Upsample(3), "in · S", "height and width: 8 · 3 = 24"),
        (Upsample(3, "bicubic"), "in · S", "height and width: 8 · 3 = 24"),
        (PixelShuffle(2), "in · S", "height and width: 8 · 2 = 16"),
        (PixelUnshuffle(2), "⌊in / S⌋", "height and width: ⌊8 / 2⌋ = 4"),
    ],
)
def test_blocks_without_a_kernel_have_a_plain_rule(block: Block, rule: str, line: str) -> None:
    made = formula(block, (Shape(8, 8, 8),))
    assert made is not None
    assert made.rule == rule
    assert made.lines[0] == line


def test_one_side_is_enough_where_there_is_nothing_to_work_out() -> None:
    assert lines(PReLU(), Shape(8, 4, 4)) == ("parameters: 1",)


def test_flatten_and_concat() -> None:
    assert lines(Flatten(), Shape(16, 5, 5)) == ("16 · 5 · 5 = 400",)
    assert lines(Concat(), Shape(64, 8, 8), Shape(32, 8, 8)) == ("64 + 32 = 96",)


def test_a_composite_is_the_sum_of_its_parts() -> None:
    assert lines(Residual(64), Shape(64, 8, 8))[0] == (
        "parameters: 36,864 (conv1) + 128 (bn1) + 36,864 (conv2) + 128 (bn2) = 73,984"
    )


@pytest.mark.parametrize("block", [ReLU(), Input((3, 8, 8)), SqueezeExcite()])
def test_nothing_to_show(block: Block) -> None:
    assert formula(block, () if isinstance(block, Input) else (Shape(8),)) is None


def value(text: str) -> float:
    plain = text.replace("−", "-").replace("·", "*").replace(",", "")
    for left, right, call in (("⌊", "⌋", "math.floor"), ("⌈", "⌉", "math.ceil")):
        plain = plain.replace(left, f"{call}(").replace(right, ")")
    return float(eval(re.sub(r"\([a-z]\w*\)", "", plain), {"math": __import__("math")}))


@pytest.mark.parametrize("seed", range(80))
def test_both_sides_of_every_sign_are_equal(seed: int) -> None:
    draw = random.Random(seed)
    groups = draw.choice([1, 1, 2, 4])
    block: Block = draw.choice(
        [
            Conv2d(8 * groups, draw.randint(1, 5), draw.randint(1, 3), draw.randint(0, 2), draw.randint(1, 2), groups),
            Conv2d(8, (draw.randint(1, 5), draw.randint(1, 5)), padding="same"),
            ConvTranspose2d(8, draw.randint(2, 4), draw.randint(1, 3), draw.randint(0, 1), groups=groups),
            AvgPool2d(draw.randint(2, 3), draw.randint(1, 3), 1, ceil_mode=draw.random() < 0.5),
            Residual(8, draw.randint(1, 2)),
        ]
    )
    shape = Shape(8, draw.randint(10, 20), draw.randint(10, 20))
    facts = node_facts(block, (shape,))
    assert isinstance(facts, Facts)
    results = {}
    for line in lines(block, shape):
        name, _, sums = line.partition(": ")
        words = sums.partition(", less")[0].split(" = ")
        assert len(words) >= 2
        assert len({value(word) for word in words}) == 1, line
        results[name] = value(words[-1]) - (", less 1" in line)
    assert results.get("parameters", 0) == facts.parameters
    assert results.get("multiply-accumulates", 0) == facts.macs
    if not isinstance(block, Residual):
        assert results.get("height", results.get("height and width")) == facts.shape[1]
        assert results.get("width", results.get("height and width")) == facts.shape[2]

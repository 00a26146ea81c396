"""The numbers that a course on convolutional networks teaches, as one table."""

import pytest

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Conv2d,
    DepthwiseSeparable,
    FractionalMaxPool2d,
    Linear,
    MaxPool2d,
    PreActBottleneck,
    RegNetBlock,
    RegNetStage,
)
from cnnstudio.graph import Block, Shape, ShapeError


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "stride", "out"),
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
def test_output_size(size: int, kernel: int, padding: int, stride: int, out: int) -> None:
    assert Conv2d(1, kernel, stride, padding).shape(Shape(3, size, size)) == Shape(1, out, out)


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_half_the_kernel_keeps_the_size(kernel: int) -> None:
    assert Conv2d(1, kernel, padding=(kernel - 1) // 2).shape(Shape(3, 9, 9)) == Shape(1, 9, 9)
    assert Conv2d(1, kernel, padding="same").shape(Shape(3, 9, 9)) == Shape(1, 9, 9)


@pytest.mark.parametrize(
    ("block", "channels", "parameters"),
    [
        (Conv2d(64, 3), 3, 1_792),
        (Conv2d(64, 1), 512, 32_832),
        (Conv2d(64, 3, groups=64, bias=False), 64, 576),
        (Conv2d(64, 3, groups=64), 64, 640),
        (Conv2d(64, 3, bias=False), 64, 36_864),
        (Conv2d(1, 5, bias=False), 1, 25),
        (Conv2d(1, 7, bias=False), 1, 49),
    ],
)
def test_parameters(block: Block, channels: int, parameters: int) -> None:
    assert sum(weight.numel for weight in block.weights(Shape(channels, 14, 14)).values()) == parameters


def test_a_fully_connected_layer_is_dear() -> None:
    assert Linear(1_000, bias=False).weights(Shape(224 * 224 * 3))["weight"].numel == 150_528_000


def test_grouped_filters_see_a_share_of_the_channels() -> None:
    assert Conv2d(128, 3, groups=4).weights(Shape(64, 8, 8))["weight"] == Shape(128, 16, 3, 3)


@pytest.mark.parametrize(("m", "n", "side"), [(64, 128, 14), (256, 256, 7)])
def test_cost_of_a_separable_convolution(m: int, n: int, side: int) -> None:
    shape = Shape(m, side, side)
    standard, separable = Conv2d(n, 3, padding=1).macs(shape), DepthwiseSeparable(n).macs(shape)
    assert standard == 9 * m * n * side * side
    assert separable == 9 * m * side * side + m * n * side * side
    assert 8 < standard / separable < 9


def test_pooling() -> None:
    assert MaxPool2d(2).shape(Shape(1, 4, 4)) == Shape(1, 2, 2)
    assert AdaptiveAvgPool2d(1).shape(Shape(512, 7, 9)) == Shape(512, 1, 1)


def test_a_pre_activation_bottleneck_has_the_parameters_of_a_bottleneck() -> None:
    """But for the normalisations: two of the four see the channels before the convolution, not after it."""
    shape = Shape(256, 14, 14)
    convolutions = 256 * 64 + 9 * 64 * 64 + 64 * 256
    weights = PreActBottleneck(256).weights(shape)
    assert sum(weight.numel for weight in weights.values()) == convolutions + 2 * (256 + 64 + 64)


def test_a_regnet_stage_is_its_blocks_in_a_row() -> None:
    shape = Shape(32, 16, 16)
    stage = RegNetStage(64, depth=3)
    first, rest = RegNetBlock(64, 2), RegNetBlock(64)
    assert stage.shape(shape) == Shape(64, 8, 8)
    assert stage.macs(shape) == first.macs(shape) + 2 * rest.macs(Shape(64, 8, 8))


def test_one_of_something_is_told_in_the_singular() -> None:
    with pytest.raises(ShapeError, match=r"both the 1 channel that comes in and the 4 that go out\.$"):
        Conv2d(4, groups=2).shape(Shape(1, 8, 8))
    with pytest.raises(ShapeError, match=r"^1 window of 9 pixels needs a height of at least 9, and it is 8\.$"):
        FractionalMaxPool2d(1, 9).shape(Shape(1, 8, 8))

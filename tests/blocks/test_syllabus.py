"""The numbers that a course on convolutional networks teaches, as one table."""

import pytest
import torch

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Bottleneck,
    ChannelPad,
    Conv2d,
    ConvBNReLU,
    DepthwiseSeparable,
    FilterConv2d,
    FractionalMaxPool2d,
    Input,
    InvertedResidual,
    Linear,
    MaxPool2d,
    Pad,
    PreActBottleneck,
    PyramidBlock,
    RegNetBlock,
    RegNetStage,
    Residual,
)
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Shape, ShapeError, Sketch
from cnnstudio.graph.composite import facts
from cnnstudio.training.build import build


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
    assert standard / separable == pytest.approx(9 * n / (n + 9))


def test_how_many_times_a_separable_convolution_is_cheaper() -> None:
    def times(n: int) -> float:
        shape = Shape(n, 8, 8)
        return Conv2d(n, 3, padding=1).macs(shape) / DepthwiseSeparable(n).macs(shape)

    assert f"{times(64):.2f} {times(128):.2f}" == "7.89 8.41"
    assert times(71) < 8 <= times(72)
    assert "7.89 times for N = 64, 8.41" in " ".join(DepthwiseSeparable.help().split())


@pytest.mark.parametrize(
    ("block", "channels", "parameters"),
    [
        (DepthwiseSeparable(128, activation="none", bias=True, norm=False), 64, 8_960),
        (DepthwiseSeparable(64, bias=True), 3, 420),
        (ConvBNReLU(64, bias=True), 3, 1_920),
        (InvertedResidual(16, activation="none", bias=True, norm=False), 32, 11_344),
        (Residual(64, bias=True), 64, 74_112),
        (Residual(64), 64, 73_984),
        (Residual(128, 2), 64, 230_144),
        (Bottleneck(256), 256, 70_400),
        (Bottleneck(256), 64, 75_008),
        (Bottleneck(512, 2), 256, 379_392),
    ],
)
def test_the_notes_blocks_have_their_parameters(block: Block, channels: int, parameters: int) -> None:
    assert facts(block, (Shape(channels, 14, 14),)).parameters == parameters


def test_reflect_and_symmetric_are_two() -> None:
    row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert padded(Pad(0, 0, 1, 1, "reflect"), row).tolist() == [[[[2.0, 1.0, 2.0, 3.0, 2.0]]]]
    assert padded(Pad(0, 0, 1, 1, "symmetric"), row).tolist() == [[[[1.0, 1.0, 2.0, 3.0, 3.0]]]]
    assert padded(Pad(0, 0, 3, 0, "symmetric"), row).tolist() == [[[[3.0, 2.0, 1.0, 1.0, 2.0, 3.0]]]]
    with pytest.raises(ShapeError, match="at most 3, not 4"):
        Pad(0, 0, 4, 0, "symmetric").shape(Shape(1, 1, 3))


def test_a_true_convolution_with_a_symmetric_border() -> None:
    square = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    turned = FilterConv2d("own", "-1 0 1; -1 0 1; -1 0 1", "valid")
    assert padded(Pad(mode="symmetric"), square, turned)[0, 0].tolist() == [[3.0, 6.0, 6.0, 3.0]] * 4
    assert padded(FilterConv2d("vertical"), square)[0, 0, 0].tolist() == [-8.0, -4.0, -4.0, 10.0]


def padded(first: Block, image: torch.Tensor, *then: Block) -> torch.Tensor:
    draw = Sketch()
    draw.chain(draw(Input(tuple(image.shape[1:]))), first, *then)
    with torch.no_grad():
        out: torch.Tensor = build(source(draw.graph()).text)(image)
    return out


def test_a_shortcut_can_put_zeros_behind_the_channels() -> None:
    assert ChannelPad(16).shape(Shape(16, 8, 8)) == Shape(32, 8, 8)
    assert PyramidBlock(20, 2).shape(Shape(16, 9, 9)) == Shape(20, 5, 5)
    with pytest.raises(ShapeError, match="can only add channels"):
        PyramidBlock(8).shape(Shape(16, 8, 8))


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

"""Efficient blocks: nearly as good as a full convolution, at a fraction of its cost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import Nonlinearity, ReLU, nonlinearity
from cnnstudio.blocks.attention import SqueezeExcite
from cnnstudio.blocks.convolution import Conv2d, ConvBNReLU
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add, Concat
from cnnstudio.blocks.normalization import BatchNorm2d, Epsilon
from cnnstudio.blocks.phrases import OptionalChannels, require_map, side
from cnnstudio.blocks.pooling import MaxPool2d
from cnnstudio.blocks.regularization import StochasticDepth
from cnnstudio.blocks.reshaping import ChannelShuffle, ChannelSlice
from cnnstudio.graph import Block, Composite, Pen, Remedy, Shape, ShapeError, block, pair
from cnnstudio.graph.parameter import Channels, PositivePair, Range, Rate

Expansion = Annotated[float, Range(0.1, 64.0)]


@block
class DepthwiseSeparable(Composite):
    """A convolution in two steps: first each channel by itself, then a 1×1 convolution that mixes the channels.

    With a 3×3 filter and N filters a full convolution costs 9 N / (N + 9) times as much: 7.89 times for N = 64, 8.41
    for 128, never 9. BatchNorm and an activation follow each step, as in MobileNet. Howard et al. 2017,
    arXiv:1704.04861.

    out_channels: how many feature maps come out
    kernel_size: side of the depthwise filter in pixels, or height and width
    stride: how many pixels the depthwise filter moves at a step; 2 halves the map
    activation: what comes after each BatchNorm
    bias: add one learned number to each feature map of both convolutions
    norm: BatchNorm behind both convolutions
    """

    title: ClassVar[str] = "Depthwise separable"
    keywords: ClassVar[str] = "depthwiseseparable mobilenet mobilenetv1 pointwise convolution xception"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    activation: Nonlinearity = "ReLU"
    bias: bool = False
    norm: bool = True

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        channels = shape.channels
        norm: list[Block] = [BatchNorm2d()] if self.norm else []
        half = Conv2d(1, self.kernel_size).half
        x = draw(Input(shape))
        for name, conv in (
            ("depthwise", Conv2d(channels, self.kernel_size, self.stride, half, 1, channels, self.bias)),
            ("pointwise", Conv2d(self.out_channels, 1, bias=self.bias)),
        ):
            x = draw(conv, x, name=name)
            x = draw.chain(x, *norm, *nonlinearity(self.activation))

    def brief(self) -> str:
        words = [str(self.out_channels), side(self.kernel_size)]
        words += [f"s{side(self.stride, always=False)}"] if self.stride != 1 else []
        return " · ".join(words)


@block
class InvertedResidual(Composite):
    """A residual block that is wide in the middle: 1×1 to more channels, depthwise, 1×1 to few channels again.

    The input is added where the shape stays. Nothing follows the last BatchNorm, as an activation would lose too much
    of so few channels. MobileNetV2: Sandler et al. 2018, arXiv:1801.04381; with squeeze and hard swish MobileNetV3's,
    Howard et al. 2019, arXiv:1905.02244; MNASNet's too.

    out_channels: how many feature maps come out
    kernel_size: side of the depthwise filter in pixels
    stride: how many pixels the depthwise filter moves at a step; 2 halves the map
    expansion: how many times more channels the middle has than come in
    expanded: how many channels the middle has; left open, what the expansion gives
    squeeze: squeeze-and-excitation in the middle
    activation: what comes after BatchNorm in the middle
    drop: share of the samples that leave the branch out while training
    eps: what BatchNorm adds to the variance
    bias: add one learned number to each feature map of the convolutions
    norm: BatchNorm behind each convolution
    """

    title: ClassVar[str] = "Inverted residual"
    keywords: ClassVar[str] = "invertedresidual mobilenet mobilenetv2 mobilenetv3 mnasnet depthwise linear bottleneck"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 24
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    expansion: Expansion = 6.0
    expanded: OptionalChannels = None
    squeeze: bool = False
    activation: Nonlinearity = "ReLU6"
    drop: Rate = 0.0
    eps: Epsilon = 1e-5
    bias: bool = False
    norm: bool = True

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        expanded = self.expanded or max(1, round(shape.channels * self.expansion))
        attention = SqueezeExcite(channels=divisible(expanded // 4), gate="Hardsigmoid") if self.squeeze else None
        _inverted(draw, shape, self, expanded, attention)

    def brief(self) -> str:
        return _inverted_brief(self)


@block
class MBConv(Composite):
    """EfficientNet's inverted residual: with squeeze-and-excitation and SiLU. Tan and Le 2019, arXiv:1905.11946.

    out_channels: how many feature maps come out
    kernel_size: side of the depthwise filter in pixels
    stride: how many pixels the depthwise filter moves at a step; 2 halves the map
    expansion: how many times more channels the middle has than come in
    drop: share of the samples that leave the branch out while training
    eps: what BatchNorm adds to the variance
    """

    keywords: ClassVar[str] = "efficientnet inverted residual squeeze depthwise mobile"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 24
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    expansion: Expansion = 6.0
    drop: Rate = 0.0
    eps: Epsilon = 1e-5

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        attention = SqueezeExcite(channels=max(1, shape.channels // 4), activation="SiLU")
        _inverted(draw, shape, self, divisible(shape.channels * self.expansion), attention)

    def brief(self) -> str:
        return _inverted_brief(self)


@block
class FusedMBConv(Composite):
    """MBConv with its first two convolutions made one full convolution: dearer on paper, quicker on a GPU.

    EfficientNetV2: Tan and Le 2021, arXiv:2104.00298.

    out_channels: how many feature maps come out
    kernel_size: side of the filter in pixels
    stride: how many pixels the filter moves at a step; 2 halves the map
    expansion: how many times more channels the middle has than come in; with 1 there is no middle
    drop: share of the samples that leave the branch out while training
    eps: what BatchNorm adds to the variance
    """

    title: ClassVar[str] = "Fused MBConv"
    keywords: ClassVar[str] = "fusedmbconv efficientnetv2 inverted residual"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 24
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    expansion: Expansion = 4.0
    drop: Rate = 0.0
    eps: Epsilon = 1e-5

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        expanded = divisible(shape.channels * self.expansion)
        conv = partial(ConvBNReLU, kernel_size=self.kernel_size, stride=self.stride, activation="SiLU", eps=self.eps)
        entry = draw(Input(shape))
        if expanded == shape.channels:
            x = draw(conv(self.out_channels), entry, name="conv")
        else:
            x = draw(conv(expanded), entry, name="expand")
            x = draw(ConvBNReLU(self.out_channels, 1, activation="none", eps=self.eps), x, name="project")
        _joined(draw, x, entry, shape, self)

    def brief(self) -> str:
        return _inverted_brief(self)


@block
class Fire(Composite):
    """Squeeze to few channels with 1×1, then expand with 1×1 and 3×3 side by side.

    SqueezeNet is built of it: AlexNet's accuracy with 50 times fewer weights. Iandola et al. 2016, arXiv:1602.07360.

    squeeze_channels: how many channels the 1×1 convolution leaves
    expand1x1_channels: how many maps the 1×1 convolution makes of them
    expand3x3_channels: how many maps the 3×3 convolution makes of them
    """

    title: ClassVar[str] = "Fire module"
    keywords: ClassVar[str] = "squeezenet squeeze expand"
    stem: ClassVar[str] = "fire"

    squeeze_channels: Channels = 16
    expand1x1_channels: Channels = 64
    expand3x3_channels: Channels = 64

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        x = draw(Conv2d(self.squeeze_channels, 1), draw(Input(shape)), name="squeeze")
        x = draw(ReLU(), x, name="squeeze_relu")
        one = draw(Conv2d(self.expand1x1_channels, 1), x, name="expand1x1")
        one = draw(ReLU(), one, name="expand1x1_relu")
        three = draw(Conv2d(self.expand3x3_channels, 3, padding=1), x, name="expand3x3")
        three = draw(ReLU(), three, name="expand3x3_relu")
        draw(Concat(), one, three, name="both")

    def brief(self) -> str:
        return f"{self.squeeze_channels} → {self.expand1x1_channels} + {self.expand3x3_channels}"


@block
class ShuffleUnit(Composite):
    """ShuffleNetV2's unit: one half of the channels goes round, the other through cheap convolutions, then shuffle.

    With stride 2 both halves see all channels, and the map is halved. Ma et al. 2018, arXiv:1807.11164.

    out_channels: how many feature maps come out, an even number; left open, as many as come in, or with a stride twice
        as many
    stride: how many pixels the depthwise filter moves at a step; 2 halves the map
    """

    title: ClassVar[str] = "Shuffle unit"
    keywords: ClassVar[str] = "shuffleunit shufflenet split channel shuffle depthwise"
    stem: ClassVar[str] = "block"

    out_channels: OptionalChannels = None
    stride: Annotated[int, Range(1, 3)] = 1

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        out_channels = self.out_channels or shape.channels * (1 if self.stride == 1 else 2)
        half, odd = divmod(out_channels, 2)
        if odd:
            raise ShapeError(
                f"a shuffle unit deals with two halves, so the channels must be an even number, not {out_channels}.",
                Remedy(f"Set out_channels to {out_channels + 1}", (replace(self, out_channels=out_channels + 1),)),
            )
        if self.stride == 1 and shape.channels != out_channels:
            raise ShapeError(
                f"at stride 1 as many channels must go out as come in: {shape.channels}, not {out_channels}.",
                Remedy("Leave out_channels open", (replace(self, out_channels=None),)),
                Remedy("Set the stride to 2", (replace(self, stride=2),)),
            )
        entry = draw(Input(shape))
        if self.stride == 1:
            left = draw(ChannelSlice(0, half), entry, name="left")
            right = draw(ChannelSlice(half), entry, name="right")
        else:
            left, right = self._shrunk(draw, entry, shape.channels, half), entry
        x = draw(ConvBNReLU(half, 1), right, name="right_expand")
        x = draw(ConvBNReLU(half, 3, self.stride, groups=half, activation="none"), x, name="right_depthwise")
        x = draw(ConvBNReLU(half, 1), x, name="right_project")
        draw(ChannelShuffle(2), draw(Concat(), left, x, name="both"), name="shuffle")

    def _shrunk(self, draw: Pen, entry: str, channels: int, half: int) -> str:
        depthwise = ConvBNReLU(channels, 3, self.stride, groups=channels, activation="none")
        return draw(ConvBNReLU(half, 1), draw(depthwise, entry, name="left_depthwise"), name="left_project")

    def brief(self) -> str:
        words = [str(self.out_channels)] if self.out_channels else []
        return " · ".join(words + ([f"s{self.stride}"] if self.stride != 1 else []))


@block
class XceptionBlock(Composite):
    """A residual block of depthwise separable convolutions, with ReLU before each. Chollet 2016, arXiv:1610.02357.

    With stride 2 it ends in max pooling and the shortcut is a 1×1 convolution with BatchNorm, as in the entry flow; the
    middle flow has stride 1 and three convolutions.

    out_channels: how many feature maps come out
    stride: of the pooling at the end and of the shortcut; 2 halves the map
    repeats: how many separable convolutions
    relu_first: begin with ReLU
    grow_first: have the new number of channels from the first convolution on, not from the last
    """

    title: ClassVar[str] = "Xception block"
    keywords: ClassVar[str] = "xceptionblock separable depthwise entry middle exit flow"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 128
    stride: Annotated[int, Range(1, 3)] = 1
    repeats: Annotated[int, Range(1, 16)] = 2
    relu_first: bool = True
    grow_first: bool = True

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        x = entry = draw(Input(shape))
        channels = shape.channels
        for number in range(1, self.repeats + 1):
            if number > 1 or self.relu_first:
                x = draw(ReLU(), x, name=f"relu{number}")
            x = draw(Conv2d(channels, 3, padding=1, groups=channels, bias=False), x, name=f"depthwise{number}")
            channels = self.out_channels if self.grow_first or number == self.repeats else channels
            x = draw(Conv2d(channels, 1, bias=False), x, name=f"pointwise{number}")
            x = draw(BatchNorm2d(), x, name=f"bn{number}")
        if self.stride != 1:
            x = draw(MaxPool2d(3, self.stride, 1), x, name="pool")
        shortcut = entry
        if self.stride != 1 or shape.channels != self.out_channels:
            shortcut = draw(Conv2d(self.out_channels, 1, self.stride, bias=False), entry, name="shortcut")
            shortcut = draw(BatchNorm2d(), shortcut, name="shortcut_bn")
        draw(Add(), x, shortcut, name="add")

    def brief(self) -> str:
        return f"{self.out_channels} · {self.repeats}×" + (f" · s{self.stride}" if self.stride != 1 else "")


def divisible(channels: float, by: int = 8) -> int:
    """The multiple of ``by`` nearest to ``channels``, but not more than a tenth below: the rule of MobileNet's authors.

    Source: https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet/mobilenet.py.
    """
    near = max(by, int(channels + by / 2) // by * by)
    return near + by if near < 0.9 * channels else near


def _inverted(
    draw: Pen, shape: Shape, made: InvertedResidual | MBConv, expanded: int, attention: SqueezeExcite | None
) -> None:
    """Expand, filter each channel, weigh the channels, project, and add the input where the shape stays."""
    activation: Nonlinearity = "SiLU"
    bias, norm = False, True
    if isinstance(made, InvertedResidual):
        activation, bias, norm = made.activation, made.bias, made.norm
    conv = partial(ConvBNReLU, eps=made.eps, bias=bias)
    x = entry = draw(Input(shape))
    if expanded != shape.channels:
        x = _layer(draw, conv(expanded, 1, activation=activation), x, "expand", norm)
    depthwise = conv(expanded, made.kernel_size, made.stride, groups=expanded, activation=activation)
    x = _layer(draw, depthwise, x, "depthwise", norm)
    if attention:
        x = draw(attention, x, name="se")
    x = _layer(draw, conv(made.out_channels, 1, activation="none"), x, "project", norm)
    _joined(draw, x, entry, shape, made)


def _layer(draw: Pen, made: ConvBNReLU, x: str, name: str, norm: bool) -> str:
    """The block as it is, or without its BatchNorm: the convolution and its activation."""
    if norm:
        return draw(made, x, name=name)
    return draw.chain(draw(made.convolution, x, name=name), *nonlinearity(made.activation))


def _joined(draw: Pen, x: str, entry: str, shape: Shape, made: InvertedResidual | MBConv | FusedMBConv) -> None:
    """With the input added where the shape stays: at stride 1, with as many channels and an odd kernel."""
    odd = all(side % 2 for side in pair(made.kernel_size))
    if made.stride == 1 and shape.channels == made.out_channels and odd:
        if made.drop:
            x = draw(StochasticDepth(made.drop), x, name="drop")
        draw(Add(), x, entry, name="add")


def _inverted_brief(made: InvertedResidual | MBConv | FusedMBConv) -> str:
    words = [str(made.out_channels), side(made.kernel_size)]
    words += [f"s{side(made.stride, always=False)}"] if made.stride != 1 else []
    expanded = getattr(made, "expanded", None)
    return " · ".join([*words, f"× {made.expansion:g}" if expanded is None else f"({expanded})"])

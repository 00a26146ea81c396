"""Residual blocks: learn what to add to the input, instead of the whole output."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import GELU, ReLU
from cnnstudio.blocks.attention import SqueezeExcite
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import BatchNorm2d, LayerNorm2d
from cnnstudio.blocks.phrases import OptionalChannels, require_map, side
from cnnstudio.blocks.regularization import StochasticDepth
from cnnstudio.graph import Block, Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Costless, Count, PositivePair, Range, Rate

Reduction = Annotated[int, Range(0, 256)]


@block
class Residual(Composite):
    """Two 3×3 convolutions with BatchNorm, and a shortcut round them: relu(F(x) + x).

    The shortcut is the input itself where the shape stays, else a 1×1 convolution with BatchNorm that gives it the
    new shape. What the convolutions need not change they can leave at zero, so depth does no harm.
    He et al. 2015, arXiv:1512.03385.

    out_channels: how many feature maps come out
    stride: how many pixels the first convolution moves at a step; 2 halves the map
    squeeze: reduction of a squeeze-and-excitation at the end of the branch; 0 for none
    drop: share of the samples that leave the branch out while training
    bias: add one learned number to each feature map of the convolutions
    """

    keywords: ClassVar[str] = "resnet basic block skip shortcut identity projection"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: PositivePair = 1
    squeeze: Reduction = 0
    drop: Rate = 0.0
    bias: bool = False

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = draw(Input(shape))
        x = draw.chain(
            entry,
            Conv2d(self.out_channels, 3, self.stride, 1, bias=self.bias),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 3, padding=1, bias=self.bias),
            BatchNorm2d(),
        )
        x = finish(draw, x, self.squeeze, self.drop)
        x = draw(Add(), x, project(draw, entry, shape, self.out_channels, self.stride, bias=self.bias), name="add")
        draw(ReLU(), x)

    def brief(self) -> str:
        return residual_brief(self.out_channels, self.stride, self.squeeze)


@block
class Bottleneck(Composite):
    """A residual block of three convolutions: 1×1 to fewer channels, 3×3 there, 1×1 to many channels again.

    Deep ResNets are built of it. With groups it is ResNeXt's (Xie et al. 2016, arXiv:1611.05431), with a wider middle
    Wide ResNet's, with squeeze SE-ResNet's. He et al. 2015, arXiv:1512.03385; the stride is at the 3×3, as in
    torchvision.

    out_channels: how many feature maps come out
    stride: how many pixels the 3×3 convolution moves at a step; 2 halves the map
    width: how many channels the middle has; left open, a quarter of those that come out
    groups: split the middle into this many groups that do not see each other
    squeeze: reduction of a squeeze-and-excitation at the end of the branch; 0 for none
    drop: share of the samples that leave the branch out while training
    """

    keywords: ClassVar[str] = "resnet resnext wide cardinality residual skip shortcut seresnet"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 256
    stride: PositivePair = 1
    width: OptionalChannels = None
    groups: Count = 1
    squeeze: Reduction = 0
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        width = self.width or max(1, self.out_channels // 4)
        entry = draw(Input(shape))
        x = draw.chain(
            entry,
            Conv2d(width, 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(width, 3, self.stride, 1, groups=self.groups, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 1, bias=False),
            BatchNorm2d(),
        )
        x = finish(draw, x, self.squeeze, self.drop)
        x = draw(Add(), x, project(draw, entry, shape, self.out_channels, self.stride), name="add")
        draw(ReLU(), x)

    def brief(self) -> str:
        groups = f" · g{self.groups}" if self.groups != 1 else ""
        return residual_brief(self.out_channels, self.stride, self.squeeze) + groups


@block
class LayerScale(Block):
    """Multiply each channel by a learned number that begins very small, so that a branch fades in while training.

    Touvron et al. 2021, arXiv:2103.17239.

    init_value: the number to begin with
    """

    title: ClassVar[str] = "Layer scale"
    is_pointwise: ClassVar[bool] = True
    keywords: ClassVar[str] = "layerscale gamma convnext learned scale"
    stem: ClassVar[str] = "layer_scale"

    init_value: Annotated[float, Range(0.0, 100.0), Costless()] = 1e-6

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return {"": self._scale(inputs[0])}

    def init(self, *inputs: Shape) -> str:
        return f"nn.Parameter(torch.full({tuple(self._scale(inputs[0]))!r}, {self.init_value!r}))"

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]} * self.{name}"

    def brief(self) -> str:
        return f"{self.init_value:g}"

    @staticmethod
    def _scale(shape: Shape) -> Shape:
        return Shape(shape.channels, 1, 1) if shape.is_map else Shape(shape[-1])


@block
class ConvNeXtBlock(Composite):
    """A residual block after the transformer's: 7×7 depthwise, LayerNorm, four times as many channels, GELU, back.

    Liu et al. 2022, arXiv:2201.03545.

    kernel_size: side of the depthwise filter in pixels
    expansion: how many times more channels the middle has
    init_value: what the learned scale at the end of the branch begins with
    drop: share of the samples that leave the branch out while training
    """

    title: ClassVar[str] = "ConvNeXt block"
    keywords: ClassVar[str] = "convnextblock depthwise layernorm gelu inverted bottleneck"
    stem: ClassVar[str] = "block"

    kernel_size: PositivePair = 7
    expansion: Annotated[int, Range(1, 64)] = 4
    init_value: Annotated[float, Range(0.0, 100.0), Costless()] = 1e-6
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        channels = shape.channels
        entry = draw(Input(shape))
        x = draw(Conv2d(channels, self.kernel_size, padding="same", groups=channels), entry, name="depthwise")
        x = draw(LayerNorm2d(1e-6), x, name="norm")
        x = draw(Conv2d(channels * self.expansion, 1), x, name="expand")
        x = draw(GELU(), x, name="gelu")
        x = draw(Conv2d(channels, 1), x, name="project")
        x = draw(LayerScale(self.init_value), x, name="layer_scale")
        draw(Add(), finish(draw, x, 0, self.drop), entry, name="add")

    def brief(self) -> str:
        return f"{side(self.kernel_size)} · × {self.expansion}"


def project(
    draw: Pen, entry: str, shape: Shape, out_channels: int, stride: int | tuple[int, int], *, bias: bool = False
) -> str:
    """The shortcut from ``entry``: itself where the shape stays, else a 1×1 convolution with BatchNorm."""
    if stride == 1 and shape.channels == out_channels:
        return entry
    x = draw(Conv2d(out_channels, 1, stride, bias=bias), entry, name="shortcut")
    return draw(BatchNorm2d(), x, name="shortcut_bn")


def finish(draw: Pen, x: str, squeeze: int, drop: float) -> str:
    """What may stand at the end of a residual branch, before the addition."""
    if squeeze:
        x = draw(SqueezeExcite(squeeze), x, name="se")
    return draw(StochasticDepth(drop), x, name="drop") if drop else x


def residual_brief(out_channels: int, stride: int | tuple[int, int], squeeze: float) -> str:
    """``256 · s2 · SE``."""
    words = [str(out_channels)] + ([f"s{side(stride, always=False)}"] if stride != 1 else [])
    return " · ".join(words + (["SE"] if squeeze else []))

"""Residual blocks that widen in ways of their own: PyramidNet's, step by step, and SENet's, with groups."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import ReLU
from cnnstudio.blocks.attention import SqueezeExcite
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import BatchNorm2d
from cnnstudio.blocks.phrases import require_map
from cnnstudio.blocks.pooling import AvgPool2d
from cnnstudio.blocks.reshaping import ChannelPad
from cnnstudio.blocks.residual import residual_brief
from cnnstudio.graph import Composite, Pen, Remedy, Shape, ShapeError, block
from cnnstudio.graph.parameter import Channels, Count, Range


@block
class PyramidBlock(Composite):
    """A residual block whose shortcut learns nothing: where there are more channels, zeros are put behind them.

    BatchNorm stands before each convolution and behind the last, and only one ReLU is left; where the map is halved the
    shortcut is pooled. Channels grow a little with every block. Han, Kim and Kim 2016, PyramidNet, arXiv:1610.02915.

    out_channels: how many feature maps come out; not fewer than come in
    stride: how many pixels the first convolution moves at a step; 2 halves the map
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "Pyramid block"
    keywords: ClassVar[str] = "pyramidblock pyramidnet zero padded shortcut identity widening"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: Annotated[int, Range(1, 8)] = 1

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        more = self.out_channels - shape.channels
        if more < 0:
            raise ShapeError(
                f"its shortcut can only add channels, but {shape.channels} come in and {self.out_channels} go out.",
                Remedy(f"Set out_channels to {shape.channels}", (PyramidBlock(shape.channels, self.stride),)),
            )
        shortcut = entry = draw(Input(shape))
        x = draw.chain(
            entry,
            BatchNorm2d(),
            Conv2d(self.out_channels, 3, self.stride, 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 3, padding=1, bias=False),
            BatchNorm2d(),
        )
        if self.stride != 1:
            shortcut = draw(AvgPool2d(self.stride, ceil_mode=True), shortcut, name="pool")
        if more:
            shortcut = draw(ChannelPad(more), shortcut, name="widen")
        draw(Add(), x, shortcut, name="add")

    def brief(self) -> str:
        return residual_brief(self.out_channels, self.stride, 0)


@block
class SEBottleneck(Composite):
    """SENet's bottleneck: twice as wide in the first convolution as ResNet's, four times and in groups in the second.

    At its end channels are weighed by squeeze-and-excitation; where the shape changes, the shortcut is a convolution
    with BatchNorm. Hu, Shen and Sun 2017, arXiv:1709.01507, in the appendix.

    out_channels: how many feature maps come out
    stride: how many pixels the 3×3 convolution moves at a step; 2 halves the map
    groups: split the middle into this many groups that do not see each other
    reduction: of the squeeze-and-excitation
    shortcut: side of the filter of the shortcut, where there is one
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "SE bottleneck"
    keywords: ClassVar[str] = "sebottleneck senet154 squeeze excitation groups resnext"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 256
    stride: Annotated[int, Range(1, 8)] = 1
    groups: Count = 64
    reduction: Count = 16
    shortcut: Annotated[int, Range(1, 7)] = 1

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = way = draw(Input(shape))
        x = draw.chain(
            entry,
            Conv2d(max(1, self.out_channels // 2), 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 3, self.stride, 1, groups=self.groups, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 1, bias=False),
            BatchNorm2d(),
        )
        x = draw(SqueezeExcite(self.reduction), x, name="se")
        if self.stride != 1 or shape.channels != self.out_channels:
            padding = self.shortcut // 2
            conv = Conv2d(self.out_channels, self.shortcut, self.stride, padding, bias=False)
            way = draw(BatchNorm2d(), draw(conv, entry, name="shortcut"), name="shortcut_bn")
        draw(ReLU(), draw(Add(), x, way, name="add"))

    def brief(self) -> str:
        return residual_brief(self.out_channels, self.stride, self.reduction) + f" · g{self.groups}"

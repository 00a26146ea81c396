"""MaxViT's blocks: a convolution for what is near, attention in tiles and in a grid for what is far."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import GELU
from cnnstudio.blocks.attention import SqueezeExcite
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import BatchNorm2d
from cnnstudio.blocks.phrases import require_map
from cnnstudio.blocks.pooling import AvgPool2d
from cnnstudio.blocks.regularization import StochasticDepth
from cnnstudio.blocks.residual import residual_brief
from cnnstudio.blocks.window_attention import Side
from cnnstudio.blocks.window_blocks import WindowBlock
from cnnstudio.graph import Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Count, Range, Rate

Stride = Annotated[int, Range(1, 2)]
NORM = BatchNorm2d(1e-3)


@block
class PreActMBConv(Composite):
    """MaxViT's MBConv: BatchNorm comes first, GELU takes the place of SiLU, and the shortcut shrinks by averaging.

    The middle has four times as many channels as go out; squeeze-and-excitation weighs them. Tu et al. 2022, MaxViT,
    arXiv:2204.01697.

    out_channels: how many feature maps come out
    stride: how many pixels the depthwise filter moves at a step; 2 halves the map
    drop: share of the samples that leave the branch out while training
    """

    family: ClassVar[str] = "efficient"
    title: ClassVar[str] = "Pre-activation MBConv"
    keywords: ClassVar[str] = "preactmbconv maxvit inverted residual squeeze depthwise"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: Stride = 1
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        wide = 4 * self.out_channels
        entry = shortcut = draw(Input(shape))
        if self.stride != 1:
            shortcut = draw(AvgPool2d(3, self.stride, 1), entry, name="shortcut_pool")
        if self.stride != 1 or shape.channels != self.out_channels:
            shortcut = draw(Conv2d(self.out_channels, 1), shortcut, name="shortcut")
        x = draw(NORM, entry, name="norm")
        x = draw(Conv2d(wide, 1, bias=False), x, name="expand")
        x = draw(GELU(), draw(NORM, x, name="expand_bn"), name="expand_gelu")
        x = draw(Conv2d(wide, 3, self.stride, 1, groups=wide, bias=False), x, name="depthwise")
        x = draw(GELU(), draw(NORM, x, name="depthwise_bn"), name="depthwise_gelu")
        x = draw(SqueezeExcite(channels=max(1, self.out_channels // 4), activation="SiLU"), x, name="se")
        x = draw(Conv2d(self.out_channels, 1), x, name="project")
        if self.drop:
            x = draw(StochasticDepth(self.drop), x, name="drop")
        draw(Add(), x, shortcut, name="add")

    def brief(self) -> str:
        return residual_brief(self.out_channels, self.stride, 0)


@block
class MaxVitBlock(Composite):
    """A convolution, then attention among near pixels in tiles, then among far ones in a grid.

    So every pixel hears of every other, at a cost that grows only as the map does. Tu et al. 2022, arXiv:2204.01697.

    out_channels: how many feature maps come out
    stride: how many pixels the convolution moves at a step; 2 halves the map
    num_heads: how many heads of attention; it must divide the channels that come out
    window_size: side of a tile in pixels, and of the grid
    drop: share of the samples that leave a branch out while training
    """

    family: ClassVar[str] = "transformer"
    title: ClassVar[str] = "MaxViT block"
    keywords: ClassVar[str] = "maxvitblock multi axis attention grid window mbconv"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: Stride = 1
    num_heads: Count = 2
    window_size: Side = 4
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        x = draw(PreActMBConv(self.out_channels, self.stride, self.drop), draw(Input(shape)), name="mbconv")
        near = WindowBlock(self.num_heads, self.window_size, scale_by="token", drop=self.drop)
        draw(replace(near, windows="grid"), draw(near, x, name="near"), name="far")

    def brief(self) -> str:
        return f"{residual_brief(self.out_channels, self.stride, 0)} · {self.num_heads} heads"

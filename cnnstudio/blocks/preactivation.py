"""Residual blocks whose normalisation and activation come first. He et al. 2016, arXiv:1603.05027."""

from __future__ import annotations

from typing import ClassVar

from cnnstudio.blocks.activation import ReLU
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import BatchNorm2d
from cnnstudio.blocks.phrases import OptionalChannels, require_map
from cnnstudio.blocks.residual import Reduction, finish, residual_brief
from cnnstudio.graph import Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Count, PositivePair, Rate


@block
class PreActResidual(Composite):
    """A residual block whose BatchNorm and ReLU stand before the convolutions, so that the shortcut stays clean.

    Nothing but additions then lies between the first block and the last. Where the shape changes, the shortcut is a
    1×1 convolution of what the first ReLU gives. He et al. 2016, arXiv:1603.05027.

    out_channels: how many feature maps come out
    stride: how many pixels the first convolution moves at a step; 2 halves the map
    squeeze: reduction of a squeeze-and-excitation at the end of the branch; 0 for none
    drop: share of the samples that leave the branch out while training
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "Pre-activation residual"
    keywords: ClassVar[str] = "preactresidual preactivation resnet v2 skip shortcut identity"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: PositivePair = 1
    squeeze: Reduction = 0
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = draw(Input(shape))
        active = draw.chain(entry, BatchNorm2d(), ReLU())
        x = draw.chain(
            active,
            Conv2d(self.out_channels, 3, self.stride, 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 3, padding=1, bias=False),
        )
        x = finish(draw, x, self.squeeze, self.drop)
        shortcut = entry
        if self.stride != 1 or shape.channels != self.out_channels:
            shortcut = draw(Conv2d(self.out_channels, 1, self.stride, bias=False), active, name="shortcut")
        draw(Add(), x, shortcut, name="add")

    def brief(self) -> str:
        return residual_brief(self.out_channels, self.stride, self.squeeze)


@block
class PreActBottleneck(Composite):
    """A bottleneck whose BatchNorm and ReLU stand before each of its three convolutions; the shortcut stays clean.

    Very deep ResNets of the second version are built of it. Where the shape changes, the shortcut is a 1×1 convolution
    of what the first ReLU gives. He et al. 2016, arXiv:1603.05027.

    out_channels: how many feature maps come out
    stride: how many pixels the 3×3 convolution moves at a step; 2 halves the map
    width: how many channels the middle has; left open, a quarter of those that come out
    groups: split the middle into this many groups that do not see each other
    squeeze: reduction of a squeeze-and-excitation at the end of the branch; 0 for none
    drop: share of the samples that leave the branch out while training
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "Pre-activation bottleneck"
    keywords: ClassVar[str] = "preactbottleneck preactivation resnet v2 skip shortcut identity"
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
        active = draw.chain(entry, BatchNorm2d(), ReLU())
        x = draw.chain(
            active,
            Conv2d(width, 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(width, 3, self.stride, 1, groups=self.groups, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.out_channels, 1, bias=False),
        )
        x = finish(draw, x, self.squeeze, self.drop)
        shortcut = entry
        if self.stride != 1 or shape.channels != self.out_channels:
            shortcut = draw(Conv2d(self.out_channels, 1, self.stride, bias=False), active, name="shortcut")
        draw(Add(), x, shortcut, name="add")

    def brief(self) -> str:
        groups = f" · g{self.groups}" if self.groups != 1 else ""
        return residual_brief(self.out_channels, self.stride, self.squeeze) + groups

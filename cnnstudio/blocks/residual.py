"""Residual blocks: learn what to add to the input, instead of the whole output."""

from __future__ import annotations

from typing import ClassVar

from cnnstudio.blocks.activation import ReLU
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import BatchNorm2d
from cnnstudio.blocks.wording import require_map, side
from cnnstudio.graph import Composite, Graph, Shape, Sketch, block
from cnnstudio.graph.parameter import Channels, PositivePair


@block
class Residual(Composite):
    """Two 3×3 convolutions with BatchNorm, and a shortcut round them: relu(F(x) + x).

    The shortcut is the input itself where the shape stays, else a 1×1 convolution with BatchNorm that gives it the
    new shape. What the convolutions need not change they can leave at zero, so depth does no harm.
    He et al. 2015, arXiv:1512.03385.

    out_channels: how many feature maps come out
    stride: how many pixels the first convolution moves at a step; 2 halves the map
    """

    keywords: ClassVar[str] = "resnet basic block skip shortcut identity projection"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: PositivePair = 1

    def graph(self, *inputs: Shape) -> Graph:
        (shape,) = inputs
        require_map(self, shape)
        draw = Sketch()
        entry = draw(Input(shape))
        x = draw(Conv2d(self.out_channels, 3, self.stride, 1, bias=False), entry)
        x = draw(BatchNorm2d(), x)
        x = draw(ReLU(), x)
        x = draw(Conv2d(self.out_channels, 3, padding=1, bias=False), x)
        x = draw(BatchNorm2d(), x)
        x = draw(Add(), x, project(draw, entry, shape, self.out_channels, self.stride), name="add")
        draw(ReLU(), x)
        return draw.graph()

    def brief(self) -> str:
        return str(self.out_channels) + (f" · s{side(self.stride, always=False)}" if self.stride != 1 else "")


def project(draw: Sketch, entry: str, shape: Shape, out_channels: int, stride: int | tuple[int, int]) -> str:
    """The shortcut from ``entry``: itself where the shape stays, else a 1×1 convolution with BatchNorm."""
    if stride == 1 and shape.channels == out_channels:
        return entry
    x = draw(Conv2d(out_channels, 1, stride, bias=False), entry, name="shortcut")
    return draw(BatchNorm2d(), x, name="shortcut_bn")

"""RegNet's residual blocks of one width, and a stage of them. Radosavovic et al. 2020, arXiv:2003.13678."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import ReLU
from cnnstudio.blocks.attention import SqueezeExcite
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import BatchNorm2d
from cnnstudio.blocks.phrases import require_map
from cnnstudio.blocks.residual import project, residual_brief
from cnnstudio.graph import Block, Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Count, Fraction, PositivePair, Range


@block
class RegNetBlock(Composite):
    """A residual block of 1×1, grouped 3×3 and 1×1 convolutions of one width; with squeeze, RegNetY's.

    Radosavovic et al. 2020, arXiv:2003.13678.

    out_channels: how many feature maps come out, and how many the middle has
    stride: how many pixels the 3×3 convolution moves at a step; 2 halves the map
    group_width: how many channels see each other in the 3×3 convolution
    squeeze: how wide the squeeze-and-excitation in the middle is, as a share of the channels that come in; 0 for none
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "RegNet block"
    keywords: ClassVar[str] = "regnetblock regnet residual bottleneck grouped"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 64
    stride: PositivePair = 1
    group_width: Count = 16
    squeeze: Fraction = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        width = self.out_channels
        groups = max(1, width // self.group_width)
        attention: list[Block] = [SqueezeExcite(channels=max(1, round(shape.channels * self.squeeze)))]
        entry = draw(Input(shape))
        shortcut = project(draw, entry, shape, width, self.stride)
        x = draw.chain(
            entry,
            Conv2d(width, 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(width, 3, self.stride, 1, groups=groups, bias=False),
            BatchNorm2d(),
            ReLU(),
            *(attention if self.squeeze else []),
            Conv2d(width, 1, bias=False),
            BatchNorm2d(),
        )
        draw(ReLU(), draw(Add(), shortcut, x, name="add"))

    def brief(self) -> str:
        return residual_brief(self.out_channels, self.stride, bool(self.squeeze)) + f" · {self.group_width} wide"


@block
class RegNetStage(Composite):
    """A stage of RegNet: blocks of one width in a row, of which the first changes the size and the channels.

    A whole RegNet is a stem, four such stages and a head. Radosavovic et al. 2020, arXiv:2003.13678.

    out_channels: how many feature maps come out, and how many each block has
    depth: how many blocks stand in the row
    stride: how many pixels the first block moves at a step; 2 halves the map
    group_width: how many channels see each other in the 3×3 convolutions
    squeeze: how wide the squeeze-and-excitations are, as a share of the channels that come in; 0 for none
    """

    family: ClassVar[str] = "residual"
    title: ClassVar[str] = "RegNet stage"
    keywords: ClassVar[str] = "regnetstage regnet residual bottleneck grouped row repeat"
    stem: ClassVar[str] = "stage"

    out_channels: Channels = 64
    depth: Annotated[int, Range(1, 64)] = 2
    stride: PositivePair = 2
    group_width: Count = 16
    squeeze: Fraction = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        x = draw(Input(inputs[0]))
        for number in range(1, self.depth + 1):
            stride = self.stride if number == 1 else 1
            made = RegNetBlock(self.out_channels, stride, self.group_width, self.squeeze)
            x = draw(made, x, name=f"block{number}")

    def brief(self) -> str:
        return f"× {self.depth} · " + residual_brief(self.out_channels, self.stride, bool(self.squeeze))

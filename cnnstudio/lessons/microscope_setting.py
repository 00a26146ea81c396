"""Microscope setting: how a kernel goes over numbers and over how many, as a declaration; which layer does the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Annotated, Literal

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    LPPool2d,
    MaxPool2d,
)
from cnnstudio.graph import Block, Declaration, ParameterError, Shape, declaration, pair
from cnnstudio.graph.parameter import IntPair, Range

MOST_SIDE = 128  # rows and columns of what is laid under it
MOST_CHANNELS = 4
MOST_KERNEL = 9

Operation = Literal[
    "cross-correlation", "convolution", "transposed convolution", "max pooling", "average pooling", "LP pooling",
    "global average pooling", "global max pooling",
]  # fmt: skip
WEIGHED = ("cross-correlation", "convolution", "transposed convolution")
GLOBAL = ("global average pooling", "global max pooling")
_Channels = Annotated[int, Range(1, MOST_CHANNELS)]
_Side = Annotated[int, Range(1, MOST_SIDE)]


@declaration
class Setting(Declaration):
    """How a kernel goes over numbers, and over how many.

    operation: what is done with the numbers under the window; PyTorch's Conv2d is the cross-correlation, which does
        not flip the kernel
    dimensions: over the rows and columns of a map, or along a single row
    kernel_size: side of the window, or height and width
    stride: how far the window moves at a step
    padding: rows and columns put round the numbers; "same" keeps the size at stride 1
    padding_mode: what the padding is filled with; "valid" puts none, and torch's layers know no "symmetric"
    dilation: distance between the places that the window reads
    output_padding: rows and columns added below and to the right of a transposed convolution
    in_channels: how many maps go in
    out_channels: how many kernels there are, and so how many maps come out
    groups: split the channels into so many groups that do not see each other
    bias: add one number to each map that comes out
    ceil_mode: also take the last window where it hangs over the edge
    count_include_pad: count the zeros of the padding in the mean
    norm_type: the exponent p of LP pooling
    height: rows of the numbers
    width: columns of the numbers
    """

    operation: Operation = "cross-correlation"
    dimensions: Literal["2-D", "1-D"] = "2-D"
    kernel_size: Annotated[IntPair, Range(1, MOST_KERNEL)] = 3
    stride: Annotated[IntPair, Range(1, 8)] = 1
    padding: Annotated[int | tuple[int, int] | Literal["same"], Range(0, 8)] = 0
    padding_mode: Literal["zeros", "reflect", "symmetric", "replicate", "circular", "valid"] = "zeros"
    dilation: Annotated[IntPair, Range(1, 4)] = 1
    output_padding: Annotated[IntPair, Range(0, 3)] = 0
    in_channels: _Channels = 1
    out_channels: _Channels = 1
    groups: _Channels = 1
    bias: bool = False
    ceil_mode: bool = False
    count_include_pad: bool = True
    norm_type: Annotated[float, Range(1.0, 16.0)] = 2.0
    height: _Side = 5
    width: _Side = 5

    @property
    def is_weighed(self) -> bool:
        """Whether it has a kernel of numbers."""
        return self.operation in WEIGHED

    @property
    def is_transposed(self) -> bool:
        """Whether each number that goes in lays the kernel over what comes out."""
        return self.operation == "transposed convolution"

    @property
    def is_flat(self) -> bool:
        """Whether it goes along a single row."""
        return self.dimensions == "1-D"

    @property
    def shape(self) -> Shape:
        """(C, H, W) of what goes in."""
        return Shape(self.in_channels, 1 if self.is_flat else self.height, self.width)

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the window; those of the whole map for global pooling."""
        return self.shape.spatial if self.operation in GLOBAL else self._both(self.kernel_size, 1)

    @property
    def maps(self) -> int:
        """How many maps come out: a pool keeps every channel to itself."""
        return self.out_channels if self.is_weighed else self.in_channels

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """(maps, channels of a group, height, width); nothing is divided where the groups do not fit."""
        return self.out_channels, max(1, self.in_channels // self.groups), *self.kernel

    def matters(self, name: str) -> bool:
        """Whether a parameter means anything for this operation."""
        allowed = _MEANT.get(name)
        if name == "padding" and self.padding_mode == "valid":
            return not self.is_weighed or self.is_transposed
        if name == "height":
            return not self.is_flat
        return allowed is None or self.operation in allowed

    def _both(self, value: IntPair, unit: int) -> tuple[int, int]:
        down, across = pair(value)
        return (unit, across) if self.is_flat else (down, across)

    @cached_property
    def block(self) -> Block:
        """The layer that does the same in a network; for a flipped or a symmetric one, a layer of the same size."""
        size, step, apart = self._both(self.kernel_size, 1), self._both(self.stride, 1), self._both(self.dilation, 1)
        sides = self.padding if self.padding == "same" else self._both(self.padding, 0)
        match self.operation:
            case "transposed convolution":
                extra = self._both(self.output_padding, 0)
                pads = (0, 0) if isinstance(sides, str) else sides
                return ConvTranspose2d(self.out_channels, size, step, pads, extra, self.groups, self.bias, apart)
            case "max pooling":
                return MaxPool2d(size, step, (0, 0) if isinstance(sides, str) else sides, apart, self.ceil_mode)
            case "average pooling":
                pads = (0, 0) if isinstance(sides, str) else sides
                return AvgPool2d(size, step, pads, self.ceil_mode, self.count_include_pad)
            case "LP pooling":
                return LPPool2d(self.norm_type, size, step, self.ceil_mode)
            case "global average pooling":
                return AdaptiveAvgPool2d(1)
            case "global max pooling":
                return AdaptiveMaxPool2d(1)
        mode = self.padding_mode
        if mode == "valid":
            sides, mode = (0, 0), "zeros"
        known = "zeros" if mode == "symmetric" else mode
        return Conv2d(self.out_channels, size, step, sides, apart, self.groups, self.bias, known)


CONVOLVED = ("cross-correlation", "convolution")
_SLID = (*WEIGHED, "max pooling", "average pooling", "LP pooling")
_MEANT: dict[str, tuple[str, ...]] = {
    "kernel_size": _SLID,
    "stride": _SLID,
    "padding": (*WEIGHED, "max pooling", "average pooling"),
    "padding_mode": CONVOLVED,
    "dilation": (*WEIGHED, "max pooling"),
    "output_padding": ("transposed convolution",),
    "out_channels": WEIGHED,
    "groups": WEIGHED,
    "bias": WEIGHED,
    "ceil_mode": ("max pooling", "average pooling", "LP pooling"),
    "count_include_pad": ("average pooling",),
    "norm_type": ("LP pooling",),
}
"""Parameter -> the operations that know it; all know the others."""

_SHOWN: dict[type[Block], Operation] = {
    Conv2d: "cross-correlation",
    ConvTranspose2d: "transposed convolution",
    MaxPool2d: "max pooling",
    AvgPool2d: "average pooling",
    LPPool2d: "LP pooling",
    AdaptiveAvgPool2d: "global average pooling",
    AdaptiveMaxPool2d: "global max pooling",
}


def is_shown(block: type[Block]) -> bool:
    """Whether the microscope knows what this kind of block does."""
    return block in _SHOWN


def setting_of(block: Block, before: Setting) -> Setting:
    """What a block of a network does, over the numbers of the setting ``before``, with one map for all its maps.

    Raises ``ParameterError`` where it is none that is shown, or where its window is larger than the microscope's.
    """
    if not is_shown(type(block)):
        raise ParameterError(f"{block.title} has no window that slides.")
    known = ("kernel_size", "stride", "dilation", "output_padding", "ceil_mode", "count_include_pad", "norm_type")
    values = {name: value for name, value in block.values.items() if name in known and value is not None}
    sides, mode = block.values.get("padding", 0), block.values.get("padding_mode", "zeros")
    if "kernel_size" in values and "stride" not in values:
        values["stride"] = values["kernel_size"]
    plain = Setting(in_channels=before.in_channels, height=before.height, width=before.width)
    values |= {"padding": 0, "padding_mode": "valid"} if sides == "valid" else {"padding": sides, "padding_mode": mode}
    return replace(plain, operation=_SHOWN[type(block)], **values)

"""Reshaping: the same numbers in another order or under another shape."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.phrases import counted, nearest_divisor, require_map
from cnnstudio.graph import (
    Block,
    Everything,
    Listed,
    Own,
    Reach,
    Remedy,
    Saves,
    Shape,
    ShapeError,
    Slid,
    block,
    own_places,
)
from cnnstudio.graph.parameter import Count, Length, Range


@block
class ChannelSlice(Block):
    """Keep the channels from one number up to, and without, another; the first channel is 0.

    start: the first channel that is kept
    stop: the first that is left out again; left open, all are kept to the end
    """

    family: ClassVar[str] = "arrangement"
    title: ClassVar[str] = "Channel slice"
    keywords: ClassVar[str] = "channelslice split chunk narrow select shufflenet"
    stem: ClassVar[str] = "slice"
    is_view: ClassVar[bool] = True

    start: Annotated[int, Range(0, 65_535)] = 0
    stop: Annotated[int | None, Range(1, 65_536)] = None

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        stop = shape[0] if self.stop is None else self.stop
        if not self.start < stop <= shape[0]:
            raise ShapeError(
                f"there are no channels from {self.start} up to {stop}: {shape} has channels 0 to {shape[0] - 1}, and "
                "start must be below stop.",
                Remedy("Keep all channels", (ChannelSlice(),)),
            )
        return Shape(stop - self.start, *shape[1:])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach((Slid(0, before=-self.start), *own_places(len(inputs[0])).spans[1:])),)

    def forward(self, name: str, *inputs: str) -> str:
        stop = "" if self.stop is None else repr(self.stop)
        return f"{inputs[0]}[:, {self.start or ''}:{stop}]"

    def brief(self) -> str:
        return f"{self.start}:{'' if self.stop is None else self.stop}"


@block
class ChannelPad(Block):
    """Put channels of zeros round those that come in, so that a shortcut fits more channels without learning anything.

    ResNets for small pictures and PyramidNet do so. He et al. 2015, arXiv:1512.03385 (its shortcut A); Han, Kim and Kim
    2016, arXiv:1610.02915.

    channels: how many are put behind
    before: how many are put before
    """

    family: ClassVar[str] = "arrangement"
    title: ClassVar[str] = "Channel padding"
    keywords: ClassVar[str] = "channelpad zero zeros widen shortcut pyramidnet resnet"
    stem: ClassVar[str] = "widen"
    saves: ClassVar[Saves] = "nothing"

    channels: Annotated[int, Range(0, 65_536)] = 16
    before: Annotated[int, Range(0, 65_536)] = 0

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        return Shape(self.before + shape.channels + self.channels, *shape.spatial)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach((Slid(0, before=self.before), *own_places(3).spans[1:])),)

    def forward(self, name: str, *inputs: str) -> str:
        return f"F.pad({inputs[0]}, (0, 0, 0, 0, {self.before!r}, {self.channels!r}))"

    def brief(self) -> str:
        return f"{self.before} + C + {self.channels}" if self.before else f"+ {self.channels}"


@block
class ChannelShuffle(Block):
    """Deal the channels of each group out over all groups, so that the next grouped convolution mixes them.

    Zhang et al. 2017, ShuffleNet, arXiv:1707.01083.

    groups: how many groups; it must divide the channels
    """

    family: ClassVar[str] = "arrangement"
    title: ClassVar[str] = "Channel shuffle"
    keywords: ClassVar[str] = "channelshuffle shufflenet mix groups"
    stem: ClassVar[str] = "shuffle"
    saves: ClassVar[Saves] = "nothing"

    groups: Count = 2

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        if shape.channels % self.groups:
            nearest = nearest_divisor(self.groups, shape.channels)
            raise ShapeError(
                f"{counted(shape.channels, 'channel')} cannot be split into {self.groups} equal groups.",
                Remedy(f"Set groups to {nearest}", (ChannelShuffle(nearest),)),
            )
        return shape

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        channels = inputs[0].channels
        dealt = tuple(
            start
            for first in range(channels // self.groups)
            for start in range(first, channels, channels // self.groups)
        )
        return (Reach((Listed((0,), dealt, dealt), *own_places(3).spans[1:])),)

    def init(self, *inputs: Shape) -> str:
        return f"nn.ChannelShuffle({self.groups!r})"

    def brief(self) -> str:
        return f"{self.groups} groups"


@block
class Permute(Block):
    """Put the axes in another order; (2, 3, 1) moves the channels of a map to the end.

    order: the axes in their new order; 1 is the first, the channels of a map (0 is the batch and stays)
    """

    family: ClassVar[str] = "arrangement"
    keywords: ClassVar[str] = "transpose axes order channels last"
    is_view: ClassVar[bool] = True

    order: Annotated[tuple[int, ...], Range(1, 3), Length(1, 3)] = (2, 3, 1)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if sorted(self.order) != list(range(1, len(shape) + 1)):
            raise ShapeError(
                f"the order {self.order} must name each of the {len(shape)} axes of {shape} once.",
                Remedy("Leave the axes as they are", (Permute(tuple(range(1, len(shape) + 1))),)),
            )
        return Shape(*(shape[axis - 1] for axis in self.order))

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach(tuple(Own(self.order.index(axis + 1)) for axis in range(len(inputs[0])))),)

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]}.permute(0, {', '.join(map(repr, self.order))})"

    def brief(self) -> str:
        return " ".join(map(str, self.order))


@block
class Reshape(Block):
    """Read the same numbers, in the same order, under another shape.

    size: the new sizes without the batch; one of them may be -1, whatever is left
    """

    family: ClassVar[str] = "arrangement"
    keywords: ClassVar[str] = "view unflatten size"
    is_view: ClassVar[bool] = True
    reads_in_order: ClassVar[bool] = True

    size: Annotated[tuple[int, ...], Range(-1, 65_536), Length(1, 3)] = (-1,)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        known = [length for length in self.size if length != -1]
        product = Shape(*known).numel
        if 0 in known or len(self.size) - len(known) > 1:
            raise ShapeError(f"the size {self.size} may hold one -1 and no 0.")
        rest, left = divmod(shape.numel, product)
        if left or (len(known) == len(self.size) and rest != 1):
            raise ShapeError(
                f"{shape} holds {shape.numel:,} numbers, which do not fit a size of {self.size}.",
                Remedy("Flatten instead", (Reshape((-1,)),)),
            )
        return Shape(*(rest if length == -1 else length for length in self.size))

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        rank, out = len(inputs[0]), self.shape(*inputs)
        if out == inputs[0]:
            return (own_places(rank),)
        return (Reach((Everything("shared out" if len(out) == 1 else "some"),) * rank),)

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]}.flatten(1).unflatten(1, {self.size!r})"

    def brief(self) -> str:
        return " × ".join(map(str, self.size))

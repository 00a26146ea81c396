"""Reach: on which places of what a block reads one value that comes out depends, axis by axis.

Axes are counted from 0, without the batch: 0 are the channels of a map, the tokens of a sequence, the entries of a
vector. Whether *where* is known is one question and *how many numbers* another: a value of a map stands at a place, and
is told with all that its place depends on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

from cnnstudio.graph.sliding_window import Window

MOST_PLACES = 16_384
"""How many places a block lists one by one; of a larger map it says nothing."""

Edge = Literal["zeros", "reflect", "symmetric", "replicate", "circular"]
Part = Literal["all", "shared out", "some"]


@dataclass(frozen=True)
class Own:
    """The place that a value itself has along ``axis`` of what comes out."""

    axis: int
    has_holes: ClassVar[bool] = False


@dataclass(frozen=True)
class Slid:
    """The places under a window that moves with ``axis`` of what comes out.

    ``before`` is the padding before the first place, and ``edge`` what fills it. ``is_loose``: perhaps not all of them.
    """

    axis: int
    kernel: int = 1
    stride: int = 1
    before: int = 0
    dilation: int = 1
    is_transposed: bool = False
    edge: Edge = "zeros"
    is_loose: bool = False

    @property
    def extent(self) -> int:
        """How many places the window spans."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def has_holes(self) -> bool:
        """Whether it leaves places between its first and its last out."""
        return (self.dilation > 1 and self.kernel > 1) or self.edge == "circular"

    def goes_beyond(self, length: int, out: int) -> bool:
        """Whether one of ``out`` windows reads padding round ``length`` places."""
        return self.before > 0 or (out - 1) * self.stride - self.before + self.extent > length

    def taps(self, index: int, length: int) -> list[int]:
        """Which of ``length`` places the window of this value reads, those in the padding as what fills them."""
        spread = range(self.kernel)
        if self.is_transposed:
            reached = [index + self.before - tap * self.dilation for tap in spread]
            found = [place // self.stride for place in reached if place % self.stride == 0]
            return [place for place in found if 0 <= place < length]
        start = index * self.stride - self.before
        if self.dilation == 1 and self.edge == "zeros":
            return list(range(max(0, start), min(length, start + self.kernel)))
        found = [start + tap * self.dilation for tap in spread]
        if self.edge == "replicate":
            return [min(max(place, 0), length - 1) for place in found]
        if self.edge == "symmetric":
            turn = 2 * length
            return [min(place % turn, turn - 1 - place % turn) for place in found]
        if self.edge == "circular":
            return [place % length for place in found]
        if self.edge == "reflect" and length > 1:
            turn = 2 * (length - 1)
            return [min(place % turn, turn - place % turn) for place in found]
        return [place for place in found if 0 <= place < length]


@dataclass(frozen=True)
class Listed:
    """For each place along ``axes`` of what comes out, the last axis running fastest, the first and the last read.

    A value that reads nothing has a last place before its first. ``is_loose``: perhaps it begins later or ends earlier;
    ``has_holes``: not all between them are read.
    """

    axes: tuple[int, ...]
    first: tuple[int, ...]
    last: tuple[int, ...]
    is_loose: bool = False
    has_holes: bool = False


@dataclass(frozen=True)
class Everything:
    """All places along an axis, the same for every value.

    "shared out": each value reads a part, all of them together everything; "some": which places it is, is not told.
    """

    part: Part = "all"
    has_holes: ClassVar[bool] = False


Span = Own | Slid | Listed | Everything


@dataclass(frozen=True)
class Reach:
    """For each axis of one input, on which of its places a value that comes out depends.

    ``has_statistics``: the means of a normalisation, which see the whole map, are besides.
    """

    spans: tuple[Span, ...]
    has_statistics: bool = False


@lru_cache(maxsize=64)
def own_places(rank: int, *mixed: int, has_statistics: bool = False) -> Reach:
    """Each value reads its own place, and along the axes ``mixed`` everything."""
    spans = tuple(Everything() if axis in mixed else Own(axis) for axis in range(rank))
    return Reach(spans, has_statistics)


@lru_cache(maxsize=1_024)
def under(window: Window, edge: Edge = "zeros", channels: Part = "some", is_loose: bool = False) -> Reach:
    """Each value reads what lies under a window over a map, and of the channels the part that is said."""
    rows, columns = (
        Slid(
            axis + 1,
            window.kernel[axis],
            window.stride[axis],
            window.padding[axis][0],
            window.dilation[axis],
            window.transposed,
            edge,
            is_loose,
        )
        for axis in (0, 1)
    )
    return Reach((Everything(channels), rows, columns))

"""Sight: what the values of a map see along one axis of the image, and how that changes from block to block.

Each place along one axis of the map has a first and a last pixel on which it depends. Either both repeat after a
period, up to a constant advance, and are kept as one period, with padding taken for image that goes on; so they are
exact through transposed convolutions too, where neighbours see windows of different size. Or every place is listed, and
beyond the last one there is nothing to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from operator import le

from cnnstudio.graph import Listed, Own, Shape, Slid
from cnnstudio.graph.reach import Part, Span

LONGEST_PERIOD = 4_096  # places that are listed: what repeats less often is not told
EXACT, SHARED_OUT, AT_MOST = range(3)  # how sure a sight is; shared out: each value sees a part, all together all
_NOTHING = 1 << 40
Ends = tuple[int, int]
NOWHERE: Ends = (_NOTHING, -_NOTHING)


@dataclass(frozen=True)
class Sight:
    """Place q·P + r along ``axis`` of the map sees pixels q·advance + first[r] to q·advance + last[r].

    ``axis`` is None where every value sees the same. ``is_listed``: there are no places but these. ``is_whole``: every
    value sees all of some map on the way. ``has_holes``: not every pixel between the first and the last need be seen.
    """

    axis: int | None
    advance: int | Fraction
    first: tuple[int, ...]
    last: tuple[int, ...]
    is_listed: bool = False
    is_whole: bool = False
    doubt: int = EXACT
    has_holes: bool = False

    @property
    def period(self) -> int:
        return len(self.first)

    @property
    def size(self) -> int:
        """The most pixels that a value sees."""
        if self.period == 1:
            return self.last[0] - self.first[0] + 1
        return max(0, 1 + max(last - first for first, last in zip(self.first, self.last, strict=True)))

    @property
    def stride(self) -> int | Fraction:
        found = Fraction(self.advance, self.period)
        return int(found) if found.denominator == 1 else found

    def ends(self, index: int) -> Ends:
        """The first and the last pixel that a place sees."""
        if self.period == 1 and not self.is_listed:
            start = index * int(self.advance)
            return self.first[0] + start, self.last[0] + start
        if self.is_listed:
            return (self.first[index], self.last[index]) if 0 <= index < self.period else NOWHERE
        start = index // self.period * int(self.advance)
        return self.first[index % self.period] + start, self.last[index % self.period] + start


PIXEL = (Sight(1, 1, (0,), (0,)), Sight(2, 1, (0,), (0,)))


def pixels(height: int, width: int) -> tuple[Sight, Sight]:
    """What the pixels of an image see, each itself, along both axes, with nothing beyond the border."""
    rows, columns = tuple(range(height)), tuple(range(width))
    return Sight(1, height, rows, rows, is_listed=True), Sight(2, width, columns, columns, is_listed=True)


def hull(ends: Iterable[Ends]) -> Ends:
    """From the first of all firsts to the last of all lasts."""
    found = list(ends)
    if not found:
        return NOWHERE
    return min(first for first, _ in found), max(last for _, last in found)


def moved(sight: Sight, spans: Sequence[Span], into: Shape, out: Shape) -> Sight | None:
    """What is seen by what reads ``sight``; None where that repeats too seldom to be told."""
    axis = sight.axis
    if axis is None:
        return sight
    span = spans[axis]
    if isinstance(span, Own):
        return sight if span.axis == axis else replace(sight, axis=span.axis)
    found: Sight | None
    if isinstance(span, Slid):
        found = _slid(sight, span, into[axis], out[span.axis])
        if found is not None and span.is_loose:
            found = replace(found, doubt=AT_MOST)
    elif isinstance(span, Listed):
        found = _listed(sight, span, into[axis], out)
    else:
        found = everything(sight, into[axis], span.part)
    if found is not None and (sight.has_holes or span.has_holes):
        return replace(found, has_holes=True)
    return found


def everything(sight: Sight, length: int, part: Part = "all") -> Sight:
    """All that the places of an axis see together."""
    first, last = hull(sight.ends(index) for index in _telling(sight, length))
    doubt = EXACT if sight.doubt == SHARED_OUT else sight.doubt
    if part == "all":
        return Sight(None, 0, (first,), (last,), is_whole=True, doubt=doubt)
    if part == "some":
        return Sight(None, 0, (first,), (last,), is_whole=True, doubt=AT_MOST)
    return Sight(0, 0, (first,), (last,), is_whole=True, doubt=max(SHARED_OUT, doubt))


def _telling(sight: Sight, length: int) -> Iterable[int]:
    """The places that tell what all of them see: all that are listed, of a period those at both ends."""
    if sight.is_listed or 2 * sight.period >= length:
        return range(length)
    return (*range(sight.period), *range(length - sight.period, length))


def _listed(sight: Sight, span: Listed, length: int, out: Shape) -> Sight:
    found = [hull(map(sight.ends, range(a, b + 1))) for a, b in zip(span.first, span.last, strict=True)]
    doubt = max(sight.doubt, AT_MOST if span.is_loose else EXACT)
    if not span.axes:
        first, last = found[0]
        return Sight(None, 0, (first,), (last,), is_whole=sight.is_whole, doubt=doubt)
    pace = sight.stride * Fraction(length, len(found))
    if len(span.axes) == 1:
        return _table(span.axes[0], found, pace, sight.is_whole, doubt)
    rows, columns = (out[axis] for axis in span.axes)
    lines = [found[start : start + columns] for start in range(0, rows * columns, columns)]
    if all(len(set(line)) == 1 for line in lines):
        return _table(span.axes[0], [line[0] for line in lines], pace, sight.is_whole, doubt)
    if all(line == lines[0] for line in lines):
        return _table(span.axes[1], lines[0], pace, sight.is_whole, doubt)
    first, last = hull(found)
    return Sight(None, 0, (first,), (last,), is_whole=sight.is_whole, doubt=AT_MOST)


def _table(axis: int, ends: Sequence[Ends], pace: int | Fraction, is_whole: bool, doubt: int) -> Sight:
    first, last = zip(*ends, strict=True)
    return Sight(axis, pace * len(ends), first, last, True, is_whole, doubt)


def _slid(seen: Sight, span: Slid, length: int, out: int) -> Sight | None:
    """What is seen through a window over ``length`` places that see ``seen``."""
    if span.edge == "circular" and not seen.is_listed and span.goes_beyond(length, out):
        # what lies at the other side of the map is seen as well
        listed = replace(seen, first=tuple(seen.ends(index)[0] for index in range(length)))
        listed = replace(listed, last=tuple(seen.ends(index)[1] for index in range(length)), is_listed=True)
        return _slid(replace(listed, advance=seen.stride * length, doubt=AT_MOST), span, length, out)
    is_whole = seen.is_whole or (out == 1 and len(set(span.taps(0, length))) == length)
    doubt = seen.doubt if seen.doubt != SHARED_OUT or (span.kernel, span.stride) == (1, 1) else AT_MOST
    if seen.is_listed:
        found = _under(seen.first, seen.last, replace(span, axis=0), out)
        pace = Fraction(seen.stride) / span.stride if span.is_transposed else seen.stride * span.stride
        return _table(span.axis, found, pace, is_whole, doubt)
    if seen.period == 1 and not span.is_transposed:
        advance = int(seen.advance)
        first = seen.first[0] - span.before * advance
        last = seen.last[0] + (span.extent - 1 - span.before) * advance
        return Sight(span.axis, advance * span.stride, (first,), (last,), False, is_whole, doubt)
    if span.is_transposed:
        period, advance = seen.period * span.stride, int(seen.advance)
    else:
        period = seen.period // gcd(seen.period, span.stride)
        advance = period * span.stride // seen.period * int(seen.advance)
    if period > LONGEST_PERIOD:
        return None
    found = [hull(map(seen.ends, _taps(span, index))) for index in range(period)]
    first_, last_ = zip(*found, strict=True)
    return Sight(span.axis, advance, first_, last_, False, is_whole, doubt)


@lru_cache(maxsize=256)  # rows and columns are mostly alike
def _under(first: tuple[int, ...], last: tuple[int, ...], span: Slid, out: int) -> list[Ends]:
    """What is seen through a window over listed places."""
    length = len(first)
    is_plain = not span.is_transposed and span.dilation == 1 and span.edge == "zeros"
    if is_plain and _is_rising(first) and _is_rising(last):
        starts = range(-span.before, out * span.stride - span.before, span.stride)
        ways = ((max(0, start), min(length, start + span.kernel) - 1) for start in starts)
        return [(first[a], last[b]) if a <= b else NOWHERE for a, b in ways]
    return [hull((first[place], last[place]) for place in span.taps(index, length)) for index in range(out)]


def _is_rising(places: tuple[int, ...]) -> bool:
    return all(map(le, places, places[1:]))


def _taps(span: Slid, index: int) -> list[int]:
    """The places that a window reads over a map without an end."""
    if not span.is_transposed:
        start = index * span.stride - span.before
        return [start + tap * span.dilation for tap in range(span.kernel)]
    reached = [index + span.before - tap * span.dilation for tap in range(span.kernel)]
    return [place // span.stride for place in reached if place % span.stride == 0]


def joined(sights: Sequence[Sight], out: Shape) -> Sight:
    """The union over what meets. What sees the same from everywhere is seen from every place."""
    found = _joined(sights, out)
    return replace(found, has_holes=True) if any(seen.has_holes for seen in sights) else found


def _joined(sights: Sequence[Sight], out: Shape) -> Sight:
    resting = [seen for seen in sights if seen.axis is None]
    moving = [seen for seen in sights if seen.axis is not None]
    doubt = max(seen.doubt for seen in sights)
    if len({seen.axis for seen in moving}) > 1:  # one branch lies across another
        resting += [everything(seen, out[seen.axis or 0], "some") for seen in moving]
        moving, doubt = [], AT_MOST
    around = hull((seen.first[0], seen.last[0]) for seen in resting)
    is_whole = any(seen.is_whole for seen in sights)
    if not moving:
        return Sight(None, 0, (around[0],), (around[1],), is_whole=is_whole, doubt=doubt)
    axis = moving[0].axis or 0
    if len({seen.stride for seen in moving}) > 1 or any(seen.is_listed for seen in moving):
        found = [hull([around, *(seen.ends(index) for seen in moving)]) for index in range(out[axis])]
        return _table(axis, found, min(seen.stride for seen in moving), is_whole, doubt)
    return replace(_widened(_union(moving), around), is_whole=is_whole, doubt=doubt)


def _union(sights: list[Sight]) -> Sight:
    if len(sights) == 1:
        return sights[0]
    period = lcm(*(seen.period for seen in sights))
    found = [hull(seen.ends(index) for seen in sights) for index in range(period)]
    first, last = zip(*found, strict=True)
    advance = period // sights[0].period * sights[0].advance
    return Sight(sights[0].axis, advance, first, last)


def _widened(seen: Sight, around: Ends) -> Sight:
    """``seen`` made at least as wide as what rests; as that covers the map, only the size matters."""
    if around == NOWHERE:
        return seen
    first, size = around[0], max(seen.size, around[1] - around[0] + 1)
    starts = tuple(min(begin, first) for begin in seen.first)
    ends = tuple(max(a + size - 1, b) for a, b in zip(starts, seen.last, strict=True))
    return Sight(seen.axis, seen.advance, starts, ends)

"""Receptive fields: which pixels of the image a value of a feature map can see.

Along an axis, each output index has a first and a last image pixel on which it depends. Both repeat after a period, up
to a constant advance, and are kept as one period; so they are exact through transposed convolutions too, where
neighbours see windows of different size. The closed formulas for convolutions alone are those of Araujo,
Norris and Sim 2019, https://distill.pub/2019/computing-receptive-fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Graph, Shape, Window

_LONGEST_PERIOD = 4_096


@dataclass(frozen=True)
class ReceptiveField:
    """What one value of a map sees of the image, each as (vertical, horizontal) in pixels of the image.

    ``size`` is the side of its window, ``stride`` (the "jump") the distance between the windows of neighbours, a
    fraction after a transposed convolution, ``offset`` the top left corner of the first value's window, negative
    where it begins in the padding. A window may be larger than the image.
    """

    size: tuple[int, int]
    stride: tuple[int | Fraction, int | Fraction]
    offset: tuple[int, int]


@dataclass(frozen=True)
class _Sight:
    """What the outputs see along one axis: output q·P + r sees pixels q·advance + first[r] to q·advance + last[r]."""

    advance: int
    first: tuple[int, ...]
    last: tuple[int, ...]

    @property
    def period(self) -> int:
        return len(self.first)

    @property
    def size(self) -> int:
        if self.period == 1:
            return self.last[0] - self.first[0] + 1
        return max(last - first for first, last in zip(self.first, self.last, strict=True)) + 1

    @property
    def stride(self) -> int | Fraction:
        if self.advance % self.period == 0:
            return self.advance // self.period
        return Fraction(self.advance, self.period)

    def first_of(self, index: int) -> int:
        return index // self.period * self.advance + self.first[index % self.period]

    def last_of(self, index: int) -> int:
        return index // self.period * self.advance + self.last[index % self.period]


_Sights = tuple[_Sight, _Sight]
_PIXEL = _Sight(1, (0,), (0,))


def receptive_fields(analysis: Analysis) -> Mapping[str, ReceptiveField | None]:
    """Node -> its receptive field, over all paths from the image; None where it is unknown.

    It is unknown where branches of different stride meet, where a block that reads everything gives a map again, and
    where the shapes are.
    """
    shapes = {name: facts.shape for name, facts in analysis.facts.items()}
    start = {node.name: (_PIXEL, _PIXEL) for node in analysis.graph.inputs if shapes[node.name].is_map}
    fields: dict[str, ReceptiveField | None] = {}
    known: dict[int, ReceptiveField] = {}  # most layers have no window and pass on the very object that they read
    seen = _seen(analysis.graph, shapes, start)
    for name, sights in seen.items():
        if sights is not None and id(sights) not in known:
            known[id(sights)] = _field(*sights)
        fields[name] = known[id(sights)] if sights is not None else None
    return fields


def _field(vertical: _Sight, horizontal: _Sight) -> ReceptiveField:
    return ReceptiveField(
        (vertical.size, horizontal.size),
        (vertical.stride, horizontal.stride),
        (vertical.first[0], horizontal.first[0]),
    )


def _seen(graph: Graph, shapes: Mapping[str, Shape], start: Mapping[str, _Sights | None]) -> dict[str, _Sights | None]:
    """What every node sees, given what the Input nodes see."""
    seen: dict[str, _Sights | None] = {}
    for name in graph.order:
        node = graph[name]
        sources = [source for source in node.inputs if source is not None]
        if node.is_input:
            seen[name] = start.get(name)
        elif node.bypassed:
            seen[name] = seen.get(node.inputs[0] or "")
        elif name not in shapes or len(sources) < len(node.inputs):
            seen[name] = None
        else:
            into = tuple(shapes[source] for source in sources)
            seen[name] = _through(node.block, into, shapes[name], [seen[source] for source in sources])
    return seen


def _through(block: Block, into: tuple[Shape, ...], out: Shape, sights: list[_Sights | None]) -> _Sights | None:
    if isinstance(block, Composite):
        return _through_composite(block, into, sights)
    known = [seen for seen in sights if seen is not None]
    if len(known) < len(sights) or block.mixes_places:
        return None
    if len(known) > 1:
        return _joined(into, out, known)
    if (window := block.window(*into)) is not None:
        vertical, horizontal = (_slid(known[0][axis], *_reads(window, axis), window.transposed) for axis in (0, 1))
        return (vertical, horizontal) if vertical is not None and horizontal is not None else None
    return known[0] if not into[0].is_map or into[0][1:] == out[1:] else None


def _through_composite(block: Composite, into: tuple[Shape, ...], sights: list[_Sights | None]) -> _Sights | None:
    local = _local(block, into) if len(into) == 1 else None
    if local is not None and sights[0] is not None and local[0].period == local[1].period == 1:
        vertical, horizontal = (
            _slid(seen, inner.advance, -inner.first[0], inner.size)
            for seen, inner in zip(sights[0], local, strict=True)
        )
        return (vertical, horizontal) if vertical is not None and horizontal is not None else None
    return _inside(block, into, tuple(sights))


def _inside(block: Composite, into: tuple[Shape, ...], sights: tuple[_Sights | None, ...]) -> _Sights | None:
    parts = block.parts(*into)
    start = {node.name: seen for node, seen in zip(parts.graph.inputs, sights, strict=True)}
    return _seen(parts.graph, parts.shapes, start)[parts.result.name]


@lru_cache(maxsize=4_096)
def _local(block: Composite, into: tuple[Shape, ...]) -> _Sights | None:
    """What the outputs of a composite of one input see of that input."""
    return _inside(block, into, ((_PIXEL, _PIXEL),))


def _reads(window: Window, axis: int) -> tuple[int, int, int]:
    """Stride, padding before and extent of a window along an axis."""
    extent = window.dilation[axis] * (window.kernel[axis] - 1) + 1
    return window.stride[axis], window.padding[axis][0], extent


def _slid(seen: _Sight, stride: int, before: int, extent: int, transposed: bool = False) -> _Sight | None:
    """What is seen through a window over what ``seen`` sees."""
    if seen.period == 1 and not transposed:
        start = seen.first[0] - before * seen.advance
        return _Sight(seen.advance * stride, (start,), (seen.last[0] + (extent - 1 - before) * seen.advance,))
    if transposed:
        period, advance = seen.period * stride, seen.advance
    else:
        period = seen.period // gcd(seen.period, stride)
        advance = period * stride // seen.period * seen.advance
    if period > _LONGEST_PERIOD:
        return None
    reads = []
    for index in range(period):
        if transposed:
            reads.append((-((extent - 1 - index - before) // stride), (index + before) // stride))
        else:
            first = index * stride - before
            reads.append((first, first + extent - 1))
    return _Sight(
        advance, tuple(seen.first_of(first) for first, _ in reads), tuple(seen.last_of(last) for _, last in reads)
    )


def _joined(into: tuple[Shape, ...], out: Shape, known: list[_Sights]) -> _Sights | None:
    """The union over the branches. What a branch of size 1 sees is seen everywhere once it is stretched over a map."""
    axes = []
    for axis in (0, 1):
        stretched = [shape.is_map and out.is_map and shape[axis + 1] == 1 and out[axis + 1] > 1 for shape in into]
        moving = [seen[axis] for seen, still in zip(known, stretched, strict=True) if not still]
        resting = [seen[axis] for seen, still in zip(known, stretched, strict=True) if still]
        if len({seen.stride for seen in moving}) != 1:
            return None
        axes.append(_widened(_union(moving), resting))
    return axes[0], axes[1]


def _union(sights: list[_Sight]) -> _Sight:
    period = lcm(*(seen.period for seen in sights))
    return _Sight(
        period // sights[0].period * sights[0].advance,
        tuple(min(seen.first_of(index) for seen in sights) for index in range(period)),
        tuple(max(seen.last_of(index) for seen in sights) for index in range(period)),
    )


def _widened(seen: _Sight, resting: list[_Sight]) -> _Sight:
    """``seen`` made at least as wide as what rests; as that covers the image, only the size matters."""
    if not resting:
        return seen
    first = min(still.first[0] for still in resting)
    size = max(seen.size, *(still.size for still in resting))
    starts = tuple(min(begin, first) for begin in seen.first)
    return _Sight(seen.advance, starts, tuple(max(a + size - 1, b) for a, b in zip(starts, seen.last, strict=True)))

"""Receptive fields: which pixels of the image a value of a feature map can see, and which values a pixel can reach.

The size of a field is told as the textbooks do, for a map without an end: padding counts as image that goes on. The
closed formulas for convolutions alone are those of Araujo, Norris and Sim 2019,
https://distill.pub/2019/computing-receptive-fields. Which pixels there are for one place, and where one pixel goes (the
projective field), is told within the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.sight import EXACT, LONGEST_PERIOD, PIXEL, Sight, everything, hull, joined, moved, pixels
from cnnstudio.graph import Block, Composite, Graph, Shape

Status = Literal["exact", "upper bound", "whole map"]


@dataclass(frozen=True)
class ReceptiveField:
    """What one value of a map sees of the image, each as (vertical, horizontal) in pixels of the image.

    ``size`` is the side of its window, the largest where they differ, ``stride`` (the "jump") the distance between the
    windows of neighbours, a fraction after a transposed convolution and 0 where all see the same, ``offset`` the top
    left corner of the first value's window, negative where it begins in the padding. A window may be larger than the
    image; where a border is circular it may be all of it, as it goes on at the other side. ``status``: whether the
    window is exact, an upper bound, or all of a map. ``has_statistics``: a normalisation on the way takes its means
    over whole maps; the window is told without them.
    """

    size: tuple[int, int]
    stride: tuple[int | Fraction, int | Fraction]
    offset: tuple[int, int]
    status: Status = "exact"
    has_statistics: bool = False

    @property
    def written(self) -> str:
        """The size as it is shown: 7 × 7, or ≤ 34 × 34 where it is an upper bound."""
        return f"{'≤ ' * (self.status == 'upper bound')}{self.size[0]} × {self.size[1]}"


@dataclass(frozen=True)
class ProjectiveField:
    """Where a pixel of the image goes: the places of a map whose values depend on it, a range for each axis in space.

    Of tokens and vectors it is one range. ``status`` and ``has_statistics`` are as in ``ReceptiveField``.
    """

    pixel: tuple[int, int]
    places: tuple[range, ...]
    status: Status = "exact"
    has_statistics: bool = False

    @property
    def size(self) -> tuple[int, ...]:
        """How many places along each axis."""
        return tuple(len(each) for each in self.places)


@dataclass(frozen=True)
class _Seen:
    """What the values of a node see along the rows and along the columns of the image."""

    sights: tuple[Sight, Sight]
    has_statistics: bool = False


@dataclass(frozen=True)
class Places:
    """What every single place of a map sees of an image of ``height`` × ``width``, and which places a pixel reaches."""

    shape: Shape
    height: int
    width: int
    sights: tuple[Sight, Sight]
    status: Status
    has_statistics: bool

    @property
    def way(self) -> Status:
        """How sure it is where a pixel goes: it may fall through the holes of a window."""
        return "upper bound" if any(sight.has_holes for sight in self.sights) else self.status

    def seen_by(self, *place: int) -> tuple[range, range]:
        """The rows and the columns of the image on which a place depends: (row, column) of a map, a token, an entry."""
        index = dict(enumerate(place, start=1 if self.shape.is_map else 0))
        found = []
        for sight in self.sights:
            axis = sight.axis
            all_of_axis = range(self.shape[axis]) if axis is not None and axis not in index else ()
            first, last = hull(map(sight.ends, all_of_axis or (index.get(axis or 0, 0),)))
            found.append(range(first, last + 1) if first <= last else range(0))
        return found[0], found[1]

    def reached_from(self, row: int, column: int) -> tuple[range, ...]:
        """The rows and the columns of the map, or its tokens or entries, that depend on a pixel of the image."""
        axes = (1, 2) if self.shape.is_map else (0,)
        left = {axis: set(range(length)) for axis, length in enumerate(self.shape)}
        for sight, pixel in zip(self.sights, (row, column), strict=True):
            if sight.axis is None:
                if not sight.first[0] <= pixel <= sight.last[0]:
                    left = {key: set() for key in left}
                continue
            ends = ((index, *sight.ends(index)) for index in range(self.shape[sight.axis]))
            left[sight.axis] &= {index for index, first, last in ends if first <= pixel <= last}
        if not all(left.values()):
            return tuple(range(0) for _ in axes)
        return tuple(range(min(left[axis]), max(left[axis]) + 1) for axis in axes)


def receptive_fields(analysis: Analysis) -> Mapping[str, ReceptiveField | None]:
    """Node -> its receptive field, over all paths from the image; None where it is unknown.

    It is unknown behind a step that has no block here, without an image, and where the shapes are.
    """
    shapes = {name: facts.shape for name, facts in analysis.facts.items()}
    image = _image(analysis)
    start = {node.name: _Seen(PIXEL) for node in analysis.graph.inputs if shapes[node.name].is_map}
    fields: dict[str, ReceptiveField | None] = {}
    known: dict[tuple[int, Shape], ReceptiveField] = {}  # most layers pass on the very object that they read
    for name, seen in _walked(analysis.graph, shapes, start).items():
        if seen is None or image is None:
            fields[name] = None
            continue
        key = id(seen), shapes[name]
        if key not in known:
            known[key] = _field(seen, shapes[name], image)
        fields[name] = known[key]
    return fields


def _image(analysis: Analysis) -> tuple[int, int] | None:
    """Height and width of the image; of several the largest."""
    sizes = [shape.spatial for node in analysis.graph.inputs if (shape := analysis.facts[node.name].shape).is_map]
    return max(sizes) if sizes else None


def _field(seen: _Seen, shape: Shape, image: tuple[int, int]) -> ReceptiveField:
    vertical, horizontal = (_in_space(sight, shape) for sight in seen.sights)
    return ReceptiveField(
        (vertical.size, horizontal.size),
        (vertical.stride, horizontal.stride),
        (vertical.ends(0)[0], horizontal.ends(0)[0]),
        _status((vertical, horizontal), shape, image),
        seen.has_statistics,
    )


def _in_space(sight: Sight, shape: Shape) -> Sight:
    """What all the numbers at a place see, where the sight is another from channel to channel of a map or a token."""
    if sight.axis is None or sight.axis in ((1, 2) if shape.is_map else (0,)):
        return sight
    return everything(sight, shape[sight.axis])


def _status(sights: tuple[Sight, Sight], shape: Shape, image: tuple[int, int]) -> Status:
    if any(sight.doubt != EXACT for sight in sights):
        return "upper bound"
    return "whole map" if all(map(_sees_all, sights, (shape, shape), image)) else "exact"


def _sees_all(sight: Sight, shape: Shape, side: int) -> bool:
    """Whether every place sees all of the image along an axis."""
    if sight.is_whole or sight.axis is None:
        return True
    ends = map(sight.ends, range(shape[sight.axis]) if sight.is_listed else (0, shape[sight.axis] - 1))
    return all(first <= 0 and last >= side - 1 for first, last in ends)


def places(analysis: Analysis) -> Mapping[str, Places | None]:
    """Node -> what each of its places sees within the image; None where it is unknown."""
    shapes = {name: facts.shape for name, facts in analysis.facts.items()}
    image = _image(analysis)
    if image is None:
        return dict.fromkeys(analysis.graph.order)
    start = {
        node.name: _Seen(pixels(*shapes[node.name].spatial))
        for node in analysis.graph.inputs
        if shapes[node.name].is_map
    }
    found: dict[str, Places | None] = {}
    for name, seen in _walked(analysis.graph, shapes, start).items():
        if seen is None:
            found[name] = None
            continue
        status = _status(seen.sights, shapes[name], image)
        found[name] = Places(shapes[name], *image, seen.sights, status, seen.has_statistics)
    return found


def projective_fields(analysis: Analysis, pixel: tuple[int, int] | None = None) -> Mapping[str, ProjectiveField | None]:
    """Node -> the places of its map that depend on a pixel of the image, (row, column); that in the middle if None."""
    found: dict[str, ProjectiveField | None] = {}
    for name, each in places(analysis).items():
        if each is None:
            found[name] = None
            continue
        chosen = pixel or (each.height // 2, each.width // 2)
        found[name] = ProjectiveField(chosen, each.reached_from(*chosen), each.way, each.has_statistics)
    return found


# from node to node


def _walked(graph: Graph, shapes: Mapping[str, Shape], start: Mapping[str, _Seen | None]) -> dict[str, _Seen | None]:
    """What every node sees, given what the Input nodes see."""
    seen: dict[str, _Seen | None] = {}
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
            into = tuple([shapes[source] for source in sources])
            seen[name] = _through(node.block, into, shapes[name], [seen[source] for source in sources])
    return seen


def _through(block: Block, into: tuple[Shape, ...], out: Shape, seen: list[_Seen | None]) -> _Seen | None:
    if isinstance(block, Composite):
        return _through_composite(block, into, seen)
    known = [each for each in seen if each is not None]
    reaches = block.reach(*into) if len(known) == len(seen) else None
    if reaches is None:
        return None
    ports: list[_Seen] = []
    for reach, shape, each in zip(reaches, into, known, strict=True):
        first, second = each.sights
        vertical, horizontal = moved(first, reach.spans, shape, out), moved(second, reach.spans, shape, out)
        if vertical is None or horizontal is None or max(vertical.period, horizontal.period) > LONGEST_PERIOD:
            return None
        has_statistics = each.has_statistics or reach.has_statistics
        if vertical is first and horizontal is second and has_statistics == each.has_statistics:
            ports.append(each)
        else:
            ports.append(_Seen((vertical, horizontal), has_statistics))
    if len(ports) == 1:
        return ports[0]
    sights = [joined([port.sights[axis] for port in ports], out) for axis in (0, 1)]
    return _Seen((sights[0], sights[1]), any(port.has_statistics for port in ports))


def _through_composite(block: Composite, into: tuple[Shape, ...], seen: list[_Seen | None]) -> _Seen | None:
    outer = seen[0]
    if len(into) == 1 and outer is not None and _is_plain(outer):
        local = _local(block, into)
        if local is not None and _is_plain(local):
            sights = [_composed(far, near) for far, near in zip(outer.sights, local.sights, strict=True)]
            return _Seen((sights[0], sights[1]), outer.has_statistics or local.has_statistics)
    return _inside(block, into, tuple(seen))


def _is_plain(seen: _Seen) -> bool:
    """Whether rows see rows and columns see columns, by windows that are the same everywhere."""
    vertical, horizontal = seen.sights
    return (
        (vertical.axis, horizontal.axis) == (1, 2)
        and vertical.period == horizontal.period == 1
        and not (vertical.is_listed or horizontal.is_listed)
        and vertical.doubt == horizontal.doubt == EXACT
    )


def _composed(far: Sight, near: Sight) -> Sight:
    """What is seen by what sees ``near`` of places that see ``far``."""
    advance = int(far.advance)
    first, last = far.first[0] + near.first[0] * advance, far.last[0] + near.last[0] * advance
    is_whole, has_holes = far.is_whole or near.is_whole, far.has_holes or near.has_holes
    made = Sight(near.axis, advance * int(near.advance), (first,), (last,), False, is_whole)
    return replace(made, has_holes=True) if has_holes else made


def _inside(block: Composite, into: tuple[Shape, ...], seen: tuple[_Seen | None, ...]) -> _Seen | None:
    parts = block.parts(*into)
    start = {node.name: each for node, each in zip(parts.graph.inputs, seen, strict=True)}
    return _walked(parts.graph, parts.shapes, start)[parts.result.name]


@lru_cache(maxsize=4_096)
def _local(block: Composite, into: tuple[Shape, ...]) -> _Seen | None:
    """What the outputs of a composite of one input see of that input."""
    return _inside(block, into, (_Seen(PIXEL),))

"""Spacing: what moves over where something on the canvas becomes larger, and where there is a free place for more.

What stands on the canvas are units: a node alone, a frame with all that it holds, a note. What shares the row of that
which grew moves to the right along it, each as far as it would otherwise be in the way; rows below move down as they
are. Everything else stays. Inside a frame its nodes are the units, and then the frame is what grew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import NamedTuple

from cnnstudio.graph.annotations import Frame
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.node import Node, Position
from cnnstudio.layout.metrics import FRAME_BAR, FRAME_PAD, GAP, node_size

MARGIN = 24.0  # what a free place has round it at least
BACKWARDS = 1.5  # how much farther a place above or to the left seems than one below or to the right
COLUMNS = 24  # beside the place that is wished for, in which a free one is looked for

Unit = str | Frame | int  # a node by name, a frame with its nodes, a note by its number
GROWN = ""  # the unit that grew: no node is called so


class Box(NamedTuple):
    """A rectangle, in scene pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def is_line(self) -> bool:
        """Whether it has no width or no height."""
        return self.left == self.right or self.top == self.bottom

    def moved(self, dx: float, dy: float) -> Box:
        """So much further."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def is_level(self, other: Box) -> bool:
        """Whether both have a height in common."""
        return self.top < other.bottom and other.top < self.bottom

    def is_over(self, other: Box) -> bool:
        """Whether one is above the other, or on it."""
        return self.left < other.right and other.left < self.right

    def touches(self, other: Box) -> bool:
        """Whether one lies on the other."""
        return self.is_level(other) and self.is_over(other)


def node_box(node: Node) -> Box:
    """The body of a node."""
    (x, y), (width, height) = node.position, node_size(node)
    return Box(x, y, x + width, y + height)


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box round these, of which there must be one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def framed(inner: Box) -> Box:
    """The box of a frame, with its title bar, round nodes that take this much."""
    return Box(
        inner.left - FRAME_PAD, inner.top - FRAME_PAD - FRAME_BAR, inner.right + FRAME_PAD, inner.bottom + FRAME_PAD
    )


def frame_box(graph: Graph, frame: Frame) -> Box:
    """The box of this frame, with its title bar."""
    return framed(hull(node_box(graph[name]) for name in frame.members))


def units(graph: Graph) -> dict[Unit, Box]:
    """What stands on the canvas, each with its box."""
    found: dict[Unit, Box] = {frame: frame_box(graph, frame) for frame in graph.frames}
    found |= {node.name: node_box(node) for node in graph if node.name not in graph.framed}
    for number, note in enumerate(graph.notes):
        (x, y), (width, height) = note.position, note.size
        found[number] = Box(x, y, x + width, y + height)
    return found


def with_room(graph: Graph, names: Collection[str], was: Box) -> Graph:
    """With what these nodes would stand on moved over, where they had the place ``was`` before.

    What was to the right of that place stays to the right of them, and what was below it below. A place without width
    or height is the line from which on new nodes push the others.
    """
    own = frozenset(names)
    inside = graph.framed.get(next(iter(own)))
    if inside is not None and own == inside.members:
        was = framed(was)
    if inside is None or not own < inside.members:
        return _pushed(graph, own, was, apart(graph, own))
    rest = [node_box(graph[name]) for name in inside.members - own]
    before = framed(hull(rest if was.is_line else [*rest, was]))
    outer = apart(graph, inside.members)
    strays: dict[Unit, Box] = {
        unit: box for unit, box in outer.items() if not isinstance(unit, Frame) and box.touches(before)
    }
    fellows: dict[Unit, Box] = {name: node_box(graph[name]) for name in graph.nodes if name in inside.members - own}
    graph = _pushed(graph, own, was, {**fellows, **strays})
    return _pushed(graph, inside.members, before, {unit: box for unit, box in outer.items() if unit not in strays})


def with_new(graph: Graph, name: str) -> Graph:
    """With room for this node, which is new in its place."""
    body = node_box(graph[name])
    return with_room(graph, (name,), body._replace(right=body.left))


def apart(graph: Graph, names: frozenset[str]) -> dict[Unit, Box]:
    """The units that have none of these nodes; of a frame that has some, the others are units."""
    torn = {frame for frame in graph.frames if not frame.members.isdisjoint(names)}
    rest: dict[Unit, Box] = {name: node_box(graph[name]) for frame in torn for name in sorted(frame.members - names)}
    return rest | {unit: box for unit, box in units(graph).items() if unit not in names and unit not in torn}


def free_offset(box: Box, taken: Iterable[Box]) -> Position:
    """How far a box has to move to lie on none of those taken: not at all, or to the nearest place that is free."""
    wide = [Box(b.left - MARGIN, b.top - MARGIN, b.right + MARGIN, b.bottom + MARGIN) for b in taken]
    if not any(box.touches(other) for other in wide):
        return 0.0, 0.0
    steps = {0.0, *(b.right - box.left for b in wide), *(b.left - box.right for b in wide)}
    found = [(dx, free_down(wide, box.moved(dx, 0.0))) for dx in sorted(steps, key=abs)[: COLUMNS + 1]]
    return min(found, key=lambda step: sum((d if d >= 0 else BACKWARDS * d) ** 2 for d in step))


def free_down(taken: list[Box], box: Box) -> float:
    """How far down, or up, the box has to move to be clear of all in its column."""
    height, low, high = box.bottom - box.top, -inf, -inf
    for top, bottom in sorted((other.top - height, other.bottom) for other in taken if box.is_over(other)):
        if top >= high:
            if low < box.top < high:
                break
            low, high = top, bottom
        else:
            high = max(high, bottom)
    if not low < box.top < high:
        return 0.0
    return min(high - box.top, low - box.top, key=lambda step: step if step >= 0 else -BACKWARDS * step)


def _pushed(graph: Graph, names: frozenset[str], was: Box, apart: Mapping[Unit, Box]) -> Graph:
    """With those of these units moved that are in the way of the nodes, which had the place ``was`` before."""
    whole = [frame for frame in graph.frames if frame.members <= names]
    lone = names.difference(*(frame.members for frame in whole))
    grown = hull([*(frame_box(graph, frame) for frame in whole), *(node_box(graph[name]) for name in lone)])
    home: dict[str, Unit] = dict.fromkeys(names, GROWN)
    for unit in apart:
        if not isinstance(unit, int):
            home |= dict.fromkeys(unit.members if isinstance(unit, Frame) else (unit,), unit)
    wires: dict[Unit, set[Unit]] = {}
    for edge in graph.edges:
        if edge.source in home and edge.target in home:
            wires.setdefault(home[edge.source], set()).add(home[edge.target])
    steps = _Push({**apart, GROWN: was}, wires).steps(grown)
    if not steps:
        return graph
    moved = {name: _further(graph[name].position, steps[unit]) for name, unit in home.items() if unit in steps}
    notes = (
        replace(note, position=_further(note.position, steps[number])) if number in steps else note
        for number, note in enumerate(graph.notes)
    )
    return replace(graph.move(moved), notes=tuple(notes))


def _further(place: Position, step: Position) -> Position:
    return place[0] + step[0], place[1] + step[1]


class _Push:
    """Units as they stood before, and where they stand now that one of them grows."""

    def __init__(self, boxes: Mapping[Unit, Box], wires: Mapping[Unit, set[Unit]]) -> None:
        was = boxes[GROWN]
        self._is_new = was.is_line
        solid: dict[Unit, Box] = {unit: box for unit, box in boxes.items() if not isinstance(unit, int)}
        self._notes = {unit: box for unit, box in boxes.items() if isinstance(unit, int)}
        self._on: dict[Unit, Unit] = {}  # a note that lies on something goes where that goes
        for number, note in self._notes.items():
            for unit, box in solid.items():
                if note.touches(box):
                    self._on[number] = unit
        self._before = {unit: box for unit, box in boxes.items() if unit not in self._on}
        self._now = dict(self._before)
        self._wires = wires
        self._rows = _rows(solid)
        self._row = {unit: number for number, row in enumerate(self._rows) for unit in row}
        bands = _rows(solid, 1.5 * GAP[1])  # branches side by side are in one
        self._band = {unit: number for number, band in enumerate(bands) for unit in band}

    def steps(self, grown: Box) -> dict[Unit, Position]:
        """How far each unit has to move when that which grows is so large; that itself moves only down."""
        was = self._before[GROWN]
        under = {unit for unit, box in self._before.items() if box.touches(was)} if not self._is_new else {GROWN}
        self._now[GROWN] = grown
        self._ripple(GROWN)
        self._sink()
        here = self._now[GROWN]
        hit = [unit for unit, box in self._now.items() if unit not in under | {GROWN} and box.touches(here)]
        for unit in sorted(hit, key=lambda each: self._now[each].left):  # neither beside it before nor below
            self._now[unit] = self._now[unit].moved(max(0.0, here.right + GAP[0] - self._now[unit].left), 0.0)
            self._ripple(unit)
        self._before[GROWN] = grown
        found = {
            unit: (box.left - self._before[unit].left, box.top - self._before[unit].top)
            for unit, box in self._now.items()
            if box != self._before[unit]
        }
        return found | {note: found[unit] for note, unit in self._on.items() if unit in found}

    def _ripple(self, first: Unit) -> None:
        """Let this unit push what is to the right of it, and that the next; each moves no farther than it has to."""
        pushing = [first]
        for unit in sorted(self._before, key=lambda each: self._before[each].left):
            if unit not in (first, GROWN):
                short = max(self._least(one, unit) for one in pushing) - self._now[unit].left
                if short > 0:
                    self._now[unit] = self._now[unit].moved(short, 0.0)
                    pushing.append(unit)

    def _least(self, one: Unit, other: Unit) -> float:
        """How far to the left the second may stand because of the first."""
        left, right = self._before[one], self._before[other]
        if right.left < left.right:
            return -inf
        is_new = one == GROWN and self._is_new
        is_beside = left.is_level(right) or (
            self._row.get(one) == self._row.get(other) and self._now[one].is_level(self._now[other])
        )
        is_branch = other in self._wires.get(one, ()) and self._band.get(one) == self._band.get(other)
        if not is_beside and not is_branch:
            return -inf
        return self._now[one].right + (GAP[0] if is_new else min(GAP[0], right.left - left.right))

    def _sink(self) -> None:
        """Let the row of what grew, and each one below, move down as a whole where something above is in the way."""
        was, grown, at = self._before[GROWN], self._now[GROWN], self._row[GROWN]
        above = [self._before[unit] for row in self._rows[:at] for unit in row]
        rise = [box.bottom + min(GAP[1], was.top - box.bottom) - grown.top for box in above if box.is_over(grown)]
        depths = {at: max(0.0, *rise, 0.0)}
        self._lower(self._rows[at], depths[at])
        for number in range(at + 1, len(self._rows)):
            row = self._rows[number]
            top = min(self._now[unit].top for unit in row)
            near = [u for upper in self._rows[at:number] for u in upper if self._now[u].bottom + GAP[1] > top]
            depths[number] = max((self._deficit(one, other) for one in near for other in row), default=0.0)
            self._lower(row, depths[number])
        tops = {number: min(self._before[unit].top for unit in self._rows[number]) for number in depths}
        for note, box in self._notes.items():
            passed = [number for number, top in tops.items() if top <= box.top]
            if passed and note not in self._on:
                self._lower([note], depths[max(passed)])

    def _deficit(self, one: Unit, other: Unit) -> float:
        """How much higher than it may the second stands because of the first, above it."""
        if not self._now[one].is_over(self._now[other]):
            return 0.0
        is_new = one == GROWN and self._is_new
        free = GAP[1] if is_new else min(GAP[1], self._before[other].top - self._before[one].bottom)
        return max(0.0, self._now[one].bottom + free - self._now[other].top)

    def _lower(self, row: list[Unit], depth: float) -> None:
        for unit in row if depth else ():
            self._now[unit] = self._now[unit].moved(0.0, depth)


def _rows(boxes: Mapping[Unit, Box], near: float = 0.0) -> list[list[Unit]]:
    """The units in rows from top to bottom, which are more than ``near`` apart."""
    rows: list[list[Unit]] = []
    bottom = -inf
    for unit, box in sorted(boxes.items(), key=lambda entry: entry[1].top):
        if box.top >= bottom + near:
            rows.append([])
        rows[-1].append(unit)
        bottom = max(bottom, box.bottom)
    return rows

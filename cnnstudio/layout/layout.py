"""Layout: a whole canvas in order, frames kept together, or a part of it in order in its own place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from math import inf
from typing import Literal

from cnnstudio.graph.graph import Graph
from cnnstudio.graph.names import fresh_name
from cnnstudio.graph.node import Node, Position, whole
from cnnstudio.layout.layers import Reads
from cnnstudio.layout.metrics import FRAME_BAR, FRAME_PAD, GAP, HEIGHT, WIDTH, node_size
from cnnstudio.layout.rows import SHORTEST, Rows, Size, extent, widths
from cnnstudio.layout.spacing import Box, apart, free_offset, hull, units, with_room

CELL = (WIDTH + GAP[0]) * (HEIGHT + 2 * GAP[1])  # what a node takes of the canvas, roughly
ROW = SHORTEST * (WIDTH + GAP[0]) - GAP[0] + 2 * FRAME_PAD  # the narrowest row, in its frame


def arranged(graph: Graph, only: frozenset[str] | None = None) -> Graph:
    """The graph in the order of automatic layout, or with ``only`` these nodes so; wires are straight then.

    Frames keep their nodes to themselves. Of a part, the upper left corner stays where it is and nothing of the rest is
    covered: what shares a frame with the part makes room for it, else the part moves to the nearest free place.
    """
    if only is not None:
        return _part_arranged(graph, only)
    made = _set_out(graph.straighten(graph.nodes))
    for note in made.notes:
        taken = [box for unit, box in units(made).items() if not isinstance(unit, int)]
        (x, y), (width, height) = note.position, note.size
        dx, dy = free_offset(Box(x, y, x + width, y + height), taken)
        made = made.replace_note(note, replace(note, position=(x + dx, y + dy)))
    return made


def _set_out(graph: Graph) -> Graph:
    """All nodes in their places; without frames, a long branch may go on in the next row beside its skip."""
    if graph.frames:
        return graph.move(_places(graph))
    flow = Rows(reads_of(graph), {node.name: node_size(node) for node in graph}, GAP, tears=True)
    width = flow.best()
    made = graph.move(_whole(flow.at(width)))
    for (source, target), bends in flow.bends(width).items():
        for edge in made[target].edges:
            if edge.source == source:
                made = made.bend(edge, tuple(map(whole, bends)))
    return made


def _part_arranged(graph: Graph, only: frozenset[str]) -> Graph:
    part = graph.subgraph(only)
    old = hull(units(part).values())
    part = part.move(_places(part))
    new = hull(units(part).values())
    dx, dy = old.left - new.left, old.top - new.top
    others = apart(graph, only)
    is_torn = any(frame.members & only and frame.members - only for frame in graph.frames)
    if not is_torn:
        aside = free_offset(new.moved(dx, dy), others.values())
        dx, dy = dx + aside[0], dy + aside[1]
    made = graph.straighten(only).move(
        {node.name: (round(node.position[0] + dx), round(node.position[1] + dy)) for node in part}
    )
    return with_room(made, only, old) if is_torn else made


def _places(graph: Graph) -> dict[str, Position]:
    """The places of automatic layout, in which frames are kept together.

    Where a wire leaves a frame and comes back into it that cannot be, and they are left out of account.
    """
    try:
        sheet = _Sheet(graph)
    except CycleError:
        return layout(graph)
    return sheet.best()


class _Sheet:
    """A graph whose frames are laid out first, and then as if each were one node. Raises ``CycleError``."""

    def __init__(self, graph: Graph) -> None:
        self._sizes: dict[str, Size] = {node.name: node_size(node) for node in graph}
        names = {frame: fresh_name(f"frame{number}_", graph.nodes) for number, frame in enumerate(graph.frames)}
        home = {name: names[graph.framed[name]] if name in graph.framed else name for name in graph.nodes}
        reads: dict[str, dict[str, None]] = {}
        for name in graph.order:
            sources = reads.setdefault(home[name], {})
            sources |= dict.fromkeys(home[s] for s in graph[name].inputs if s is not None and home[s] != home[name])
        self._reads = {unit: tuple(sources) for unit, sources in reads.items()}
        TopologicalSorter(self._reads).prepare()
        self._frames = {
            name: Rows(reads_of(graph.subgraph(frame.members)), self._sizes, GAP) for frame, name in names.items()
        }

    def best(self) -> dict[str, Position]:
        """The corners of all nodes where a screen shows them largest."""
        if not self._frames:
            flow = Rows(self._reads, self._sizes, GAP)
            return _whole(flow.at(flow.best()))
        found = [self._at(width) for width in widths(CELL * len(self._sizes), ROW)]
        return _whole(min(found, key=self._extent))

    def _extent(self, places: Mapping[str, Position]) -> float:
        right = max(x + self._sizes[name][0] for name, (x, _) in places.items())
        bottom = max(y + self._sizes[name][1] for name, (_, y) in places.items())
        return extent(right, bottom)

    def _at(self, width: float) -> dict[str, Position]:
        """The corners in rows of this width, and in frames that are no wider."""
        within: dict[str, dict[str, Position]] = {}
        sizes = dict(self._sizes)
        for name, flow in self._frames.items():
            places = flow.at(width - 2 * FRAME_PAD)
            box = hull(Box(x, y, x + sizes[each][0], y + sizes[each][1]) for each, (x, y) in places.items())
            left, top = FRAME_PAD - box.left, FRAME_PAD + FRAME_BAR - box.top
            within[name] = {each: (x + left, y + top) for each, (x, y) in places.items()}
            sizes[name] = box.right - box.left + 2 * FRAME_PAD, box.bottom - box.top + 2 * FRAME_PAD + FRAME_BAR
        return {
            each: (left + x, top + y)
            for name, (left, top) in Rows(self._reads, sizes, GAP).at(width).items()
            for each, (x, y) in within.get(name, {name: (0.0, FRAME_BAR / 2)}).items()  # level with those in frames
        }


def _whole(places: Mapping[str, Position]) -> dict[str, Position]:
    return {name: whole(place) for name, place in places.items()}


Direction = Literal["right", "down"]


def layout(
    graph: Graph,
    direction: Direction = "right",
    size: Size | Callable[[Node], Size] = node_size,
    gap: Size = GAP,
    *,
    wrap: bool = True,
) -> dict[str, Position]:
    """The top left corner of every node, in scene pixels: name -> (x, y).

    With ``wrap``, a long network to the right goes on in the next row, so that a screen shows it largest. ``size`` is
    the width and the height of a node, for all or for each. ``gap`` is what is left free between two layers and
    between two nodes of one layer.
    """
    turned = direction == "down"
    sizes = {node.name: size(node) if callable(size) else size for node in graph}
    flow = Rows(reads_of(graph), {name: each[::-1] for name, each in sizes.items()} if turned else sizes, gap)
    placed = flow.at(flow.best() if wrap and not turned else inf)
    corners = {name: ((y, x) if turned else (x, y)) for name, (x, y) in placed.items()}
    return {name: whole(corner) for name, corner in corners.items()}


def laid_out(graph: Graph) -> Graph:
    """The graph with every node at the place that ``layout`` gives it, and straight wires."""
    return graph.straighten(graph.nodes).move(layout(graph))


def reads_of(graph: Graph) -> Reads:
    """Name -> what that node reads."""
    return {node.name: tuple(source for source in node.inputs if source is not None) for node in graph}

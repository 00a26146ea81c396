"""Edits: what the gestures of the canvas do to a graph, as functions from graph to graph. Knows no Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from cnnstudio.compiler.inference import Analysis, node_facts
from cnnstudio.graph import Block, Edge, Graph, Node, Note, Position, ShapeError
from cnnstudio.graph.node import whole
from cnnstudio.ui.measures import HEIGHT, SNAP, node_height

Side = Literal["left", "center", "right", "top", "middle", "bottom"]
Direction = Literal["left", "right", "up", "down"]


def snapped(position: Position) -> Position:
    """The nearest place on the grid."""
    return round(position[0] / SNAP) * SNAP, round(position[1] / SNAP) * SNAP


# adding


def added(graph: Graph, block: Block, position: Position, after: str | None = None) -> tuple[Graph, str]:
    """With a node of this block, reading ``after`` if it can; the new graph and the node's name."""
    name = graph.fresh(block.stem)
    inputs = (after,) if after is not None and block.arity.most != 0 else ()
    return graph.add(Node(name, block, inputs, position)), name


# wires


def misfit(analysis: Analysis, source: str, target: str, port: int) -> str | None:
    """Why ``target`` cannot take what ``source`` gives at that port, or None where it can or nobody knows yet."""
    node = analysis.graph[target]
    if node.bypassed:
        return None
    sources = [*node.inputs, *[None] * (port + 1 - len(node.inputs))]
    sources[port] = source
    shapes = [analysis.shape(each) for each in sources]
    if any(shape is None for shape in shapes):
        return None
    found = node_facts(node.block, tuple(shape for shape in shapes if shape is not None))
    return found.sentence[:1].upper() + found.sentence[1:] if isinstance(found, ShapeError) else None


def best_port(graph: Graph, target: str) -> int:
    """The input port that a wire dropped on the body of ``target`` enters: the first that is free, else the first."""
    node = graph[target]
    return next((port for port in range(node.ports) if port >= len(node.inputs) or node.inputs[port] is None), 0)


def rewired(graph: Graph, old: Edge, new: Edge) -> Graph:
    """With the wire ``old`` plugged in as ``new``. Raises ``GraphError`` where that may not be."""
    if old == new:
        return graph
    if (old.target, old.port) == (new.target, new.port):
        return graph.connect(new.source, new.target, new.port)
    if old.target == new.target:
        return graph.connect(new.source, new.target, new.port).disconnect(old)
    return graph.disconnect(old).connect(new.source, new.target, new.port)


def without(graph: Graph, notes: Iterable[Note]) -> Graph:
    """Without these notes and their equals."""
    for note in notes:
        while note in graph.notes:
            graph = graph.remove_note(note)
    return graph


def lifted(graph: Graph, names: Iterable[str]) -> Graph:
    """With these nodes taken off their wires, which heal behind them, and out of a frame that others stay in.

    Wires among them stay.
    """
    taken = set(names)
    rest = graph.remove(*taken, heal=True)
    nodes = (
        rest[node.name]
        if node.name not in taken
        else dataclasses.replace(node, inputs=tuple(source if source in taken else None for source in node.inputs))
        for node in graph
    )
    whole_frames = [frame for frame in graph.frames if frame.members <= taken]
    return Graph.of(nodes, (*rest.frames, *whole_frames), graph.notes)


def taken_in(graph: Graph, others: Iterable[str], names: Iterable[str]) -> Graph:
    """With these nodes in the frame that those others are in."""
    frame = next((graph.framed[other] for other in others if other in graph.framed), None)
    if frame is None:
        return graph
    return graph.reframe(frame, dataclasses.replace(frame, members=frame.members.union(names)))


# arranging


def aligned(graph: Graph, names: Sequence[str], side: Side) -> dict[str, Position]:
    """The places of these nodes with one side (or middle) in line."""
    boxes = {name: (*graph[name].position, node_height(graph[name].ports)) for name in names}
    if side in ("left", "center", "right"):
        xs = [x for x, _, _ in boxes.values()]
        at = {"left": min(xs), "right": max(xs), "center": (min(xs) + max(xs)) / 2}[side]
        return {name: whole((at, y)) for name, (_, y, _) in boxes.items()}
    tops, bottoms = [y for _, y, _ in boxes.values()], [y + height for _, y, height in boxes.values()]
    if side == "top":
        return {name: (x, min(tops)) for name, (x, _, _) in boxes.items()}
    if side == "bottom":
        return {name: (x, max(bottoms) - height) for name, (x, _, height) in boxes.items()}
    middle = (min(tops) + max(bottoms)) / 2
    return {name: whole((x, middle - height / 2)) for name, (x, _, height) in boxes.items()}


def distributed(graph: Graph, names: Sequence[str], across: bool) -> dict[str, Position]:
    """The places of these nodes at equal distances between the outermost two."""
    axis = 0 if across else 1
    line = sorted(names, key=lambda name: graph[name].position[axis])
    low, high = graph[line[0]].position[axis], graph[line[-1]].position[axis]
    places: dict[str, Position] = {}
    for index, name in enumerate(line):
        x, y = graph[name].position
        at = low + (high - low) * index / max(len(line) - 1, 1)
        places[name] = whole((at, y) if across else (x, at))
    return places


def shifted(graph: Graph, names: Iterable[str], dx: float, dy: float) -> Mapping[str, Position]:
    """The places of these nodes, so much further."""
    return {name: (graph[name].position[0] + dx, graph[name].position[1] + dy) for name in names}


# walking


def neighbour(graph: Graph, name: str, direction: Direction) -> str | None:
    """The node that an arrow key leads to: along a wire where one runs that way, else the nearest on that side."""
    x, y = graph[name].position
    wired = {
        "right": [edge.target for edge in graph.consumers[name]],
        "left": [source for source in graph[name].inputs if source is not None],
    }.get(direction, [])
    ways = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
    along_x, along_y = ways[direction]

    def cost(other: str) -> float | None:
        dx, dy = graph[other].position[0] - x, graph[other].position[1] - y
        along, aside = dx * along_x + dy * along_y, abs(dx * along_y) + abs(dy * along_x)
        return along + 2.5 * aside if along > 4 and aside <= 2 * along + HEIGHT else None

    for group in (wired, graph.nodes):
        costs = {other: found for other in group if other != name and (found := cost(other)) is not None}
        if costs:
            return min(costs, key=lambda other: costs[other])
    return wired[0] if wired else None

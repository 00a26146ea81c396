"""Alignment: where nodes come to stand when they are moved, lined up and spread; who is next to whom. Knows no Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from cnnstudio.graph import Graph, Note, Position
from cnnstudio.graph.node import whole
from cnnstudio.layout.metrics import HEIGHT, SNAP, node_height

Side = Literal["left", "center", "right", "top", "middle", "bottom"]


Direction = Literal["left", "right", "up", "down"]


def snapped(position: Position) -> Position:
    """The nearest place on the grid."""
    return round(position[0] / SNAP) * SNAP, round(position[1] / SNAP) * SNAP


def without(graph: Graph, notes: Iterable[Note]) -> Graph:
    """Without these notes and their equals."""
    for note in notes:
        while note in graph.notes:
            graph = graph.remove_note(note)
    return graph


def taken_in(graph: Graph, others: Iterable[str], names: Iterable[str]) -> Graph:
    """With these nodes in the frame that those others are in."""
    frame = next((graph.framed[other] for other in others if other in graph.framed), None)
    if frame is None:
        return graph
    return graph.reframe(frame, dataclasses.replace(frame, members=frame.members.union(names)))


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

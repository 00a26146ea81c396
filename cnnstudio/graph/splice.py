"""Splice: a node put into a wire, where it stands then, and what makes room for it."""

from __future__ import annotations

from cnnstudio.graph.graph import Graph
from cnnstudio.graph.measures import FRAME_PAD, GAP, HEIGHT, WIDTH, node_size
from cnnstudio.graph.node import Edge, GraphError, Node, Position
from cnnstudio.graph.room import MARGIN, Box, frame_box, free_down, node_box, units, with_new

FAR = HEIGHT + GAP[1]  # how far from the straight line of its wire a node may stand in a row


def spliced(graph: Graph, edge: Edge, node: Node) -> Graph:
    """With ``node`` (new, or there already) put into this wire near its position, and room made for it.

    It stands in line with the wire, as far from its neighbours as layout sets them. Raises ``GraphError`` for a block
    that reads nothing.
    """
    name = node.name
    if node.block.arity.most == 0:
        raise GraphError(f"{node.block.title} reads nothing, so it cannot stand in a wire.")
    if name in graph:
        graph = graph.connect(edge.source, name, 0).connect(name, edge.target, edge.port).join((name,), edge)
        graph = graph.move({name: node.position})
    else:
        graph = graph.insert(edge, node)
    place, start = _place(graph, edge, name)
    return with_new(graph.move({name: place}), name, start)


def half_way(graph: Graph, edge: Edge) -> Position:
    """The place of a node whose middle is half way along this wire."""
    one, other = node_box(graph[edge.source]), node_box(graph[edge.target])
    return (one.right + other.left - WIDTH) / 2, (one.top + one.bottom + other.top + other.bottom) / 4 - HEIGHT / 2


def _place(graph: Graph, edge: Edge, name: str) -> tuple[Position, float]:
    """Where the node stands in its wire, and from where on it pushes what is to the right."""
    (wish_x, wish_y), (width, height) = graph[name].position, node_size(graph[name])
    before, after = node_box(graph[edge.source]), node_box(graph[edge.target])
    start, end = _bound(graph, edge.source, name).right, _bound(graph, edge.target, name).left
    first, last = start + GAP[0], end - GAP[0] - width
    rows = (before.top + before.bottom - height) / 2, (after.top + after.bottom - height) / 2
    if after.left < before.right or end < start:  # to another row: at the end of the one, or the beginning of the other
        there, here = (first, rows[0]), (min(after.left, end + FRAME_PAD), rows[1])
        away = [(x - wish_x) ** 2 + (y - wish_y) ** 2 for x, y in (there, here)]
        return (there, start) if away[0] <= away[1] else (here, end)
    forks, merges = len(graph.consumers[edge.source]) > 1, len(graph[edge.target].edges) > 1
    row = rows[1] if not merges else rows[0] if not forks else None
    if first > last:
        return (first, row if row is not None else (rows[0] + rows[1]) / 2), start
    x = min(max(wish_x, first), last)
    share = (x + width / 2 - before.right) / (after.left - before.right)
    port = after.top + (after.bottom - after.top) * (edge.port + 1) / (graph[edge.target].ports + 1) - height / 2
    y = rows[0] + (port - rows[0]) * share
    if row is not None and abs(row - y) <= FAR:
        y = row
    return (float(round(x)), float(round(y + _aside(graph, name, Box(x, y, x + width, y + height))))), x


def _bound(graph: Graph, end: str, name: str) -> Box:
    """The box that keeps the node at a distance on this side: a frame that it is not in, or the end of its wire."""
    frame = graph.framed.get(end)
    return node_box(graph[end]) if frame is None or name in frame.members else frame_box(graph, frame)


def _aside(graph: Graph, name: str, body: Box) -> float:
    """How far down or up a free place beside the wire is; none where it is free as it is, or nothing is free near."""
    frame = graph.framed.get(name)
    near = [node_box(graph[each]) for each in frame.members - {name}] if frame is not None else []
    near = near or [box for unit, box in units(graph).items() if unit != name]
    step = free_down([Box(b.left - MARGIN, b.top - GAP[1], b.right + MARGIN, b.bottom + GAP[1]) for b in near], body)
    return step if abs(step) <= FAR else 0.0

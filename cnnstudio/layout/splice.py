"""Splice: a node put into a wire, where it stands then, and what makes room for it."""

from __future__ import annotations

from itertools import pairwise
from math import dist

from cnnstudio.graph.graph import Graph
from cnnstudio.graph.node import Edge, GraphError, Node, Position
from cnnstudio.layout.metrics import FRAME_PAD, GAP, HEIGHT, WIDTH, node_size
from cnnstudio.layout.spacing import MARGIN, Box, frame_box, free_down, node_box, units, with_room

FAR = HEIGHT + GAP[1]  # how far from the straight line of its wire a node may stand in a row


def spliced(graph: Graph, edge: Edge, node: Node) -> Graph:
    """With ``node`` (new, or there already) put into this wire near its position, and room made for it.

    It stands in line with the wire, as far from its neighbours as layout sets them. A wire that bends goes on to do so
    before and behind it. Raises ``GraphError`` for a block that reads nothing.
    """
    name = node.name
    if node.block.arity.most == 0:
        raise GraphError(f"{node.block.title} reads nothing, so it cannot stand in a wire.")
    bends, way = graph.bends(edge), _way(graph, edge)
    if name in graph:
        graph = graph.connect(edge.source, name, 0).connect(name, edge.target, edge.port).join((name,), edge)
        graph = graph.move({name: node.position})
    else:
        graph = graph.insert(edge, node)
    place, line = _place(graph, edge, name) if not bends else _on_bent(graph, name)
    graph = graph.move({name: place})
    if bends:
        body = node_box(graph[name])
        leg = _leg(way, ((body.left + body.right) / 2, (body.top + body.bottom) / 2))
        near = Box(body.left - MARGIN, body.top - MARGIN, body.right + MARGIN, body.bottom + MARGIN)
        before, behind = (
            tuple(bend for bend in part if not near.touches(Box(*bend, *bend))) for part in (bends[:leg], bends[leg:])
        )
        graph = graph.bend(Edge(edge.source, name), before).bend(Edge(name, edge.target, edge.port), behind)
    return with_room(graph, (name,), line)


def along(graph: Graph, edge: Edge, share: float = 0.5) -> Position:
    """The place of a node whose middle is at this share of the way from the one end of a wire to the other."""
    way = _way(graph, edge)
    left = share * sum(dist(*leg) for leg in pairwise(way))
    for one, other in pairwise(way):
        length = dist(one, other)
        if left <= length or other is way[-1]:
            break
        left -= length
    part = left / length if length else 0.0
    return one[0] + (other[0] - one[0]) * part - WIDTH / 2, one[1] + (other[1] - one[1]) * part - HEIGHT / 2


def _way(graph: Graph, edge: Edge) -> list[Position]:
    """The ends of a wire and its bends between them."""
    one, other = node_box(graph[edge.source]), node_box(graph[edge.target])
    return [(one.right, (one.top + one.bottom) / 2), *graph.bends(edge), (other.left, (other.top + other.bottom) / 2)]


def _leg(way: list[Position], place: Position) -> int:
    """Which straight piece of a wire is nearest to this place."""

    def away(leg: int) -> float:
        (x, y), (to_x, to_y) = way[leg], way[leg + 1]
        length = (to_x - x) ** 2 + (to_y - y) ** 2
        share = ((place[0] - x) * (to_x - x) + (place[1] - y) * (to_y - y)) / length if length else 0.0
        share = min(max(share, 0.0), 1.0)
        return dist(place, (x + (to_x - x) * share, y + (to_y - y) * share))

    return min(range(len(way) - 1), key=away)


def _on_bent(graph: Graph, name: str) -> tuple[Position, Box]:
    """Where the node stands in a wire that bends: where it is wished, or a little above or below."""
    body = node_box(graph[name])
    body = body.moved(0.0, round(_aside(graph, name, body)))
    return (body.left, body.top), body._replace(right=body.left)


def _place(graph: Graph, edge: Edge, name: str) -> tuple[Position, Box]:
    """Where the node stands in its wire, and the line from which on it pushes what is to the right, or below."""
    (wish_x, wish_y), (width, height) = graph[name].position, node_size(graph[name])
    before, after = node_box(graph[edge.source]), node_box(graph[edge.target])
    upper, lower = _bound(graph, edge.source, name), _bound(graph, edge.target, name)
    if before.is_over(after) and lower.top >= upper.bottom:  # a column, as a person may draw one
        x = (before.left + after.left) / 2
        y, line = _between(wish_y, upper.bottom, lower.top, GAP[1], height)
        return (x, y), Box(x, line, x + width, line)
    x, line = _between(wish_x, upper.right, lower.left, GAP[0], width)
    rows = (before.top + before.bottom - height) / 2, (after.top + after.bottom - height) / 2
    if after.left < before.right or lower.left < upper.right:  # to another row, at whose beginning it may be as well
        ahead = min(after.left, lower.left + FRAME_PAD)
        y = rows[0]
        if (ahead - wish_x) ** 2 + (rows[1] - wish_y) ** 2 < (x - wish_x) ** 2 + (y - wish_y) ** 2:
            x, y, line = ahead, rows[1], lower.left
    elif line < x:  # as close to the source as may be
        row = _row(graph, edge, rows)
        y = sum(rows) / 2 if row is None else row
    else:
        y = _height(graph, edge, rows, (x + width / 2 - before.right) / (after.left - before.right))
        y = round(y + _aside(graph, name, Box(x, y, x + width, y + height)))
    return (x, y), Box(line, y, line, y + height)


def _between(wish: float, start: float, end: float, gap: float, size: float) -> tuple[float, float]:
    """Where a node of this size goes between two others, and from where on it pushes: from itself where it has room."""
    first, last = start + gap, end - gap - size
    if first > last:
        return first, start
    place = float(round(min(max(wish, first), last)))
    return place, place


def _row(graph: Graph, edge: Edge, rows: tuple[float, float]) -> float | None:
    """The row of the branch that the wire begins, which is its target's, or that it ends, which is its source's."""
    forks, merges = len(graph.consumers[edge.source]) > 1, len(graph[edge.target].edges) > 1
    return None if forks == merges else rows[1] if forks else rows[0]


def _height(graph: Graph, edge: Edge, rows: tuple[float, float], share: float) -> float:
    """How high a node stands whose middle is on the wire, at this share of it, or in the row of the branch near it."""
    target = graph[edge.target]
    height = node_size(target)[1]
    port = rows[1] + height * ((edge.port + 1) / (target.ports + 1) - 0.5)
    line, row = rows[0] + (port - rows[0]) * share, _row(graph, edge, rows)
    return row if row is not None and abs(row - line) <= FAR else line


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

"""Geometry: where ports lie, how a wire runs, and what lies near it. Knows no items and no document."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF
from PySide6.QtGui import QPainterPath

from cnnstudio.ui.measures import HEIGHT, WIDTH, node_height

PORT_REACH = 20.0  # how near to a port a wire snaps to it, in pixels of the screen
WIRE_REACH = 7.0  # how near to a wire a click counts as on it
STEPS = 20  # straight pieces by which a wire is measured
TURN = 28.0  # how far a wire to the next row runs out of the port before it turns
SPARE = 20_000  # pixels painted in vain that a piece of the view less is worth
ROUND = 14.0  # the radius of its corners

Place = tuple[float, float]


def input_port(index: int, ports: int) -> QPointF:
    """The place of an input port, from the node's top left corner."""
    return QPointF(0.0, node_height(ports) * (index + 1) / (ports + 1))


def output_port(ports: int) -> QPointF:
    """The place of the output port of a node with so many input ports, from its top left corner."""
    return QPointF(WIDTH, node_height(ports) / 2)


def bend(start: QPointF, end: QPointF) -> tuple[QPointF, QPointF]:
    """The two control points of a wire: it leaves to the right and arrives from the left."""
    dx, dy = end.x() - start.x(), end.y() - start.y()
    if dx >= 0:
        reach = max(min(dx * 0.5, 160.0), min(36.0, abs(dy)))
    else:
        reach = min(60.0 - dx * 0.5, 220.0)
    return QPointF(start.x() + reach, start.y()), QPointF(end.x() - reach, end.y())


def is_turned(start: QPointF, end: QPointF) -> bool:
    """Whether a wire goes back to the beginning of the next row, where automatic layout goes on."""
    return end.x() <= start.x() - WIDTH and end.y() > start.y() + HEIGHT


def turns(start: QPointF, end: QPointF) -> list[QPointF]:
    """The corners of a wire to the next row, its two ends included: out, down, back, down and in."""
    middle = (start.y() + end.y()) / 2
    right, left = start.x() + TURN, end.x() - TURN
    return [
        start,
        QPointF(right, start.y()),
        QPointF(right, middle),
        QPointF(left, middle),
        QPointF(left, end.y()),
        end,
    ]


def wire_path(start: QPointF, end: QPointF) -> QPainterPath:
    """A wire from an output to an input: one smooth cubic, or round corners to the next row."""
    path = QPainterPath(start)
    if not is_turned(start, end):
        path.cubicTo(*bend(start, end), end)
        return path
    corners = turns(start, end)
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        path.lineTo(_towards(corner, before, ROUND))
        path.quadTo(corner, _towards(corner, after, ROUND))
    path.lineTo(end)
    return path


def wire_points(start: QPointF, end: QPointF) -> list[Place]:
    """That wire as a line of straight pieces; bare numbers, for the arithmetic of whole strokes of a knife."""
    if is_turned(start, end):
        return [(corner.x(), corner.y()) for corner in turns(start, end)]
    return cubic_points(start, *bend(start, end), end)


def cubic_points(start: QPointF, one: QPointF, two: QPointF, end: QPointF) -> list[Place]:
    """A cubic as a line of ``STEPS`` straight pieces."""
    (ax, bx, cx, dx), (ay, by, cy, dy) = zip(*((p.x(), p.y()) for p in (start, one, two, end)), strict=True)
    return [(ax * a + bx * b + cx * c + dx * d, ay * a + by * b + cy * c + dy * d) for a, b, c, d in _SHARES]


# the weights of a cubic's four points, step by step along it
_SHARES = [
    ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3) for t in (step / STEPS for step in range(STEPS + 1))
]


def _towards(point: QPointF, other: QPointF, distance: float) -> QPointF:
    """The point at most ``distance`` from ``point`` on the way to ``other``, and at most half way."""
    line = QLineF(point, other)
    return line.pointAt(min(0.5, distance / line.length())) if line.length() else point


def distance_to(point: QPointF, line: list[Place]) -> tuple[float, float]:
    """How far ``point`` is from the line, and at which share of it it is nearest."""
    best, where = float("inf"), 0.0
    px, py = point.x(), point.y()
    for index, ((ax, ay), (bx, by)) in enumerate(pairwise(line)):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        share = max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length)) if length else 0.0
        away = (px - ax - share * dx) ** 2 + (py - ay - share * dy) ** 2
        if away < best:
            best, where = away, (index + share) / max(len(line) - 1, 1)
    return float(best**0.5), where


def crosses(a: QPointF, b: QPointF, line: list[Place]) -> bool:
    """Whether the straight stroke from ``a`` to ``b`` crosses the line."""
    ax, ay = a.x(), a.y()
    dx, dy = b.x() - ax, b.y() - ay
    before = 0.0
    for index, (x, y) in enumerate(line):
        side = dx * (y - ay) - dy * (x - ax)
        if index and before * side <= 0.0 and before != side:
            # this piece changes the side of the stroke: does it do so between its two ends?
            share = before / (before - side)
            lx, ly = line[index - 1]
            at = (lx + (x - lx) * share - ax) * dx + (ly + (y - ly) * share - ay) * dy
            if 0.0 <= at <= dx * dx + dy * dy:
                return True
        before = side
    return False


def joined(pieces: list[QRect]) -> list[QRect]:
    """Few rectangles that cover these pieces of a view without overlap: a strip cut up by bands is one again."""
    covers: list[QRect] = []
    for piece in pieces:
        for index, cover in enumerate(covers):
            both = cover.united(piece)
            spare = _area(both) - _area(cover) - _area(piece)
            if spare <= SPARE and not any(both.intersects(other) for other in covers if other is not cover):
                covers[index] = both
                break
        else:
            covers.append(piece)
    if any(a.intersects(b) for a, b in combinations(covers, 2)):
        return pieces
    return covers


def _area(rect: QRect) -> int:
    return rect.width() * rect.height()


def bounds(rects: Sequence[QRectF]) -> QRectF:
    """The smallest rectangle round all of them; a null one for none."""
    if not rects:
        return QRectF()
    left, top = min(rect.left() for rect in rects), min(rect.top() for rect in rects)
    right, bottom = max(rect.right() for rect in rects), max(rect.bottom() for rect in rects)
    return QRectF(left, top, right - left, bottom - top)

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
SPARE = 6_000  # pixels painted in vain that a piece of the view less is worth
ROUND = 14.0  # the radius of its corners


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
    return end.x() < start.x() - WIDTH and end.y() > start.y() + HEIGHT


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


def _on_cubic(start: QPointF, end: QPointF, share: float) -> QPointF:
    one, two = bend(start, end)
    rest = 1.0 - share
    a, b, c, d = rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3
    return QPointF(
        a * start.x() + b * one.x() + c * two.x() + d * end.x(),
        a * start.y() + b * one.y() + c * two.y() + d * end.y(),
    )


def wire_points(start: QPointF, end: QPointF) -> list[QPointF]:
    """That wire as a line of straight pieces."""
    if is_turned(start, end):
        return turns(start, end)
    return [_on_cubic(start, end, step / STEPS) for step in range(STEPS + 1)]


def _towards(point: QPointF, other: QPointF, distance: float) -> QPointF:
    """The point at most ``distance`` from ``point`` on the way to ``other``, and at most half way."""
    line = QLineF(point, other)
    return line.pointAt(min(0.5, distance / line.length())) if line.length() else point


def distance_to(point: QPointF, line: list[QPointF]) -> tuple[float, float]:
    """How far ``point`` is from the line, and at which share of it it is nearest."""
    best, where = float("inf"), 0.0
    px, py = point.x(), point.y()
    for index, (a, b) in enumerate(pairwise(line)):
        ax, ay = a.x(), a.y()
        dx, dy = b.x() - ax, b.y() - ay
        length = dx * dx + dy * dy
        share = max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length)) if length else 0.0
        away = (px - ax - share * dx) ** 2 + (py - ay - share * dy) ** 2
        if away < best:
            best, where = away, (index + share) / max(len(line) - 1, 1)
    return float(best**0.5), where


def crosses(stroke: list[QPointF], line: list[QPointF]) -> bool:
    """Whether two lines of straight pieces cross."""
    bounded = QLineF.IntersectionType.BoundedIntersection
    pieces = [QLineF(a, b) for a, b in pairwise(line)]
    return any(QLineF(a, b).intersects(piece)[0] == bounded for a, b in pairwise(stroke) for piece in pieces)


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

"""Geometry: where ports lie, how a wire runs, and what lies near it. Knows no items and no document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF
from PySide6.QtGui import QPainterPath

from cnnstudio.layout.metrics import HEIGHT, WIDTH, node_height

PORT_REACH = 20.0  # how near to a port a wire snaps to it, in pixels of the screen
WIRE_REACH = 7.0  # how near to a wire a click counts as on it
STEPS = 20  # straight pieces by which a wire is measured
REACH = 160.0  # how far from its ends the control points of a wire are at most, where it runs forward
TURN = 28.0  # how far a wire to the next row runs out of the port before it turns
SPARE = 20_000  # pixels painted in vain that a piece of the view less is worth
ROUND = 14.0  # the radius of its corners

Place = tuple[float, float]
Ends = tuple[float, float, float, float]  # where a wire begins and where it ends


def input_port(index: int, ports: int) -> QPointF:
    """The place of an input port, from the node's top left corner."""
    return QPointF(0.0, node_height(ports) * (index + 1) / (ports + 1))


def output_port(ports: int) -> QPointF:
    """The place of the output port of a node with so many input ports, from its top left corner."""
    return QPointF(WIDTH, node_height(ports) / 2)


def reach(dx: float, dy: float) -> float:
    """How far the control points of a wire are from its ends: it leaves to the right and arrives from the left."""
    return max(min(dx * 0.5, REACH), min(36.0, abs(dy))) if dx >= 0 else min(60.0 - dx * 0.5, 220.0)


def is_turned(x: float, y: float, to_x: float, to_y: float) -> bool:
    """Whether a wire goes back to the beginning of the next row, where automatic layout goes on."""
    return to_x <= x - WIDTH and to_y > y + HEIGHT


def turns(x: float, y: float, to_x: float, to_y: float) -> list[Place]:
    """The corners of a wire to the next row, its two ends included: out, down, back, down and in."""
    middle, right, left = (y + to_y) / 2, x + TURN, to_x - TURN
    return [(x, y), (right, y), (right, middle), (left, middle), (left, to_y), (to_x, to_y)]


def rounded(x: float, y: float, to_x: float, to_y: float) -> Iterator[tuple[QPointF, QPointF, QPointF]]:
    """The corners of a wire to the next row, each between the places where its rounding begins and ends."""
    corners = [QPointF(*corner) for corner in turns(x, y, to_x, to_y)]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        yield _towards(corner, before, ROUND), corner, _towards(corner, after, ROUND)


def wire_bounds(x: float, y: float, to_x: float, to_y: float) -> Ends:
    """The left, upper, right and lower border of a wire."""
    out = TURN if is_turned(x, y, to_x, to_y) else reach(to_x - x, to_y - y)
    return min(x, to_x - out), min(y, to_y), max(x + out, to_x), max(y, to_y)


def way(x: float, y: float, to_x: float, to_y: float) -> QPainterPath:
    """A wire from an output to an input: one smooth cubic, or round corners to the next row."""
    path = QPainterPath(QPointF(x, y))
    if not is_turned(x, y, to_x, to_y):
        out = reach(to_x - x, to_y - y)
        path.cubicTo(x + out, y, to_x - out, to_y, to_x, to_y)
        return path
    for before, corner, after in rounded(x, y, to_x, to_y):
        path.lineTo(before)
        path.quadTo(corner, after)
    path.lineTo(to_x, to_y)
    return path


def wire_path(start: QPointF, end: QPointF) -> QPainterPath:
    """A wire from this point to that."""
    return way(start.x(), start.y(), end.x(), end.y())


def wire_points(x: float, y: float, to_x: float, to_y: float) -> list[Place]:
    """That wire as a line of straight pieces; bare numbers, for the arithmetic of whole strokes of a knife."""
    if is_turned(x, y, to_x, to_y):
        return turns(x, y, to_x, to_y)
    out = reach(to_x - x, to_y - y)
    return cubic_points((x, y), (x + out, y), (to_x - out, to_y), (to_x, to_y))


def cubic_points(start: Place, one: Place, two: Place, end: Place) -> list[Place]:
    """A cubic as a line of ``STEPS`` straight pieces."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = start, one, two, end
    return [(ax * a + bx * b + cx * c + dx * d, ay * a + by * b + cy * c + dy * d) for a, b, c, d in _SHARES]


# the weights of a cubic's four points, step by step along it
_SHARES = [
    ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3) for t in (step / STEPS for step in range(STEPS + 1))
]


def _towards(point: QPointF, other: QPointF, distance: float) -> QPointF:
    """The point at most ``distance`` from ``point`` on the way to ``other``, and at most half way."""
    line = QLineF(point, other)
    return line.pointAt(min(0.5, distance / line.length())) if line.length() else point


# as many pieces as a long wire needs that hardly rises: short where it bends; the weights of its two ends, and of REACH
_HALF = (0.0, 0.05, 0.1, 0.16, 0.24, 0.35, 0.5)
_LEVEL = [
    ((1 - t) ** 3 + 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t + t**3, 3 * (1 - t) * t * (1 - 2 * t))
    for t in (*_HALF, *(1 - t for t in _HALF[-2::-1]))
]


def level_lines(x: float, y: float, to_x: float, to_y: float, overlap: float) -> list[QLineF]:
    """A wire that is longer than four times its reach and hardly rises, as straight pieces that overlap so much.

    Qt paints them three times as quickly as the curve, and as smoothly: it keeps a list of all pixels of a curve's row.
    """
    points = [(x * a + to_x * b + REACH * c, y * a + to_y * b) for a, b, c in _LEVEL]
    return [QLineF(ax - overlap, ay, bx + overlap, by) for (ax, ay), (bx, by) in pairwise(points)]


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


def within(line: QLineF, rect: QRectF) -> QLineF | None:
    """The part of a line that lies in a rectangle (Liang and Barsky 1984); None where there is none."""
    first, last = 0.0, 1.0
    x, y, dx, dy = line.x1(), line.y1(), line.dx(), line.dy()
    for way, room in (
        (-dx, x - rect.left()),
        (dx, rect.right() - x),
        (-dy, y - rect.top()),
        (dy, rect.bottom() - y),
    ):
        if way < 0.0:
            first = max(first, room / way)
        elif way > 0.0:
            last = min(last, room / way)
        elif room < 0.0:
            return None
    return QLineF(line.pointAt(first), line.pointAt(last)) if first <= last else None


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

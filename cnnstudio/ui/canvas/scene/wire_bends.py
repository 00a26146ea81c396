"""Wire bends: how a wire runs that passes places on its way, and which is meant. Knows no items, no document."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from cnnstudio.graph.node import Bends, whole
from cnnstudio.ui.canvas.scene.geometry import Ends, Place, cubic_points, distance_to, is_turned, rounded

PULL = 0.4  # of the way to the next place, how far a wire keeps its direction ...
FARTHEST = 120.0  # ... and at most, in scene pixels
_LEVEL: Place = (1.0, 0.0)
SMALL, LARGE, CHOSEN = 2.4, 5.0, 8.0  # the radii of the rings at its bends

Leg = tuple[Place, Place, Place, Place]  # from place to place: a cubic


def legs(start: QPointF, bends: Bends, end: QPointF) -> list[Leg]:
    """The pieces of a wire from place to place; it turns smoothly, leaves to the right and arrives from the left."""
    places = [start.toTuple(), *bends, end.toTuple()]
    pieces = [(to_x - x, to_y - y) for (x, y), (to_x, to_y) in pairwise(places)]
    lengths = [(x * x + y * y) ** 0.5 for x, y in pieces]
    towards = [_LEVEL, *map(_way, pieces, lengths, pieces[1:], lengths[1:]), _LEVEL]
    made: list[Leg] = []
    for one, two, length, out, into in zip(places, places[1:], lengths, towards, towards[1:], strict=False):
        pull = min(PULL * length, FARTHEST)
        leaving, arriving = _along(one, out, pull), _along(two, into, -pull)
        made.append((one, leaving, arriving, two))
    return made


def bent_path(
    start: QPointF, bends: Bends, end: QPointF, ring: float = SMALL, chosen: int | None = None
) -> QPainterPath:
    """The wire with a ring of this radius at each of its bends, and another round the chosen one."""
    path = QPainterPath(start)
    for _, one, two, to in legs(start, bends, end):
        path.cubicTo(*one, *two, *to)
    for index, place in enumerate(bends):
        path.addEllipse(QPointF(*place), ring, ring)
        if index == chosen:
            path.addEllipse(QPointF(*place), CHOSEN, CHOSEN)
    return path


def bent_points(start: QPointF, bends: Bends, end: QPointF) -> list[Place]:
    """That wire as a line of straight pieces, equally many a leg."""
    points: list[Place] = []
    for leg in legs(start, bends, end):
        points += cubic_points(*leg)[1 if points else 0 :]
    return points


def bends_of(ends: Ends, bends: Bends) -> Bends:
    """The bends of a wire; where it turns to the next row and has none yet, those with which it runs as before."""
    if bends or not is_turned(*ends):
        return bends
    return tuple(whole(place.toTuple()) for before, _, after in rounded(*ends) for place in (before, after))


def leg_near(at: QPointF, start: QPointF, bends: Bends, end: QPointF) -> int:
    """Which leg of a wire is nearest to this point: the place of a new bend among the others."""
    share = distance_to(at, bent_points(start, bends, end))[1]
    return min(int(share * (len(bends) + 1)), len(bends))


def longest_leg(start: QPointF, bends: Bends, end: QPointF) -> tuple[int, QPointF]:
    """The leg with the most room for another bend, and the point half way along it."""
    made = legs(start, bends, end)
    index, _ = max(enumerate(made), key=lambda leg: sum(abs(b - a) for a, b in zip(leg[1][0], leg[1][3], strict=True)))
    points = cubic_points(*made[index])
    return index, QPointF(*points[len(points) // 2])


def _way(into: Place, before: float, out: Place, after: float) -> Place:
    """The direction at a bend, of the pieces that meet there and their lengths.

    It is level where the wire turns back on itself or goes on level, so that it swings nowhere: along each axis it is
    the harmonic mean of both slopes, and none where they disagree: Fritsch and Butland 1984.
    """
    (x, y), (to_x, to_y) = _unit(into, before), _unit(out, after)
    way = _mean(x, to_x), _mean(y, to_y)
    if way == (0.0, 0.0):
        way = into[0] + out[0], into[1] + out[1]
    return _unit(way, (way[0] ** 2 + way[1] ** 2) ** 0.5)


def _mean(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a * b > 0 else 0.0


def _unit(way: Place, length: float) -> Place:
    return (way[0] / length, way[1] / length) if length else _LEVEL


def _along(place: Place, way: Place, far: float) -> Place:
    return place[0] + way[0] * far, place[1] + way[1] * far

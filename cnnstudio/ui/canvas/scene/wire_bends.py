"""Wire bends: how a wire runs that passes places on its way, and which is meant. Knows no items, no document."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from cnnstudio.graph.node import Bends, whole
from cnnstudio.ui.canvas.scene.geometry import Ends, Place, cubic_points, distance_to, is_turned, rounded

PULL = 0.4  # of the way to the next place, how far a wire keeps its direction ...
FARTHEST = 120.0  # ... and at most, in scene pixels
SMALL, LARGE, CHOSEN = 2.4, 5.0, 8.0  # the radii of the rings at its bends

Leg = tuple[QPointF, QPointF, QPointF, QPointF]  # from place to place: a cubic


def legs(start: QPointF, bends: Bends, end: QPointF) -> list[Leg]:
    """The pieces of a wire from place to place; it turns smoothly, leaves to the right and arrives from the left."""
    places = [start, *(QPointF(*place) for place in bends), end]
    ways = [QPointF(1.0, 0.0)]
    for before, place, after in zip(places, places[1:], places[2:], strict=False):
        ways.append(_way(place - before, after - place))
    ways.append(QPointF(1.0, 0.0))
    made: list[Leg] = []
    for (one, out), (two, into) in pairwise(zip(places, ways, strict=True)):
        apart = two - one
        pull = min(PULL * (apart.x() ** 2 + apart.y() ** 2) ** 0.5, FARTHEST)
        made.append((one, one + out * pull, two - into * pull, two))
    return made


def bent_path(
    start: QPointF, bends: Bends, end: QPointF, ring: float = SMALL, chosen: int | None = None
) -> QPainterPath:
    """The wire with a ring of this radius at each of its bends, and another round the chosen one."""
    path = QPainterPath(start)
    for _, one, two, to in legs(start, bends, end):
        path.cubicTo(one, two, to)
    for index, place in enumerate(bends):
        path.addEllipse(QPointF(*place), ring, ring)
        if index == chosen:
            path.addEllipse(QPointF(*place), CHOSEN, CHOSEN)
    return path


def bent_points(start: QPointF, bends: Bends, end: QPointF) -> list[Place]:
    """That wire as a line of straight pieces, equally many a leg."""
    points: list[Place] = []
    for leg in legs(start, bends, end):
        points += cubic_points(*(point.toTuple() for point in leg))[1 if points else 0 :]
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
    index = max(range(len(made)), key=lambda leg: (made[leg][3] - made[leg][0]).manhattanLength())
    points = cubic_points(*(point.toTuple() for point in made[index]))
    return index, QPointF(*points[len(points) // 2])


def _way(into: QPointF, out: QPointF) -> QPointF:
    """The direction at a bend: level where the wire turns back on itself or goes on level, so that it swings nowhere.

    Along each axis it is the harmonic mean of both slopes, and none where they disagree: Fritsch and Butland 1984.
    """
    one, two = _unit(into), _unit(out)

    def mean(a: float, b: float) -> float:
        return 2 * a * b / (a + b) if a * b > 0 else 0.0

    way = QPointF(mean(one.x(), two.x()), mean(one.y(), two.y()))
    return _unit(way) if not way.isNull() else _unit(into + out)


def _unit(way: QPointF) -> QPointF:
    length = (way.x() ** 2 + way.y() ** 2) ** 0.5
    return way / length if length else QPointF(1.0, 0.0)

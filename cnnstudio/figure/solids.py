"""Solids: boxes, the kernels on them and the lines that lead from a kernel to the next map, in oblique projection.

A box shows its front, its top and its right side; what recedes goes up and to the right at 45°, at half its length.
Across, the front is channels by height; down, it is width by channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi

from cnnstudio.figure.inks import Ink
from cnnstudio.figure.marks import Box, Line, Mark, Point, Polygon
from cnnstudio.figure.options import Direction

RECEDE = 0.5 * cos(pi / 4)  # what a unit of depth takes to the right and up


@dataclass(frozen=True)
class Solid:
    """A box that stands somewhere: the top left corner of its bounds, the sides of its front, and its depth."""

    x: float
    y: float
    width: float
    height: float
    depth: float  # as it is drawn, to the right and up

    @classmethod
    def of(cls, box: Box, direction: Direction, x: float = 0.0, y: float = 0.0) -> Solid:
        """The box with the top left corner of its bounds there."""
        if direction == "across":
            return cls(x, y, box.thickness, box.height, box.width * RECEDE)
        return cls(x, y, box.width, box.thickness, box.height * RECEDE)

    @property
    def size(self) -> tuple[float, float]:
        """The width and the height of its bounds."""
        return self.width + self.depth, self.height + self.depth

    def front(self, across: float, down: float) -> Point:
        """A point of the front, by shares of its sides."""
        return self.x + self.width * across, self.y + self.depth + self.height * down

    def faces(self, ink: Ink, of: str) -> list[Polygon]:
        """Its three visible faces."""
        a, b, c, d = self.front(0, 0), self.front(1, 0), self.front(1, 1), self.front(0, 1)
        up = self.depth
        e, f, g = (a[0] + up, a[1] - up), (b[0] + up, b[1] - up), (c[0] + up, c[1] - up)
        return [
            Polygon((a, e, f, b), ink.top, ink.edge, of=of),
            Polygon((b, f, g, c), ink.side, ink.edge, of=of),
            Polygon((a, b, c, d), ink.front, ink.edge, of=of),
        ]

    def on_map(self, direction: Direction, right: float, down: float) -> Point:
        """A point of the visible face that is height by width: the right one, or down the page the top one."""
        if direction == "across":  # to the right on the map is into the depth
            x, y = self.front(1, down)
            return x + self.depth * right, y - self.depth * right
        x, y = self.front(right, 0)
        return x + self.depth * (1 - down), y - self.depth * (1 - down)


def kernel(
    solid: Solid, box: Box, sides: tuple[float, float], target: Point, *, direction: Direction, ink: Ink
) -> list[Mark]:
    """A kernel of these ``sides``, height by width, as a small box in a map, and lines to the place that it fills."""
    high, wide = min(1.0, sides[0] / box.height), min(1.0, sides[1] / box.width)
    top, left = (1.0 - high) * 0.4, (1.0 - wide) * 0.5
    corners = [(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)]
    near = [solid.on_map(direction, *corner) for corner in corners]
    through = (-solid.width, 0.0) if direction == "across" else (0.0, solid.height)
    far = [(x + through[0], y + through[1]) for x, y in near]
    marks: list[Mark] = []
    if high < 1.0 and wide < 1.0:  # through all channels
        marks += [Line((a, b), ink.strong, 0.5, opacity=0.45) for a, b in zip(near, far, strict=True)]
        marks += [Polygon(tuple(far), "", ink.strong, 0.5, 0.45)]
    marks.append(Polygon(tuple(near), ink.strong, ink.strong, 0.7, 0.55))
    hull = _hull([*near, target])
    marks.append(Polygon(tuple(hull), ink.strong, "", 0.0, 0.10))
    return marks + [Line((corner, target), ink.strong, 0.6, opacity=0.8) for corner in near if corner in hull]


def _hull(points: list[Point]) -> list[Point]:
    """The outline of these points (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    outline: list[Point] = []
    for pass_ in (ordered, ordered[::-1]):
        half: list[Point] = []
        for point in pass_:
            while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        outline += half[:-1]
    return outline


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def arrow_head(tip: Point, before: Point, color: str, size: float = 5.2) -> Polygon:
    """The head of an arrow that comes from ``before``."""
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
    dx, dy = dx / length * size, dy / length * size
    base = tip[0] - dx, tip[1] - dy
    wing = -dy * 0.42, dx * 0.42
    return Polygon((tip, (base[0] + wing[0], base[1] + wing[1]), (base[0] - wing[0], base[1] - wing[1])), color)

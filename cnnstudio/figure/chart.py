"""Chart: curves over a common axis as the marks of a figure, from which drawing, page and picture are made alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log10
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.figure import ticks
from cnnstudio.figure.inks import FAINT, MUTED, PAPER, TEXT
from cnnstudio.figure.lettering import moved
from cnnstudio.figure.marks import Circle, Figure, Line, Mark, Point, Polygon, Text
from cnnstudio.figure.typesetting import width

Numbers = NDArray[np.float64]
Sign = Literal["", "circle", "triangle"]

WIDTH, GAP, PAD = 760.0, 34.0, 18.0  # of the whole without its margin, between two charts, and of the margin
HEIGHTS = {2: 210.0, 1: 150.0}  # of the field in which curves are, by how many charts stand in a row
LEFT, ABOVE, BELOW = 46.0, 24.0, 34.0  # room for the numbers, the title and what stands below
TITLE, NUMBER, LEGEND = 12.0, 9.5, 10.5  # sizes of letters
MOST_SIGNS = 60  # points of a curve that have a sign each; more would be a thick line
RADIUS = 2.8
AIR = 0.05  # of an axis beyond the numbers, where its end is not given
SEEN = (0.5, 99.0)  # percent of the numbers of a curve that ``may_leave``, between which the axis goes
GREYS = ("#8b8f98", "#1d2433", "#1d2433", "#5d6778", "#1d2433")


@dataclass(frozen=True, eq=False)
class Series:
    """A curve: its name for the legend, its points, and how it is drawn; ``x`` and ``y`` are as long as each other.

    A point that is no finite number is left out, and the line is broken there. ``may_leave``: what few points reach
    does not stretch the axis. With ``sign`` and no ``width`` it is drawn as points, where they are few. Curves of one
    name are one entry of the legend.
    """

    name: str
    x: Numbers
    y: Numbers
    color: str
    sign: Sign = ""
    dash: tuple[float, ...] = ()
    width: float = 1.5
    opacity: float = 1.0
    may_leave: bool = False


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves in one field, with what it is called; ``ends`` are those of the y axis where they do not follow.

    On a ``logarithmic`` axis there is no place for zero and below: such points are left out as if they were no numbers.
    """

    title: str
    series: tuple[Series, ...]
    logarithmic: bool = False
    ends: tuple[float, float] | None = None
    x_title: str = "epoch"


def drawn(charts: Sequence[Chart], *, grey: bool = False, title: str = "Curves", caption: str = "") -> Figure:
    """The charts, two in a row and one that is left over in a row of its own, below a legend.

    ``grey`` uses no colours: curves then differ by dash and sign alone.
    """
    if grey:
        charts = [_greyed(chart) for chart in charts]
    marks = list(_legend(charts))
    top = 26.0
    for start in range(0, len(charts), 2):
        row = charts[start : start + 2]
        wide = (WIDTH - GAP * (len(row) - 1)) / len(row)
        for place, chart in enumerate(row):
            field = _Field(chart, place * (wide + GAP) + LEFT, top + ABOVE, wide - LEFT, HEIGHTS[len(row)])
            marks += field.marks()
        top += ABOVE + HEIGHTS[len(row)] + BELOW
    return Figure(
        WIDTH + 2 * PAD,
        top + 2 * PAD - 8.0,
        tuple(moved(mark, PAD, PAD) for mark in marks),
        caption=caption,
        title=title,
    )


def _greyed(chart: Chart) -> Chart:
    greys = {each: GREYS[place % len(GREYS)] for place, each in enumerate(chart.series)}
    return replace(chart, series=tuple(replace(each, color=greys[each]) for each in chart.series))


def _legend(charts: Sequence[Chart]) -> Iterator[Mark]:
    """Each name once, with the lines and the signs that curves of this name have."""
    named: dict[str, list[Series]] = {}
    for chart in reversed(charts):  # the first one says how it is drawn
        named |= {each.name: [other for other in chart.series if other.name == each.name] for each in chart.series}
    x, y = LEFT, 8.0
    for name in dict.fromkeys(each.name for chart in charts for each in chart.series if each.name):
        for each in named[name]:
            yield from _line(((x, y), (x + 26.0, y)), each)
            yield from _signs(((x + 13.0, y),), each)
        yield Text((x + 33.0, y + 3.6), name, LEGEND, TEXT, "start")
        x += 33.0 + width(name, LEGEND) + 22.0


def _line(points: tuple[Point, ...], each: Series) -> Iterator[Mark]:
    if each.width and len(points) > 1:
        yield Line(points, each.color, each.width, opacity=each.opacity, dash=each.dash)


def _signs(points: Sequence[Point], each: Series) -> Iterator[Mark]:
    for x, y in points if each.sign else ():
        if each.sign == "circle":
            yield Circle((x, y), RADIUS, each.color, PAPER, 0.6)
        else:
            corners = ((x, y - 1.25 * RADIUS), (x + 1.15 * RADIUS, y + RADIUS), (x - 1.15 * RADIUS, y + RADIUS))
            yield Polygon(corners, each.color, PAPER, 0.6)


class _Field:
    """Where the curves of one chart are: from ``left`` and ``top`` on, ``wide`` and ``high``."""

    def __init__(self, chart: Chart, left: float, top: float, wide: float, high: float) -> None:
        self.chart, self.left, self.top, self.wide, self.high = chart, left, top, wide, high
        self.points = [self._known(each) for each in chart.series]
        along = np.concatenate([x for x, _ in self.points]) if self.points else np.empty(0)
        along = along[np.isfinite(along)]
        self.first, self.last = (min(0.0, float(along.min())), float(along.max())) if len(along) else (0.0, 1.0)
        self.last = self.last if self.last > self.first else self.first + 1.0
        self.low, self.high_end = self._ends()

    def _known(self, each: Series) -> tuple[Numbers, Numbers]:
        """The points as they lie on the axes, NaN where there is none."""
        y = np.where(np.isfinite(each.y), each.y, np.nan)
        if self.chart.logarithmic:
            y = np.log10(np.where(y > 0.0, y, np.nan))
        return np.where(np.isfinite(each.x), each.x, np.nan), y

    def _ends(self) -> tuple[float, float]:
        """Of the y axis; in powers of ten, where it is logarithmic."""
        if self.chart.ends is not None:
            return self.chart.ends
        found: list[Numbers] = []
        for each, (_, y) in zip(self.chart.series, self.points, strict=True):
            known = y[np.isfinite(y)]
            found.append(np.percentile(known, SEEN) if each.may_leave and len(known) else known)
        every = np.concatenate(found) if found else np.empty(0)
        if not len(every):
            return (-1.0, 0.0) if self.chart.logarithmic else (0.0, 1.0)
        low, high = float(every.min()), float(every.max())
        if not self.chart.logarithmic:
            low = min(0.0, low)
        span = high - low or max(abs(high), ticks.LEAST)
        return (low - AIR * span if self.chart.logarithmic or low < 0.0 else low), high + AIR * span

    def marks(self) -> Iterator[Mark]:
        yield Text((self.left, self.top - 9.0), self.chart.title, TITLE, TEXT, "start", bold=True)
        yield from self._grid()
        for each, (x, y) in zip(self.chart.series, self.points, strict=True):
            across = self.left + (x - self.first) / (self.last - self.first) * self.wide
            down = self.top + self.high * (1.0 - (y - self.low) / (self.high_end - self.low))
            is_few = int(np.isfinite(down).sum()) <= MOST_SIGNS
            shown = each if each.width or is_few else replace(each, width=1.0)
            for part in _within(across, down, self.top, self.top + self.high):
                yield from _line(part, shown)
            if is_few:
                inside = (down >= self.top - 0.5) & (down <= self.top + self.high + 0.5) & np.isfinite(across)
                yield from _signs(list(zip(across[inside].tolist(), down[inside].tolist(), strict=True)), each)

    def _grid(self) -> Iterator[Mark]:
        bottom, right = self.top + self.high, self.left + self.wide
        for value, words in self._levels():
            y = bottom - (value - self.low) / (self.high_end - self.low) * self.high
            yield Line(((self.left, y), (right, y)), FAINT, 0.6, opacity=0.7)
            yield Text((self.left - 6.0, y + NUMBER * 0.35), words, NUMBER, MUTED, "end")
        places = ticks.linear(self.first, self.last, max(2, int(self.wide / 44.0)))
        for value, words in zip(places, ticks.written(places), strict=True):
            x = self.left + (value - self.first) / (self.last - self.first) * self.wide
            yield Line(((x, self.top), (x, bottom)), FAINT, 0.6, opacity=0.7)
            yield Text((x, bottom + 13.0), words, NUMBER, MUTED)
        yield Line(((self.left, self.top), (self.left, bottom), (right, bottom)), MUTED, 0.9)
        yield Text((right, bottom + 25.0), self.chart.x_title, NUMBER, MUTED, "end")

    def _levels(self) -> list[tuple[float, str]]:
        """Where lines of the grid lie on the y axis, and their numbers."""
        most = max(2, int(self.high / 30.0))
        if not self.chart.logarithmic:
            found = ticks.linear(self.low, self.high_end, most)
            return list(zip(found, ticks.written(found), strict=True))
        found = ticks.logarithmic(10.0**self.low, 10.0**self.high_end, most)
        return list(zip(map(log10, found), ticks.written(found), strict=True))


def _within(x: Numbers, y: Numbers, top: float, bottom: float) -> Iterator[tuple[Point, ...]]:
    """The parts of a line that lie between two heights, broken too where a point is no number."""
    part: list[Point] = []
    places = list(zip(x.tolist(), y.tolist(), strict=True))
    for before, after in pairwise(places):
        cut = _cut(before, after, top, bottom)
        if cut is None:
            if part:
                yield tuple(part)
            part = []
            continue
        start, end = cut
        if not part or part[-1] != start:
            if part:
                yield tuple(part)
            part = [start]
        part.append(end)
    if part:
        yield tuple(part)


def _cut(one: Point, other: Point, top: float, bottom: float) -> tuple[Point, Point] | None:
    """What of a stroke lies between two heights; None where nothing does, or where an end is no number."""
    (x0, y0), (x1, y1) = one, other
    if not np.isfinite((x0, y0, x1, y1)).all() or max(y0, y1) < top or min(y0, y1) > bottom:
        return None

    def at(height: float) -> Point:
        return x0 + (x1 - x0) * (height - y0) / (y1 - y0), height

    def held(point: Point) -> Point:
        return at(top) if point[1] < top else at(bottom) if point[1] > bottom else point

    return held(one), held(other)

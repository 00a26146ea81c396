"""Composition: a figure of a network from what it comes to: boxes, kernels, ways, labels, legend and caption."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cnnstudio.compiler.inference import Analysis
from cnnstudio.figure import lettering
from cnnstudio.figure.inks import PAPER, TEXT, WAY, Inks
from cnnstudio.figure.marks import Box, Circle, Figure, Line, Mark, Point, Text
from cnnstudio.figure.options import FigureError, Options
from cnnstudio.figure.placement import Arranged, Cell, Place, Way, arranged
from cnnstudio.figure.proportions import Proportions
from cnnstudio.figure.solids import Solid, arrow_head, kernel
from cnnstudio.figure.stations import JUNCTIONS, Station, stations

MOST = 240  # stations; more cannot be told apart on any paper
LONGEST = {"across": 1150.0, "down": 900.0}  # of a row
PAD = 18.0  # round the figure
JUNCTION = 9.5  # the radius of a sum


def figure(analysis: Analysis, options: Options) -> Figure:
    """The figure of a network all of whose shapes are known. Raises ``FigureError`` with a sentence otherwise."""
    graph = analysis.graph
    if not len(graph):
        raise FigureError("There is no network to draw yet.")
    if analysis.errors:
        name = next(iter(analysis.errors))
        raise FigureError(f"What flows into {name} does not fit. A figure needs every shape, so mend that first.")
    if unknown := [name for name in graph.order if name not in analysis.facts]:
        raise FigureError(f"{unknown[0]} has no shape yet. A figure needs every shape, so wire it to an Input first.")
    # what is bypassed takes no part in the network, so it has no place in its figure
    found = stations(analysis.acting, options.fold)
    if len(found) > MOST:
        raise FigureError(
            f"A figure of {len(found)} maps would be too small to be read. Fold blocks into one, or look inside one."
        )
    return _Composer(found, options).figure()


class _Composer:
    def __init__(self, found: list[Station], options: Options) -> None:
        self.stations, self.options = found, options
        self.is_across = options.direction == "across"
        self.families = list(dict.fromkeys(station.block.family for station in found))
        self.inks = Inks(self.families, options.grey)
        drawn = [station.shape for station in found if station.kind != "junction"]
        self.proportions = Proportions(drawn, options.law)
        self.boxes = [self.proportions.box(station.shape) for station in found]
        self.caption = self.proportions.caption(drawn)
        self.labels = [lettering.label(station, options) for station in found]
        self.cells = [self._cell(index) for index in range(len(found))]
        has_frames = self.is_across and options.labels and any(station.frame for station in found)
        self.bracket = lettering.BRACKET if has_frames else 0.0

    def figure(self) -> Figure:
        sources = [station.sources for station in self.stations]
        frames = [station.frame for station in self.stations]
        self.at = arranged(self.cells, sources, frames, LONGEST[self.options.direction], self.bracket)
        self.solids = [self._solid(index) for index in range(len(self.stations))]
        marks: list[Mark] = []
        ways = [mark for way in self.at.ways for mark in self._way(way)]
        solid = [mark for index in range(len(self.stations)) for mark in self._station(index)]
        # across, a way comes out of the side of a box; down, it goes in at its top
        marks += [*ways, *solid] if self.is_across else [*solid, *ways]
        for way in self.at.ways:
            marks += self._kernel(way)
        marks += self._brackets(self.at)
        width, height = (self.at.length, self.at.depth) if self.is_across else (self.at.depth, self.at.length)
        height += self.bracket
        if self.options.legend:
            width = max(width, lettering.NARROWEST)
            below, more = lettering.legend(
                self.families, self.inks, self.stations, self.caption, self.options.signs, room=width, top=height
            )
            marks += below
            height += more
        moved = tuple(lettering.moved(mark, PAD, PAD) for mark in marks)
        boxes = {s.name: box for s, box in zip(self.stations, self.boxes, strict=True) if s.kind != "junction"}
        return Figure(width + 2 * PAD, height + 2 * PAD, moved, boxes, self.caption)

    # where things are

    def _shown(self, index: int) -> Box:
        """The box as it stands on the page: down the page, bars lie."""
        box = self.boxes[index]
        lies = not self.is_across and self.stations[index].kind in ("vector", "tokens")
        return Box(box.width, box.height, box.thickness) if lies else box

    def _cell(self, index: int) -> Cell:
        station, label = self.stations[index], self.labels[index]
        is_junction = station.kind == "junction"
        if is_junction:
            wide = high = 2 * JUNCTION
            enter, leave = 0.0, wide
        else:
            solid = Solid.of(self._shown(index), self.options.direction)
            wide, high = solid.size
            enter, leave = (0.0, solid.width + solid.depth / 2) if self.is_across else (solid.depth / 2, high)
        if self.is_across:
            length = max(wide, label.width)
            off = (length - wide) / 2
            return Cell(length, high / 2 + label.above, high / 2 + label.height, off + enter, off + leave, is_junction)
        length = max(high, label.height)
        off = (length - high) / 2
        aside = lettering.ASIDE + label.width if label.width else 0.0
        return Cell(length, wide / 2 + label.left, wide / 2 + aside, off + enter, off + leave, is_junction)

    def _solid(self, index: int) -> Solid:
        spot, cell = self.at.spots[index], self.cells[index]
        solid = Solid.of(self._shown(index), self.options.direction)
        wide, high = solid.size
        if self.is_across:
            x, y = spot.along + cell.entry, spot.across - high / 2
        else:
            x, y = spot.across - wide / 2, spot.along + cell.entry - solid.depth / 2
        return Solid(x, y, solid.width, solid.height, solid.depth)

    def _point(self, place: Place) -> Point:
        return place if self.is_across else (place[1], place[0])

    # what is drawn

    def _station(self, index: int) -> Iterator[Mark]:
        station, spot, cell = self.stations[index], self.at.spots[index], self.cells[index]
        ink = self.inks.of(station.block.family)
        if station.kind == "junction":
            center = self._point((spot.along + (cell.entry + cell.exit) / 2, spot.across))
            sign = JUNCTIONS[type(station.block).__name__]
            size = 15.0 if len(sign) == 1 else 6.5
            yield Circle(center, JUNCTION, PAPER, WAY)
            yield Text((center[0], center[1] + size * 0.33), sign, size, TEXT)
            corner, bounds = (center[0] - JUNCTION, center[1] - JUNCTION), (2 * JUNCTION, 2 * JUNCTION)
        else:
            solid = self.solids[index]
            yield from solid.faces(ink, station.name)
            corner, bounds = (solid.x, solid.y), solid.size
        yield from lettering.marks(self.labels[index], corner, bounds, ink, self.options)

    def _way(self, way: Way) -> Iterator[Mark]:
        if way.is_plain and self._has_kernel(way):
            return  # the lines of the kernel lead there
        points = tuple(map(self._point, way.points))
        yield Line(points, WAY, 1.1, 7.0)
        yield arrow_head(points[-1], points[-2], WAY)

    def _has_kernel(self, way: Way) -> bool:
        target, source = self.stations[way.target], self.stations[way.source]
        window = target.window
        return (
            self.options.kernels
            and window is not None
            and not window.transposed
            and source.kind == target.kind == "map"
            and self.at.spots[way.source].row == self.at.spots[way.target].row
            and way.is_plain
        )

    def _kernel(self, way: Way) -> list[Mark]:
        window = self.stations[way.target].window
        if not self._has_kernel(way) or window is None:
            return []
        rows, columns = window.extent
        target = self.solids[way.target]
        tip = target.front(0.0, 0.42) if self.is_across else target.on_map("down", 0.5, 0.5)
        ink = self.inks.of(self.stations[way.target].block.family)
        sides = self.proportions.side(rows), self.proportions.side(columns)
        return kernel(
            self.solids[way.source], self.boxes[way.source], sides, tip, direction=self.options.direction, ink=ink
        )

    def _brackets(self, at: Arranged) -> Iterator[Mark]:
        """A line under what is in one frame, with its title."""
        if not self.bracket:
            return
        order = sorted(range(len(self.stations)), key=lambda index: (at.spots[index].row, at.spots[index].along))
        for (frame, row), group in groupby(order, lambda index: (self.stations[index].frame, at.spots[index].row)):
            if frame:
                spots = [(at.spots[index].along, self.cells[index].length) for index in group]
                left, right = spots[0][0], max(start + length for start, length in spots)
                yield from lettering.bracket(frame, left, right, at.rows[row][1])

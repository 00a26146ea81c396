"""Lettering: what is written in a figure, beside the boxes and below them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from cnnstudio.blocks.families import FAMILIES
from cnnstudio.figure.inks import FAINT, MUTED, TEXT, Ink, Inks
from cnnstudio.figure.marks import Box, Circle, Glyph, Line, Mark, Point, Polygon, Text
from cnnstudio.figure.options import Options
from cnnstudio.figure.solids import Solid
from cnnstudio.figure.stations import Station
from cnnstudio.figure.typesetting import LINE, shortened, width, wrapped

SHAPE, TITLE, SMALL, COUNT, CAPTION = 10.0, 9.5, 8.5, 12.0, 9.5  # sizes of letters
WIDEST = 120.0  # of a line of a label
SIGN = 12.0  # the glyph before a title, with its room
ABOVE = 17.0  # room for the number of repeats
NEAR, ASIDE = 8.0, 12.0  # from a box to the label below it, and to the one at its side
BRACKET = 26.0  # room for the titles of frames
NARROWEST = 620.0  # a figure with a caption


@dataclass(frozen=True)
class Row:
    """A line of a label."""

    words: str
    size: float
    bold: bool = False
    is_title: bool = False
    has_sign: bool = False
    is_muted: bool = False

    @property
    def width(self) -> float:
        """How wide it is, with its glyph."""
        return width(self.words, self.size, self.bold) + (SIGN if self.has_sign else 0.0)


@dataclass(frozen=True)
class Label:
    """What is written beside a station, and the room that it takes in each direction."""

    rows: tuple[Row, ...]
    count: str
    family: str

    @property
    def width(self) -> float:
        """Of its widest line."""
        return max((row.width for row in self.rows), default=0.0)

    @property
    def height(self) -> float:
        """Of all lines, with what separates them from the box."""
        return NEAR + sum(row.size * LINE for row in self.rows) if self.rows else 0.0

    @property
    def above(self) -> float:
        """Room above the box."""
        return ABOVE if self.count else 0.0

    @property
    def left(self) -> float:
        """Room at the left of the box."""
        return width(self.count, COUNT, bold=True) + NEAR if self.count else 0.0


def label(station: Station, options: Options) -> Label:
    """The label of a station: its shape, what made it, with which parameters, and what was done to it then."""
    count = f"× {station.repeats}" if station.repeats > 1 else ""
    rows: list[Row] = []
    if options.labels and station.kind != "junction":
        rows.append(Row(" × ".join(map(str, station.shape)), SHAPE, bold=True))
        rows.append(Row(shortened(station.title, TITLE, WIDEST), TITLE, is_title=True, has_sign=options.signs))
        rows += [Row(words, SMALL, is_muted=True) for words in wrapped(" · ".join(_told(station)), SMALL, WIDEST)]
    if options.labels:
        rows += [Row(words, SMALL, is_muted=True) for words in wrapped(" · ".join(station.then), SMALL, WIDEST)]
    return Label(tuple(row for row in rows if row.words), count, station.block.family)


def _told(station: Station) -> list[str]:
    """The parameters; of a row of blocks, a stride is that of the first."""
    is_row = station.repeats > 1
    return [f"{words} first" if is_row and words.startswith("stride") else words for words in station.parameters]


def marks(label: Label, corner: Point, bounds: tuple[float, float], ink: Ink, options: Options) -> Iterator[Mark]:
    """The label of what has these bounds: below it, or at its right where the data flows down."""
    (x, y), (wide, high) = corner, bounds
    if options.direction == "across":
        middle, base = x + wide / 2, y + high + NEAR
        if label.count:
            yield Text((middle, y - 5.0), label.count, COUNT, ink.edge, bold=True)
    else:
        middle, base = x + wide + ASIDE, y + high / 2 - (label.height - NEAR) / 2
        if label.count:
            place = (x - NEAR, y + high / 2 + COUNT * 0.35)
            yield Text(place, label.count, COUNT, ink.edge, "end", bold=True)
    for row in label.rows:
        base += row.size * LINE
        color = MUTED if row.is_muted else ink.edge if row.is_title else TEXT
        left = middle - row.width / 2 if options.direction == "across" else middle
        if row.has_sign:
            yield Glyph(label.family, (left + 4.5, base - row.size * 0.34), 9.0, color)
            left += SIGN
        set_ = width(row.words, row.size, row.bold)
        if options.direction == "across":
            yield Text((left + set_ / 2, base), row.words, row.size, color, bold=row.bold)
        else:
            yield Text((left, base), row.words, row.size, color, "start", row.bold)


def bracket(title: str, left: float, right: float, top: float) -> Iterator[Mark]:
    """A line below some stations, with the title of the frame that they are in."""
    line = top + 7.0
    yield Line(((left, line - 3.0), (left, line), (right, line), (right, line - 3.0)), FAINT, 1.0, 2.0)
    words = shortened(title, TITLE, max(right - left, 44.0))
    yield Text(((left + right) / 2, line + 13.0), words, TITLE, MUTED)


def legend(
    families: list[str], inks: Inks, stations: list[Station], caption: str, signs: bool, *, room: float, top: float
) -> tuple[list[Mark], float]:
    """The families with their colours and signs, then the caption; and how high that is."""
    made: list[Mark] = []
    x, y = 0.0, top + 34.0
    for family in families:
        if family == "merge" and all(s.kind == "junction" for s in stations if s.block.family == family):
            continue
        words = FAMILIES[family].name
        aside = 33.0 if signs else 21.0
        wide = aside + 7.0 + width(words, CAPTION)
        if x and x + wide > room:
            x, y = 0.0, y + 20.0
        ink = inks.of(family)
        made += Solid.of(Box(11.0, 11.0, 9.0), "across", x, y - 11.0).faces(ink, "")
        made += [Glyph(family, (x + 24.0, y - 3.2), 11.0, ink.edge)] if signs else []
        made.append(Text((x + aside, y), words, CAPTION, TEXT, "start"))
        x += wide + 18.0
    y += 10.0
    if any(station.repeats > 1 for station in stations):
        caption += " × N: so many such blocks in a row, drawn once."
    for line in wrapped(caption, CAPTION, room):
        y += CAPTION * 1.45
        made.append(Text((0.0, y), line, CAPTION, MUTED, "start"))
    return made, y + 4.0 - top


def moved(mark: Mark, dx: float, dy: float) -> Mark:
    """The mark elsewhere."""

    def shift(point: Point) -> Point:
        return point[0] + dx, point[1] + dy

    if isinstance(mark, Polygon | Line):
        return dataclasses.replace(mark, points=tuple(map(shift, mark.points)))
    if isinstance(mark, Text):
        return dataclasses.replace(mark, place=shift(mark.place))
    if isinstance(mark, Circle | Glyph):
        return dataclasses.replace(mark, center=shift(mark.center))
    return mark

"""Marks: what a figure consists of, in units of 1/96 inch; y grows downwards. A painter needs no other knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Polygon:
    """A closed shape; an empty colour is none. ``of`` names the node that it belongs to."""

    points: tuple[Point, ...]
    fill: str = ""
    stroke: str = ""
    width: float = 0.8
    opacity: float = 1.0
    of: str = ""


@dataclass(frozen=True)
class Line:
    """An open line whose corners are rounded by ``radius``; ``dash`` are the lengths of strokes and gaps, in turn."""

    points: tuple[Point, ...]
    stroke: str
    width: float = 1.1
    radius: float = 0.0
    opacity: float = 1.0
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Circle:
    """A disc with an outline."""

    center: Point
    radius: float
    fill: str
    stroke: str
    width: float = 1.1


@dataclass(frozen=True)
class Text:
    """One line of text; ``place`` is on its base line."""

    place: Point
    words: str
    size: float
    color: str
    anchor: Anchor = "middle"
    bold: bool = False


@dataclass(frozen=True)
class Glyph:
    """The sign of a family of blocks, in a square of ``size`` round ``center``; who paints knows how it looks."""

    family: str
    center: Point
    size: float
    color: str


Mark = Polygon | Line | Circle | Text | Glyph


@dataclass(frozen=True)
class Box:
    """How large a map is drawn: its height and its width before they recede, and its thickness, by the channels."""

    height: float
    width: float
    thickness: float


@dataclass(frozen=True)
class Figure:
    """A drawing of ``width`` by ``height``, its marks from back to front, and the boxes by the node that they show.

    ``caption`` says in words what is to be seen, ``title`` in one what it is.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    boxes: Mapping[str, Box] = field(default_factory=dict)
    caption: str = ""
    title: str = "Network"

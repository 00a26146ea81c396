"""Charts: what an evaluation found, as figures of marks, for a screen, a page and a file. Knows no torch and no Qt."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnstudio.figure.marks import Circle, Figure, Line, Mark, Polygon, Text
from cnnstudio.figure.typesetting import shortened
from cnnstudio.figure.typesetting import width as text_width
from cnnstudio.insight.evaluation.calibration import Calibration
from cnnstudio.insight.evaluation.evaluation import Evaluation, Values
from cnnstudio.insight.evaluation.properties import Group, Property

READABLE = 20  # classes up to which every cell of a matrix says its number
_LONGEST = 8.0  # times the size of its letters, the room for the name of a class beside an axis


@dataclass(frozen=True)
class Inks:
    """The colours of a chart and the size of its letters in units of 1/96 inch; by default for white paper."""

    ground: str = "#ffffff"
    text: str = "#1d2433"
    muted: str = "#5d6778"
    line: str = "#d5d9df"
    accent: str = "#2563eb"
    error: str = "#c8242b"
    size: float = 11.0
    is_dark: bool = False


PAPER = Inks()


def mixed(one: str, other: str, share: float) -> str:
    """``share`` of the first colour and the rest of the second, both written #rrggbb."""
    parts = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)


def cell_colors(share: float, is_right: bool, inks: Inks) -> tuple[str, str]:
    """The ground and the ink of a cell of the matrix that has this ``share`` of its row, from 0 to 1."""
    if not share:
        return inks.ground, inks.muted
    strength = 0.12 + 0.68 * share**0.5
    ground = mixed(inks.accent if is_right else inks.error, inks.ground, strength)
    return ground, "#ffffff" if _luminance(ground) < 0.19 else "#10141c"  # whichever has more contrast


def _luminance(color: str) -> float:
    """The relative luminance of a colour, from 0 to 1 (WCAG 2)."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def class_colors(count: int, inks: Inks) -> tuple[str, ...]:
    """A colour for each class; those of ten classes are told apart at a glance, of more by the pointer."""
    found = []
    for number in range(count):
        hue = (number * 0.618034 + 0.58) % 1.0 if count > 10 else (number / max(1, count) + 0.58) % 1.0
        light = (0.66, 0.56) if inks.is_dark else (0.46, 0.36)
        rgb = colorsys.hls_to_rgb(hue, light[number % 2], 0.72)
        found.append("#" + "".join(f"{round(255 * each):02x}" for each in rgb))
    return tuple(found)


def matrix_chart(evaluation: Evaluation, inks: Inks = PAPER) -> Figure:
    """The confusion matrix: a row the class, a column the answer; up to 20 classes say count and share of the row."""
    count, size = len(evaluation.classes), inks.size
    cell = 44.0 if count <= READABLE else max(2.0, 880.0 / count)
    names = [shortened(name, size, _LONGEST * size) for name in evaluation.classes] if count <= 60 else []
    left = max((text_width(name, size) for name in names), default=0.0) + 3 * size
    top, side = 4.5 * size, cell * count
    marks: list[Mark] = [
        Text((left + side / 2, 1.6 * size), "taken for", size, inks.muted),
        Text((left - 8.0, 3.6 * size), "is", size, inks.muted, "end"),
    ]
    shares = evaluation.matrix / np.maximum(1, evaluation.matrix.sum(1, keepdims=True))
    for row, column in zip(*evaluation.matrix.nonzero(), strict=True):
        x, y, share = left + column * cell, top + row * cell, float(shares[row, column])
        ground, ink = cell_colors(share, bool(row == column), inks)
        marks.append(_box(x, y, cell, cell, ground))
        if count <= READABLE:
            marks.append(
                Text((x + cell / 2, y + cell * 0.48), f"{evaluation.matrix[row, column]:,}", 12.0, ink, bold=True)
            )
            marks.append(Text((x + cell / 2, y + cell * 0.8), f"{share:.0%}", 9.5, ink))
    marks.append(_frame(left, top, side, side, inks.line))
    letter = min(size, cell)
    for number, name in enumerate(names):
        middle = (number + 0.5) * cell
        marks.append(Text((left - 8.0, top + middle + 0.35 * letter), name, letter, inks.text, "end"))
        fitting = shortened(name, letter, cell)
        marks.append(Text((left + middle, top - 0.6 * size), fitting, letter, inks.text))
    return Figure(left + side + 2 * size, top + side + 2 * size, tuple(marks), caption="Confusion matrix")


def calibration_chart(found: Calibration, width: float, height: float, inks: Inks = PAPER) -> Figure:
    """Accuracy over sureness: a bar a bin, the line where both agree, and below how many images each bin has."""
    size = inks.size
    left, right, top, low = 4.2 * size, width - 2.4 * size, 0.8 * size, height - 3.2 * size
    below = max(2.2 * size, (low - top) * 0.16)
    bottom = low - below - 0.5 * size
    across, up = right - left, bottom - top
    marks: list[Mark] = _grid(left, top, across, up, inks)
    most = max((each.images for each in found.bins), default=0) or 1
    for each in found.bins:
        x, wide = left + each.low * across, (each.high - each.low) * across
        if not each.images:
            continue
        sure, both = mixed(inks.accent, inks.ground, 0.72), min(each.confidence, each.accuracy) * up
        marks.append(_box(x + 1, bottom - both, wide - 2, both, sure))
        # the gap is red where it was surer than right, and pale where it was right more often
        gap, color = abs(each.gap) * up, inks.error if each.gap > 0 else inks.accent
        marks.append(_box(x + 1, bottom - both - gap, wide - 2, gap, mixed(color, inks.ground, 0.36)))
        tall = below * each.images / most
        marks.append(_box(x + 1, low - tall, wide - 2, tall, mixed(inks.muted, inks.ground, 0.6)))
    marks.append(Line(((left, bottom), (right, top)), inks.text, 1.2))
    marks.append(Line(((left, low), (right, low)), inks.line, 1.0))
    marks += [
        Text((left + across * tick / 100, low + 1.3 * size), f"{tick} %", size, inks.muted)
        for tick in range(0, 101, 20)
    ]
    marks.append(Text(((left + right) / 2, low + 2.7 * size), "how sure it was", size, inks.text))
    marks.append(Text((left - 6, low - below * 0.3), "images", 0.85 * size, inks.muted, "end"))
    return Figure(width, height, tuple(marks), caption="Calibration: accuracy over probability")


def groups_chart(what: Property, found: Sequence[Group], width: float, height: float, inks: Inks = PAPER) -> Figure:
    """The accuracy of groups of pictures from least to most of a property, each with its 95 % interval."""
    size = inks.size
    left, right, top, bottom = 4.2 * size, width - size, 0.8 * size, height - 4.4 * size
    across, up = right - left, bottom - top
    marks: list[Mark] = _grid(left, top, across, up, inks)
    wide = across / max(1, len(found))
    for number, each in enumerate(found):
        x, tall = left + number * wide, each.accuracy * up
        marks.append(_box(x + wide * 0.18, bottom - tall, wide * 0.64, tall, mixed(inks.accent, inks.ground, 0.72)))
        low, high = (bottom - share * up for share in each.interval)
        middle = x + wide / 2
        marks.append(Line(((middle, low), (middle, high)), inks.text, 1.4))
        marks += [Line(((middle - 5, y), (middle + 5, y)), inks.text, 1.4) for y in (low, high)]
        ends = each.name or (_short(each.low) if each.low == each.high else f"{_short(each.low)} – {_short(each.high)}")
        if text_width(ends, size) >= wide - 6:
            ends = shortened(ends, size, wide - 6) if each.name else f"≤ {_short(each.high)}"
        count, few = f"{len(each.numbers):,} pictures", f"{len(each.numbers):,}"
        count = count if text_width(count, 0.9 * size) < wide - 6 else few
        marks.append(Text((middle, bottom + 1.3 * size), ends, size, inks.muted))
        marks.append(Text((middle, bottom + 2.5 * size), count, 0.9 * size, inks.muted))
    title = f"{what.title}: {what.told}" if what.least else what.title
    marks.append(Text(((left + right) / 2, bottom + 3.9 * size), shortened(title, size, across), size, inks.text))
    return Figure(width, height, tuple(marks), caption=f"Accuracy by {what.title.lower()}")


def _short(number: float) -> str:
    """A number as there is room for it below a bar: whole ones with their digits, up to a million."""
    return f"{number:,.0f}" if number == round(number) and 1_000 <= abs(number) < 1_000_000 else f"{number:.3g}"


def placed(places: Values, width: float, height: float, margin: float) -> Values:
    """Points (N, 2) brought into a room of this size, in one scale for both axes, x to the right and y down."""
    low, high = places.min(0), places.max(0)
    span = np.maximum(high - low, 1e-12)
    scale = min(max(1.0, width - 2 * margin) / span[0], max(1.0, height - 2 * margin) / span[1])
    middle = np.array([width / 2, height / 2])
    found: Values = (places - (low + high) / 2) * np.array([scale, -scale]) + middle
    return found


def points_chart(
    places: Values, labels: Sequence[int], right: Sequence[bool], classes: Sequence[str], inks: Inks = PAPER
) -> Figure:
    """A point a picture in the colour of its class; those that are told wrong are ringed; and what the colours mean."""
    side, size = 640.0, inks.size
    colors = class_colors(len(classes), inks)
    names = [shortened(name, size, 14 * size) for name in classes[:40]]
    wide = max(text_width(name, size) for name in names) + 3 * size
    marks: list[Mark] = []
    for (x, y), label, is_right in zip(placed(places, side, side, 12.0).tolist(), labels, right, strict=True):
        color = colors[label]
        marks.append(Circle((x, y), 3.0, color, color, 0.5) if is_right else Circle((x, y), 4.0, color, inks.text, 1.4))
    for number, name in enumerate(names):
        y = 2 * size + number * 1.5 * size
        marks.append(Circle((side + size, y), 4.0, colors[number], colors[number]))
        marks.append(Text((side + 2 * size, y + 0.35 * size), name, size, inks.text, "start"))
    marks.append(Text((size, side - 0.5 * size), "ringed: told wrong", size, inks.muted, "start"))
    return Figure(side + wide + size, side, tuple(marks), caption="Validation images as the network sees them")


def _grid(left: float, top: float, across: float, up: float, inks: Inks) -> list[Mark]:
    """Lines at every quarter of an axis from 0 to 100 %, with their numbers."""
    marks: list[Mark] = []
    for tick in (0, 25, 50, 75, 100):
        y = top + up * (1 - tick / 100)
        marks.append(Line(((left, y), (left + across, y)), inks.line, 0.8))
        marks.append(Text((left - 6, y + 0.35 * inks.size), f"{tick} %", 0.9 * inks.size, inks.muted, "end"))
    return marks


def _corners(x: float, y: float, width: float, height: float) -> tuple[tuple[float, float], ...]:
    return (x, y), (x + width, y), (x + width, y + height), (x, y + height)


def _box(x: float, y: float, width: float, height: float, fill: str) -> Polygon:
    return Polygon(_corners(x, y, width, height), fill)


def _frame(x: float, y: float, width: float, height: float, stroke: str) -> Polygon:
    return Polygon(_corners(x, y, width, height), "", stroke)

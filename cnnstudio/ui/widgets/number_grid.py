"""Number grid: numbers in cells that are coloured by their size, as windows, kernels and maps are. Knows arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from cnnstudio.ui.theme import theme

PAD = 4  # pixels between a number and the edge of its cell
_DIGITS = 4  # that count, of the largest number of a grid


@dataclass(frozen=True)
class Scale:
    """How numbers are shown: decimals, the largest of them, which has the strongest colour, and how wide a cell is."""

    decimals: int
    largest: float
    wide: float


@dataclass(frozen=True, eq=False)
class NumberGrid:
    """Numbers (h, w) as they are shown: which are outside of the map, which do not count, which one is marked.

    ``faded`` are those that are not reached yet.
    """

    numbers: NDArray[np.float64]
    scale: Scale
    box: QRectF
    high: float
    what: str
    outside: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    winner: tuple[int, int] | None = None
    faded: NDArray[np.bool_] | None = None

    def cell(self, row: int, column: int) -> QRectF:
        """The place of a cell."""
        wide = self.scale.wide
        return QRectF(self.box.x() + column * wide, self.box.y() + row * self.high, wide, self.high)

    def at(self, place: QPointF) -> tuple[int, int] | None:
        """The row and the column at a point; None beside the grid."""
        if not self.box.contains(place):
            return None
        column = min(int((place.x() - self.box.x()) / self.scale.wide), self.numbers.shape[1] - 1)
        return min(int((place.y() - self.box.y()) / self.high), self.numbers.shape[0] - 1), column


def scale_of(numbers: NDArray[np.float64], advance: float, least: float = 0.0) -> Scale:
    """How to show these; ``advance`` is the width of a figure, ``least`` that of a cell."""
    decimals, finite = decimals_of(numbers), numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    # of all with so many decimals one of the ends is the longest; what is no number is written in three letters at most
    letters = max(len(written(low, decimals)), len(written(high, decimals)), 3 * (finite.size < numbers.size))
    return Scale(decimals, max(abs(low), abs(high)), max(least, math.ceil(letters * advance) + 2 * PAD))


def paint_grid(painter: QPainter, grid: NumberGrid) -> None:
    """Paint a grid in the painter's font."""
    text, muted, tints = theme.color("text"), theme.color("muted"), _tints(grid.numbers, grid.scale.largest)
    metrics = painter.fontMetrics()
    advance, rise = metrics.horizontalAdvance("0"), 0.5 * (grid.high - metrics.height()) + metrics.ascent()
    for (row, column), number in np.ndenumerate(grid.numbers):
        box = grid.cell(row, column)
        counts, is_faded = bool(grid.counted[row, column]), grid.faded is not None and bool(grid.faded[row, column])
        if counts and not is_faded:
            painter.fillRect(box, QColor(*tints[row][column]))
        if grid.outside[row, column]:
            painter.fillRect(box, QColor(theme.color("muted", 0.10)))
        if counts:
            painter.setPen(muted if grid.outside[row, column] or is_faded else text)
            words = written(float(number), grid.scale.decimals)
            # at a point: to align within a rectangle takes twice as long
            painter.drawText(QPointF(box.right() - PAD - advance * len(words), box.y() + rise), words)
    painter.setPen(QPen(theme.color("line"), 1))
    for column in range(grid.numbers.shape[1] + 1):
        x = grid.box.x() + column * grid.scale.wide
        painter.drawLine(QPointF(x, grid.box.top()), QPointF(x, grid.box.bottom()))
    for row in range(grid.numbers.shape[0] + 1):
        y = grid.box.y() + row * grid.high
        painter.drawLine(QPointF(grid.box.left(), y), QPointF(grid.box.right(), y))
    if grid.winner is not None:
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawRect(grid.cell(*grid.winner))


def shade(number: float, largest: float) -> QColor:
    """Orange above zero, blue below, the stronger the larger; pale enough to be written on."""
    return QColor(*_tints(np.array([[number]]), largest)[0][0])


def _tints(numbers: NDArray[np.float64], largest: float) -> list[list[list[int]]]:
    """The shade of each number as (red, green, blue)."""
    ground, above, below = (_rgb(role) for role in ("panel", "validation", "train"))
    finite = np.where(np.isfinite(numbers), numbers, 0.0)
    size = np.abs(finite)[..., None] / (largest or 1.0)
    share = np.where((finite[..., None] == 0) | (largest == 0), 0.0, 0.06 + 0.34 * np.minimum(1.0, size))
    color = np.where(finite[..., None] > 0, above, below)
    made: list[list[list[int]]] = np.rint(color * share + ground * (1 - share)).astype(int).tolist()
    return made


def _rgb(role: str) -> NDArray[np.float64]:
    color = theme.color(role)
    return np.array((color.red(), color.green(), color.blue()), np.float64)


def decimals_of(numbers: NDArray[np.float64]) -> int:
    """How many decimals all the numbers of a grid are shown with, so that they can be added up as they stand."""
    finite = np.abs(numbers[np.isfinite(numbers)])
    largest = float(finite.max()) if finite.size else 0.0
    if largest == 0 or (largest < 1e6 and bool((finite == np.round(finite)).all())):
        return 0
    return max(0, min(9, _DIGITS - 1 - int(np.floor(np.log10(largest)))))


def written(number: float, decimals: int) -> str:
    """A number for a grid, with a minus and no hyphen; no zero has a sign."""
    if not np.isfinite(number):
        return "NaN" if np.isnan(number) else "∞" if number > 0 else "−∞"
    text = f"{number:.{decimals}f}" if abs(number) < 1e7 else f"{number:.3e}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def exact(number: float) -> str:
    """A float32 with all the digits that tell it from its neighbours."""
    return f"{number:.9g}".replace("-", "−")

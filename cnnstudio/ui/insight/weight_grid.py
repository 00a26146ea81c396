"""Weight grid: a kernel, or a piece of a matrix of weights, each tinted by its gradient; a cell can be chosen."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.number_grid import decimals_of, exact, shade, written

PAD = 5
MOST = 7  # cells along each side at most: of a larger kernel those round the one that is chosen

Index = tuple[int, ...]


class WeightGrid(QWidget):
    """The numbers are weights, orange where their gradient is above zero and blue where it is below.

    ``chosen`` says the place of the weight that was clicked, as (row, column) of ``plane``; ``hovered`` tells of the
    one under the mouse.
    """

    chosen = Signal(int, int)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights = self._gradients = np.zeros((1, 1))
        self.rows, self.columns, self._at = range(1), range(1), (0, 0)
        self._largest, self._most = 0.0, MOST
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Weights, tinted by their gradients")
        theme.changed.connect(self._fit)

    def show_weights(self, weights: NDArray[np.float64], gradients: NDArray[np.float64], at: tuple[int, int]) -> None:
        """Show a plane of weights (h, w), as far as there is room round the one ``at`` a row and a column."""
        self._weights, self._gradients, self._at = weights, gradients, at
        self._largest = float(np.nan_to_num(np.abs(gradients)).max())
        self.setAccessibleDescription(self._told(*at))
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        wide, high = self._cell
        return QSize(math.ceil(wide * len(self.columns)) + 3, math.ceil(high * len(self.rows)) + 3)

    @property
    def _cell(self) -> tuple[float, float]:
        metrics, numbers = QFontMetricsF(theme.monospace("small")), self._seen(self._weights)
        decimals = decimals_of(numbers)
        wide = max(metrics.horizontalAdvance(written(float(each), decimals)) for each in numbers.ravel())
        return math.ceil(wide) + 2 * PAD, math.ceil(metrics.height()) + 7.0

    def _seen(self, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return plane[self.rows.start : self.rows.stop, self.columns.start : self.columns.stop]

    def set_most(self, columns: int) -> None:
        """Show so many columns at most."""
        self._most = columns
        self._fit()

    def _fit(self) -> None:
        self.rows = around(self._at[0], self._weights.shape[0], MOST)
        self.columns = around(self._at[1], self._weights.shape[1], self._most)
        self.setFixedSize(self.sizeHint())
        self.update()

    def _box(self, row: int, column: int) -> QRectF:
        wide, high = self._cell
        return QRectF(1.5 + (column - self.columns.start) * wide, 1.5 + (row - self.rows.start) * high, wide, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, decimals = QPainter(self), decimals_of(self._seen(self._weights))
        painter.setFont(theme.monospace("small"))
        for row in self.rows:
            for column in self.columns:
                box = self._box(row, column)
                painter.fillRect(box, shade(float(self._gradients[row, column]), self._largest))
                painter.setPen(QPen(theme.color("line"), 1))
                painter.drawRect(box)
                painter.setPen(theme.color("text"))
                text = written(float(self._weights[row, column]), decimals)
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box.adjusted(0, 0, -PAD, 0), flags, text)
        painter.setPen(QPen(theme.color("accent"), 2))
        painter.drawRect(self._box(*self._at))
        painter.end()

    def _told(self, row: int, column: int) -> str:
        weight, gradient = float(self._weights[row, column]), float(self._gradients[row, column])
        return f"weight {exact(weight)}, gradient {exact(gradient)}"

    def at(self, place: QPointF) -> tuple[int, int] | None:
        """The row and the column of the weight at a point of the widget."""
        found = (
            (row, column) for row in self.rows for column in self.columns if self._box(row, column).contains(place)
        )
        return next(found, None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self.at(event.position())):
            self.chosen.emit(*found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        self.hovered.emit(self._told(*found) if found else "")

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")


def around(at: int, size: int, most: int) -> range:
    """At most so many places, with ``at`` in their middle as far as that goes."""
    first = max(0, min(at - most // 2, size - most))
    return range(first, min(size, first + most))

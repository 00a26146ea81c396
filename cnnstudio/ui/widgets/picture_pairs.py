"""Picture pairs: pictures and, below each, what became of it; as many as find room. Knows arrays, no data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.grid_keys import CHOOSING, stepped
from cnnstudio.ui.widgets.samples import pixmap

Pixels = NDArray[np.uint8]
GAP, WITHIN = 8, 2  # pixels between two pairs, and between the two of a pair
LEAST, MOST = 36, 144  # pixels of the side of a picture


@dataclass(frozen=True)
class Places:
    """How many pairs stand in how many columns, and the side of a picture."""

    count: int
    columns: int
    side: int


def places(count: int, room: tuple[int, int], high: int, line: int) -> Places:
    """Where ``count`` pairs, each of ``high`` pictures and a line of text, are largest in a room (width, height).

    Where they would be too small to see, only the first ones find a place.
    """
    best = Places(0, 1, LEAST)
    for rows in range(1, count + 1):
        side = min(MOST, ((room[1] + GAP) // rows - GAP - line - WITHIN * (high - 1)) // high)
        if side < LEAST and best.count:
            break
        side = max(side, LEAST)
        columns = max(1, (room[0] + GAP) // (side + GAP))
        best = Places(min(count, rows * columns), columns, side)
        if best.count == count:
            break
    return best


class PicturePairs(QWidget):
    """Pairs side by side, with a name below each; one is the current one, which the arrow keys move.

    ``chosen`` carries the number of a pair that was clicked, or that Enter was pressed on. With ``all_at`` it asks for
    the height at which all find a place, in pictures of so many pixels at the normal size of text, as on a page that
    scrolls.
    """

    chosen = Signal(int)
    hovered = Signal(str)  # the name of the pair under the mouse, or of the current one; "" where there is none

    def __init__(self, parent: QWidget | None = None, *, all_at: int | None = None) -> None:
        super().__init__(parent)
        self._all_at = all_at
        self._columns: tuple[Sequence[Pixels], ...] = ()
        self._names: Sequence[str] = ()
        self._pixmaps: dict[tuple[int, int], QPixmap] = {}
        self._current = 0
        self._is_first_marked = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(LEAST, LEAST))
        theme.changed.connect(self.update)

    @property
    def shown(self) -> int:
        """How many pairs find a place."""
        return self._places.count

    def set_pictures(self, *columns: Sequence[Pixels], names: Sequence[str], is_first_marked: bool = False) -> None:
        """Show these pictures (C, H, W), those of each column below those of the one before.

        ``is_first_marked`` frames the first pair: it is what the others come from.
        """
        if len(names) != len(self._names):
            self._current = 0
        self._columns, self._names, self._is_first_marked = columns, names, is_first_marked
        self._pixmaps.clear()
        self._fit()
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(360, 150)

    def _fit(self) -> None:
        if self._all_at is None:
            return
        side = round(self._all_at * theme.scale)
        rows = -(-len(self._names) // max(1, (self.width() + GAP) // (side + GAP)))
        self.setMinimumHeight(max(LEAST, rows * (self._high(side) + GAP) - GAP))

    def _high(self, side: int) -> int:
        return side * len(self._columns) + WITHIN * (len(self._columns) - 1) + self._line

    @property
    def _line(self) -> int:
        return QFontMetrics(theme.font("small")).height()

    @property
    def _places(self) -> Places:
        return places(len(self._names), (self.width(), self.height()), max(1, len(self._columns)), self._line)

    def _cell(self, place: int, plan: Places) -> QRect:
        high = self._high(plan.side)
        column, row = place % plan.columns, place // plan.columns
        return QRect(column * (plan.side + GAP), row * (high + GAP), plan.side, high)

    def _at(self, point: QPointF) -> int | None:
        plan = self._places
        return next((n for n in range(plan.count) if self._cell(n, plan).contains(point.toPoint())), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        plan, line = self._places, self._line
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        for place in range(plan.count):
            cell = self._cell(place, plan)
            for number, pictures in enumerate(self._columns):
                picture = self._pixmap(number, place, pictures[place], plan.side)
                top = cell.top() + number * (plan.side + WITHIN)
                middle = QPoint((plan.side - picture.width()) // 2, (plan.side - picture.height()) // 2)
                painter.drawPixmap(QPoint(cell.left(), top) + middle, picture)
            name = metrics.elidedText(self._names[place], Qt.TextElideMode.ElideRight, plan.side + GAP - 2)
            painter.setPen(theme.color("text" if self._is_first_marked and place == 0 else "muted"))
            below = QRect(cell.left() - GAP // 2, cell.bottom() + 1 - line, plan.side + GAP, line)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
            if place == self._current and self.hasFocus():
                painter.setPen(QPen(theme.color("accent"), 2))
                painter.drawRect(cell.adjusted(-1, -1, 0, -line))
        painter.end()

    def _pixmap(self, number: int, place: int, picture: Pixels, side: int) -> QPixmap:
        key = number, place
        if key not in self._pixmaps:
            self._pixmaps[key] = pixmap(picture, side)
        return self._pixmaps[key]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pixmaps.clear()
        self._fit()

    # mouse and keyboard

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        self.hovered.emit("" if found is None else self._names[found])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self._go(found)
            self.chosen.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plan, key = self._places, Qt.Key(event.key())
        if plan.count and key in CHOOSING:
            self.chosen.emit(self._current)
        elif (place := stepped(key, self._current, plan.count, plan.columns)) is not None:
            self._go(place)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._tell()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _go(self, place: int) -> None:
        self._current = place
        self._tell()
        self.hovered.emit(self._names[place])
        self.update()

    def _tell(self) -> None:
        if self._names:
            place = min(self._current, len(self._names) - 1)
            self.setAccessibleDescription(f"{place + 1} of {len(self._names)}: {self._names[place]}")

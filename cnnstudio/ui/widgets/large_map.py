"""Large map: one feature map as large as there is room, with the number under the pointer. Knows arrays, no network."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.map_colours import (
    MapColours,
    Maps,
    colour_table,
    ends,
    frame_on_any,
    normalised,
    said_of,
    written,
)

LEGEND, MARGIN = 12, 3  # pixels: how wide the scale of colours is, and what stays free round the map


class LargeMap(QWidget):
    """Shows one of the maps (C, H, W). A cell is the current one, which the mouse and the arrow keys move."""

    hovered = Signal(str)
    cell_chosen = Signal(int, int, int)  # channel, row and column
    stepped = Signal(int)  # another map is asked for: so many further on
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: Maps = np.zeros((0, 1, 1), np.float32)
        self.channel = 0
        self._together, self._colours = False, MapColours.VIRIDIS
        self._at: tuple[int, int] | None = None
        self._marked: tuple[int, int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(120, 60))
        self.setAccessibleName("One feature map")

    def set_maps(self, maps: Maps) -> None:
        """Show one of these from now on."""
        self._maps = maps
        self.channel = min(self.channel, max(0, len(maps) - 1))
        if self._at is not None and (self._at[0] >= maps.shape[1] or self._at[1] >= maps.shape[2]):
            self._at = None
        self.update()

    def show_channel(self, channel: int) -> None:
        """Show this one of the maps."""
        self.channel = channel
        self._tell()
        self.update()

    def set_together(self, together: bool) -> None:
        """Use the scale of brightness that all maps have together, or this one's own."""
        self._together = together
        self.update()

    def set_colours(self, colours: MapColours) -> None:
        """Draw with another scale of colours."""
        self._colours = colours
        self.update()

    def mark(self, cell: tuple[int, int, int] | None) -> None:
        """Mark a channel's row and column, or none."""
        self._marked = cell
        self.update()

    @property
    def _words(self) -> int:
        return 2 + max(self.fontMetrics().horizontalAdvance(written(end)) for end in (*self._ends(), -0.0001))

    def _ends(self) -> tuple[float, float]:
        return ends(self._maps if self._together else self._maps[self.channel], self._colours)

    def _place(self) -> QRectF:
        """Where the map is drawn: enlarged by a whole number where there is room."""
        _, height, width = self._maps.shape
        room = self.width() - LEGEND - self._words - 4 * MARGIN, self.height() - 2 * MARGIN
        scale = max(min(room[0] / width, room[1] / height), 1e-3)
        scale = float(int(scale)) if scale >= 1 else scale
        return QRectF(MARGIN, MARGIN, width * scale, height * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._maps):
            return
        painter, place = QPainter(self), self._place()
        table = colour_table(self._colours)
        first, last = (0, len(self._maps)) if self._together else (self.channel, self.channel + 1)
        shown = normalised(self._maps[first:last], self._together, self._colours.is_around_zero)
        pixels = np.ascontiguousarray(table[shown[self.channel - first]])
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        painter.drawImage(place, image, QRectF(0, 0, width, height))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        self._draw_legend(painter, place)
        for cell in filter(None, (self._chosen, self._at)):
            frame_on_any(painter, self._spot(place, cell))
        painter.end()

    def _draw_legend(self, painter: QPainter, place: QRectF) -> None:
        """The scale of colours with the numbers at its ends."""
        table = colour_table(self._colours)[::-1].copy()
        strip = QImage(table.data, 1, len(table), 4, QImage.Format.Format_RGB32)
        bar = QRectF(place.right() + 4 * MARGIN, place.top(), LEGEND, max(place.height(), 24.0))
        painter.drawImage(bar, strip, QRectF(0, 0, 1, len(table)))
        painter.setPen(theme.color("muted"))
        painter.setFont(theme.font("small"))
        low, high = self._ends()
        line = painter.fontMetrics().ascent()
        painter.drawText(QPointF(bar.right() + MARGIN, bar.top() + line), written(high))
        painter.drawText(QPointF(bar.right() + MARGIN, bar.bottom()), written(low))

    @property
    def _chosen(self) -> tuple[int, int] | None:
        marked = self._marked
        return marked[1:] if marked is not None and marked[0] == self.channel else None

    def _spot(self, place: QRectF, cell: tuple[int, int]) -> QRectF:
        _, height, width = self._maps.shape
        across, down = place.width() / width, place.height() / height
        return QRectF(place.x() + cell[1] * across, place.y() + cell[0] * down, across, down)

    def _under(self, point: QPointF) -> tuple[int, int] | None:
        if not len(self._maps):
            return None
        place, (_, height, width) = self._place(), self._maps.shape
        if not place.contains(point):
            return None
        row = min(height - 1, int((point.y() - place.y()) / place.height() * height))
        column = min(width - 1, int((point.x() - place.x()) / place.width() * width))
        return row, column

    def _go(self, cell: tuple[int, int] | None) -> None:
        if cell != self._at:
            self._at = cell
            self._tell()
            self.update()

    def _tell(self) -> None:
        if not len(self._maps):
            return
        values = self._maps[self.channel]
        words = f"map {self.channel + 1}: {said_of(values)}"
        if self._at is not None:
            row, column = self._at
            value = written(values[row, column], 6)
            words = f"map {self.channel + 1}, row {row + 1}, column {column + 1}: {value}   ({said_of(values)})"
        self.setAccessibleDescription(words)
        self.hovered.emit(words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(self._under(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (cell := self._under(event.position())) is not None:
            self._go(cell)
            self.cell_chosen.emit(self.channel, *cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key
        moves = {key.Key_Left: (0, -1), key.Key_Right: (0, 1), key.Key_Up: (-1, 0), key.Key_Down: (1, 0)}
        pressed = key(event.key())
        if pressed == key.Key_Escape:
            self.closed.emit()
        elif pressed in (key.Key_PageUp, key.Key_PageDown):
            self.stepped.emit(-1 if pressed == key.Key_PageUp else 1)
        elif pressed in (key.Key_Return, key.Key_Enter, key.Key_Space):
            self.cell_chosen.emit(self.channel, *(self._at or (0, 0)))
        elif pressed in moves and len(self._maps):
            _, height, width = self._maps.shape
            row, column = self._at if self._at is not None else (0, 0)
            down, across = moves[pressed] if self._at is not None else (0, 0)
            self._go((min(max(0, row + down), height - 1), min(max(0, column + across), width - 1)))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._go(None)
        self.hovered.emit("")

"""Image grid: many small maps as one picture, by mouse and by keyboard. Knows arrays and no network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.grid_keys import CHOOSING, stepped
from cnnstudio.ui.widgets.map_colours import (
    MapColours,
    Maps,
    activity,
    colour_table,
    flat,
    frame_on_any,
    normalised,
    said_of,
    written,
)

GAP = 3
LEAST_SIDE = 12  # a map smaller than this on the screen says nothing
ZOOMS = 6  # each makes a map half as large again
LARGEST_SIDE = 1_024  # of a map, in pixels of the screen


@dataclass(frozen=True)
class Tiling:
    """How many maps stand in how many columns, each in a cell of (width, height) pixels of the screen."""

    count: int
    columns: int
    cell: tuple[int, int]
    scale: float

    @property
    def rows(self) -> int:
        """How many rows there are; the last may be short."""
        return math.ceil(self.count / self.columns) if self.columns else 0


@lru_cache(maxsize=64)
def tiling(count: int, size: tuple[int, int], room: tuple[int, int]) -> Tiling:
    """The tiling that shows ``count`` maps of (height, width) largest in a room of (width, height) pixels.

    Maps are enlarged by whole numbers, so that their pixels stay square and equal. Where they would become too small
    to see, only the first ones are shown.
    """
    height, width = size
    while True:
        best = max(_scale(count, columns, size, room) for columns in range(1, count + 1))
        if best * max(size) >= min(LEAST_SIDE, max(size)) or count == 1:
            break
        count = max(1, count * 3 // 4)
    scale = float(math.floor(best)) if best >= 1 else max(best, 1 / max(size))
    cell = max(1, int(width * scale)), max(1, int(height * scale))
    # as few rows as the chosen size allows, so that the maps read along lines
    columns = max(1, min(count, (room[0] + GAP) // (cell[0] + GAP)))
    rows = max(1, (room[1] + GAP) // (cell[1] + GAP))
    return Tiling(min(count, rows * columns), columns, cell, scale)


def zoomed(count: int, size: tuple[int, int], room: tuple[int, int], zoom: int) -> Tiling:
    """All ``count`` maps, each larger than in ``tiling`` by ``zoom`` steps, in as many rows as that takes."""
    fitting = tiling(count, size, room)
    scale = fitting.scale * 1.5**zoom
    scale = max(float(round(scale)), fitting.scale + 1) if scale >= 1 else scale
    scale = min(scale, max(1.0, LARGEST_SIDE / max(size)))
    cell = max(1, int(size[1] * scale)), max(1, int(size[0] * scale))
    return Tiling(count, max(1, min(count, (room[0] + GAP) // (cell[0] + GAP))), cell, scale)


def _scale(count: int, columns: int, size: tuple[int, int], room: tuple[int, int]) -> float:
    rows = math.ceil(count / columns)
    across = (room[0] - (columns - 1) * GAP) / (columns * size[1])
    down = (room[1] - (rows - 1) * GAP) / (rows * size[0])
    return max(0.0, min(across, down))


class ImageGrid(QWidget):
    """Shows maps (C, H, W), one picture for all of them; 64 pictures would cost four times as much.

    Without a zoom as many as can be seen are fitted into its room; with one all of them, as high as that takes: then it
    stands in a scroll area. One map is the current one, which the arrow keys move and Enter opens.
    """

    hovered = Signal(str)  # what is under the mouse, in words; "" when it has left
    cell_chosen = Signal(int, int, int)  # channel, row and column of a number that was clicked
    opened = Signal(int)  # the channel of a map that shall be shown large
    zoomed = Signal(int)  # by how many steps the maps are enlarged now
    moved = Signal()  # the current map is another one

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: Maps = np.zeros((0, 1, 1), np.float32)
        self._order: NDArray[np.intp] = np.zeros(0, np.intp)  # channels, as they stand
        self._flat: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._together = self._ranked = False
        self._colours = MapColours.VIRIDIS
        self._zoom = 0
        self._room: tuple[int, int] | None = None
        self._bytes: NDArray[np.uint8] | None = None
        self._picture: tuple[int, int, QImage] | None = None  # the first and the last row that are drawn, and they
        self._tiling = Tiling(0, 0, (1, 1), 1.0)
        self._under: int | None = None
        self._current = 0
        self._marked: tuple[int, int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(120, 60))
        self.setAccessibleName("Feature maps")

    @property
    def shown(self) -> int:
        """How many of the maps are drawn; the rest finds no room."""
        return self._layout().count

    @property
    def flat(self) -> int:
        """How many of the maps have one value everywhere."""
        return int(self._flat.sum())

    @property
    def order(self) -> list[int]:
        """The channels in the order in which they stand."""
        found: list[int] = self._order.tolist()
        return found

    def set_maps(self, maps: Maps) -> None:
        """Show these; a view of them is kept."""
        if maps.shape != self._maps.shape:
            self._current, self._under, self._marked = 0, None, None
        self._maps, self._flat = maps, flat(maps)
        self._arrange()

    def set_together(self, together: bool) -> None:
        """Use one scale of brightness for all maps, so that they can be compared, or one for each."""
        self._together = together
        self._arrange()

    def set_ranked(self, ranked: bool) -> None:
        """Put the most active maps first, or leave the channels in their order."""
        self._ranked = ranked
        self._current = 0
        self._arrange()

    def set_colours(self, colours: MapColours) -> None:
        """Draw with another scale of colours."""
        self._colours = colours
        self._arrange()

    def zoom(self, steps: int) -> None:
        """Draw the maps larger, or smaller, by so many steps; 0 steps from the start fit them into the room."""
        self._zoom = min(max(0, self._zoom + steps), ZOOMS)
        self._fit()
        self.zoomed.emit(self._zoom)

    @property
    def zoom_steps(self) -> int:
        """By how many steps the maps are enlarged."""
        return self._zoom

    def set_room(self, width: int, height: int) -> None:
        """Say how much of it is seen at once: the size of the scroll area that it stands in."""
        self._room = max(width, 1), max(height, 1)
        self._fit()

    def mark(self, cell: tuple[int, int, int] | None) -> None:
        """Mark a channel's row and column, or none."""
        self._marked = cell
        self.update()

    def _arrange(self) -> None:
        count = len(self._maps)
        by_activity = np.argsort(-activity(self._maps), kind="stable") if self._ranked and count else None
        self._order = by_activity if by_activity is not None else np.arange(count)
        self._fit()

    def _fit(self) -> None:
        plan = self._layout()
        self._tiling, self._picture, self._bytes = plan, None, None
        width, height = plan.cell
        is_zoomed = self._zoom and plan.count
        self.setMinimumSize(
            QSize(width, plan.rows * (height + GAP)) if is_zoomed else QSize(min(120, self._seen[0]), 60)
        )
        self.update()

    @property
    def _seen(self) -> tuple[int, int]:
        return self._room or (max(self.width(), 1), max(self.height(), 1))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture, self._bytes, self._tiling = None, None, self._layout()

    def _layout(self) -> Tiling:
        count, height, width = self._maps.shape
        if not count:
            return Tiling(0, 0, (1, 1), 1.0)
        if self._zoom:
            return zoomed(count, (height, width), self._seen, self._zoom)
        return tiling(count, (height, width), self._seen)

    def _draw(self, first: int, last: int) -> QImage:
        """One picture of the maps of these rows, drawn at the size of the screen."""
        plan = self._tiling
        width, height = plan.cell
        row = (np.arange(height) / plan.scale).astype(int).clip(0, self._maps.shape[1] - 1)
        column = (np.arange(width) / plan.scale).astype(int).clip(0, self._maps.shape[2] - 1)
        if self._bytes is None:
            shown = self._maps if self._together else self._maps[self._order[: plan.count]]
            sampled = (row, column) if plan.scale < 1 else None
            made = normalised(shown, self._together, self._colours.is_around_zero, sampled)
            self._bytes = made[self._order] if self._together else made
        begin, end = first * plan.columns, min(plan.count, (last + 1) * plan.columns)
        small = self._bytes[begin:end]
        large = colour_table(self._colours)[small if plan.scale < 1 else small[:, row][:, :, column]]  # (C, h, w)
        picture = np.zeros(((last - first + 1) * (height + GAP), plan.columns * (width + GAP)), np.uint32)
        for index in range(end - begin):
            y, x = index // plan.columns * (height + GAP), index % plan.columns * (width + GAP)
            picture[y : y + height, x : x + width] = large[index]
        down, across = picture.shape
        image = QImage(picture.data, across, down, across * 4, QImage.Format.Format_ARGB32_Premultiplied)
        return image.copy()  # the numbers belong to nobody once this function has ended

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._maps):
            return
        plan = self._tiling
        pitch = plan.cell[1] + GAP
        seen = self.visibleRegion().boundingRect() if self._zoom else self.rect()
        seen = seen if seen.isValid() else self.rect()
        first, last = max(0, seen.top() // pitch), max(0, min(plan.rows - 1, seen.bottom() // pitch))
        if self._picture is None or self._picture[:2] != (first, last):
            self._picture = first, last, self._draw(first, last)
        painter = QPainter(self)
        painter.drawImage(QPoint(0, first * pitch), self._picture[2])
        for position in range(first * plan.columns, min(plan.count, (last + 1) * plan.columns)):
            if self._flat[self._order[position]]:
                self._draw_flat(painter, self._cell(position))
        for framed, role in ((self._current if self.hasFocus() else None, "text"), (self._under, "accent")):
            if framed is not None and framed < plan.count:
                painter.setPen(QPen(theme.color(role), 2))
                painter.drawRect(self._cell(framed).adjusted(-1, -1, 0, 0))
        if (spot := self._spot()) is not None:
            frame_on_any(painter, QRectF(spot))
        painter.end()

    @staticmethod
    def _draw_flat(painter: QPainter, cell: QRect) -> None:
        """A map that says nothing of this picture is crossed out."""
        painter.fillRect(cell, theme.color("panel"))
        painter.setPen(QPen(theme.color("muted"), 1))
        painter.drawRect(cell.adjusted(0, 0, -1, -1))
        painter.drawLine(cell.topLeft(), cell.bottomRight())

    def _spot(self) -> QRect | None:
        """Where the marked cell is drawn."""
        if self._marked is None or self._marked[0] >= len(self._maps):
            return None
        channel, row, column = self._marked
        position = int((self._order == channel).argmax())
        if position >= self._tiling.count:
            return None
        cell, scale = self._cell(position), self._tiling.scale
        side = max(1, int(scale))
        return QRect(cell.x() + int(column * scale), cell.y() + int(row * scale), side, side)

    def _cell(self, position: int) -> QRect:
        width, height = self._tiling.cell
        x, y = position % self._tiling.columns, position // self._tiling.columns
        return QRect(x * (width + GAP), y * (height + GAP), width, height)

    def _at(self, point: QPointF) -> tuple[int, int, int] | None:
        """The position of a map, and the row and column of its pixel under a point."""
        plan = self._tiling
        if not plan.count:
            return None
        column, row = int(point.x()) // (plan.cell[0] + GAP), int(point.y()) // (plan.cell[1] + GAP)
        position = row * plan.columns + column
        if column >= plan.columns or position >= plan.count or row < 0 or column < 0:
            return None
        cell = self._cell(position)
        if not cell.contains(point.toPoint()):
            return None
        _, height, width = self._maps.shape
        y = min(height - 1, int((point.y() - cell.y()) / plan.scale))
        x = min(width - 1, int((point.x() - cell.x()) / plan.scale))
        return position, y, x

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        under = found[0] if found else None
        if under != self._under:
            self._under = under
            self.update()
        if found is None:
            self.hovered.emit("")
            return
        position, y, x = found
        channel = int(self._order[position])
        values = self._maps[channel]
        self.hovered.emit(
            f"map {channel + 1}, row {y + 1}, column {x + 1}: {written(values[y, x], 4)}   ({said_of(values)})"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self._at(event.position())):
            self._current = found[0]
            self.cell_chosen.emit(int(self._order[found[0]]), *found[1:])
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self._at(event.position())):
            self.opened.emit(int(self._order[found[0]]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plan, key = self._layout(), Qt.Key(event.key())
        if plan.count and key in CHOOSING:
            self.opened.emit(int(self._order[self._current]))
        elif plan.count and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(-1 if key == Qt.Key.Key_Minus else 1)
        elif (place := stepped(key, self._current, plan.count, plan.columns)) is not None:
            self._go(place)
        else:
            super().keyPressEvent(event)

    def _go(self, position: int) -> None:
        self._current = position
        self.update()
        self._tell()
        self.moved.emit()

    def _tell(self) -> None:
        if len(self._maps):
            channel = int(self._order[min(self._current, len(self._order) - 1)])
            words = f"map {channel + 1}: {said_of(self._maps[channel])}"
            self.setAccessibleDescription(words)
            self.hovered.emit(words)

    @property
    def current(self) -> QRect:
        """Where the current map is drawn."""
        return self._cell(self._current) if self._tiling.columns else QRect()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self._tell()

    def leaveEvent(self, event: QEvent) -> None:
        self._under = None
        self.hovered.emit("")
        self.update()


class Scrolled(QScrollArea):
    """A grid of maps that is scrolled where they are enlarged."""

    def __init__(self, grid: ImageGrid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self.setWidget(grid)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusProxy(grid)
        self._follow(0)
        grid.zoomed.connect(self._follow)
        grid.moved.connect(self._show_current)

    def _follow(self, steps: int) -> None:
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOn if steps else policy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(policy.ScrollBarAsNeeded if steps else policy.ScrollBarAlwaysOff)

    def _show_current(self) -> None:
        current = self._grid.current
        self.ensureVisible(current.center().x(), current.center().y(), current.width() // 2, current.height() // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grid.set_room(self.viewport().width(), self.viewport().height())

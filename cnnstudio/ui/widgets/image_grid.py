"""Image grid: many small maps as one picture. Knows arrays and no network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import theme

Maps = NDArray[np.float32]
GAP = 3
LEAST_SIDE = 12  # a map smaller than this on the screen says nothing


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


def _scale(count: int, columns: int, size: tuple[int, int], room: tuple[int, int]) -> float:
    rows = math.ceil(count / columns)
    across = (room[0] - (columns - 1) * GAP) / (columns * size[1])
    down = (room[1] - (rows - 1) * GAP) / (rows * size[0])
    return max(0.0, min(across, down))


def normalised(maps: Maps, together: bool) -> NDArray[np.uint8]:
    """Maps (C, H, W) as 0 to 255 between the least and the greatest value of each, or of all ``together``.

    A map of one value everywhere is 0. Values that are no numbers are 0.
    """
    finite = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
    axes = (0, 1, 2) if together else (1, 2)
    low, high = finite.min(axes, keepdims=True), finite.max(axes, keepdims=True)
    span = np.where(high > low, high - low, 1.0)
    made: NDArray[np.uint8] = ((finite - low) * (255.0 / span)).astype(np.uint8)
    return made


@lru_cache(maxsize=1)
def viridis() -> NDArray[np.uint8]:
    """256 colours (B, G, R, 255) from dark blue to yellow, even to the eye and safe for the colour-blind."""
    colormap: Any = pyqtgraph.colormap
    table = colormap.get("viridis").getLookupTable(nPts=256)
    made = np.full((256, 4), 255, np.uint8)
    made[:, :3] = table[:, 2::-1]
    return made


class ImageGrid(QWidget):
    """Shows maps (C, H, W), one picture for all of them; 64 pictures would cost four times as much."""

    hovered = Signal(str)  # what is under the mouse, in words; "" when it has left
    chosen = Signal(int)  # the number of a map that was clicked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: Maps = np.zeros((0, 1, 1), np.float32)
        self._together = False
        self._picture: QImage | None = None
        self._tiling = Tiling(0, 0, (1, 1), 1.0)
        self._under: int | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(120, 60))
        self.setAccessibleName("Feature maps")

    @property
    def shown(self) -> int:
        """How many of the maps are drawn; the rest finds no room."""
        return self._layout().count

    def set_maps(self, maps: Maps) -> None:
        """Show these maps (C, H, W)."""
        self._maps = maps
        self._picture = None
        self.update()

    def set_together(self, together: bool) -> None:
        """Use one scale of brightness for all maps, so that they can be compared, or one for each."""
        self._together = together
        self._picture = None
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._picture = None

    def _layout(self) -> Tiling:
        count, height, width = self._maps.shape
        if not count:
            return Tiling(0, 0, (1, 1), 1.0)
        return tiling(count, (height, width), (max(self.width(), 1), max(self.height(), 1)))

    def _draw(self) -> QImage:
        """One picture of all maps, drawn at the size of the screen."""
        self._tiling = plan = self._layout()
        width, height = plan.cell
        small = normalised(self._maps[: plan.count], self._together)
        row = (np.arange(height) / plan.scale).astype(int).clip(0, small.shape[1] - 1)
        column = (np.arange(width) / plan.scale).astype(int).clip(0, small.shape[2] - 1)
        large = viridis()[small[:, row][:, :, column]]  # (C, h, w, 4)
        picture = np.zeros((plan.rows * (height + GAP), plan.columns * (width + GAP), 4), np.uint8)
        for index in range(plan.count):
            y, x = index // plan.columns * (height + GAP), index % plan.columns * (width + GAP)
            picture[y : y + height, x : x + width] = large[index]
        image = QImage(
            picture.tobytes(), picture.shape[1], picture.shape[0], picture.shape[1] * 4, QImage.Format.Format_ARGB32
        )
        return image.copy()  # the bytes belong to nobody once this function has ended

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._maps):
            return
        if self._picture is None:
            self._picture = self._draw()
        painter = QPainter(self)
        painter.drawImage(QPoint(0, 0), self._picture)
        if self._under is not None and self._under < self._tiling.count:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(self._cell(self._under).adjusted(-1, -1, 0, 0))
        painter.end()

    def _cell(self, index: int) -> QRect:
        width, height = self._tiling.cell
        x, y = index % self._tiling.columns, index // self._tiling.columns
        return QRect(x * (width + GAP), y * (height + GAP), width, height)

    def _at(self, position: QPointF) -> tuple[int, int, int] | None:
        """The map, row and column of its pixel under a point."""
        plan = self._tiling
        if self._picture is None or not plan.count:
            return None
        column, row = int(position.x()) // (plan.cell[0] + GAP), int(position.y()) // (plan.cell[1] + GAP)
        index = row * plan.columns + column
        if column >= plan.columns or index >= plan.count or row < 0 or column < 0:
            return None
        cell = self._cell(index)
        if not cell.contains(position.toPoint()):
            return None
        _, height, width = self._maps.shape
        y = min(height - 1, int((position.y() - cell.y()) / plan.scale))
        x = min(width - 1, int((position.x() - cell.x()) / plan.scale))
        return index, y, x

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        under = found[0] if found else None
        if under != self._under:
            self._under = under
            self.update()
        if found is None:
            self.hovered.emit("")
            return
        index, y, x = found
        values = self._maps[index]
        self.hovered.emit(
            f"map {index + 1}, row {y + 1}, column {x + 1}: {values[y, x]:.4g}   "
            f"(from {values.min():.3g} to {values.max():.3g})"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self._at(event.position())):
            self.chosen.emit(found[0])

    def leaveEvent(self, event: QEvent) -> None:
        self._under = None
        self.hovered.emit("")
        self.update()

"""Cell picture: an image or one map with a cell, a box and a cloud drawn on it, whose pixels can be chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.map_colours import MapColours, colour_table, normalised

Box = tuple[range, range]


class CellPicture(QWidget):
    """Draws an image (C, H, W) of bytes or a map (H, W) as large as it fits; ``chosen`` says which pixel was clicked.

    ``box`` are the rows and columns that are framed, ``cell`` the one pixel that is, ``cloud`` (H, W) how strongly each
    pixel is tinted, from 0 to 1.
    """

    chosen = Signal(int, int)  # row, column

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._bytes = b""
        self.shape = (1, 1)
        self.box: Box | None = None
        self.cell: tuple[int, int] | None = None
        self.cloud: NDArray[np.float64] | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(64, 64))
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, 120)

    def show_image(self, image: NDArray[np.uint8]) -> None:
        """Show an image (C, H, W) of 1 or 3 channels; of others the first."""
        channels, height, width = image.shape
        rgb = image if channels == 3 else np.broadcast_to(image[:1], (3, height, width))
        table = np.full((height, width, 4), 255, np.uint8)
        table[..., :3] = rgb[::-1].transpose(1, 2, 0)
        self._set(table)

    def show_map(self, values: NDArray[np.floating]) -> None:
        """Show one map (H, W), from its least to its greatest value."""
        self._set(colour_table(MapColours.VIRIDIS)[normalised(values[None].astype(np.float32), together=False)[0]])

    def mark(
        self, box: Box | None = None, cell: tuple[int, int] | None = None, cloud: NDArray[np.float64] | None = None
    ) -> None:
        """Mark these, and nothing else."""
        self.box, self.cell, self.cloud = box, cell, cloud
        self.update()

    def _set(self, table: NDArray[np.uint8] | NDArray[np.uint32]) -> None:
        height, width = table.shape[:2]
        self._bytes, self.shape = np.ascontiguousarray(table).tobytes(), (height, width)
        self._image = QImage(self._bytes, width, height, width * 4, QImage.Format.Format_RGB32)
        self.update()

    def _area(self) -> QRectF:
        height, width = self.shape
        scale = min(self.width() / width, self.height() / height)
        scale = float(int(scale)) if scale >= 2 else scale
        return QRectF(0.5 * (self.width() - width * scale), 0.0, width * scale, height * scale)

    def _rect(self, rows: range, columns: range) -> QRectF:
        area, (height, width) = self._area(), self.shape
        x, y = area.width() / width, area.height() / height
        return QRectF(area.x() + columns.start * x, area.y() + rows.start * y, len(columns) * x, len(rows) * y)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        painter, area = QPainter(self), self._area()
        painter.drawImage(area, self._image)
        if self.cloud is not None:
            painter.drawImage(area, self._cloud_image(self.cloud))
        if self.box is not None and all(self.box):
            self._frame(painter, self._rect(*self.box), "validation")
        if self.cell is not None:
            row, column = self.cell
            self._frame(painter, self._rect(range(row, row + 1), range(column, column + 1)), "error")
        painter.end()

    @staticmethod
    def _frame(painter: QPainter, rect: QRectF, role: str) -> None:
        painter.setPen(QPen(theme.color("panel", 0.9), 3))  # which shows on any picture
        painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.setPen(QPen(theme.color(role), 1.5))
        painter.drawRect(rect.adjusted(0, 0, -1, -1))

    @staticmethod
    def _cloud_image(cloud: NDArray[np.float64]) -> QImage:
        color = theme.color("validation")
        height, width = cloud.shape
        table = np.zeros((height, width, 4), np.uint8)
        table[..., 0], table[..., 1], table[..., 2] = color.blue(), color.green(), color.red()
        table[..., 3] = np.clip(cloud, 0, 1) * 215
        return QImage(table.tobytes(), width, height, width * 4, QImage.Format.Format_ARGB32).copy()

    def at(self, place: QPoint) -> tuple[int, int] | None:
        """The row and the column of the pixel at a point of the widget."""
        area, (height, width) = self._area(), self.shape
        if self._image is None or not area.contains(place):
            return None
        row, column = (place.y() - area.y()) * height / area.height(), (place.x() - area.x()) * width / area.width()
        return min(height - 1, int(row)), min(width - 1, int(column))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self.at(event.position().toPoint())):
            self.chosen.emit(*found)

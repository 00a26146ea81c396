"""Samples: a picture of each class with its name, so that one sees what is to be learned. Knows arrays, no data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import theme

Pixels = NDArray[np.uint8]
SIDE, GAP, MOST = 42, 8, 10


@dataclass(frozen=True)
class Sample:
    """An image (C, H, W) of 1 or 3 channels and the name of its class."""

    image: Pixels
    name: str


class Samples(QWidget):
    """Draws the first ten samples in rows, as many side by side as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.samples: tuple[Sample, ...] = ()
        self._pictures: list[QPixmap] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("An image of each class")

    def set_samples(self, samples: tuple[Sample, ...]) -> None:
        """Show these."""
        self.samples = samples[:MOST]
        self._pictures = [pixmap(sample.image, SIDE) for sample in self.samples]
        self.setAccessibleDescription(", ".join(sample.name for sample in self.samples))
        self.setVisible(bool(samples))
        self.updateGeometry()
        self.update()

    def _columns(self, width: int) -> int:
        fitting = max(1, (width + GAP) // (SIDE + GAP))
        return 5 if fitting >= 5 and len(self.samples) % 5 == 0 and fitting < 10 else fitting

    def _line(self) -> int:
        return SIDE + QFontMetrics(theme.font("small")).height() + 4

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        return -(-len(self.samples) // self._columns(width)) * self._line()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        width = 5 * (SIDE + GAP) - GAP
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, event: QPaintEvent) -> None:
        columns = self._columns(self.width())
        pitch = min(self.width() // columns, SIDE + 4 * GAP)
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        metrics = painter.fontMetrics()
        for index, (sample, picture) in enumerate(zip(self.samples, self._pictures, strict=True)):
            x, y = index % columns * pitch, index // columns * self._line()
            painter.drawPixmap(x + (SIDE - picture.width()) // 2, y + (SIDE - picture.height()) // 2, picture)
            name = metrics.elidedText(sample.name, Qt.TextElideMode.ElideRight, pitch - 2)
            painter.drawText(QRect(x - 4, y + SIDE + 1, SIDE + 8, metrics.height()), Qt.AlignmentFlag.AlignCenter, name)
        painter.end()


class Picture(QWidget):
    """One image (C, H, W), as large as there is room for and no larger than a square of ``side`` pixels."""

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._image: Pixels | None = None
        self.setFixedWidth(side)
        self.setMinimumHeight(SIDE)
        self.setMaximumHeight(side)

    def show_image(self, image: Pixels) -> None:
        """Show this one."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        picture = pixmap(self._image, min(self.width(), self.height()))
        painter = QPainter(self)
        painter.drawPixmap((self.width() - picture.width()) // 2, (self.height() - picture.height()) // 2, picture)
        painter.end()


def pixmap(image: Pixels, side: int) -> QPixmap:
    """An image (C, H, W) of 1 or 3 channels, enlarged to fit a square, its pixels left square."""
    channels, height, width = image.shape
    rgb = image if channels == 3 else np.broadcast_to(image[:1], (3, height, width))
    pixels = np.ascontiguousarray(rgb.transpose(1, 2, 0))
    made = QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888).copy()
    modes = Qt.TransformationMode
    mode = modes.FastTransformation if side >= max(height, width) else modes.SmoothTransformation
    return QPixmap.fromImage(made.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode))

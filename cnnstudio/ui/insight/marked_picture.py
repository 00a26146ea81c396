"""Marked picture: pictures with maps of what counts in them laid over them, side by side. Knows arrays, no network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import LIGHT, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.map_colours import MapColours, rgb_table

Pixels = NDArray[np.uint8]
Marks = NDArray[np.float32]
GAP = 14
SCALE_WIDTH = 9  # pixels of the bar that says which colour is how much
AGAINST, NEITHER, FOR = (33, 102, 172), 247, (178, 24, 43)  # blue, nearly white, red


@dataclass(frozen=True, eq=False)
class Layer:
    """A map (H, W) over a picture (C, H, W), with its caption; ``marks`` of None is the picture alone."""

    picture: Pixels
    caption: str
    marks: Marks | None = None


def shares(marks: Marks, is_signed: bool) -> Marks:
    """Marks as shares of the greatest: from 0 to 1 between the least and the greatest, or from −1 to 1 about zero."""
    finite = np.nan_to_num(marks, nan=0.0, posinf=0.0, neginf=0.0)
    if is_signed:
        most = float(np.abs(finite).max())
        return finite / most if most else finite
    low, high = float(finite.min()), float(finite.max())
    return (finite - low) / (high - low) if high > low else np.zeros_like(finite)


def colours(found: Marks, is_signed: bool) -> Pixels:
    """Colours (H, W, 3) of shares: dark blue to yellow; or blue through white to red, which the colour-blind tell."""
    if not is_signed:
        chosen: Pixels = rgb_table(MapColours.VIRIDIS)[(found.clip(0, 1) * 255).astype(int)]
        return chosen
    ends = np.where(found[..., None] < 0, np.array(AGAINST, np.float32), np.array(FOR, np.float32))
    strength = np.abs(found[..., None]).clip(0, 1)
    made: Pixels = (NEITHER + (ends - NEITHER) * strength).astype(np.uint8)
    return made


def blended(picture: Pixels, marks: Marks | None, is_signed: bool, strength: float) -> Pixels:
    """A picture (C, H, W) of 1 or 3 channels as colours (H, W, 3), with marks over it as strongly as from 0 to 1."""
    of_three = picture[:3] if len(picture) >= len(FOR) else picture[:1]
    plain = np.broadcast_to(of_three, (3, *picture.shape[1:])).transpose(1, 2, 0)
    if marks is None:
        return np.ascontiguousarray(plain)
    over = colours(shares(marks, is_signed), is_signed)
    made: Pixels = (plain * (1 - strength) + over * strength).astype(np.uint8)
    return made


class MarkedPicture(QWidget):
    """Pictures of one size with maps over them, as large as they fit, in rows, with a bar of the colours."""

    hovered = Signal(str)  # what is under the mouse, in words; "" when it has left

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[Layer, ...] = ()
        self._is_signed, self._strength = False, 0.6
        self._drawn: list[QImage] = []
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(120, 90))
        self.setAccessibleName("What counts in the picture")

    def show_layers(self, layers: tuple[Layer, ...], is_signed: bool) -> None:
        """Show these pictures, all of one size, with their maps."""
        self._layers, self._is_signed = layers, is_signed
        self._blend()

    def set_strength(self, strength: float) -> None:
        """How strongly maps lie over the picture: at 0 it is seen alone, at 1 they are."""
        self._strength = strength
        self._blend()

    def _blend(self) -> None:
        self._drawn = []
        for layer in self._layers:
            pixels = blended(layer.picture, layer.marks, self._is_signed, self._strength)
            height, width, _ = pixels.shape
            made = QImage(pixels.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888)
            self._drawn.append(made.copy())  # the bytes belong to nobody once this function has ended
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(420, 170)

    # drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._drawn:
            return
        painter = QPainter(self)
        self._paint(painter, self.size())
        painter.end()

    def image(self, side: int = 480) -> QImage:
        """All of it on white paper, each picture about ``side`` pixels large."""
        count = max(1, len(self._drawn))
        with theme.borrowed(LIGHT):
            made = QImage(QSize(count * (side + GAP) + 60, side + 2 * GAP + 20), QImage.Format.Format_RGB32)
            made.fill(Qt.GlobalColor.white)
            painter = QPainter(made)
            painter.translate(GAP, GAP)
            self._paint(painter, QSize(made.width() - 2 * GAP, made.height() - 2 * GAP))
            painter.end()
        return made

    def _places(self, size: QSize) -> list[QRect]:
        """Where each picture stands in a room of this size: in as many columns as make them largest."""
        count = len(self._drawn)
        if not count:
            return []
        line = QFontMetrics(theme.font("small")).height() + 4
        wide, high = self._drawn[0].width(), self._drawn[0].height()
        room = size.width() - self._bar_room()

        def scale(columns: int) -> float:
            rows = -(-count // columns)
            across = (room - (columns - 1) * GAP) / columns / wide
            return max(0.01, min(across, ((size.height() - (rows - 1) * 4) / rows - line) / high))

        columns = max(range(1, count + 1), key=scale)
        best = scale(columns)
        width, height = max(1, int(wide * best)), max(1, int(high * best))
        return [
            QRect(at % columns * (width + GAP), at // columns * (height + line + 4), width, height)
            for at in range(count)
        ]

    def _bar_room(self) -> int:
        return SCALE_WIDTH + 12 + QFontMetrics(theme.font("small")).horizontalAdvance("−1")

    def _paint(self, painter: QPainter, size: QSize) -> None:
        places = self._places(size)
        font = theme.font("small")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        for place, made, layer in zip(places, self._drawn, self._layers, strict=True):
            # a picture of few pixels keeps them square; a large one is made smaller smoothly
            smooth = place.width() < made.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(place, made)
            painter.setPen(theme.color("muted"))
            text = metrics.elidedText(layer.caption, Qt.TextElideMode.ElideRight, place.width() + GAP - 4)
            painter.drawText(place.x(), place.bottom() + 3 + metrics.ascent(), text)
        if any(layer.marks is not None for layer in self._layers):
            self._paint_bar(painter, places, metrics)

    def _paint_bar(self, painter: QPainter, places: list[QRect], metrics: QFontMetrics) -> None:
        """Which colour is how much, right of the first row, as strong as it lies over a picture of middle grey."""
        right = max(place.right() for place in places) + 9
        first = places[0]
        low = -1.0 if self._is_signed else 0.0
        found = np.linspace(1.0, low, 64, dtype=np.float32)[:, None]
        pixels = np.ascontiguousarray(colours(found, self._is_signed))
        made = QImage(pixels.tobytes(), 1, 64, 3, QImage.Format.Format_RGB888)
        bar = QRect(right, first.top(), SCALE_WIDTH, first.height())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(bar, made.copy())
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRect(bar)
        painter.setPen(theme.color("muted"))
        x = bar.right() + 4
        painter.drawText(x, bar.top() + metrics.ascent() - 1, "1")
        painter.drawText(x, bar.bottom() - metrics.descent() + 2, "−1" if self._is_signed else "0")
        if self._is_signed and bar.height() > 4 * metrics.height():
            painter.drawText(x, bar.center().y() + metrics.ascent() // 2, "0")

    # under the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        captions = zip(self._places(self.size()), self._layers, strict=True)
        over = next((layer.caption for place, layer in captions if place.contains(event.position().toPoint())), "")
        self.setToolTip(tip(title=over))  # of which there may be room for a part alone
        self.hovered.emit(self.told_at(event.position()))

    def told_at(self, position: QPointF) -> str:
        """What is at a point, in words: which pixel, and its share of the greatest mark; "" beside the pictures."""
        for place, layer, made in zip(self._places(self.size()), self._layers, self._drawn, strict=True):
            if QRectF(place).contains(position):
                column = min(made.width() - 1, int((position.x() - place.x()) * made.width() / place.width()))
                row = min(made.height() - 1, int((position.y() - place.y()) * made.height() / place.height()))
                told = f"row {row + 1}, column {column + 1}"
                if layer.marks is None:
                    return told
                share = float(shares(layer.marks, self._is_signed)[row, column])
                return f"{told}: {share:.2f} of the greatest ({layer.marks[row, column]:.3g})".replace("-", "−")
        return ""

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")

"""Tile: the small coloured square with a glyph that stands for a block."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from cnnstudio.blocks.families import FAMILIES
from cnnstudio.graph import Block, Composite
from cnnstudio.ui.theme import icon, mix, theme


def paint_tile(painter: QPainter, rect: QRect, block: type[Block]) -> None:
    """Paint the tile of a block; a composite's is a stack, because it is made of others."""
    color = theme.family(block.family)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    front = QRectF(rect)
    radius = rect.width() * 0.24
    if issubclass(block, Composite):
        step = rect.width() * 0.11
        front.adjust(0, step, -step, 0)
        painter.setBrush(mix(color, theme.color("panel"), 0.45))
        painter.drawRoundedRect(front.translated(step, -step), radius, radius)
        painter.setPen(theme.color("panel"))
    painter.setBrush(color)
    painter.drawRoundedRect(front, radius, radius)
    painter.restore()
    inner = front.adjusted(*(round(front.width() * 0.15) * sign for sign in (1, 1, -1, -1))).toAlignedRect()
    icon(FAMILIES[block.family].glyph, "on_accent").paint(painter, inner)


def tile(block: type[Block], size: int, ratio: float = 1.0) -> QPixmap:
    """The tile of a block as a picture, ``size`` device-independent pixels wide."""
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_tile(painter, QRect(0, 0, size, size), block)
    painter.end()
    return pixmap


class Tile(QWidget):
    """The tile of a block as a widget."""

    def __init__(self, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.block: type[Block] | None = None
        self.setFixedSize(size, size)

    def set_block(self, block: type[Block] | None) -> None:
        """Show the tile of this block."""
        if block is not self.block:
            self.block = block
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.block is not None:
            painter = QPainter(self)
            paint_tile(painter, self.rect(), self.block)
            painter.end()

"""Grid: the dots of the canvas as one picture that is laid side by side."""

from __future__ import annotations

from itertools import product

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap

from cnnstudio.layout.metrics import GRID
from cnnstudio.ui.theme import theme

LEAST = 12.0  # pixels of the screen between two dots; from afar every other dot is left out
SIDES = (128, 512)  # pixels between which the side of the picture lies


class Grid:
    """Keeps the picture for the zoom in force."""

    def __init__(self) -> None:
        self._made: tuple[tuple[object, ...], QPixmap, float] | None = None

    def tile(self, zoom: float, ratio: float, painter: QPainter) -> tuple[QPixmap, float]:
        """Dots for this zoom, smooth if the painter is, and the side of the picture in pixels of the screen."""
        pitch = GRID * zoom
        while pitch < LEAST:
            pitch *= 2.0
        is_smooth = bool(painter.renderHints() & QPainter.RenderHint.Antialiasing)
        key = (round(pitch, 4), ratio, theme.palette.name, is_smooth)
        if self._made is None or self._made[0] != key:
            # as many dots as come nearest to a whole number of pixels: a tile that must be scaled costs ten times more
            counts = range(max(1, round(SIDES[0] / pitch)), max(2, round(SIDES[1] / pitch)) + 1)
            count = min(counts, key=lambda each: abs(each * pitch * ratio - round(each * pitch * ratio)))
            side = max(1, round(count * pitch * ratio))
            places = [side / count * dot for dot in range(count + 1)]
            tile = QPixmap(side, side)
            tile.fill(theme.color("canvas"))
            _draw(tile, places, ratio * max(0.8, min(1.6, zoom * 1.1)), is_smooth)
            tile.setDevicePixelRatio(ratio)
            self._made = key, tile, count * pitch
        return self._made[1:]


def _draw(tile: QPixmap, places: list[float], radius: float, is_smooth: bool) -> None:
    painter = QPainter(tile)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("grid"))
    if is_smooth:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x, y in product(places, places):
            painter.drawEllipse(QPointF(x, y), radius, radius)
    else:  # for every step of a zoom: one row of squares, then the row again and again
        row = QPixmap(tile.width(), max(1, round(2 * radius)))
        row.fill(theme.color("canvas"))
        dots = QPainter(row)
        for place in places:
            dots.fillRect(QRect(round(place - radius), 0, row.height(), row.height()), theme.color("grid"))
        dots.end()
        for place in places:
            painter.drawPixmap(0, round(place - radius), row)
    painter.end()

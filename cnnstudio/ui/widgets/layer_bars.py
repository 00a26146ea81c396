"""Layer bars: for each layer how much a step changes it, as a bar on a scale of powers of ten. Knows numbers alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import theme

LEAST, MOST = -6.0, 0.0  # powers of ten that the bars go from and to
USUAL = (-4.0, -2.0)  # powers of ten between which a layer learns well
_GAP = 2.0


class LayerBars(QWidget):
    """Bars from the first layer on the left to the last on the right; what is out of the usual is in another colour.

    Each is a name, what a step changes of the layer's weights (a share) and the length of its gradient, a dot whose
    height compares it with the longest on the same scale of powers of ten.
    """

    hovered = Signal(str)  # what there is to say of the layer under the mouse, empty when it has left

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[tuple[str, float, float], ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("How much a step changes each layer")

    def set_layers(self, layers: Sequence[tuple[str, float, float]]) -> None:
        """Show these layers: their name, update and gradient."""
        self._layers = tuple(layers)
        self.setAccessibleDescription("; ".join(map(self._said, range(len(layers)))))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, round(64 * theme.scale))

    def _said(self, number: int) -> str:
        name, update, gradient = self._layers[number]
        return f"{name}: a step changes {_share(update)}, gradient {gradient:.2g}"

    def _chart(self) -> QRectF:
        left = QFontMetricsF(theme.font("small")).horizontalAdvance("0.01%") + 6
        return QRectF(left, 6.0, max(1.0, self.width() - left), max(1.0, self.height() - 12.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, chart = QPainter(self), self._chart()
        painter.setFont(theme.font("small"))
        for power in (*USUAL, -3.0):
            y = chart.bottom() - _height(10**power) * chart.height()
            painter.setPen(
                QPen(theme.color("line"), 1, Qt.PenStyle.DotLine if power == -3.0 else Qt.PenStyle.SolidLine)
            )
            painter.drawLine(QPointF(chart.left(), y), QPointF(chart.right(), y))
            if power in USUAL:
                painter.setPen(theme.color("muted"))
                room = QRectF(0, y - 10, chart.left() - 6, 20)
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _share(10**power))
        step = min(24.0, chart.width() / max(1, len(self._layers)))
        gap = _GAP if step >= 3 * _GAP else 0.0
        for number, (_, update, _) in enumerate(self._layers):
            is_usual = USUAL[0] <= math.log10(max(update, 1e-12)) <= USUAL[1]
            height = max(1.0, _height(update) * chart.height())
            bar = QRectF(chart.left() + number * step, chart.bottom() - height, max(1.0, step - gap), height)
            painter.fillRect(bar, theme.color("train" if is_usual else "warning", 0.7))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("panel"), 1))
        painter.setBrush(theme.color("validation"))
        longest = max((gradient for _, _, gradient in self._layers if math.isfinite(gradient)), default=0.0) or 1.0
        radius = max(1.5, min(3.5, step / 3))
        for number, (_, _, gradient) in enumerate(self._layers):
            x, share = chart.left() + (number + 0.5) * step - gap / 2, _height(gradient / longest)
            painter.drawEllipse(QPointF(x, chart.bottom() - share * chart.height()), radius, radius)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        chart = self._chart()
        step = min(24.0, chart.width() / max(1, len(self._layers)))
        number = int((event.position().x() - chart.left()) // step)
        self.hovered.emit(self._said(number) if 0 <= number < len(self._layers) else "")

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")


def _height(update: float) -> float:
    """The share of the chart's height that a bar takes."""
    if math.isnan(update) or update <= 0:
        return 0.0
    return min(1.0, max(0.0, (math.log10(update) - LEAST) / (MOST - LEAST)))


def _share(update: float) -> str:
    percent = 100 * update
    return f"{percent:.0f}%" if percent >= 10 else f"{percent:.2g}%"

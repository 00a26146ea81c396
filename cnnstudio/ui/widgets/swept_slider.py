"""Swept slider: a slider over a small curve that says what becomes of something over its whole range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip

STEPS = 100  # positions, so that two ends and the middle are among them
TITLE, VALUE = "Rotate_", "+180°_"  # the longest of each, by which all are as wide
KNOB = 4.0  # pixels
MOST = 56  # pixels of its height, at the normal size of text


class SweptSlider(QSlider):
    """``amount`` goes from ``low`` to ``high``; a double click and Home go back to 0, which is where it begins.

    ``said`` makes words of an amount.
    """

    def __init__(  # noqa: PLR0917 - what a slider is
        self,
        title: str,
        low: float,
        high: float,
        sentence: str,
        said: Callable[[float], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._title, self._low, self._high, self._said = title, low, high, said
        self._curve: NDArray[np.float64] | None = None
        self._rest = round(-low / (high - low) * STEPS)
        self.setRange(0, STEPS)
        self.setPageStep(STEPS // 10)
        self.setValue(self._rest)
        self.setAccessibleName(title)
        self.setToolTip(tip(f"{sentence}. A double click goes back to none."))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.valueChanged.connect(self._tell)

    @property
    def amount(self) -> float:
        """What it is set to."""
        if self.value() == self._rest:
            return 0.0
        return self._low + (self._high - self._low) * self.value() / STEPS

    def reset(self) -> None:
        """Go back to 0."""
        self.setValue(self._rest)

    def set_curve(self, curve: NDArray[np.float64] | None, what: str = "") -> None:
        """Show these numbers from 0 to 1, at equal steps over the range; ``what`` they are the probability of."""
        self._curve = curve
        told = "" if curve is None else f"{what} from {curve.min():.0%} to {curve.max():.0%}"
        self.setAccessibleDescription(told)
        self.update()

    def _tell(self) -> None:
        self.setAccessibleName(f"{self._title} {self._said(self.amount)}" if self.amount else self._title)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(190 * theme.scale), self._metrics().height() + 6)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMaximumHeight(round(MOST * theme.scale))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(120 * theme.scale), self._metrics().height() + 3)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.font("small"))

    def _chart(self) -> QRectF:
        left, right = (self._metrics().horizontalAdvance(each) for each in (TITLE, VALUE))
        return QRectF(left, 3, max(20, self.width() - left - right - 4), self.height() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("small"))
        chart, middle = self._chart(), Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.color("text" if self.amount else "muted"))
        painter.drawText(QRectF(0, 0, chart.left(), self.height()), middle, self._title)
        value = QRectF(chart.right() + 2, 0, self.width() - chart.right() - 2, self.height())
        painter.drawText(value, middle | Qt.AlignmentFlag.AlignRight, self._said(self.amount) if self.amount else "–")
        painter.fillRect(chart, theme.color("line", 0.3))
        if self._curve is not None:
            self._paint_curve(painter, chart, self._curve)
        x = chart.left() + chart.width() * self.value() / STEPS
        painter.setPen(QPen(theme.color("text", 0.5), 1))
        painter.drawLine(QPointF(x, chart.top()), QPointF(x, chart.bottom()))
        painter.setPen(QPen(theme.color("panel"), 1.5))
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(QPointF(x, self._height_at(chart)), KNOB, KNOB)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(chart.adjusted(-1.5, -1.5, 1.5, 1.5))
        painter.end()

    def _height_at(self, chart: QRectF) -> float:
        if self._curve is None:
            return chart.center().y()
        share = float(np.interp(self.value() / STEPS, np.linspace(0, 1, len(self._curve)), self._curve))
        return chart.bottom() - chart.height() * share

    def _paint_curve(self, painter: QPainter, chart: QRectF, curve: NDArray[np.float64]) -> None:
        xs = np.linspace(chart.left(), chart.right(), len(curve))
        points = [QPointF(x, chart.bottom() - chart.height() * y) for x, y in zip(xs, curve, strict=True)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("train", 0.18))
        painter.drawPolygon(QPolygonF([chart.bottomLeft(), *points, chart.bottomRight()]))
        painter.setPen(QPen(theme.color("train"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points)

    def _go_to(self, event: QMouseEvent) -> None:
        chart = self._chart()
        self.setValue(round(STEPS * (event.position().x() - chart.left()) / chart.width()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home:
            self.reset()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

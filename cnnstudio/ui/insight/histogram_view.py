"""Histogram view: how often numbers occur, as bars over a line that says from where to where they go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.figure.ticks import short_number
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip


class HistogramView(QWidget):
    """Bars of counts between ``low`` and ``high``, under a title; nothing but the title without any."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self.low, self.high = 0.0, 0.0
        self.setAccessibleName(title)

    def set_counts(self, counts: NDArray[np.int64], low: float, high: float) -> None:
        """Show these."""
        self.counts, self.low, self.high = counts, low, high
        self.setAccessibleDescription(f"{int(counts.sum()):,} numbers from {low:.3g} to {high:.3g}")
        self.setToolTip(tip(self.accessibleDescription()))  # there may be no room for both ends
        self.update()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(60, self.sizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(140, 2 * QFontMetrics(theme.font("small")).height() + 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        line = painter.fontMetrics().height()
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, self.title)
        if len(self.counts) and self.counts.max() > 0:
            bottom = self.height() - line - 2
            wide, high = self.width() / len(self.counts), bottom - line - 2
            for place, count in enumerate(self.counts.tolist()):
                tall = max(1.0, high * count / int(self.counts.max())) if count else 0.0
                bar = QRectF(place * wide, bottom - tall, max(1.0, wide - 1), tall)
                painter.fillRect(bar, theme.color("train"))
            painter.setPen(theme.color("line"))
            painter.drawLine(0, bottom, self.width(), bottom)
            painter.setPen(theme.color("muted"))
            below = QRectF(0, bottom + 2, self.width(), line)
            low, high_ = short_number(self.low), short_number(self.high)
            if painter.fontMetrics().horizontalAdvance(f"{low}  {high_}") <= self.width():
                painter.drawText(below, Qt.AlignmentFlag.AlignLeft, low)
                painter.drawText(below, Qt.AlignmentFlag.AlignRight, high_)
            if self.low < 0 < self.high:
                zero = self.width() * -self.low / (self.high - self.low)
                painter.setPen(theme.color("text"))
                painter.drawLine(int(zero), bottom, int(zero), bottom + 4)
        painter.end()

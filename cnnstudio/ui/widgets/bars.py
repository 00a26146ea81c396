"""Bars: a vector as bars, with names where there are few. Knows numbers, and no network but by what ends it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.compiler.ending import Making
from cnnstudio.ui.theme import theme

LEAST_FOR_NAMES = 26  # pixels that a bar must have before names are written under the bars


class Bars(QWidget):
    """Draws numbers as bars from a line of zero. ``names`` stand below where there is room; one bar may be marked."""

    hovered = Signal(str)
    chosen = Signal(int)  # the place of a bar that was clicked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: NDArray[np.float32] = np.zeros(0, np.float32)
        self._names: tuple[str, ...] = ()
        self._marked: str = ""
        self._making: Making | None = None
        self._reach = 0.0
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(120, 60))
        self.setAccessibleName("Numbers as bars")

    def set_values(
        self,
        values: NDArray[np.float32],
        names: tuple[str, ...] = (),
        marked: str = "",
        making: Making | None = None,
        *,
        reach: float = 0.0,
    ) -> None:
        """Show a vector (F,); ``marked`` is the name whose bar is the right answer, ``making`` what makes
        probabilities of the numbers, None where nothing does. The highest bar stands for ``reach`` at least, so that
        two charts can have one scale.
        """
        self._values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        self._names = names if len(names) == len(values) else ()
        self._marked, self._making, self._reach = marked, making, reach
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(320, 160)

    def _chart(self) -> QRectF:
        below = 20.0 if self._names and self._step() >= LEAST_FOR_NAMES else 4.0
        return QRectF(0, 6, self.width(), max(1.0, self.height() - 6 - below))

    def _step(self) -> float:
        return min(90.0, self.width() / max(1, len(self._values)))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._values):
            return
        painter = QPainter(self)
        chart, step = self._chart(), self._step()
        low, high = min(0.0, float(self._values.min())), max(0.0, float(self._values.max()), self._reach)
        scale = chart.height() / ((high - low) or 1.0)
        zero = chart.bottom() + low * scale
        top = int(self._values.argmax())
        gap = min(6.0, step * 0.18)
        plain, best, right = theme.color("train", 0.45), theme.color("train"), theme.color("success")
        for index, value in enumerate(self._values.tolist()):
            color = best if index == top else plain
            if self._names and self._names[index] == self._marked:
                color = right
            bar = QRectF(index * step + gap / 2, zero - value * scale, max(1.0, step - gap), value * scale)
            painter.fillRect(bar.normalized(), color)
        painter.setPen(QPen(theme.color("muted"), 1))
        painter.drawLine(QPointF(0, zero), QPointF(step * len(self._values), zero))
        if self._names and step >= LEAST_FOR_NAMES:
            self._write_names(painter, step, chart.bottom(), top)
        painter.end()

    def _write_names(self, painter: QPainter, step: float, y: float, top: int) -> None:
        for index, name in enumerate(self._names):
            font = theme.font("small", bold=index == top)
            painter.setFont(font)
            painter.setPen(theme.color("success" if name == self._marked else "text" if index == top else "muted"))
            text = QFontMetricsF(font).elidedText(name, Qt.TextElideMode.ElideRight, step - 4)
            painter.drawText(QRectF(index * step, y + 2, step, 17), Qt.AlignmentFlag.AlignCenter, text)

    def _at(self, x: float) -> int | None:
        index = int(x / self._step()) if len(self._values) else -1
        return index if 0 <= index < len(self._values) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.chosen.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position().x())
        if index is None:
            self.hovered.emit("")
            return
        text = f"{self._names[index] if self._names else f'number {index + 1}'}: {self._values[index]:.4g}"
        if self._names and self._making:
            text += f"   (after {self._making} {_probabilities(self._values, self._making)[index]:.1%})"
        self.hovered.emit(text)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")


def _probabilities(values: NDArray[np.float32], making: Making) -> NDArray[np.float64]:
    """What ``making`` makes of the numbers of a network's end (F,), which are none themselves."""
    numbers = values.astype(np.float64)
    if making is Making.SIGMOID:
        return 0.5 * (1 + np.tanh(numbers / 2))  # no power that overflows
    powers = np.exp(numbers - numbers.max())
    return np.exp(numbers) if making is Making.EXP else powers / powers.sum()

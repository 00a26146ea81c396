"""Bars: a vector as bars, with names where there are few. Knows numbers, and no network but by what ends it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.compiler.ending import Making
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip

APART = 4  # pixels, of two names at least


class Bars(QWidget):
    """Draws numbers as bars from a line of zero. ``names`` stand below,
    whole, where there is room; one bar may be marked."""

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
        below = QFontMetricsF(theme.font("small")).height() + 3 if self._names else 4.0
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
        for index, room, text in self.written():
            name = self._names[index]
            painter.setFont(theme.font("small", bold=index == top))
            painter.setPen(theme.color("success" if name == self._marked else "text" if index == top else "muted"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def written(self) -> list[tuple[int, QRectF, str]]:
        """Which bars have their name below, where it stands, and as what.

        Where not all of them fit, a name is wider than its bar: that of the highest bar goes first, that of the marked
        one next, and then by height whichever still have room. A name is cut only where it is wider than the chart.
        """
        if not self._names:
            return []
        step, y, top = self._step(), self._chart().bottom() + 2, int(self._values.argmax())
        order = sorted(range(len(self._names)), key=lambda each: -float(self._values[each]))
        order.sort(key=lambda each: (each != top, self._names[each] != self._marked))
        free: list[tuple[float, float]] = [(0.0, self.width())]
        made = []
        for index in order:
            metrics = QFontMetricsF(theme.font("small", bold=index == top))
            text = metrics.elidedText(self._names[index], Qt.TextElideMode.ElideRight, self.width())
            wide, middle = metrics.horizontalAdvance(text), (index + 0.5) * step
            left = max(0.0, min(middle - wide / 2, self.width() - wide))
            gap = next((each for each in free if each[0] <= left and left + wide <= each[1]), None)
            if gap is not None:
                made.append((index, QRectF(left, y, wide, metrics.height()), text))
                free.remove(gap)
                free += [(gap[0], left - APART), (left + wide + APART, gap[1])]
        return made

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
        self.setToolTip(tip(title=self._names[index]) if self._names else "")  # which may have no room below
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

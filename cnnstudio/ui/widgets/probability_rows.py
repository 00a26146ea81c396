"""Probability rows: a class a line, with its name, a bar and its probability; the likeliest where room is short."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.ui.theme import theme

FEWEST = 3  # rows that there is always room for
GAP = 6  # pixels beside a bar
WIDEST_NAME = 0.45  # of the width


class ProbabilityRows(QWidget):
    """Draws probabilities as bars with numbers. All classes stand in their order where there is room for a line each.

    Otherwise as many as fit, the likeliest first.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.chances: NDArray[np.float64] = np.zeros(0)
        self._right = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Probabilities")

    def set_chances(self, chances: NDArray[np.float64], names: Sequence[str], right: str = "") -> None:
        """Show these (K,), from 0 to 1, a name for each; ``right`` is the class that it is of, where it is known."""
        self.names, self.chances, self._right = tuple(names), np.nan_to_num(chances), right
        best = np.argsort(-self.chances, kind="stable")[:5]
        self.setAccessibleDescription(", ".join(f"{self.names[n]} {said(self.chances[n])}" for n in best))
        self.update()

    def _line(self) -> int:
        return QFontMetrics(theme.font("small")).height() + 2

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(170 * theme.scale), min(12, max(FEWEST, len(self.names))) * self._line())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(110 * theme.scale), FEWEST * self._line())

    @property
    def shown(self) -> list[int]:
        """The classes that are drawn, from above."""
        room = max(1, self.height() // self._line())
        if len(self.names) <= room:
            return list(range(len(self.names)))
        return [int(each) for each in np.argsort(-self.chances, kind="stable")[:room]]

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.names:
            return
        painter = QPainter(self)
        rows = self.shown
        line = min(self.height() / len(rows), 1.6 * self._line())
        plain, bold = QFontMetrics(theme.font("small")), QFontMetrics(theme.font("small", bold=True))
        widest = max(bold.horizontalAdvance(self.names[each]) for each in rows)
        name_width = min(widest + 2, round(WIDEST_NAME * self.width()))
        number_width = bold.horizontalAdvance("100.0 %")
        room = max(8.0, self.width() - name_width - number_width - 2 * GAP)
        best = int(self.chances.argmax())
        for place, each in enumerate(rows):
            top, share = place * line, float(self.chances[each])
            is_right = bool(self._right) and self.names[each] == self._right
            painter.setFont(theme.font("small", bold=each == best))
            metrics = bold if each == best else plain
            painter.setPen(theme.color("success" if is_right else "text" if each == best else "muted"))
            name = metrics.elidedText(self.names[each], Qt.TextElideMode.ElideRight, name_width)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, name_width, line), middle | Qt.AlignmentFlag.AlignRight, name)
            high = min(line - 3, 0.7 * self._line())
            bar = QRectF(name_width + GAP, top + (line - high) / 2, room, high)
            painter.fillRect(bar, theme.color("line", 0.45))
            bar.setWidth(max(1.0, room * min(1.0, max(0.0, share))))
            colour = theme.color("success") if is_right else theme.color("train", 1.0 if each == best else 0.55)
            painter.fillRect(bar, colour)
            number = QRectF(self.width() - number_width, top, number_width, line)
            painter.drawText(number, middle | Qt.AlignmentFlag.AlignRight, said(share))
        painter.end()


def said(share: float) -> str:
    """A probability in per cent, as exactly as it is worth."""
    return f"{share:.1%}".replace("%", "\u202f%")

"""Number sheet: windows of numbers, their kernels and products as coloured grids. Knows calculations, no network."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.insight.calculation import Calculation, Window
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.number_grid import PAD, NumberGrid, Scale, decimals_of, exact, paint_grid, written

GAP = 8
MOST = 16
"""How many channels are shown, those that give most."""
_MOST_TAPS = 15  # along each axis of a window: of a larger one the middle is left out


class NumberSheet(QWidget):
    """A row for each channel: what is read, times the kernel, is the products, and their sum. For a scroll area.

    ``hovered`` says the number under the mouse, with all its digits and its place.
    """

    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._calculation: Calculation | None = None
        self._names: tuple[str, ...] = ()
        self._grids: list[NumberGrid] = []
        self._words: list[tuple[QRectF, str, str]] = []
        self._size = QSize(0, 0)
        self._room = math.inf  # how wide it may be
        self.whole = 0
        """How wide it is where no grid stands below another one of its channel."""
        self.rows: list[tuple[int, int]] = []
        """Which window and which of its channels each row shows."""
        self.setMouseTracking(True)
        self.setAccessibleName("The numbers that are read, the weights and the products")
        theme.changed.connect(self._lay)

    @property
    def cut(self) -> int:
        """How many channels are not shown."""
        found = self._calculation
        return 0 if found is None else sum(len(window.channels) for window in found.windows) - len(self.rows)

    def show_calculation(self, found: Calculation | None, names: tuple[str, ...]) -> None:
        """Show what a value reads; ``names`` are those of the node's inputs."""
        self._calculation, self._names = found, names
        self._lay()

    def set_room(self, width: float) -> None:
        """Be no wider than this where that can be: what does not fit beside the kernel goes below it."""
        if width != self._room:
            self._room = width
            self._lay()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self._size

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self._size

    # laying out

    def _lay(self) -> None:
        self._grids, self._words, self.rows = [], [], []
        width, y = 0.0, float(PAD)
        self.whole = 0
        if self._calculation is not None:
            every = [(port, index) for port, window in enumerate(self._calculation.windows)
                     for index in range(len(window.channels))]  # fmt: skip
            weight = {
                (port, index): abs(float(total))
                for port, window in enumerate(self._calculation.windows)
                for index, total in enumerate(window.sums)
            }
            ranked = every if len(every) <= 3 else sorted(every, key=lambda each: -weight[each])
            self.rows = ranked[:MOST]
            winner = self._calculation.winner
            if winner is not None and (0, winner[0]) not in self.rows:
                self.rows = [(0, winner[0]), *self.rows[:-1]]
            shared = self._shared()
            for port, index in self.rows:
                across, y = self._row(self._calculation.windows[port], index, y, shared)
                width = max(width, across)
        self._size = QSize(math.ceil(width) + PAD, math.ceil(y))
        self.setFixedSize(self._size)
        self.setAccessibleDescription("; ".join(words for _, words, role in self._words if role == "text"))
        self.update()

    def _shared(self) -> dict[str, Scale]:
        """What all grids of a kind have in common, so that their columns can be read and added up downwards."""
        assert self._calculation is not None
        body = QFontMetricsF(theme.monospace("small"))
        every: dict[str, list[NDArray[np.float64]]] = {}
        for port, index in self.rows:
            for _, numbers, what in _kinds(self._calculation.windows[port], index):
                every.setdefault(what, []).append(numbers[np.ix_(_middle(len(numbers)), _middle(numbers.shape[1]))])
        found = {}
        for what, grids in every.items():
            numbers = np.concatenate([grid.ravel() for grid in grids])
            decimals, finite = decimals_of(numbers), np.abs(numbers[np.isfinite(numbers)])
            wide = max(body.horizontalAdvance(written(float(each), decimals)) for each in numbers)
            found[what] = Scale(decimals, float(finite.max()) if finite.size else 0.0, math.ceil(wide) + 2 * PAD)
        return found

    def _row(self, window: Window, index: int, y: float, shared: dict[str, Scale]) -> tuple[float, float]:
        """Lay one channel out from ``y`` on; how far it goes to the right and down."""
        body, small = QFontMetricsF(theme.monospace("small")), QFontMetricsF(theme.font("small"))
        height = math.ceil(body.height()) + 3.0
        rows, columns = _middle(len(window.rows)), _middle(len(window.columns))
        x, tall = float(PAD), height * len(rows)
        across = whole = before = x
        top = y + math.ceil(small.height()) + 1
        for words, role in ((self._label(window, index), "muted"), (self._sum(window, index, shared), "text")):
            wide = math.ceil((small if role == "muted" else body).horizontalAdvance(words) * 1.1) + GAP
            self._words += [(QRectF(across, y, wide, small.height()), words, role)]
            across += wide
        outside, taps = window.outside[np.ix_(rows, columns)], window.counted[np.ix_(rows, columns)]
        winner = self._winner(index, rows, columns)
        for sign, every, what in _kinds(window, index):
            numbers, scale = every[np.ix_(rows, columns)], shared[what]
            if sign:
                room = small.horizontalAdvance(sign) + 2 * GAP
                whole += room
                needed = room + scale.wide * len(columns) + PAD
                if x + needed > self._room:  # below the one before, where there is room for it
                    x, top = before if before + needed <= self._room else float(PAD), top + tall + GAP // 2
                before = x
                self._words += [(QRectF(x, top, room, tall), sign, "sign")]
                x += room
            box = QRectF(x, top, scale.wide * len(columns), tall)
            counts = taps if what != "weight" else np.ones_like(taps)
            is_value = what == "value"
            self._grids += [
                NumberGrid(numbers, scale, box, height, what, outside & is_value, counts, winner if is_value else None)
            ]
            x, whole = box.right(), whole + box.width()
            across = max(across, x)
        self.whole = max(self.whole, math.ceil(whole) + PAD)
        return across, top + tall + GAP

    def _sum(self, window: Window, index: int, shared: dict[str, Scale]) -> str:
        """What a channel gives in all; nothing of a maximum, and where that is its only number."""
        is_sum = self._calculation is not None and self._calculation.winner is None
        if not is_sum or (window.weights is None and window.values[0].size == 1):
            return ""
        scale = shared["product" if window.weights is not None else "term" if "term" in shared else "value"]
        return f"Σ {written(float(window.sums[index]), scale.decimals)}"

    def _label(self, window: Window, index: int) -> str:
        name = self._names[window.port] if len(self._names) > 1 and window.port < len(self._names) else ""
        channel = int(window.channels[index]) + 1
        if self._calculation is not None and self._calculation.looks is not None:
            return f"head {channel}"
        many = (
            len(window.rows) > 1
            or len(window.columns) > 1
            or len(self._calculation.cell if self._calculation else ()) == 3
        )
        words = f"channel {channel:,}" if many else f"number {channel:,}"
        if (len(window.rows), len(window.columns)) != (
            len(_middle(len(window.rows))),
            len(_middle(len(window.columns))),
        ):
            words += f", the corners of a window of {len(window.rows)} × {len(window.columns)}"
        return f"{name}, {words}" if name else words

    def _winner(self, index: int, rows: list[int], columns: list[int]) -> tuple[int, int] | None:
        found = self._calculation.winner if self._calculation is not None else None
        if found is None or found[0] != index or found[1] not in rows or found[2] not in columns:
            return None
        return rows.index(found[1]), columns.index(found[2])

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        seen = QRectF(event.rect())
        for box, words, role in self._words:
            if box.intersects(seen):
                painter.setFont(theme.monospace("small", bold=True) if role == "text" else theme.font("small"))
                painter.setPen(theme.color("muted" if role != "text" else "text"))
                align = Qt.AlignmentFlag.AlignCenter if role == "sign" else Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, align, words)
        painter.setFont(theme.monospace("small"))
        for grid in self._grids:
            if grid.box.intersects(seen):
                paint_grid(painter, grid)
        painter.end()

    # the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        for grid in self._grids:
            if (found := grid.at(event.position())) is not None:
                row, column = found
                number = exact(float(grid.numbers[row, column]))
                where = " in the padding" if grid.outside[row, column] else ""
                self.hovered.emit(f"{grid.what}{where}: {number}" if grid.counted[row, column] else "does not count")
                return
        self.hovered.emit("")

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")


def _kinds(window: Window, index: int) -> list[tuple[str, NDArray[np.float64], str]]:
    """The grids of one channel: the sign before each, its numbers, and what they are."""
    shown: list[tuple[str, NDArray[np.float64], str]] = [("", window.values[index], "value")]
    if window.weights is not None:
        shown += [("×", window.weights[index], "weight"), ("=", window.terms[index], "product")]
    elif not np.array_equal(window.terms, window.values, equal_nan=True):
        shown += [("→", window.terms[index], "term")]
    return shown


def _middle(length: int) -> list[int]:
    """All places, or of a long axis those at both ends."""
    if length <= _MOST_TAPS:
        return list(range(length))
    half = _MOST_TAPS // 2
    return [*range(half), *range(length - half, length)]

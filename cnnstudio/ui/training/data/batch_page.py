"""Batch page: what the network sees: the images of its first step as they were read, and drawn back from numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.advice_row import Advice
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.samples import pixmap
from cnnstudio.ui.widgets.scrolled import Scrolled

Pixels = NDArray[np.uint8]
SIDE, GAP = 64, 8  # pixels of an image at the normal size of text
BEFORE, AFTER = "before", "after"


class Pairs(QWidget):
    """Images (N, C, H, W) in columns, each as it was read above what the network is given, with its class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before: NDArray[np.uint8] | None = None
        self._after: NDArray[np.uint8] | None = None
        self._names: tuple[str, ...] = ()

    def show_batch(self, before: Pixels, after: Pixels, names: tuple[str, ...]) -> None:
        """Show these."""
        self._before, self._after, self._names = before, after, names
        self.setAccessibleName(f"The first {len(names)} images of the batch, before and after: {', '.join(names)}")
        self._fit()

    @property
    def _side(self) -> int:
        return round(SIDE * theme.scale)

    @property
    def _head(self) -> int:
        return round(44 * theme.scale)

    def _line(self) -> int:
        return 2 * self._side + round(theme.font("small").pixelSize() * 1.5) + 2 * GAP

    def _columns(self) -> int:
        return max(1, (self.width() - self._head) // (self._side + GAP))

    def _fit(self) -> None:
        rows = -(-len(self._names) // self._columns())
        self.setMinimumHeight(rows * self._line())
        self.update()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(400, self._line())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._before is None or self._after is None:
            return
        painter, side, columns = QPainter(self), self._side, self._columns()
        painter.setFont(theme.font("small"))
        for row in range(-(-len(self._names) // columns)):
            y = row * self._line()
            painter.setPen(theme.color("muted"))
            for words, top in ((BEFORE, y), (AFTER, y + side + 2)):
                painter.drawText(0, top, self._head - 4, side, Qt.AlignmentFlag.AlignVCenter, words)
            for place in range(row * columns, min(len(self._names), (row + 1) * columns)):
                x = self._head + place % columns * (side + GAP)
                for image, top in ((self._before[place], y), (self._after[place], y + side + 2)):
                    made = pixmap(image, side)
                    painter.drawPixmap(x + (side - made.width()) // 2, top + (side - made.height()) // 2, made)
                painter.setPen(theme.color("text"))
                words = painter.fontMetrics().elidedText(
                    self._names[place], Qt.TextElideMode.ElideRight, side + GAP - 2
                )
                below = painter.fontMetrics().height()
                painter.drawText(x, y + 2 * side + 4, side, below, Qt.AlignmentFlag.AlignHCenter, words)
        painter.end()


class BatchPage(QWidget):
    """The pairs under a sentence with the numbers, or why there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nothing, self.told, self.pairs = Advice(), Sentence(), Pairs()
        self.told.setProperty("textSize", "small")
        empty, shown = QWidget(), QWidget()
        for page, parts in ((empty, (self.nothing,)), (shown, (self.told, self.pairs))):
            column = QVBoxLayout(page)
            column.setContentsMargins(12, 8, 12, 8)
            column.setSpacing(8)
            for part in parts:
                column.addWidget(part)
            column.addStretch(1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(Scrolled(shown))

    def say(self, sentence: str) -> None:
        """Say why there is nothing to see."""
        self.nothing.say(sentence, "accent")
        self._stack.setCurrentIndex(0)

    def show_batch(self, sentence: str, before: Pixels, after: Pixels, names: tuple[str, ...]) -> None:
        """Show these images (N, C, H, W) with what there is to say of them."""
        self.told.setText(sentence)
        self.pairs.show_batch(before, after, names)
        self._stack.setCurrentIndex(1)

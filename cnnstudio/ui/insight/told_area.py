"""Told area: sentences that are as high as their words while there is room, and are scrolled where there is none."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from cnnstudio.ui.widgets.labels import Sentence

LINES = 2  # at least


class ToldArea(QScrollArea):
    """Shows ``told``; asks for the height of all its words, and for that of two lines at least."""

    def __init__(self, told: Sentence, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.told = told
        told.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(told)
        self.setAccessibleName("What the numbers say")

    def say(self, words: str) -> None:
        """Show these words, from their beginning."""
        self.told.setText(words)
        self.verticalScrollBar().setValue(0)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(60, LINES * QFontMetrics(self.told.font()).lineSpacing())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, max(self.minimumSizeHint().height(), self.told.heightForWidth(self.viewport().width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        self.setMaximumHeight(self.sizeHint().height())
        self.updateGeometry()

"""FixButton: a button whose words are shortened where it is too narrow for them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QWidget

from cnnstudio.ui.theme import icon


class FixButton(QPushButton):
    """What a fix does, behind a wrench; the whole of it in the tooltip."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(icon("wrench", "accent"), title, parent)
        self.setToolTip(title)

    def set_title(self, title: str) -> None:
        """Say something else."""
        if title != self.text():
            self.setText(title)
            self.setToolTip(title)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - option.iconSize.width() - 28
        option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        painter.end()

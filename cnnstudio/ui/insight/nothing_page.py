"""Nothing page: what stands in a panel that has nothing to show: why, and a button where that can be allowed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from cnnstudio.ui.widgets.labels import Sentence


class NothingPage(QWidget):
    """A sentence in the middle, muted; under it a button with the words of what a person may allow."""

    allowed = Signal()

    def __init__(self, sentence: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = Sentence(sentence)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setProperty("role", "muted")
        self.button = QPushButton()
        self.button.hide()
        self.button.clicked.connect(self.allowed)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.sentence)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)

    def say(self, sentence: str, ask: str = "") -> None:
        """Say why there is nothing, with the words of the button, or none."""
        self.sentence.setText(sentence)
        self.button.setText(ask)
        self.button.setVisible(bool(ask))

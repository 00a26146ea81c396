"""Refusal: why a setting cannot be, with a button for each way out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.labels import Sentence

WayOut = tuple[str, Callable[[], object]]


class Refusal(QWidget):
    """A sentence, and buttons that each do what helps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = Sentence()
        self.buttons: list[QPushButton] = []
        inside = QWidget()
        self._row = FlowLayout(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.sentence)
        column.addWidget(inside)
        column.addStretch(1)

    def say(self, sentence: str, ways_out: Sequence[WayOut] = ()) -> None:
        """Say why, and offer what helps."""
        self.sentence.setText(sentence)
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()  # it may be the one that was pressed
        self.buttons = []
        for title, act in ways_out:
            button = QPushButton(title)
            button.clicked.connect(lambda _=False, act=act: act())
            self._row.addWidget(button)
            self.buttons.append(button)

"""QuestionBar: asks in place whether to do what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio.ui.widgets.labels import Sentence


class QuestionBar(QFrame):
    """A sentence with a button to do it and one to leave it; hidden until ``ask``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self._then: Callable[[], object] = lambda: None
        self.sentence = Sentence(parent=self)
        self.yes, self.no = QPushButton(self), QPushButton("Keep it", self)
        self.yes.clicked.connect(self._do)
        self.no.clicked.connect(self.hide)
        row = QHBoxLayout()
        row.addWidget(self.yes)
        row.addWidget(self.no)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.addWidget(self.sentence)
        layout.addLayout(row)
        self.hide()

    def ask(self, sentence: str, verb: str, then: Callable[[], object]) -> None:
        """Ask; ``then`` runs when the person says yes."""
        self._then = then
        self.sentence.setText(sentence)
        self.yes.setText(verb)
        self.show()
        self.no.setFocus()

    def _do(self) -> None:
        self.hide()
        self._then()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

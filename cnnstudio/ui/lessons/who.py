"""Who: the question who sits at a lesson, asked before it begins or before work is handed in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.ui.widgets.labels import Sentence

BEGINS = "Who sits here? Your numbers depend on it, and your teacher knows your work by it.", "Begin"
HANDS_IN = "Who hands this in? Your teacher knows your work by it.", "Hand in…"
CHANGES = "Who sits here? Numbers that are one's own change with the id, and answers to the old ones go.", "Change"
LONGEST = 60


class Who(QWidget):
    """A student id, without which nothing goes on, a name, and a button."""

    called = Signal(str, str)  # the student id and the name

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = BEGINS
        self.sentence = Sentence(BEGINS[0], self)
        self.student, self.name = QLineEdit(self), QLineEdit(self)
        self.go = QPushButton(BEGINS[1], self)
        self.go.setProperty("primary", True)
        self.go.clicked.connect(self.call)
        row, column = QHBoxLayout(), QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for field, words in ((self.student, "Student id"), (self.name, "Name")):
            field.setPlaceholderText(words)
            field.setAccessibleName(words)
            field.setMaxLength(LONGEST)
            field.returnPressed.connect(self.call)
            row.addWidget(field, 1)
        row.addWidget(self.go)
        column.addWidget(self.sentence)
        column.addLayout(row)
        self.setFocusProxy(self.student)

    def ask(self, words: tuple[str, str]) -> None:
        """Ask with this sentence and this word on the button."""
        self.words = words
        self.sentence.setText(words[0])
        self.go.setText(words[1])

    def put(self, student: str, name: str) -> None:
        """Show who it is by now."""
        self.student.setText(student)
        self.name.setText(name)

    def call(self) -> None:
        """Give what stands in the fields; without a student id, ask for it."""
        if student := " ".join(self.student.text().split()):
            self.called.emit(student, " ".join(self.name.text().split()))
        else:
            self.student.setFocus()


class Caller(QPushButton):
    """Who sits here; a press asks for somebody else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("flat", True)
        self.setToolTip("Say that somebody else sits here, or correct the student id")

    def tell(self, name: str) -> None:
        """Show this name; without one nothing is shown."""
        self.setText(unmarked(name))
        self.setVisible(bool(name))

"""Sweep axis: one setting that a sweep varies, with the values that are typed for it. Knows no document."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.project.axes import Axis, Field
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.fields import Line
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.wording import abridged, counted

SHOWN = 6  # values that are repeated in words
HINT = "0.1, 0.01 or 1..5"


class AxisCard(QFrame):
    """The name of a setting, a field for its values, and below it which values those are or why they cannot be.

    ``typed`` says that other values are asked for, ``removed`` that the card is to go.
    """

    typed = Signal()
    removed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.setProperty("surface", "raised")
        self.title = Elided(name, self)
        self.remove = QToolButton(self)
        self.remove.setAutoRaise(True)
        self.remove.setIcon(icon("x", "muted"))
        self.remove.setIconSize(QSize(12, 12))
        self.remove.setToolTip("Leave this setting as it is")
        self.remove.setAccessibleName(f"Do not vary {name}")
        self.remove.clicked.connect(self.removed)
        self.line = Line(self)
        self.line.setAccessibleName(f"Values of {name}")
        self.line.setPlaceholderText(HINT)
        self.line.textEdited.connect(lambda _: self.typed.emit())
        self.told = Sentence(parent=self)
        self.told.setProperty("textSize", "small")
        self.told.setProperty("role", "muted")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.line)
        layout.addWidget(self.told)
        self.setFocusProxy(self.line)

    def describe(self, field: Field) -> None:
        """Say what the setting is for, and what it is now."""
        told = tip(f"{field.parameter.help or field.name}. Now it is {field.said(field.value)}.")
        for widget in (self.title, self.line):
            widget.setToolTip(told)

    def accept_axis(self, field: Field, axis: Axis) -> None:
        """Say which values were read."""
        said = abridged([field.said(value) for value in axis.values], SHOWN)
        self._say(f"{counted(len(axis.values), 'value')}: {said}", "muted")

    def refuse(self, sentence: str, is_error: bool = True) -> None:
        """Say why these are no values."""
        self._say(sentence, "error" if is_error else "muted")

    def _say(self, text: str, role: str) -> None:
        is_new = text != self.told.text()
        self.told.setText(text)
        self.line.setAccessibleDescription(text)
        if self.told.property("role") != role:
            self.told.setProperty("role", role)
            self.line.setProperty("refused", role == "error")
            for widget in (self.told, self.line):
                widget.style().unpolish(widget)
                widget.style().polish(widget)
        if is_new and role == "error":
            announce(self.line, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_delete = event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        if is_delete and self.remove.hasFocus():
            self.removed.emit()
        else:
            super().keyPressEvent(event)

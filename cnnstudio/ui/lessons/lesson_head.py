"""Lesson head: which lesson is edited, where it is kept, and what can be done with it as a whole."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio.ui.lessons.stepper import button
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided


class LessonHead(QWidget):
    """The title and its buttons; it does nothing itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.kept = Elided("", self), Elided("", self)
        self.kept.setProperty("role", "muted")
        self.kept.setProperty("textSize", "small")
        self.undo = button("arrow-counter-clockwise", "Undo what was done to the lesson (Ctrl+Z in this panel)")
        self.redo = button("arrow-clockwise", "Do it again (Ctrl+Shift+Z in this panel)")
        self.new, self.open, self.release = (QPushButton(each, self) for each in ("New…", "Open…", "Release…"))
        self.board = QPushButton("Board…", self)
        self.board.setToolTip(tip("Keep a page that says how far the class is, from a shared folder of their work"))
        self.new.setToolTip(tip("Make a lesson in a file of its own"))
        self.open.setToolTip(tip("Go on with a lesson of yours"))
        self.release.setToolTip(tip("Write what students get: without answers, hidden tasks and your remarks"))
        self.release.setProperty("primary", True)
        line, ways = QHBoxLayout(), QWidget(self)
        line.setSpacing(6)
        line.addWidget(self.title, 1)
        line.addWidget(self.kept)
        flow = FlowLayout(ways)
        for each in (self.new, self.open, self.release, self.board, self.undo, self.redo):
            flow.addWidget(each)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(ways)

    def show_steps(self, steps: QUndoStack, is_open: bool) -> None:
        """Show what can be undone, where a lesson is open."""
        for widget in (self.title, self.kept, self.release, self.board, self.undo, self.redo):
            widget.setVisible(is_open)
        for button_, can, words in (
            (self.undo, steps.canUndo(), f"Undo: {steps.undoText()} (Ctrl+Z in this panel)"),
            (self.redo, steps.canRedo(), f"Redo: {steps.redoText()} (Ctrl+Shift+Z in this panel)"),
        ):
            button_.setEnabled(can)
            button_.setToolTip(tip(words))

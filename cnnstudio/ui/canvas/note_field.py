"""NoteField: a place to write the text of a note, where the note lies."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QRect, QSize
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QGraphicsView, QPlainTextEdit

from cnnstudio.graph.note import LONGEST, is_readable
from cnnstudio.ui.canvas.in_place import InPlace

SMALLEST = QSize(260, 120)  # pixels of the screen, however far the note is


class NoteField(QPlainTextEdit):
    """A text in Markdown; ``ending`` ends the writing."""

    def __init__(
        self,
        text: str,
        place: QRect,
        view: QGraphicsView,
        keep: Callable[[str], object],
        closed: Callable[[], object],
    ) -> None:
        super().__init__(text, view.viewport())
        self.setProperty("surface", "note")
        self.setAccessibleName("Text of the note, in Markdown")
        self.setPlaceholderText("Write a note, in Markdown.\nCtrl+Enter keeps it, Escape gives it up.")
        self.setToolTip("Markdown. Ctrl+Enter keeps it, Escape gives it up.")
        self.textChanged.connect(self._cut)
        room = view.viewport().rect().adjusted(6, 6, -6, -6)
        place.setSize(place.size().expandedTo(SMALLEST).boundedTo(room.size()))
        place.moveLeft(max(room.left(), min(place.left(), room.right() - place.width())))
        place.moveTop(max(room.top(), min(place.top(), room.bottom() - place.height())))
        self.setGeometry(place)
        self.moveCursor(QTextCursor.MoveOperation.End)
        self.ending = InPlace(self, keep, closed)

    def _cut(self) -> None:
        """Take back the letter that is one too many for a note."""
        if len(self.toPlainText()) > LONGEST:
            self.textCursor().deletePreviousChar()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802 - Qt's name
        """Paste as much of a text as there is room for, without what cannot be read."""
        room = LONGEST - len(self.toPlainText()) + len(self.textCursor().selectedText())
        text = "".join(letter for letter in source.text()[:LONGEST] if is_readable(letter))
        self.insertPlainText(text[: max(0, room)])

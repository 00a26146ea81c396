"""Inline edit: fields that lie over the canvas, for names and notes, and how writing in one ends."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QGraphicsView, QLineEdit, QPlainTextEdit, QWidget

from cnnstudio.graph.annotations import LONGEST_NOTE, is_readable

CTRL = Qt.KeyboardModifier.ControlModifier
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
# the field's own menu and the menu bar take the keyboard and give it back
OF_MENUS = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)


class InPlace(QObject):
    """Enter (with Ctrl where there are several lines), and a click elsewhere, keep; Escape gives up.

    Either way the field goes. ``keep`` is called with the text where it is another; ``closed`` always, and before that.
    Only Enter with a text that ``refuses`` leaves the field open as it is; who refuses says why.
    """

    def __init__(
        self,
        field: QLineEdit | QPlainTextEdit,
        keep: Callable[[str], object],
        closed: Callable[[], object] = lambda: None,
        refuses: Callable[[str], bool] = lambda text: False,
    ) -> None:
        super().__init__(field)
        self._field, self._keep, self._closed, self._refuses, self._is_open = field, keep, closed, refuses, True
        self._text = self._written()
        field.installEventFilter(self)
        field.show()
        field.setFocus()

    def keep(self) -> None:
        """Hand over what was written, if it is another text."""
        if self._close() and (text := self._written()) != self._text:
            self._keep(text)

    def give_up(self) -> None:
        """Go without a change."""
        self._close()

    def _written(self) -> str:
        field = self._field
        return field.text().strip() if isinstance(field, QLineEdit) else field.toPlainText()

    def _close(self) -> bool:
        was, self._is_open = self._is_open, False
        if was:
            if self._field.hasFocus() and (viewport := self._field.parentWidget()) is not None:
                (viewport.parentWidget() or viewport).setFocus()
            self._closed()
            self._field.hide()
            self._field.deleteLater()
        return was

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut and event.reason() not in OF_MENUS:
            self.keep()
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
        elif event.key() in ENTER and (isinstance(self._field, QLineEdit) or event.modifiers() & CTRL):
            if self._written() == self._text or not self._refuses(self._written()):
                self.keep()
        else:
            return False
        return True


class TitleField(QLineEdit):
    """A title of so many letters at ``most``, all of it selected; ``ending`` ends the writing."""

    def __init__(
        self,
        title: str,
        most: int,
        place: QRect,
        parent: QWidget,
        *,
        keep: Callable[[str], object],
        refuses: Callable[[str], bool],
    ) -> None:
        super().__init__(title, parent)
        self.setMaxLength(most)
        self.setGeometry(place)
        self.selectAll()
        self.ending = InPlace(self, keep, refuses=refuses)


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
        if len(self.toPlainText()) > LONGEST_NOTE:
            self.textCursor().deletePreviousChar()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802 - Qt's name
        """Paste as much of a text as there is room for, without what cannot be read."""
        room = LONGEST_NOTE - len(self.toPlainText()) + len(self.textCursor().selectedText())
        text = "".join(letter for letter in source.text()[:LONGEST_NOTE] if is_readable(letter))
        self.insertPlainText(text[: max(0, room)])

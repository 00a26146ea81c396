"""Text field: several lines of plain text. What is undone in it is undone by who keeps the text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.sizes import NO_LIMIT

SOON = 250  # milliseconds after the last key


class TextField(QPlainTextEdit):
    """Lines of text that are given a moment after they were typed, and when the field is left.

    ``edited(text)`` carries the text. It keeps no steps of its own: Ctrl+Z is left to who listens. Tab goes on to the
    next field. It is ``lines`` high, or higher where it ``grows``.
    """

    edited = Signal(str)
    finished = Signal()

    def __init__(
        self, name: str, lines: int = 3, most: int = 2_000, parent: QWidget | None = None, *, grows: bool = False
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setProperty("surface", "field")
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self._given, self._lines, self._most, self._grows = "", lines, most, grows
        self._timer = QTimer(self, singleShot=True, interval=SOON)
        self._timer.timeout.connect(self.settle)
        self.textChanged.connect(self._typed)
        theme.changed.connect(self._fit)
        self._fit()

    def set_text(self, text: str) -> None:
        """Show this text without emitting; a field that is being typed in is left alone."""
        if text == self._given:
            return
        self._given = text
        if text != self.toPlainText():
            place = self.textCursor().position()
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)
            cursor = self.textCursor()
            cursor.setPosition(min(place, len(text)))
            self.setTextCursor(cursor)

    def settle(self) -> None:
        """Give what was typed."""
        self._timer.stop()
        text = self.toPlainText()[: self._most]
        if text != self._given:
            self._given = text
            self.edited.emit(text)

    def _typed(self) -> None:
        self._timer.start()

    def _fit(self) -> None:
        height = QFontMetrics(theme.font("body")).lineSpacing() * self._lines + 20
        self.setMinimumHeight(height)
        self.setMaximumHeight(NO_LIMIT if self._grows else height)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_step(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_step(event):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.settle()
        self.finished.emit()
        super().focusOutEvent(event)


def _is_step(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)

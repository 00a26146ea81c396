"""InPlace: how writing in a field that lies over the canvas ends: kept, or given up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

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

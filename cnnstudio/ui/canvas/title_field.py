"""TitleField: a line to type the title of a frame into, where the title stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnstudio.graph.frame import LONGEST


class TitleField(QLineEdit):
    """Enter, and a click elsewhere, keep what was typed; Escape gives it up. Either way the field goes."""

    def __init__(self, title: str, place: QRect, keep: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(title, parent)
        self._title, self._keep, self._is_open, self._canvas = title, keep, True, parent
        self.setMaxLength(LONGEST)
        self.setAccessibleName("Title of the frame")
        self.setGeometry(place)
        self.returnPressed.connect(self.keep)
        self.selectAll()
        self.show()
        self.setFocus()

    def keep(self) -> None:
        """Hand over what was typed, if it is another title."""
        if self._close() and self.text().strip() != self._title:
            self._keep(self.text())

    def give_up(self) -> None:
        """Go without a change."""
        self._close()

    def _close(self) -> bool:
        was, self._is_open = self._is_open, False
        if was:
            if self.hasFocus():
                self._canvas.setFocus()
            self.hide()
            self.deleteLater()
        return was

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
        else:
            super().keyPressEvent(event)
            event.accept()  # what the line makes nothing of is no command of the canvas

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:  # its own menu
            self.keep()

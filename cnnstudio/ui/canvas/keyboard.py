"""Keyboard: what the canvas makes of keys that are held, or that mean something else from moment to moment.

What a key does once and for all is a command, and its shortcut stands in ``ui/actions.py``.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from cnnstudio.editing.alignment import Direction
from cnnstudio.layout.metrics import SNAP
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import ALT, CTRL, SHIFT, HeldKeys

KEYPAD = Qt.KeyboardModifier.KeypadModifier
ARROWS: dict[int, tuple[int, int, Direction]] = {
    Qt.Key.Key_Left: (-1, 0, "left"),
    Qt.Key.Key_Right: (1, 0, "right"),
    Qt.Key.Key_Up: (0, -1, "up"),
    Qt.Key.Key_Down: (0, 1, "down"),
}
OWN = frozenset({Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_Y, *ARROWS})


class Keyboard:
    """Tab and Space (add), Space held (pan), Y held (knife), arrows (nudge; with Ctrl or Alt, walk), Enter (open),
    Escape (give up).
    """

    def __init__(self, view: Walking, is_busy: Callable[[], bool], cancel: Callable[[], bool]) -> None:
        """``is_busy`` says whether a gesture goes on, ``cancel`` gives it up and says whether there was one."""
        self._view, self._is_busy, self._cancel = view, is_busy, cancel
        self.held = HeldKeys()

    def claims(self, event: QKeyEvent) -> bool:
        """Whether this key is meant for the canvas though a shortcut would take it."""
        held = event.modifiers() & ~KEYPAD
        if self.held.space and _is_letter(event):
            return True
        return event.key() in OWN and (not held or (event.key() in ARROWS and held == CTRL))

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key says; whether it says anything here."""
        view, key, plain = self._view, event.key(), not event.modifiers() & ~KEYPAD
        if self.held.space and _is_letter(event):
            self._type_on(event)
        elif key == Qt.Key.Key_Space and plain:
            self._hold_space(event)
        elif key == Qt.Key.Key_Tab and plain:
            view.quick_add()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key in ARROWS:
            self._arrow(event)
        elif key == Qt.Key.Key_Y and plain:
            self.held.knife = True
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            view.open_node()
        else:
            return False
        return True

    def release(self, event: QKeyEvent) -> bool:
        """The key was let go; whether it was held for anything."""
        if event.isAutoRepeat():
            return True
        if event.key() == Qt.Key.Key_Space and self.held.space:
            self.held.space = False
            if not self._is_busy():
                self._view.viewport().unsetCursor()
                if not self.held.is_space_used:
                    self._view.quick_add()
        elif event.key() == Qt.Key.Key_Y:
            self.held.knife = False
        else:
            return False
        return True

    def let_go(self) -> None:
        """The keyboard went elsewhere: nothing is held any more."""
        self.held.space = self.held.knife = False

    def _hold_space(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self.held.space, self.held.is_space_used = True, self._is_busy()
            self._view.viewport().setCursor(Qt.CursorShape.OpenHandCursor)

    def _type_on(self, event: QKeyEvent) -> None:
        """A letter before Space is let go: the list that Space asks for, and the letter in its field."""
        if not self.held.is_space_used:
            self.held.is_space_used = True
            self._view.quick_add()
            if self._view.popup.isVisible():
                self._view.popup.field.insert(event.text())

    def _escape(self) -> None:
        view = self._view
        if self._cancel():
            return
        if view.document.selection or view.scene().selected_wires or view.scene().notes.chosen:
            view.select_none()
        else:
            view.leave()

    def _arrow(self, event: QKeyEvent) -> None:
        view = self._view
        dx, dy, direction = ARROWS[event.key()]
        if event.modifiers() & (CTRL | ALT):
            view.walk(direction, adds=bool(event.modifiers() & SHIFT))
        elif view.chosen or view.scene().notes.chosen or view.scene().bends.chosen:
            step = SNAP * 4 if event.modifiers() & SHIFT else SNAP
            view.nudge(dx * step, dy * step)
        else:
            view.pan_by(-48 * dx, -48 * dy)


def _is_letter(event: QKeyEvent) -> bool:
    """Whether this key writes something that can be seen."""
    return not event.modifiers() & ~(KEYPAD | SHIFT) and event.text().isprintable() and bool(event.text().strip())

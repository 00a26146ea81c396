"""Text keys: when a key belongs to the text that one writes in a field, whatever it does round the field."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget


def is_written_over(host: QWidget) -> bool:
    """Whether a field for text that lies in ``host`` has the keyboard, and so not ``host`` itself."""
    field = QApplication.focusWidget()
    if field is None or field is host or not host.isAncestorOf(field):
        return False
    return field.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def goes_into_text(event: QKeyEvent, host: QWidget) -> bool:
    """Whether this key, which would be a command of ``host``, is pressed in a field for text that lies in ``host``.

    To be asked by ``host`` in the ``ShortcutOverride`` that the field itself had no use for.
    """
    pressed = QKeySequence(event.keyCombination())
    return is_written_over(host) and any(pressed in action.shortcuts() for action in host.actions())

"""Pointer: where the pointer is, and what is held with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, Qt

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is and what is held with it."""

    scene: QPointF
    view: QPoint
    modifiers: Qt.KeyboardModifier

    def holds(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether this key is held."""
        return modifier in self.modifiers


@dataclass
class HeldKeys:
    """The keys that are held down on the canvas, and mean something only with what the pointer does then."""

    space: bool = False  # the hand that moves the canvas
    is_space_used: bool = False  # that it did, so that letting it go means nothing more
    knife: bool = False

"""Part: something on the canvas that is no widget, as screen readers find it."""

# ruff: noqa: N802 - the names are Qt's

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface, QAccessibleObject, QWindow
from shiboken6 import Shiboken, VoidPtr

from cnnstudio.ui.canvas.commands.navigation import Walking

Deeds = dict[str, Callable[[], object]]


class Part(QAccessibleInterface):
    """Has as many parts of its own as ``childCount`` says; ``make`` makes one when somebody first asks for it."""

    def __init__(self, canvas: QAccessibleObject, above: QAccessibleInterface) -> None:
        super().__init__()
        self.canvas, self.above = canvas, above
        self.is_over = False  # whether it, or the canvas, is gone
        self._inside: dict[int, Part] = {}
        self._actions = _Actions(self)
        self._id = QAccessible.registerAccessibleInterface(self)

    def forget(self) -> None:
        """Have Qt delete this interface and those inside; nobody may use them after that."""
        self.is_over = True
        for part in self._inside.values():
            part.forget()
        if Shiboken.isValid(self):
            QAccessible.deleteAccessibleInterface(self._id)

    # what each kind of part says

    def make(self, index: int) -> Part:
        """The part of this number inside."""
        raise IndexError(index)

    def place(self) -> QRectF:
        """Where it lies, in scene pixels; it is asked only while it is there."""
        return QRectF()

    def deeds(self) -> Deeds:
        """What a screen reader can have done to it, by the names that Qt has for that."""
        return {}

    def childCount(self) -> int:
        return 0

    # what follows

    @property
    def view(self) -> Walking:
        """The canvas."""
        return cast(Walking, self.canvas.object())

    def object(self) -> None:  # type: ignore[override] # Qt means None, too
        return None

    def parent(self) -> QAccessibleInterface:
        return self.above

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self.canvas.window()

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        if not 0 <= index < self.childCount():
            return None
        if index not in self._inside:
            self._inside[index] = self.make(index)
        return self._inside[index]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return next((index for index, part in self._inside.items() if part is child), -1)

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        inside = (self.child(index) for index in range(self.childCount()))
        return next((child for child in inside if child is not None and child.rect().contains(x, y)), None)

    def focusChild(self) -> None:  # type: ignore[override]
        return None

    def rect(self) -> QRect:
        if not self.isValid():
            return QRect()
        seen = self.view.mapFromScene(self.place()).boundingRect()
        return QRect(self.view.viewport().mapToGlobal(seen.topLeft()), seen.size())

    def setText(self, kind: QAccessible.Text, words: str) -> None:
        """Nothing here is written by a screen reader."""

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        acts = kind == QAccessible.InterfaceType.ActionInterface and bool(self.deeds())
        return address(self._actions if acts else None)


class _Actions(QAccessibleActionInterface):
    """The deeds of a part."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._part = part

    def actionNames(self) -> list[str]:
        return list(self._part.deeds())

    def doAction(self, name: str) -> None:
        if self._part.isValid() and name in (deeds := self._part.deeds()):
            deeds[name]()

    def keyBindingsForAction(self, name: str) -> list[str]:
        return []


def address(interface: Shiboken.Object | None) -> VoidPtr:
    """Where an interface is, for Qt to cast. PySide 6.11 ends the program where Python answers None or a number."""
    return VoidPtr(Shiboken.getCppPointer(interface)[0] if interface is not None else 0)

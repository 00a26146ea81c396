"""Canvas: what a screen reader finds on the canvas: the nodes in their order with their wires, and the notes.

Nothing here exists, and nothing is sent, until a screen reader asks. Qt's cache owns the interfaces from the moment it
hears of them, so each is kept here until the cache was told to delete it.
"""

# ruff: noqa: N802 - the names are Qt's

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAccessibleInterface,
    QAccessibleObject,
    QAccessibleSelectionInterface,
    QAccessibleStateChangeEvent,
    QWindow,
)
from PySide6.QtWidgets import QScrollBar, QWidget

from cnnstudio.ui.canvas.accessibility.node import NodeAccess
from cnnstudio.ui.canvas.accessibility.note import NoteAccess
from cnnstudio.ui.canvas.accessibility.part import Part, address
from cnnstudio.ui.canvas.commands.navigation import Walking

Event, Role, Text = QAccessible.Event, QAccessible.Role, QAccessible.Text
MOST_EVENTS = 30  # of one change; more of them are told as one


def tell_focus(view: QWidget) -> None:
    """Tell what the keyboard is on, now that it came there."""
    if QAccessible.isActive() and isinstance(found := QAccessible.queryAccessibleInterface(view), CanvasAccess):
        found.tell_focus()


def tell_description(view: QWidget) -> None:
    """Tell that the description of the canvas says something else now."""
    if QAccessible.isActive():
        _send(QAccessibleEvent(view, Event.DescriptionChanged))


class CanvasAccess(QAccessibleObject):
    """The canvas as a list of its nodes, its notes, and whatever lies over it: the search field, messages, the way out.

    It must not keep the canvas alive, which owns it by way of Qt.
    """

    def __init__(self, view: Walking) -> None:
        super().__init__(view)
        self._nodes: dict[str, NodeAccess] = {}
        self._notes: list[NoteAccess] = []
        self._selection = CanvasSelection(self)
        self._selected: frozenset[str] = view.scene().selected
        self._marked = view.scene().notes.chosen
        self._order: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self._spoken: dict[Part, str] = {}
        view.document.selection_changed.connect(self._tell_selection)
        view.scene().marked.connect(self._tell_marks)
        view.scene().synced.connect(self._tell_changes)
        view.destroyed.connect(self._forget_all)

    def retire(self) -> None:
        """Make room for another: Qt asks for one more where PySide gave the class of the canvas another description."""
        view = self.view
        view.document.selection_changed.disconnect(self._tell_selection)
        view.scene().marked.disconnect(self._tell_marks)
        view.scene().synced.disconnect(self._tell_changes)
        self._forget_all()

    @property
    def view(self) -> Walking:
        """The canvas."""
        return cast(Walking, self.object())

    # its children

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes in the order in which data runs."""
        return self.view.scene().graph.order

    def node(self, name: str) -> NodeAccess:
        """The interface of a node."""
        if name not in self._nodes:
            self._nodes[name] = NodeAccess(self, name)
        return self._nodes[name]

    def note(self, index: int) -> NoteAccess:
        """The interface of the note of this number."""
        while len(self._notes) <= index:
            self._notes.append(NoteAccess(self, len(self._notes)))
        return self._notes[index]

    def _chosen_note(self) -> NoteAccess | None:
        """The interface of the one note that is selected."""
        view = self.view
        return self.note(view.scene().graph.notes.index(view.chosen_note)) if view.chosen_note is not None else None

    def place(self, name: str) -> int:
        """Where a node stands among the children, or -1."""
        if self._order is not self.names:
            self._order = self.names
            self._places = {each: place for place, each in enumerate(self._order)}
        return self._places.get(name, -1)

    def _over(self) -> list[QWidget]:
        view = self.view
        return [
            widget
            for widget in view.findChildren(QWidget)
            if widget.parent() is view
            and widget.isVisible()
            and widget is not view.viewport()
            and not isinstance(widget, QScrollBar)
            and widget.objectName() != "qt_scrollarea_hcontainer"
            and widget.objectName() != "qt_scrollarea_vcontainer"
        ]

    def childCount(self) -> int:
        return len(self.names) + len(self.view.scene().graph.notes) + len(self._over())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override] # Qt means None, too
        names, notes = self.names, len(self.view.scene().graph.notes)
        if 0 <= index < len(names):
            return self.node(names[index])
        index -= len(names)
        if 0 <= index < notes:
            return self.note(index)
        over = self._over()
        return QAccessible.queryAccessibleInterface(over[index - notes]) if 0 <= index - notes < len(over) else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        if isinstance(child, NodeAccess):
            return self.place(child.name)
        if isinstance(child, NoteAccess):
            return len(self.names) + child.index
        over = self._over()
        widget = child.object()
        return len(self.names) + len(self.view.scene().graph.notes) + over.index(widget) if widget in over else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        view = self.view
        place = view.viewport().mapFromGlobal(QPoint(x, y))
        if not view.viewport().rect().contains(place):
            return None
        for widget in self._over():
            if widget.geometry().contains(view.mapFromGlobal(QPoint(x, y))):
                return QAccessible.queryAccessibleInterface(widget)
        hit = view.scene().hit_test.at(view.mapToScene(place), view.zoom)
        if hit.note is not None:
            return self.note(view.scene().graph.notes.index(hit.note))
        return self.node(hit.node) if hit.node is not None else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        if not self.view.hasFocus():
            widget = self.view.focusWidget()
            return QAccessible.queryAccessibleInterface(widget) if widget is not None else None
        return self._on()

    def _on(self) -> QAccessibleInterface | None:
        """What the keyboard is on: the one selected note, the wire of a node that was walked to, or that node."""
        view = self.view
        if (note := self._chosen_note()) is not None:
            return note
        node = self.node(view.current) if view.current is not None else None
        return node.wire(view.chosen_wire) or node if node is not None else None

    # itself

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        above = self.view.parentWidget()
        return QAccessible.queryAccessibleInterface(above) if above is not None else None

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self.view.window().windowHandle()

    def rect(self) -> QRect:
        return QRect(self.view.mapToGlobal(QPoint(0, 0)), self.view.size())

    def role(self) -> QAccessible.Role:
        return Role.List

    def state(self) -> QAccessible.State:
        view, state = self.view, QAccessible.State()
        state.focusable = state.multiSelectable = state.extSelectable = True
        state.focused, state.invisible, state.readOnly = (
            view.hasFocus(),
            not view.isVisible(),
            view.document.is_read_only,
        )
        return state

    def text(self, kind: QAccessible.Text) -> str:
        return {Text.Name: self.view.accessibleName(), Text.Description: self.view.accessibleDescription()}.get(
            kind, ""
        )

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        return address(self._selection if kind == QAccessible.InterfaceType.SelectionInterface else None)

    # telling of changes

    def tell_focus(self) -> None:
        """Tell what the keyboard is on."""
        if (found := self._on()) is not None and self.view.hasFocus():
            _send(QAccessibleEvent(found, Event.Focus))

    def _tell_selection(self, *_: object) -> None:
        before, self._selected = self._selected, self.view.scene().selected
        if not QAccessible.isActive():
            return
        nodes = self.view.scene().nodes
        turned = [name for name in before ^ self._selected if name in nodes]
        if len(turned) > MOST_EVENTS:
            _send(QAccessibleEvent(self.view, Event.SelectionWithin))
        else:
            for name in turned:
                _tell_turned(self.node(name), name in self._selected)
        self.tell_focus()

    def _tell_marks(self) -> None:
        before, self._marked = self._marked, self.view.scene().notes.chosen
        if QAccessible.isActive() and before != self._marked:
            notes = self.view.scene().graph.notes
            for note in [note for note in before ^ self._marked if note in notes][:MOST_EVENTS]:
                _tell_turned(self.note(notes.index(note)), note in self._marked)
            self.tell_focus()

    def _tell_changes(self) -> None:
        nodes, notes, is_active = self.view.scene().nodes, self.view.scene().graph.notes, QAccessible.isActive()
        gone: list[Part] = [self._nodes.pop(name) for name in [name for name in self._nodes if name not in nodes]]
        gone += self._notes[len(notes) :]
        del self._notes[len(notes) :]
        for part in gone:
            if is_active:
                _send(QAccessibleEvent(part, Event.ObjectDestroyed))
            part.forget()
        if is_active:
            spoken: dict[Part, str] = {part: part.text(Text.Name) for part in (*self._nodes.values(), *self._notes)}
            others = [part for part, words in spoken.items() if self._spoken.get(part, words) != words]
            for part in others[:MOST_EVENTS]:
                _send(QAccessibleEvent(part, Event.NameChanged))
            self._spoken = spoken

    def _forget_all(self, *_: object) -> None:
        parts = [*self._nodes.values(), *self._notes]
        self._nodes, self._notes, self._spoken = {}, [], {}
        for part in parts:
            part.forget()


class CanvasSelection(QAccessibleSelectionInterface):
    """The selection, for a screen reader to read and to change."""

    def __init__(self, canvas: CanvasAccess) -> None:
        super().__init__()
        self._canvas = canvas

    def _items(self) -> list[Part]:
        view, notes = self._canvas.view, self._canvas.view.scene().graph.notes
        chosen = [index for index, note in enumerate(notes) if note in view.scene().notes.chosen]
        return [*map(self._canvas.node, view.chosen), *map(self._canvas.note, chosen)]

    def selectedItemCount(self) -> int:
        return len(self._items())

    def selectedItems(self) -> list[QAccessibleInterface]:
        return [*self._items()]

    def selectedItem(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        items = self._items()
        return items[index] if 0 <= index < len(items) else None

    def isSelected(self, child: QAccessibleInterface) -> bool:
        return any(child is item for item in self._items())

    def select(self, child: QAccessibleInterface) -> bool:
        return self._set(child, True)

    def unselect(self, child: QAccessibleInterface) -> bool:
        return self._set(child, False)

    def selectAll(self) -> bool:
        self._canvas.view.select_all()
        return True

    def clear(self) -> bool:
        self._canvas.view.select_none()
        return True

    def _set(self, child: QAccessibleInterface, wanted: bool) -> bool:
        """Have this selected, or not; whether it is anything that can be."""
        view, is_another = self._canvas.view, self.isSelected(child) != wanted
        if isinstance(child, NodeAccess) and is_another:
            names = {*view.chosen} ^ {child.name}
            view.document.select(tuple(name for name in self._canvas.names if name in names), adds=True)
        elif isinstance(child, NoteAccess) and is_another:
            view.select_notes((child.note,), adds=True)
        return isinstance(child, NodeAccess | NoteAccess)


def _tell_turned(part: Part, is_selected: bool) -> None:
    """Tell that this is selected now, or no longer."""
    state = QAccessible.State()
    state.selected = True
    _send(QAccessibleStateChangeEvent(part, state))
    _send(QAccessibleEvent(part, Event.SelectionAdd if is_selected else Event.SelectionRemove))


def _send(event: QAccessibleEvent) -> None:
    QAccessible.updateAccessibility(event)

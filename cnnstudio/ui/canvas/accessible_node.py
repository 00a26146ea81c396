"""What a screen reader finds of one node of the canvas, and of each of its wires."""

# ruff: noqa: N802 - the names are Qt's

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface, QWindow
from shiboken6 import Shiboken, VoidPtr

from cnnstudio.graph import Edge
from cnnstudio.ui.speech import told_node, told_wire

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.accessible import CanvasAccess
    from cnnstudio.ui.canvas.view import CanvasView

Role, Text = QAccessible.Role, QAccessible.Text
REACH = QPoint(8, 8)  # round a port, in pixels


class Part(QAccessibleInterface):
    """Something on the canvas that is no widget."""

    def __init__(self, canvas: CanvasAccess) -> None:
        super().__init__()
        self.canvas = canvas
        self._id = QAccessible.registerAccessibleInterface(self)

    def forget(self) -> None:
        """Have Qt delete this interface; nobody may use it after that."""
        if Shiboken.isValid(self):
            QAccessible.deleteAccessibleInterface(self._id)

    @property
    def view(self) -> CanvasView:
        """The canvas."""
        return self.canvas.view

    def object(self) -> None:  # type: ignore[override] # Qt means None, too
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        return self.canvas.window()

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        inside = (self.child(index) for index in range(self.childCount()))
        return next((child for child in inside if child is not None and child.rect().contains(x, y)), None)

    def setText(self, kind: QAccessible.Text, words: str) -> None:
        """Nothing here is written by a screen reader."""

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        return address(None)


class NodeAccess(Part):
    """A node: an item of the list, with a child for each wire and each open port."""

    def __init__(self, canvas: CanvasAccess, name: str) -> None:
        super().__init__(canvas)
        self.name = name
        self._actions = NodeActions(self)
        self._wires: dict[int, WireAccess] = {}

    def forget(self) -> None:
        for wire in self._wires.values():
            wire.forget()
        super().forget()

    def wires(self) -> list[Edge | int]:
        """The wires that enter it, with the number of the port where none does, and those that leave it."""
        graph = self.view.canvas.graph
        if self.name not in graph:
            return []
        node = graph[self.name]
        into = [port if source is None else Edge(source, self.name, port) for port, source in enumerate(node.inputs)]
        return [*into, *graph.consumers[self.name]]

    def wire(self, wire: Edge | None) -> QAccessibleInterface | None:
        """The interface of this wire, if it is one of its own."""
        wires = self.wires()
        return self.child(wires.index(wire)) if wire in wires else None

    def isValid(self) -> bool:
        return not self.canvas.is_over and self.name in self.view.canvas.nodes

    def parent(self) -> QAccessibleInterface:
        return self.canvas

    def childCount(self) -> int:
        return len(self.wires())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        if not 0 <= index < self.childCount():
            return None
        if index not in self._wires:
            self._wires[index] = WireAccess(self, index)
        return self._wires[index]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return child.index if isinstance(child, WireAccess) else -1

    def focusChild(self) -> None:  # type: ignore[override]
        return None

    def rect(self) -> QRect:
        if not self.isValid():
            return QRect()
        view = self.view
        seen = view.mapFromScene(view.canvas.nodes[self.name].body).boundingRect()
        return QRect(view.viewport().mapToGlobal(seen.topLeft()), seen.size())

    def role(self) -> QAccessible.Role:
        return Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if not self.isValid():
            state.invisible = True
            return state
        view = self.view
        state.focusable = state.selectable = state.extSelectable = True
        state.selected = self.name in view.canvas.selected
        state.focused = view.hasFocus() and view.current == self.name
        state.offscreen = not view.visible().intersects(view.canvas.nodes[self.name].body)
        state.invalid = bool(view.canvas.nodes[self.name].error)
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if not self.isValid():
            return self.name if kind == Text.Name else ""
        view = self.view
        if kind == Text.Name:
            return told_node(view.document.shown_analysis, self.name, view.document.conceals(self.name))
        if kind == Text.Description:
            frame = view.canvas.graph.framed.get(self.name)
            return " ".join(
                filter(None, (f"In the frame {frame.title}." if frame else "", view.canvas.nodes[self.name].warning))
            )
        return ""

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        return address(self._actions if kind == QAccessible.InterfaceType.ActionInterface else None)


class WireAccess(Part):
    """A wire of a node, or a port of it that is open."""

    def __init__(self, node: NodeAccess, index: int) -> None:
        super().__init__(node.canvas)
        self.node, self.index = node, index

    @property
    def _wire(self) -> Edge | int:
        return self.node.wires()[self.index]

    def isValid(self) -> bool:
        return self.node.isValid() and self.index < self.node.childCount()

    def parent(self) -> QAccessibleInterface:
        return self.node

    def childCount(self) -> int:
        return 0

    def child(self, index: int) -> None:  # type: ignore[override]
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def focusChild(self) -> None:  # type: ignore[override]
        return None

    def rect(self) -> QRect:
        if not self.isValid():
            return QRect()
        view, wire = self.view, self._wire
        item = view.canvas.nodes[self.node.name]
        port = item.input_at(wire) if isinstance(wire, int) else (
            item.input_at(wire.port) if wire.target == self.node.name else item.output_at()
        )  # fmt: skip
        middle = view.viewport().mapToGlobal(view.mapFromScene(port))
        return QRect(middle - REACH, middle + REACH)

    def role(self) -> QAccessible.Role:
        return Role.StaticText

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if self.isValid() and isinstance(self._wire, Edge):
            state.focusable = state.selectable = True
            state.selected = state.focused = self._wire in self.view.canvas.selected_wires
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if kind != Text.Name or not self.isValid():
            return ""
        wire, document = self._wire, self.view.document
        if isinstance(wire, int):
            return f"Nothing enters input {wire + 1} of {self.node.name}."
        return told_wire(document.shown_analysis, wire, document.conceals(wire.source))


class NodeActions(QAccessibleActionInterface):
    """What a screen reader can have done to a node."""

    def __init__(self, node: NodeAccess) -> None:
        super().__init__()
        self._node = node

    def _named(self) -> dict[str, Callable[[], object]]:
        view, name = self._node.view, self._node.name
        return {
            self.pressAction(): lambda: view.go_to(name),
            self.showMenuAction(): lambda: view.ask_menu(name),
            self.setFocusAction(): lambda: view.go_to(name),
        }

    def actionNames(self) -> list[str]:
        return list(self._named())

    def doAction(self, name: str) -> None:
        if self._node.isValid() and name in (actions := self._named()):
            actions[name]()

    def keyBindingsForAction(self, name: str) -> list[str]:
        return []


def address(interface: Shiboken.Object | None) -> VoidPtr:
    """Where an interface is, for Qt to cast. PySide 6.11 ends the program where Python answers None or a number."""
    return VoidPtr(Shiboken.getCppPointer(interface)[0] if interface is not None else 0)

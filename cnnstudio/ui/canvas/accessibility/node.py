"""What a screen reader finds of one node of the canvas, of each of its wires, and of each bend of those."""

# ruff: noqa: N802 - the names are Qt's

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface, QAccessibleObject

from cnnstudio.editing.description import told_bend, told_node, told_port, told_wire
from cnnstudio.graph import Edge
from cnnstudio.ui.canvas.accessibility.part import Deeds, Part
from cnnstudio.ui.canvas.scene.hit import Port

Action, Role, Text = QAccessibleActionInterface, QAccessible.Role, QAccessible.Text
REACH = 8.0  # round a port or a bend, in pixels of the screen


class NodeAccess(Part):
    """A node: an item of the list, with a child for each wire, and for each port that none is in."""

    def __init__(self, canvas: QAccessibleObject, name: str) -> None:
        super().__init__(canvas, canvas)
        self.name = name

    def wires(self) -> list[Edge | Port]:
        """What is at its ports, from the first input to the output: the wires, or the port itself where there is none.

        All wires that leave it are at the one output.
        """
        graph, name = self.view.scene().graph, self.name
        if name not in graph:
            return []
        node = graph[name]
        sources = [*node.inputs, *[None] * (node.ports - len(node.inputs))]
        into = [Port(name, at) if source is None else Edge(source, name, at) for at, source in enumerate(sources)]
        return [*into, *(graph.consumers[name] or (Port(name, None),))]

    def wire(self, wire: Edge | None) -> QAccessibleInterface | None:
        """The interface of this wire, or of the bend of it that is chosen, if it is one of its own."""
        wires, chosen = self.wires(), self.view.scene().bends.chosen
        found = self.child(wires.index(wire)) if wire in wires else None
        return (found.child(chosen[1]) or found) if found is not None and chosen is not None else found

    def isValid(self) -> bool:
        return not self.is_over and self.name in self.view.scene().nodes

    def childCount(self) -> int:
        return len(self.wires())

    def make(self, index: int) -> Part:
        return WireAccess(self, index)

    def place(self) -> QRectF:
        return self.view.scene().nodes[self.name].body

    def role(self) -> QAccessible.Role:
        return Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if not self.isValid():
            state.invisible = True
            return state
        view = self.view
        state.focusable = state.selectable = state.extSelectable = True
        state.selected = self.name in view.scene().selected
        state.focused = view.hasFocus() and view.current == self.name
        state.offscreen = not view.visible().intersects(self.place())
        state.invalid = bool(view.scene().nodes[self.name].error)
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if not self.isValid():
            return self.name if kind == Text.Name else ""
        view = self.view
        if kind == Text.Name:
            return told_node(view.document.shown_analysis, self.name, view.document.conceals(self.name))
        if kind == Text.Description:
            frame = view.scene().graph.framed.get(self.name)
            return " ".join(
                filter(None, (f"In the frame {frame.title}." if frame else "", view.scene().nodes[self.name].warning))
            )
        return ""

    def deeds(self) -> Deeds:
        view, name = self.view, self.name
        return {
            Action.pressAction(): lambda: view.go_to(name),
            Action.showMenuAction(): lambda: view.ask_menu(name),
            Action.setFocusAction(): lambda: view.go_to(name),
        }


class WireAccess(Part):
    """A wire of a node with a child for each of its bends, or a port of it that none is in, which can be pressed."""

    def __init__(self, node: NodeAccess, index: int) -> None:
        super().__init__(node.canvas, node)
        self.node, self.index = node, index

    @property
    def wire(self) -> Edge | Port:
        """The wire, or the port."""
        return self.node.wires()[self.index]

    def isValid(self) -> bool:
        return self.node.isValid() and self.index < self.node.childCount()

    def childCount(self) -> int:
        wire = self.wire if self.isValid() else None
        return len(self.view.scene().graph.bends(wire)) if isinstance(wire, Edge) else 0

    def make(self, index: int) -> Part:
        return BendAccess(self, index)

    def place(self) -> QRectF:
        item, wire = self.view.scene().nodes[self.node.name], self.wire
        if isinstance(wire, Port):
            port = wire.index
        else:
            port = wire.port if wire.target == self.node.name else None
        return self.around(item.output_at() if port is None else item.input_at(port))

    def around(self, point: QPointF) -> QRectF:
        """What belongs to a point of the scene where a wire ends or bends."""
        reach = REACH / self.view.zoom
        return QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)

    def role(self) -> QAccessible.Role:
        return Role.Button if self.isValid() and isinstance(self.wire, Port) else Role.StaticText

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if not self.isValid():
            state.invisible = True
            return state
        state.offscreen = not self.view.visible().intersects(self.place())
        if isinstance(self.wire, Port):
            state.disabled = self.view.document.is_read_only
        else:
            state.focusable = state.selectable = True
            state.selected = self.wire in self.view.scene().selected_wires
            state.focused = state.selected and self.view.scene().bends.chosen is None
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if kind != Text.Name or not self.isValid():
            return ""
        wire, document = self.wire, self.view.document
        if isinstance(wire, Port):
            return told_port(document.shown_analysis, wire.name, wire.index, document.conceals(wire.name))
        return told_wire(document.shown_analysis, wire, document.conceals(wire.source))

    def deeds(self) -> Deeds:
        wire, view = self.wire if self.isValid() else None, self.view
        if not isinstance(wire, Port) or view.document.is_read_only:
            return {}

        def ask_for_wire() -> None:
            view.go_to(wire.name)
            (view.ask_for_target if wire.index is None else view.ask_for_source)()

        return {Action.pressAction(): ask_for_wire}


class BendAccess(Part):
    """A bend of a wire."""

    def __init__(self, wire: WireAccess, index: int) -> None:
        super().__init__(wire.canvas, wire)
        self._wire, self._index = wire, index

    def isValid(self) -> bool:
        return self._index < self._wire.childCount()

    def _edge(self) -> Edge:
        wire = self._wire.wire
        assert isinstance(wire, Edge), "an open port has no bends"
        return wire

    def place(self) -> QRectF:
        return self._wire.around(QPointF(*self.view.scene().graph.bends(self._edge())[self._index]))

    def role(self) -> QAccessible.Role:
        return Role.StaticText

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if self.isValid():
            state.focusable = state.selectable = True
            state.selected = state.focused = self.view.scene().bends.chosen == (self._edge(), self._index)
        return state

    def text(self, kind: QAccessible.Text) -> str:
        return (
            told_bend(self.view.scene().graph, self._edge(), self._index)
            if kind == Text.Name and self.isValid()
            else ""
        )

    def deeds(self) -> Deeds:
        choose = lambda: self.view.scene().choose_bend((self._edge(), self._index))  # noqa: E731
        return {Action.pressAction(): choose, Action.setFocusAction(): choose}

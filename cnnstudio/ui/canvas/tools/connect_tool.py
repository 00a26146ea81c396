"""ConnectTool: a wire in the hand. It starts at either end, or takes an end of a wire that is there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from cnnstudio.editing.wires import best_port, misfit, rewired
from cnnstudio.graph import Edge, GraphError
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import Pointer
from cnnstudio.ui.canvas.scene.geometry import wire_path
from cnnstudio.ui.canvas.scene.hit import Port
from cnnstudio.ui.canvas.scene.loose_wire import LooseWire, loose_ends
from cnnstudio.ui.canvas.scene.node_face import PORT_RADIUS
from cnnstudio.ui.canvas.tools.tool import Tool
from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import pen

SLASH = QPointF(3.4, -3.4)  # from the middle of a port that cannot take the wire, in scene pixels


class ConnectTool(Tool):
    """Lights up the ports that can take the wire, says why others cannot, and snaps to the nearest."""

    cursor = Qt.CursorShape.CrossCursor
    hint = "Let go on a port or a block to plug it in, on the empty canvas for a new block; Escape gives up."
    scrolls = True

    def __init__(self, view: Walking, start: Pointer, wire: LooseWire) -> None:
        super().__init__(view, start)
        self._wire = wire
        self._graph = view.scene().graph
        self._edge: Edge | None = None
        rest = self._graph.disconnect(wire.old) if wire.old is not None else self._graph
        if wire.source is not None:
            self._circular = rest.ancestors(wire.source) | {wire.source}
        elif wire.target is not None:
            self._circular = rest.descendants(wire.target.name) | {wire.target.name}
        self._misfits: dict[Edge, str | None] = {}
        if wire.old is not None:
            view.scene().wires[wire.old].hide()

    @classmethod
    def from_port(cls, view: Walking, start: Pointer, port: Port) -> ConnectTool:
        """A new wire from this port, or the wire that is plugged in at this input."""
        if port.index is None:
            return cls(view, start, LooseWire(source=port.name))
        inputs = view.scene().graph[port.name].inputs
        plugged = inputs[port.index] if port.index < len(inputs) else None
        if plugged is None:
            return cls(view, start, LooseWire(target=port))
        return cls(view, start, LooseWire(source=plugged, old=Edge(plugged, port.name, port.index)))

    @classmethod
    def from_wire(cls, view: Walking, start: Pointer, edge: Edge, at_target: bool) -> ConnectTool:
        """The end of a wire at its target, or at its source."""
        if at_target:
            return cls(view, start, LooseWire(source=edge.source, old=edge))
        return cls(view, start, LooseWire(target=Port(edge.target, edge.port), old=edge))

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        self._edge = self._edge_at(pointer.scene)
        self.view.viewport().update()

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        edge, wire = self._edge, self._wire
        self.cancel()
        view, document = self.view, self.view.document
        if document.is_read_only:
            view.edit("", None)
        elif edge is not None and (refusal := self._refusal(edge)):
            document.said.emit(refusal)
        elif edge is not None:
            self._plug(edge)
        elif wire.old is not None:
            view.edit(f"Unplug {wire.old.target}", document.view_graph.disconnect(wire.old))
        else:
            view.offer_blocks(pointer, wire)

    def _plug(self, edge: Edge) -> None:
        graph, old = self.view.document.view_graph, self._wire.old
        try:
            made = rewired(graph, old, edge) if old is not None else graph.connect(edge.source, edge.target, edge.port)
        except GraphError as error:
            self.view.document.said.emit(str(error))
            return
        self.view.edit(f"Connect {edge.source} to {edge.target}", made)

    def cancel(self) -> None:
        if self._wire.old is not None and (item := self.view.scene().wires.get(self._wire.old)):
            item.show()
        self.view.viewport().update()

    # what may be

    def _edge_at(self, place: QPointF) -> Edge | None:
        canvas, wire = self.view.scene(), self._wire
        port = canvas.hit_test.port_near(place, self.view.zoom, outputs=wire.source is None)
        if port is None:
            name = canvas.hit_test.at(place, self.view.zoom).node
            if name is None or name == (wire.source if wire.source is not None else wire.target and wire.target.name):
                return None
            port = Port(name, best_port(self._graph, name) if wire.source is not None else None)
        return wire.edge_to(port)

    def _refusal(self, edge: Edge) -> str | None:
        far = edge.target if self._wire.source is not None else edge.source
        is_doubtful = far in self._circular or not self._graph[edge.target].ports
        return self._graph.refusal(edge.source, edge.target, edge.port) if is_doubtful else None

    def _misfit(self, edge: Edge) -> str | None:
        if edge not in self._misfits:
            self._misfits[edge] = misfit(self.view.scene().analysis, edge.source, edge.target, edge.port)
        return self._misfits[edge]

    # what is seen of it

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        for place, edge in self._open_ports():
            able = self._refusal(edge) is None
            fits = able and self._misfit(edge) is None
            color = theme.color("accent" if fits else "warning" if able else "line")
            painter.setPen(pen(color, 2.0))
            painter.setBrush(theme.color("canvas"))
            painter.drawEllipse(place, PORT_RADIUS + 2.5, PORT_RADIUS + 2.5)
            if not fits and edge != self._edge:  # another form as well as another colour
                painter.drawLine(place - SLASH, place + SLASH)
            if edge == self._edge:
                painter.setBrush(color)
                painter.drawEllipse(place, PORT_RADIUS, PORT_RADIUS)
        refusal = self._refusal(self._edge) if self._edge is not None else None
        reason = refusal or (self._misfit(self._edge) if self._edge is not None else None)
        role = "error" if refusal else "warning" if reason else "accent"
        painter.setPen(pen(theme.color(role), 2.4, Qt.PenStyle.DashLine if reason else Qt.PenStyle.SolidLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(wire_path(*self._ends()))
        if reason:
            paint_note(painter, self.view, self.last, reason, theme.color(role))

    def _ends(self) -> tuple[QPointF, QPointF]:
        nodes, edge = self.view.scene().nodes, self._edge
        if edge is None or not nodes[edge.target].ports:
            return loose_ends(self.view.scene(), self._wire, self.last.scene)
        return nodes[edge.source].output_at(), nodes[edge.target].input_at(edge.port)

    def _open_ports(self) -> list[tuple[QPointF, Edge]]:
        seen = self.view.visible()
        ports: list[tuple[QPointF, Edge]] = []
        for name, item in self.view.scene().nodes.items():
            if not seen.intersects(item.body):
                continue
            if self._wire.source is None:
                places = [(item.output_at(), Port(name, None))]
            else:
                places = [(item.input_at(index), Port(name, index)) for index in range(item.ports)]
            ports += [(place, edge) for place, port in places if (edge := self._wire.edge_to(port)) is not None]
        return ports


def paint_note(painter: QPainter, view: Walking, pointer: Pointer, words: str, color: QColor) -> None:
    """A sentence beside the pointer, in pixels of the screen."""
    transform = painter.worldTransform()
    painter.resetTransform()
    painter.setFont(theme.font("small"))
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    corner = QPointF(pointer.view) + QPointF(16.0, 18.0)
    box = painter.boundingRect(QRectF(corner.x(), corner.y(), 300.0, 200.0), int(flags), words)
    port = QRectF(view.viewport().rect())
    box.translate(min(0.0, port.right() - box.right() - 16.0), min(0.0, port.bottom() - box.bottom() - 12.0))
    painter.setPen(pen(color, 1.0))
    painter.setBrush(theme.color("panel"))
    painter.drawRoundedRect(box.adjusted(-9.0, -6.0, 9.0, 6.0), 6.0, 6.0)
    painter.setPen(theme.color("text"))
    painter.drawText(box.adjusted(0, 0, 1, 1), int(flags), words)
    painter.setWorldTransform(transform)

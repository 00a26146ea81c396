"""Hit: what lies under a point, in a rectangle or across a stroke of the canvas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt

from cnnstudio.graph import Edge, Frame, Note
from cnnstudio.ui.canvas.scene.bend_marks import BendMarks
from cnnstudio.ui.canvas.scene.frame_item import Frames
from cnnstudio.ui.canvas.scene.geometry import PORT_REACH, WIRE_REACH
from cnnstudio.ui.canvas.scene.item_scene import NEAR, ItemScene
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.note_item import Notes
from cnnstudio.ui.canvas.scene.wire_item import WireItem

_TOUCHES = Qt.ItemSelectionMode.IntersectsItemBoundingRect


@dataclass(frozen=True)
class Port:
    """An input port of a node, or its output where ``index`` is None."""

    name: str
    index: int | None


@dataclass(frozen=True)
class Hit:
    """What lies under a point: a port, a node, a bend, a wire at a share of its length, a note, a title, or nothing."""

    node: str | None = None
    port: Port | None = None
    edge: Edge | None = None
    share: float = 0.0
    bend: int | None = None
    note: Note | None = None
    frame: Frame | None = None


class HitTest:
    """Of a scene of nodes and wires, and of what stands behind them: it says what lies where and knows no document."""

    def __init__(self, scene: ItemScene, frames: Frames, notes: Notes, bends: BendMarks) -> None:
        self._scene, self._frames, self._notes, self._bends = scene, frames, notes, bends

    def at(self, point: QPointF, zoom: float) -> Hit:
        """What a person means who presses here: ports are easier to hit than they look, and wires too."""
        reach = PORT_REACH / 2 / zoom
        found = self._scene.items(_around(point, reach), _TOUCHES)
        nodes = [item for item in found if isinstance(item, NodeItem)]
        if zoom >= NEAR and (port := _nearest_port(nodes, point, min(reach, 14.0))):
            return Hit(node=port.name, port=port)
        for item in nodes:
            if item.body.contains(point):
                return Hit(node=item.node.name)
        wires = [item for item in found if isinstance(item, WireItem)]
        if self._bends.wires and (bend := self._bends.at(point, reach, wires)) is not None:
            return Hit(edge=bend[0], bend=bend[1])
        near = [(*item.distance(point), item.edge) for item in wires]
        away, share, edge = min(near, key=lambda entry: entry[0], default=(1e9, 0.0, None))
        if away <= WIRE_REACH / zoom:
            return Hit(edge=edge, share=share)
        note = self._notes.at(point)
        return Hit(note=note, frame=self._frames.titled_at(point, zoom) if note is None else None)

    def port_near(self, point: QPointF, zoom: float, outputs: bool) -> Port | None:
        """The output (or input) port to which a wire dragged to this point snaps."""
        reach = PORT_REACH / zoom
        nodes = [item for item in self._scene.items(_around(point, reach), _TOUCHES) if isinstance(item, NodeItem)]
        return _nearest_port(nodes, point, reach, outputs)

    def wire_under(self, rect: QRectF, apart_from: str | None = None) -> Edge | None:
        """The wire that passes nearest to the middle of a node dragged over it, within the node's own body."""
        near = [
            (item.distance(rect.center())[0], item.edge)
            for item in self._scene.items(rect, _TOUCHES)
            if isinstance(item, WireItem) and apart_from not in (item.edge.source, item.edge.target)
        ]
        away, edge = min(near, key=lambda entry: entry[0], default=(1e9, None))
        return edge if away <= rect.height() * 0.45 else None

    def nodes_in(self, rect: QRectF) -> list[str]:
        """The nodes whose bodies this rectangle touches."""
        return [
            item.node.name
            for item in self._scene.items(rect, _TOUCHES)
            if isinstance(item, NodeItem) and rect.intersects(item.body)
        ]

    def wires_cut(self, a: QPointF, b: QPointF) -> list[Edge]:
        """The wires that a straight stroke of a knife crosses."""
        found = self._scene.items(QRectF(a, b).normalized().adjusted(-1, -1, 1, 1), _TOUCHES)
        return [item.edge for item in found if isinstance(item, WireItem) and item.is_cut(a, b)]


def _nearest_port(nodes: Iterable[NodeItem], point: QPointF, reach: float, outputs: bool | None = None) -> Port | None:
    """The port of these nodes that is nearest to the point, within ``reach``; an output or an input if that is said."""
    ports: list[tuple[QPointF, Port]] = []
    for item in nodes:
        name = item.node.name
        if outputs is not False:
            ports.append((item.output_at(), Port(name, None)))
        if outputs is not True:
            ports += [(item.input_at(index), Port(name, index)) for index in range(item.ports)]
    away = [((place - point).manhattanLength(), index) for index, (place, _) in enumerate(ports)]
    least, index = min(away, default=(1e9, 0))
    return ports[index][1] if least <= reach else None


def _around(point: QPointF, reach: float) -> QRectF:
    return QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)

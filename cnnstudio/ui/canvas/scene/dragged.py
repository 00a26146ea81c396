"""Dragged: the nodes that a drag carries and the wires that they drag along, apart from all that stands still."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QTransform

from cnnstudio.graph import Edge
from cnnstudio.layout.metrics import WIDTH
from cnnstudio.ui.canvas.scene.item_scene import MANY, ItemScene
from cnnstudio.ui.canvas.scene.node_face import MARGIN
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.wire_item import WireItem

FULL = 3.0  # times what is painted, up to which it is painted in one rectangle
ROUND = MARGIN + 4.0  # scene pixels round a body or a wire: its ring, its shadow, what is written on it


class Carried:
    """Kept by the scene. Few are hidden from Qt, and painted by ``Apart`` or, from afar, by ``Overview``."""

    def __init__(self, scene: ItemScene) -> None:
        self._scene = scene
        self.names: frozenset[str] = frozenset()
        self.edges: frozenset[Edge] = frozenset()
        self.nodes: list[NodeItem] = []  # those that are hidden from Qt ...
        self.wires: list[WireItem] = []  # ... with their wires
        self.reach = QRectF()  # where those are, with their rings and labels
        self._away: list[QRectF] = []  # what else was painted with them

    def take(self, names: frozenset[str], edges: frozenset[Edge]) -> None:
        """Carry these nodes and wires from now on, and no others."""
        scene, before = self._scene, self.names
        for node in self.nodes:
            node.show()
        for wire in self.wires:
            wire.set_apart(False)
        self.names, self.edges = names, edges
        few = len(names) <= MANY
        self.nodes = [scene.nodes[name] for name in scene.nodes if name in names] if few else []
        self.wires = [scene.wires[edge] for edge in scene.wires if edge in edges] if few else []
        for name in (before | names) & scene.nodes.keys():
            item = scene.nodes[name]
            item.raised = name in names
            item.setZValue(2.0 if item.raised else 1.0)
            item.update()
        for node in self.nodes:
            node.hide()
        for wire in self.wires:
            wire.set_apart(True)
        self.reach, self._away = self._around(), []

    def shift(self, beside: Iterable[QRectF]) -> None:
        """Paint again where it was and where it is now, and what is painted ``beside`` it.

        What is near is painted with it: every piece more costs. What is not few is painted with all the rest.
        """
        before, reach, away = self.reach, self._around(), []
        for rect in beside:
            both = reach.united(rect)
            if _area(both) < FULL * (_area(reach) + _area(rect)):
                reach = both
            else:
                away.append(rect)
        for rect in (before.united(reach), *self._away, *away):
            if not rect.isNull():
                self._scene.repaint(rect)
        self.reach, self._away = reach, away

    def _around(self) -> QRectF:
        if not self.nodes:
            return QRectF()
        borders = [(*node.at, node.at[0] + WIDTH, node.at[1] + node.height) for node in self.nodes]
        borders += [wire.bounds() for wire in self.wires]
        lefts, tops, rights, bottoms = zip(*borders, strict=True)
        left, top = min(lefts) - ROUND, min(tops) - ROUND
        return QRectF(left, top, max(rights) + ROUND - left, max(bottoms) + ROUND - top)

    def paint_wires(self, painter: QPainter, transform: QTransform) -> None:
        """Paint the wires under this transform of the scene."""
        painter.setWorldTransform(transform)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        zoom = transform.m11()
        for wire in self.wires:
            wire.draw_quickly(painter, zoom)


def _area(rect: QRectF) -> float:
    return rect.width() * rect.height()

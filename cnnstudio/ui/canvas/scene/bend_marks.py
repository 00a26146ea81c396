"""BendMarks: which wires of a scene bend, and which bend is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from math import dist

from PySide6.QtCore import QPointF, QRectF

from cnnstudio.graph import Edge
from cnnstudio.ui.canvas.scene.geometry import Ends
from cnnstudio.ui.canvas.scene.item_scene import ItemScene
from cnnstudio.ui.canvas.scene.wire_bends import CHOSEN
from cnnstudio.ui.canvas.scene.wire_item import WireItem

Bend = tuple[Edge, int]  # of this wire, the bend of this number from its source on


class BendMarks:
    """Kept by the scene. A bend is chosen only while its wire alone is selected, and let go when wires are selected."""

    def __init__(self, scene: ItemScene) -> None:
        self._scene = scene
        self.wires: set[Edge] = set()
        self.chosen: Bend | None = None

    def route(self, wire: WireItem, ends: Ends) -> None:
        """Let a wire run between these ends as the graph has it."""
        edge = wire.edge
        bends = self._scene.graph.bends(edge)
        wire.place(ends, bends)
        (self.wires.add if bends else self.wires.discard)(edge)

    def choose(self, bend: Bend) -> None:
        """Show this bend as the chosen one, once its wire alone is selected."""
        self.chosen = bend
        self._scene.wires[bend[0]].show_bend(bend[1])

    def let_go(self) -> None:
        """Choose none."""
        before, self.chosen = self.chosen, None
        if before is not None and before[0] in self._scene.wires:
            self._scene.wires[before[0]].show_bend(None)

    def at(self, point: QPointF, reach: float, wires: Iterable[WireItem]) -> Bend | None:
        """The bend of one of these wires that is nearest to a point, within reach."""
        near = [
            (dist(place, point.toTuple()), (wire.edge, index))
            for wire in wires
            for index, place in enumerate(wire.bends)
        ]
        away, bend = min(near, key=lambda entry: entry[0], default=(1e9, None))
        return bend if away <= reach else None

    def rects(self) -> list[QRectF]:
        """Small rectangles round all bends: they may lie far from all nodes."""
        places = (place for edge in self.wires for place in self._scene.wires[edge].bends)
        return [QRectF(x - CHOSEN, y - CHOSEN, 2 * CHOSEN, 2 * CHOSEN) for x, y in places]

"""Loose wire: a wire of which one end is plugged in and the other is in the hand, or waits for a block."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF

from cnnstudio.graph import Edge, Graph
from cnnstudio.ui.canvas.scene.hit import Port
from cnnstudio.ui.canvas.scene.item_scene import ItemScene


@dataclass(frozen=True)
class LooseWire:
    """A wire of which one end is plugged in: ``source`` gives, or ``target`` waits; ``old`` is what it was before."""

    source: str | None = None
    target: Port | None = None
    old: Edge | None = None

    def edge_to(self, port: Port) -> Edge | None:
        """The wire that it becomes when its free end is plugged in there; None at the wrong kind of port."""
        if self.source is not None:
            return Edge(self.source, port.name, port.index) if port.index is not None else None
        if self.target is None or self.target.index is None or port.index is not None:
            return None
        return Edge(port.name, self.target.name, self.target.index)


def loose_ends(canvas: ItemScene, wire: LooseWire, place: QPointF) -> tuple[QPointF, QPointF]:
    """Where a loose wire runs whose free end is at ``place``."""
    nodes = canvas.nodes
    if wire.source is not None:
        return nodes[wire.source].output_at(), place
    target = wire.target or Port("", 0)
    return place, nodes[target.name].input_at(target.index or 0)


def connected(graph: Graph, wire: LooseWire, name: str) -> Graph:
    """With a loose wire plugged into the node ``name``. Raises ``GraphError`` where that may not be."""
    if wire.source is not None:
        return graph.connect(wire.source, name, 0)
    target = wire.target or Port("", 0)
    return graph.connect(name, target.name, target.index or 0)

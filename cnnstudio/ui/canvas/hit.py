"""Hit: what lies under a point of the canvas, and the port that is nearest to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF

from cnnstudio.graph import Edge, Frame, Note
from cnnstudio.ui.canvas.node_item import NodeItem


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


def nearest_port(nodes: Iterable[NodeItem], point: QPointF, reach: float, outputs: bool | None = None) -> Port | None:
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

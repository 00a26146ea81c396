"""Guides: the lines in which a dragged node can stand with others, and what is painted where it does."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QLineF, QRectF

from cnnstudio.graph import Position
from cnnstudio.layout.metrics import WIDTH

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.scene.scene import CanvasScene

REACH = 6.0  # pixels of the screen within which a node falls into line with another

T = TypeVar("T", float, tuple[float, float])
Line = tuple[float, float, float]  # where the node's left or upper edge comes to lie, and a place there: level, along


class Guides:
    """Columns in which nodes begin, rows in which their middles lie, and rows in which a wire runs straight."""

    def __init__(self, scene: CanvasScene, name: str, carried: Collection[str], seen: QRectF) -> None:
        """Those of the node ``name`` with what is ``seen`` and not ``carried``, and with its wires wherever they go."""
        item = scene.nodes[name]
        self._height = item.height
        columns: list[Line] = []
        rows: list[Line] = []
        for port, source in enumerate(item.node.inputs):
            if source is not None and source not in carried:
                along, level = scene.nodes[source].gives_at()
                rows.append((level - item.inputs[port].y(), level, along))
        for edge in scene.graph.consumers[name]:
            if edge.target not in carried:
                along, level = scene.nodes[edge.target].takes_at(edge.port)
                rows.append((level - item.output.y(), level, along))
        for other_name, other in scene.nodes.items():
            if other_name not in carried and seen.intersects(other.body):
                x, middle = other.at[0], other.at[1] + other.height / 2
                columns.append((x, x, middle))
                rows.append((middle - item.height / 2, middle, x))
        self._columns, self._rows = _Lines(columns), _Lines(rows)
        self.lines: list[QLineF] = []

    def snap(self, x: float, y: float, zoom: float) -> Position:
        """The place in line for a node with its top left corner there; keeps the lines to paint in ``lines``."""
        column, row = self._columns.near(x, REACH / zoom), self._rows.near(y, REACH / zoom)
        x, y = x if column is None else column, y if row is None else row
        middle = x + WIDTH / 2, y + self._height / 2
        self.lines = []
        if column is not None:
            level, along = self._columns.neighbour(column, middle[1])
            self.lines.append(QLineF(level, along, level, middle[1]))
        if row is not None:
            level, along = self._rows.neighbour(row, middle[0])
            self.lines.append(QLineF(along, level, middle[0], level))
        return x, y

    def rects(self) -> list[QRectF]:
        """Where the lines to paint lie."""
        return [QRectF(line.p1(), line.p2()).normalized() for line in self.lines]


class _Lines:
    """Parallel lines in order, with what lies along each."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._along: dict[float, list[tuple[float, float]]] = {}
        for place, level, along in lines:
            self._along.setdefault(place, []).append((along, level))
        self._places = sorted(self._along)
        for each in self._along.values():
            each.sort()

    def near(self, place: float, reach: float) -> float | None:
        """The line nearest to a place, within reach."""
        near = min(_beside(self._places, place), key=lambda line: abs(line - place), default=None)
        return near if near is not None and abs(near - place) <= reach else None

    def neighbour(self, line: float, along: float) -> tuple[float, float]:
        """The level and the place along this line of what lies nearest on it."""
        place, level = min(_beside(self._along[line], (along, 0.0)), key=lambda each: abs(each[0] - along))
        return level, place


def _beside(ordered: list[T], place: T) -> list[T]:
    """The last before a place and the first behind it, where there are such."""
    after = bisect_left(ordered, place)
    return ordered[max(after - 1, 0) : after + 1]

"""ItemScene: the nodes and wires of a network as items. All else that lies on the canvas stands on it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from cnnstudio.graph import Edge, Graph
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.style import Style
from cnnstudio.ui.canvas.scene.wire_item import WireItem

NEAR = 0.35  # the zoom below which the overview paints in the place of the items
MANY = 12  # items that change at once from which on all is painted again: Qt adds up their rectangles too slowly


class ItemScene(QGraphicsScene):
    """One item a node and one item a wire, how they are painted, and which of them are marked."""

    marked = Signal()  # other wires or notes are selected
    touched = Signal(bool, QRectF)  # something there looks otherwise; with True, a body is elsewhere or another
    heated = Signal(list)  # these wires look otherwise, and nothing else does; they are where they were
    shifted = Signal()  # what a drag carries has been moved on

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.inks = Style()
        self.graph = Graph()
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Edge, WireItem] = {}
        self.selected_wires: frozenset[Edge] = frozenset()
        self.hot_wires: frozenset[Edge] = frozenset()
        self.focused: str | None = None
        self._problems: dict[str, tuple[str, str]] = {}
        self._selected: frozenset[str] = frozenset()

    @property
    def marked_nodes(self) -> Iterable[str]:
        """The nodes that look otherwise than their family: selected, focused or wrong."""
        return {*self._selected, *self._problems, *([self.focused] if self.focused else [])} & self.nodes.keys()

    @property
    def selected(self) -> frozenset[str]:
        """The nodes that are shown as selected."""
        return self._selected

    def repaint(self, rect: QRectF | None = None) -> None:
        """Paint this part again, or all. Qt's own ``update`` is deaf after one of all until Qt has painted items."""
        for view in self.views():
            if rect is None:
                view.viewport().update()
            else:
                view.viewport().update(view.viewportTransform().mapRect(rect).toAlignedRect().adjusted(-4, -4, 4, 4))

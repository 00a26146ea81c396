"""Kept times: how long each block took, as it was measured last, while the network is what it was then."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.graph import Graph

if TYPE_CHECKING:
    from cnnstudio.insight.node_times import NodeTimes

NOTHING: Mapping[str, int] = {}


class KeptTimes(QObject):
    """The last measurement. It costs an edit nothing until there is one, and a look at the blocks from then on.

    To move a block changes no time; any other change of the network does, and to take that back brings the times back.
    """

    changed = Signal()  # something was measured

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._measured: NodeTimes | None = None
        self._of: Hashable = None  # what the network computes that was measured
        self._asked: tuple[Graph | None, bool] = None, False  # the network that was asked for last, and the answer

    def keep(self, graph: Graph, measured: NodeTimes) -> None:
        """These are the times of this network."""
        self._measured, self._of, self._asked = measured, computes(graph), (graph, True)
        self.changed.emit()

    def of(self, graph: Graph) -> NodeTimes | None:
        """What was measured of this network; None where that was another one or none at all."""
        if self._measured is None:
            return None
        if graph is not self._asked[0]:
            self._asked = graph, computes(graph) == self._of
        return self._measured if self._asked[1] else None


def computes(graph: Graph) -> Hashable:
    """What a network computes, block by block, by their names."""
    graph = graph.acting
    return tuple((name, graph[name].block, graph[name].inputs) for name in graph.acting.order)

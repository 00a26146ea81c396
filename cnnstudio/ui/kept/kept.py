"""Kept: what was found of a network last, while the network is what it was then; and how long each block took."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from cnnstudio.graph import Graph, Node

T = TypeVar("T")
NOTHING: Mapping[str, int] = {}


class Kept(QObject, Generic[T]):
    """What was found last. It costs an edit nothing until there is something, and a look at the blocks from then on.

    To move a block changes nothing of it; any other change of the network does, and to take that back brings it back.
    """

    changed = Signal()  # something was found

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._found: T | None = None
        self._of = Graph()  # the network of which it was found
        self._asked: tuple[Graph | None, bool] = None, False  # the network that was asked for last, and the answer

    def keep(self, graph: Graph, found: T) -> None:
        """This is what was found of this network."""
        self._found, self._of, self._asked = found, graph, (graph, True)
        self.changed.emit()

    def forget(self) -> None:
        """Keep nothing any more."""
        if self._found is not None:
            self._found = None
            self.changed.emit()

    def of(self, graph: Graph) -> T | None:
        """What was found of this network; None where that was another one or none at all."""
        if self._found is None:
            return None
        if graph is not self._asked[0]:
            self._asked = graph, _alike(self._of, graph)
        return self._found if self._asked[1] else None


if TYPE_CHECKING:
    from cnnstudio.insight.node_times import NodeTimes

    _OfTimes = Kept[NodeTimes]
else:
    _OfTimes = Kept  # a name needs no torch


class KeptTimes(_OfTimes):
    """The last measurement."""

    def nanoseconds(self, graph: Graph) -> Mapping[str, int]:
        """How long each node of this network took; nothing where another network was measured, or none."""
        measured = self.of(graph)
        return measured.nanoseconds if measured is not None else NOTHING


def computes(graph: Graph) -> Hashable:
    """What a network computes, block by block, by their names."""
    graph = graph.acting
    return tuple((name, graph[name].block, graph[name].inputs) for name in graph.acting.order)


def changed_since(one: Graph, other: Graph) -> frozenset[str]:
    """The nodes of ``other`` that do not compute what those of their names in ``one`` did, or read what does not."""
    found = set[str]()
    before, after = one.nodes, other.nodes
    for name in other.order:
        node, new = before.get(name), after[name]
        is_other = node is not new and (node is None or not _does_alike(node, new))
        if is_other or (found and not found.isdisjoint(new.inputs)):
            found.add(name)
    return frozenset(found)


def _does_alike(one: Node, other: Node) -> bool:
    """Whether two nodes make the same of what they read, and read it from the same nodes."""
    is_alike = (one.inputs, one.bypassed) == (other.inputs, other.bypassed)
    return is_alike and (one.bypassed or one.block == other.block)


def _alike(one: Graph, other: Graph) -> bool:
    """Whether two networks compute the same; of two that differ by an edit it is seen at once that most of it does."""
    if one.nodes.keys() == other.nodes.keys():
        for name, node in one.nodes.items():
            new = other.nodes[name]
            if node is new or (node.block, node.inputs, node.bypassed) == (new.block, new.inputs, new.bypassed):
                continue
            if node.bypassed or new.bypassed:
                break
            return False
        else:
            return True
    return computes(one) == computes(other)

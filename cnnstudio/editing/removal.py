"""Removal: what is deleted, taken out of a graph and told in words. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnstudio.graph import Edge, Graph, Note
from cnnstudio.wording import counted, listed


def unplugged(graph: Graph, edges: Iterable[Edge]) -> Graph:
    """Without these wires; the last port of a node first, because the gap behind it closes."""
    for edge in sorted(edges, key=lambda edge: -edge.port):
        graph = graph.disconnect(edge)
    return graph


def removed(graph: Graph, names: Sequence[str], edges: Iterable[Edge], heal: bool = False) -> Graph:
    """Without these nodes and wires; with ``heal``, what a node read is read by its readers instead."""
    return unplugged(graph, _left(names, edges)).remove(*names, heal=heal)


def removal(names: Sequence[str], edges: Iterable[Edge], notes: Iterable[Note] = ()) -> str:
    """What deleting these is called: everything that goes is in it, but for the wires that go with their nodes."""
    wires, count = _left(names, edges), len(list(notes))
    told = [names[0] if len(names) == 1 else counted(len(names), "block")] if names else []
    if wires:
        told.append(f"the wire {wires[0].source} → {wires[0].target}" if len(wires) == 1 else f"{len(wires)} wires")
    if count:
        told.append("a note" if count == 1 else f"{count} notes")
    return f"Delete {listed(told)}"


def _left(names: Sequence[str], edges: Iterable[Edge]) -> list[Edge]:
    gone = set(names)
    return [edge for edge in dict.fromkeys(edges) if gone.isdisjoint((edge.source, edge.target))]

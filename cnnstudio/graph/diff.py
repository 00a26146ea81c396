"""Diff: what an edit changed, so that a canvas refreshes that and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from cnnstudio.graph.graph import Graph
from cnnstudio.graph.node import Edge, Node


@dataclass(frozen=True)
class Diff:
    """From an old graph to a new one, by the names of nodes; ``moved`` are those of ``changed`` that only moved.

    ``bent`` are the wires in both that bend elsewhere. ``reframed`` and ``noted`` say whether there are other frames
    and other notes.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    wires_added: tuple[Edge, ...] = ()
    wires_removed: tuple[Edge, ...] = ()
    bent: tuple[Edge, ...] = ()
    reframed: bool = False
    noted: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.reframed or self.noted)


def diff(old: Graph, new: Graph) -> Diff:
    """What ``new`` has, lacks and has otherwise than ``old``; linear, and quick where nodes are the same objects."""
    if old is new:
        return Diff()
    before, after = old.nodes, new.nodes
    added = tuple(name for name in after if name not in before)
    removed = tuple(name for name in before if name not in after)
    pairs = [
        (node, other)
        for name, node in before.items()
        if (other := after.get(name)) is not None and other is not node and other != node
    ]
    gone = {edge: None for name in removed for edge in before[name].edges}
    come = {edge: None for name in added for edge in after[name].edges}
    bent = [
        edge
        for node, other in pairs
        if node.bends != other.bends
        for edge in other.edges
        if edge in node.edges and node.bends_into(edge.port) != other.bends_into(edge.port)
    ]
    for node, other in pairs:
        if node.inputs != other.inputs:
            gone |= dict.fromkeys(node.edges)
            come |= dict.fromkeys(other.edges)
    return Diff(
        added,
        removed,
        tuple(node.name for node, _ in pairs),
        tuple(node.name for node, other in pairs if _only_moved(node, other)),
        tuple(edge for edge in come if edge not in gone),
        tuple(edge for edge in gone if edge not in come),
        tuple(bent),
        old.frames != new.frames,
        old.notes != new.notes,
    )


def renamed(old: Graph, new: Graph) -> dict[str, str]:
    """Old name -> new, of the nodes that stand where they stood, in the same order, under another name."""
    lost = [node for node in old if node.name not in new]
    come = [node for node in new if node.name not in old] if lost else []
    if len(lost) != len(come):
        return {}
    return {was.name: now.name for was, now in zip(lost, come, strict=True) if was.position == now.position}


def _only_moved(old: Node, new: Node) -> bool:
    return old.block == new.block and old.inputs == new.inputs and old.bypassed == new.bypassed

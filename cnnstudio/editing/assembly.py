"""Assembly: one graph put beside another, or into the place of one of its nodes."""

from __future__ import annotations

import dataclasses

from cnnstudio.graph.annotations import Note, mapped
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.names import fresh_name
from cnnstudio.graph.node import Node, Position, shifted


def merged(
    graph: Graph, other: Graph, keep_inputs: bool = False, offset: Position = (0.0, 0.0)
) -> tuple[Graph, list[str]]:
    """``graph`` with a copy of ``other`` beside it under free names; the new graph and those names.

    ``keep_inputs`` reads the copies' open ports from ``graph`` where its node of that name reads them.
    """
    taken = set(graph.nodes)
    names: dict[str, str] = {}
    for node in other:
        stem = node.name.rstrip("0123456789") or node.block.stem
        names[node.name] = node.name if node.name not in taken else fresh_name(stem, taken)
        taken.add(names[node.name])

    def source_of(node: Node, port: int, source: str | None) -> str | None:
        if source is not None:
            return names[source]
        twin = graph.nodes.get(node.name) if keep_inputs else None
        return twin.inputs[port] if twin is not None and port < len(twin.inputs) else None

    copies = [
        dataclasses.replace(
            _moved(node, offset),
            name=names[node.name],
            inputs=tuple(source_of(node, port, source) for port, source in enumerate(node.inputs)),
        )
        for node in other
    ]
    frames = mapped(other.frames, {old: (new,) for old, new in names.items()})
    made = Graph.of((*graph, *copies), (*graph.frames, *frames), (*graph.notes, *_moved_notes(other, offset)))
    return made, [copy.name for copy in copies]


def expanded(graph: Graph, name: str, inner: Graph, prefix: bool = True) -> Graph:
    """``graph`` with a node replaced by those of ``inner``, whose Input nodes stand for what it read, in order.

    The new nodes are called name_inner, without ``prefix`` as they are called inside where that is free, and laid
    out round the place of the old node. They join its frame; where it has none, they keep those inside. Those of a
    bypassed node are bypassed.
    """
    node = graph[name]
    result = inner.outputs[0].name
    names: dict[str, str | None] = dict(zip((i.name for i in inner.inputs), node.inputs, strict=False))
    parts = [part for part in inner if part.name not in names]
    taken = set(graph.nodes) - {name}
    for part in parts:
        wanted = f"{name}_{part.name}" if prefix else part.name
        names[part.name] = wanted if wanted not in taken else fresh_name(wanted, taken)
        taken.add(str(names[part.name]))
    left = min((part.position[0] for part in parts), default=0.0)
    top = min((part.position[1] for part in parts), default=0.0)
    offset = node.position[0] - left, node.position[1] - top
    entries = {each.name for each in inner.inputs}
    made = [
        dataclasses.replace(
            _moved(part.reading([None if source in entries else source for source in part.inputs]), offset),
            name=str(names[part.name]),
            inputs=tuple(names[source] if source is not None else None for source in part.inputs),
            bypassed=part.bypassed or node.bypassed,
        )
        for part in parts
    ]
    nodes: list[Node] = []
    for old in graph:
        if old.name == name:
            nodes += made
        else:
            inputs = [names[result] if source == name else source for source in old.inputs]
            nodes.append(old.reading(inputs) if name in old.inputs else old)
    parts_of = {each: (str(names[each]),) if part in parts else () for each, part in inner.nodes.items()}
    within = () if name in graph.framed else mapped(inner.frames, parts_of)
    frames = (*mapped(graph.frames, {name: [part.name for part in made]}), *within)
    return Graph.of(nodes, frames, (*graph.notes, *_moved_notes(inner, offset)))


def _moved(node: Node, offset: Position) -> Node:
    """The node with its bends, so much further."""
    (x, y), (dx, dy) = node.position, offset
    return dataclasses.replace(
        node, position=(x + dx, y + dy), bends=tuple(shifted(bends, offset) for bends in node.bends)
    )


def _moved_notes(graph: Graph, offset: Position) -> list[Note]:
    (dx, dy) = offset
    return [dataclasses.replace(note, position=(note.position[0] + dx, note.position[1] + dy)) for note in graph.notes]

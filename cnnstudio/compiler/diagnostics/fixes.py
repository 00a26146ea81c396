"""Fixes: the edits that a diagnostic offers. Each is a function from graph to graph, and so one step of undo.

A fix is made for the graph that was diagnosed, the one that acts, and is applied to the one on the canvas, which has
bypassed nodes as well. Where what it concerns is gone since, it gives the graph back as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cnnstudio.blocks import Group, Input
from cnnstudio.blocks.group import with_body
from cnnstudio.graph import Block, Edge, Graph, Node
from cnnstudio.layout.metrics import GAP, WIDTH
from cnnstudio.layout.splice import along, spliced

_STEP = WIDTH + GAP[0]  # from one node to the next along a row


@dataclass(frozen=True)
class Fix:
    """A way out: what it does, in words, and the function from graph to graph that does it."""

    title: str
    apply: Callable[[Graph], Graph]


def replace(title: str, name: str, block: Block) -> Fix:
    """Put ``block`` in the place of the block of this node."""
    return Fix(title, lambda graph: graph.replace(name, block) if name in graph else graph)


def insert(title: str, edge: Edge, *blocks: Block) -> Fix:
    """Put ``blocks`` one after the other on a wire; what stands behind it moves on to make room."""

    def apply(graph: Graph) -> Graph:
        wire = _wire(graph, edge)
        if wire is None:
            return graph
        for left, block in zip(range(len(blocks), 0, -1), blocks, strict=True):
            node = Node(graph.fresh(block.stem), block, position=along(graph, wire, 1 / (left + 1)))
            graph = spliced(graph, wire, node)
            wire = dataclasses.replace(wire, source=node.name)
        return graph

    return Fix(title, apply)


def insert_each(title: str, edges: Iterable[Edge], block: Block) -> Fix:
    """Put ``block`` on each of these wires."""
    ways = [insert(title, edge, block) for edge in edges]

    def apply(graph: Graph) -> Graph:
        for way in ways:
            graph = way.apply(graph)
        return graph

    return Fix(title, apply)


def append(title: str, name: str, *blocks: Block) -> Fix:
    """Put ``blocks`` one after the other behind a node that nothing reads."""

    def apply(graph: Graph) -> Graph:
        end = _end(graph, name)
        if end is None:
            return graph
        last, (left, top) = end, graph[end].position
        for number, block in enumerate(blocks, 1):
            node = Node(graph.fresh(block.stem), block, (last,), (left + number * _STEP, top))
            graph, last = graph.add(node), node.name
        return graph

    return Fix(title, apply)


def remove(title: str, name: str) -> Fix:
    """Take a node out and join its first input to what read it."""
    return Fix(title, lambda graph: graph.remove(name, heal=True))


def delete(title: str, names: Iterable[str]) -> Fix:
    """Delete these nodes with their wires."""
    gone = tuple(names)

    def apply(graph: Graph) -> Graph:
        idle = [node.name for node in graph if node.bypassed and graph.passed(node.name) in gone]
        return graph.remove(*gone, *idle)

    return Fix(title, apply)


def connect(title: str, edge: Edge) -> Fix:
    """Draw a wire."""

    def apply(graph: Graph) -> Graph:
        source = _end(graph, edge.source)
        if source is None or edge.target not in graph:
            return graph
        wire = dataclasses.replace(edge, source=source)
        return graph if graph.refusal(*dataclasses.astuple(wire)) else graph.connect(*dataclasses.astuple(wire))

    return Fix(title, apply)


def begin(title: str, edge: Edge | None, block: Input) -> Fix:
    """Add an Input, with a wire to the port of ``edge`` (its source is not looked at)."""

    def apply(graph: Graph) -> Graph:
        name = graph.fresh(block.stem)
        if edge is None or edge.target not in graph:
            return graph.add(Node(name, block))
        left, top = graph[edge.target].position
        graph = graph.add(Node(name, block, position=(left - _STEP, top)))
        return graph.connect(name, edge.target, edge.port)

    return Fix(title, apply)


def swap(title: str, first: str, second: str) -> Fix:
    """Let ``first``, which ``second`` alone reads, come behind ``second``; both change places."""

    def apply(graph: Graph) -> Graph:
        if first not in graph or second not in graph or graph[second].inputs != (first,):
            return graph
        mine, other = graph[first], graph[second]
        leaving = graph.consumers[second]
        graph = graph.remove(first, heal=True)
        graph = graph.add(dataclasses.replace(mine, inputs=(second,), position=other.position))
        for edge in leaving:
            graph = graph.connect(first, edge.target, edge.port)
        return graph.move({second: mine.position})

    return Fix(title, apply)


def inside(name: str, fix: Fix) -> Fix:
    """Apply ``fix`` to what is inside the group of this node."""

    def apply(graph: Graph) -> Graph:
        group = graph[name].block if name in graph else None
        if not isinstance(group, Group):
            return graph
        body = fix.apply(group.body)
        return graph if body is group.body else with_body(graph, (name,), body)

    return Fix(fix.title, apply)


def _wire(graph: Graph, edge: Edge) -> Edge | None:
    """The wire at the end of ``edge``, whose source may reach it through bypassed nodes; None where it is gone."""
    entering = graph[edge.target].edges if edge.target in graph else ()
    wire = next((each for each in entering if each.port == edge.port), None)
    return wire if wire is not None and graph.passed(wire.source) == edge.source else None


def _end(graph: Graph, name: str) -> str | None:
    """The node that nothing reads and that gives what ``name`` gives; None where something reads it."""
    return next((node.name for node in graph.outputs if graph.passed(node.name) == name), None)

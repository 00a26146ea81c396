"""Insertion: where a block that a person adds goes, and what becomes of a block that they take apart. Knows no Qt."""

from __future__ import annotations

import dataclasses

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Graph, GraphError, Node, Position, Shape
from cnnstudio.graph.layout import layout

SIZE = (184.0, 68.0)  # of a node on the canvas, in scene pixels
GAP = (84.0, 36.0)


def inserted(graph: Graph, block: Block, behind: tuple[str, ...] = ()) -> tuple[Graph, str]:
    """With a node of this block behind the nodes named, or, with none named, behind the one open end there is.

    It reads as many of them as it has inputs. Behind a node that one other reads, it goes in between where it has one
    input and the rest moves over. The new graph and the name of the node.
    """
    name = graph.fresh(block.stem)
    sources = [source for source in behind if source in graph] or _open_ends(graph)
    most = len(sources) if block.arity.most is None else block.arity.most
    read = tuple(sources[:most])
    node = Node(name, block, read, _place(graph, sources))
    edges = graph.consumers[read[0]] if len(read) == 1 and behind else ()
    if len(edges) != 1 or block.arity.least > 1:
        return graph.add(node), name
    edge = edges[0]
    follower = graph[edge.target]
    there = dataclasses.replace(node, position=follower.position)
    shift = SIZE[0] + GAP[0]
    after = {edge.target, *graph.descendants(edge.target)}
    moved = graph.move({each: (graph[each].position[0] + shift, graph[each].position[1]) for each in after})
    return moved.insert(edge, there), name


def ungrouped(analysis: Analysis, name: str) -> tuple[Graph, tuple[str, ...]]:
    """With a composite replaced by its parts, laid out, and what follows moved over; the graph and the new names.

    Raises ``GraphError`` for a block that is no composite or has no shape yet.
    """
    graph = analysis.graph
    block = graph[name].block
    if not isinstance(block, Composite) or name not in analysis.facts:
        raise GraphError(f"{name} ({block.title}) cannot be taken apart before its inputs fit.")
    inner = block.parts(*(shape for shape in analysis.shapes_into(name) if isinstance(shape, Shape))).graph
    inner = inner.move(layout(inner, size=SIZE, gap=GAP))
    parts = [part for part in inner if not part.is_input]
    width = max(part.position[0] for part in parts) - min(part.position[0] for part in parts)
    right = graph[name].position[0]
    after = [each for each in graph.descendants(name) if graph[each].position[0] > right]
    moved = graph.move({each: (graph[each].position[0] + width, graph[each].position[1]) for each in after})
    expanded = moved.expand(name, inner)
    return expanded, tuple(node.name for node in expanded if node.name not in graph)


def _open_ends(graph: Graph) -> list[str]:
    ends = graph.outputs
    return [ends[0].name] if len(ends) == 1 else []


def _place(graph: Graph, sources: list[str]) -> Position:
    """To the right of the sources, or of everything, where no node is in the way."""
    if not graph:
        return 0.0, 0.0
    near = [graph[source].position for source in sources] or [
        max((node.position for node in graph), key=lambda position: position[0])
    ]
    x = max(x for x, _ in near) + SIZE[0] + GAP[0]
    y = sum(y for _, y in near) / len(near)
    taken = sorted(node.position[1] for node in graph if abs(node.position[0] - x) < SIZE[0] + 8)
    for top in taken:
        if abs(top - y) < SIZE[1] + 8:
            y = top + SIZE[1] + GAP[1]
    return x, y

"""Replacement: another block in the place of one, with its wires and the parameters that both have. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable

from cnnstudio.graph import BLOCKS, Arity, Block, Graph, ParameterError, parameters


def replaced(graph: Graph, names: Iterable[str], other: type[Block]) -> Graph:
    """With blocks of another kind in the place of these."""
    for name in names:
        graph = graph.replace(name, replacement(graph[name].block, other))
    return graph


def alternatives(block: type[Block], arity: Arity) -> list[type[Block]]:
    """The other blocks that take as many inputs."""
    return [other for other in BLOCKS.values() if other.is_offered and other is not block and other.arity == arity]


def replacement(block: Block, other: type[Block]) -> Block:
    """A block of another kind that keeps the values of the parameters that both have, where it can take them."""
    kept = {}
    for parameter in parameters(other):
        if parameter.name in block.values:
            try:
                kept[parameter.name] = parameter.coerce(block.values[parameter.name])
            except ParameterError:
                continue
    return other(**kept)

"""Replacement: another block in the place of some, with their wires and the parameters that both have. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnstudio.blocks import Group
from cnnstudio.editing.description import told_names
from cnnstudio.graph import BLOCKS, Block, Graph, ParameterError, parameters
from cnnstudio.graph.names import fresh_name

Other = type[Block] | Group  # what replaces: a kind of block, or a group of a person's own


def alternatives(blocks: Sequence[Block], own: Iterable[Group] = ()) -> list[Other]:
    """What takes as many inputs as each of these blocks, but for what all of them are already.

    Nothing where they differ in how many they take. ``own`` are the groups of a person's library.
    """
    if len({block.arity for block in blocks}) != 1:
        return []
    arity = blocks[0].arity
    kinds = [kind for kind in BLOCKS.values() if kind.is_offered and kind.arity == arity]
    return [
        *(kind for kind in kinds if any(type(block) is not kind for block in blocks)),
        *(group for group in own if group.arity == arity and any(block != group for block in blocks)),
    ]


def title_of(other: Other) -> str:
    """What a person calls it."""
    return other.label if isinstance(other, Group) else other.title


def replaced(graph: Graph, names: Sequence[str], other: Other) -> tuple[str, Graph]:
    """What is done, in words, and ``graph`` with that in the place of these nodes.

    A node that nobody has named, such as tanh1, is called as a new one would be; a name that a person gave stays.
    """
    taken, called = {*graph.nodes}, dict[str, str]()
    for name in filter(set(names).__contains__, graph.order):
        old = graph[name].block
        new = other if isinstance(other, Group) else replacement(old, other)
        graph = graph.replace(name, new)
        if new.stem != old.stem and name.removeprefix(old.stem).isdecimal():
            called[name] = fresh_name(new.stem, taken)
            taken.add(called[name])
    return f"Replace {told_names(names)} by {title_of(other)}", graph.rename_all(called)


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

"""Structure hash: a short text that equal structures share, whatever their blocks are called and wherever they stand.

By it the runs of one network are found again. It is written into files, so that a change of it loses them.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from cnnstudio.blocks.group import Group
from cnnstudio.graph import Declaration, Graph

DIGITS = 16  # of 4 bits: with a million structures two are alike by chance once in 37 million times
NAMES = frozenset({"label", "exposed"})  # of a group: what things are called, not what is computed


@lru_cache(maxsize=256)
def structure_hash(graph: Graph) -> str:
    """The hash of what this network computes with: its blocks, their parameters and who reads whom.

    Names, places, notes, frames and bypassed nodes have no part in it; whether two read one block or a block each has.
    A parameter at its default is passed over, so that a block which gains one keeps its hash.
    """
    acting = graph.acting
    entries = {node.name: number for number, node in enumerate(acting.inputs)}
    above: dict[str | None, str] = {None: ""}  # what each is, by all that it reads
    for name in acting.order:
        node = acting[name]
        values = {key: value for key, value in node.block.changed_values.items() if not _is_name(node.block, key)}
        read = [above[source] for source in node.inputs]
        above[name] = _digest(type(node.block).__name__, _plain(values), read, entries.get(name))
    below: dict[str, str] = {}  # and by all that read it
    for name in reversed(acting.order):
        readers = sorted((edge.port, below[edge.target]) for edge in acting.consumers[name])
        below[name] = _digest(above[name], readers)
    return _digest(sorted(below.values()))


def _is_name(block: Declaration, key: str) -> bool:
    return isinstance(block, Group) and key in NAMES


def _plain(value: Any) -> Any:
    """The value of a parameter as what ``repr`` writes alike in every program."""
    if isinstance(value, Graph):
        return structure_hash(value)
    if isinstance(value, Declaration):
        return type(value).__name__, _plain(value.changed_values)
    if isinstance(value, dict):
        return sorted((key, _plain(entry)) for key, entry in value.items())
    if isinstance(value, tuple):  # Shape, too, is one
        return [_plain(entry) for entry in value]
    return value


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=DIGITS // 2).hexdigest()

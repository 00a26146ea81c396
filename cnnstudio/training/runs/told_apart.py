"""Told apart: what tells queued runs of one name from one another, in few words. Knows no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from cnnstudio.training.runs.queue import Entry
from cnnstudio.training.runs.run_differences import in_letters


class _Parts(msgspec.Struct):
    """What of a project file is looked at: the recipe, and the nodes as they stand there."""

    recipe: dict[str, Any] = {}
    nodes: msgspec.Raw = msgspec.Raw(b"")


def told_apart(entries: Iterable[Entry]) -> dict[str, str]:
    """The id of each entry: the fields of its recipe that are not alike in all entries of its name, with its values.

    Networks that differ are numbered in their order. Empty where one is alone, or a file cannot be read.
    """
    named: dict[tuple[str, str], list[tuple[str, _Parts]]] = {}
    for entry in entries:
        with suppress(msgspec.MsgspecError, UnicodeError, RecursionError):
            parts = msgspec.json.decode(entry.project, type=_Parts)
            named.setdefault((entry.sweep, entry.title), []).append((entry.id, parts))
    told: dict[str, str] = {}
    for group in named.values():
        told |= _group(group)
    return told


def _group(group: Sequence[tuple[str, _Parts]]) -> dict[str, str]:
    recipes = [parts.recipe for _, parts in group]
    names = dict.fromkeys(name for recipe in recipes for name in recipe)
    differing = [name for name in names if any(recipe.get(name) != recipes[0].get(name) for recipe in recipes)]
    networks = list(dict.fromkeys(bytes(parts.nodes) for _, parts in group))
    told = {}
    for id_, parts in group:
        said = [f"{name} {in_letters(parts.recipe[name])}" for name in differing if name in parts.recipe]
        if len(networks) > 1:
            said.insert(0, f"network {networks.index(bytes(parts.nodes)) + 1}")
        told[id_] = ", ".join(said)[:400]
    return told

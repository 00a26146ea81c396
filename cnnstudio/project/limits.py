"""Limits: how much a project may hold. Declared here alone, for what reads, what writes and the window."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from cnnstudio.blocks.group import Group
from cnnstudio.graph import Composite, Declaration, Graph
from cnnstudio.project.corrections import Correction
from cnnstudio.project.project import DEEPEST, ProjectError

LARGEST = 8 * 2**20  # bytes of a file
MOST_INPUTS = 1_000  # of one node
MOST: Mapping[str, int] = {"nodes": 10_000, "wires": 20_000, "bends": 20_000, "frames": 500, "notes": 1_000}
"""What there is in a network, with all that is in its groups -> the most of it."""

MOST_LISTS = 1_200_000  # and objects of a file's JSON: several times what all of ``MOST`` takes
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)

QUICK = 12_000  # parts of a network that the window looks at without a thread
NEAR = 0.8  # the share of a limit from which on somebody who draws is to be asked after it
_NODE, _NOTE = 500, 400  # bytes that one seldom takes more of, beside its texts
_CORRECTION = 80  # as well
_PARTS = 200  # of a block that is made of blocks
_LETTERS = 80  # bytes of a block's texts that take as long to look at as a part


def require_size(size: int) -> None:
    """Raise ``ProjectError`` for a file of too many bytes."""
    if size > LARGEST:
        raise ProjectError(f"It takes {size / 2**20:.1f} MB; {LARGEST // 2**20} MB are allowed.")


def require_few_parts(data: bytes) -> None:
    """Raise ``ProjectError`` for a text of so many lists and objects that to take it apart alone would fill memory."""
    if data.count(b"{") + data.count(b"[") <= MOST_LISTS:
        return
    bare = _TEXT.sub(b"", data)  # what is written between quotes opens nothing
    if (found := bare.count(b"{") + bare.count(b"[")) > MOST_LISTS:
        raise ProjectError(f"It has {found:,} lists and groups of values; {MOST_LISTS:,} are allowed.")


def require_room(found: Mapping[str, Any]) -> None:
    """Raise ``ProjectError``, in a sentence that states the limit, where too much stands in a decoded file."""
    amounts = _amounts_in(found)
    for noun, most in MOST.items():
        if amounts[noun] > most:
            raise ProjectError(f"It has {amounts[noun]:,} {noun}; {most:,} are allowed.")


def _amounts_in(found: Mapping[str, Any]) -> dict[str, int]:
    """How much stands in a file as it was decoded, whatever else may be wrong with it."""
    amounts = dict.fromkeys(MOST, 0)
    for body in _bodies(found):
        for noun in ("nodes", "frames", "notes"):
            amounts[noun] += _count(body.get(noun))
        for node in _listed(body.get("nodes")):
            if isinstance(node, dict):
                amounts["wires"] += sum(source is not None for source in _listed(node.get("inputs")))
                amounts["bends"] += sum(map(_count, _listed(node.get("bends"))))
    return amounts


def _bodies(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The network and what is inside its groups, at any depth."""
    waiting = [found]
    while waiting:
        body = waiting.pop()
        yield body
        for node in _listed(body.get("nodes")):
            parameters = node.get("parameters") if isinstance(node, dict) else None
            if isinstance(parameters, dict):
                waiting += [value for value in parameters.values() if isinstance(value, dict)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(value: Any) -> int:
    return len(_listed(value))


def nearness(size: int, graph: Graph) -> str:
    """Which limit a network is near whose file takes so many bytes: "9,120 of 10,000 nodes"; mostly none, ""."""
    if size > NEAR * LARGEST:
        return f"{size / 2**20:.1f} of {LARGEST // 2**20} MB"
    counts = _estimate(graph)[2]
    near = (noun for noun, most in MOST.items() if counts[noun] > NEAR * most)
    return next((f"{counts[noun]:,} of {MOST[noun]:,} {noun}" for noun in near), "")


def parts(graph: Graph) -> int:
    """About how many blocks, wires and bends have to be looked at, those inside of blocks too, until all is known.

    A line of PyTorch is to be read, too: so many of its letters count as a block.
    """
    counts = _estimate(graph)[2]
    return counts["parts"] + counts["wires"]


def is_near(graph: Graph, corrections: Sequence[Correction] = ()) -> bool:
    """Whether a network, with these corrections of images, may be near a limit: quick, and rather yes than no."""
    size, depth, counts = _estimate(graph)
    size += sum(_CORRECTION + 2 * len(each.picture) + 2 * len(each.label) for each in corrections)
    return size > NEAR * LARGEST or depth > DEEPEST or any(counts[noun] > NEAR * most for noun, most in MOST.items())


def _estimate(graph: Graph) -> tuple[int, int, Counter[str]]:
    """About how many bytes a network takes, how deep groups stand in groups, and what there is in it."""
    known: tuple[int, int, Counter[str]] | None = graph.__dict__.get("_estimate")
    if known is not None:  # as of every group but those that are edited
        return known
    counts = Counter({"nodes": len(graph), "frames": len(graph.frames), "notes": len(graph.notes)})
    size, depth = sum(_NOTE + 4 * len(note.text) for note in graph.notes), 0
    for node in graph:
        bends = sum(map(len, node.bends))
        counts["wires"] += len(node.inputs) - node.inputs.count(None)
        counts["bends"] += bends
        counts["parts"] += bends
        letters = sum(map(_letters, vars(node.block).values()))
        size += _NODE + 64 * len(node.inputs) + 40 * bends + letters
        if isinstance(node.block, Group):
            inside, levels, more = _estimate(node.block.body)
            size, depth = size + inside, max(depth, levels + 1)
            counts.update({**more, "parts": node.block.repeat * more["parts"]})
        else:
            counts["parts"] += _PARTS if isinstance(node.block, Composite) else 1 + letters // _LETTERS
    graph.__dict__["_estimate"] = found = size, depth, counts
    return found


def _letters(value: Any) -> int:
    """About how many bytes the text of a parameter takes, where that may be many."""
    if isinstance(value, str):
        return 2 * len(value)
    if isinstance(value, tuple):
        return 20 * len(value) + sum(map(_letters, chain.from_iterable(map(_texts, value))))
    return 0


def _texts(entry: Any) -> list[str]:
    found = (entry,) if isinstance(entry, str) else vars(entry).values() if isinstance(entry, Declaration) else ()
    return [each for each in found if isinstance(each, str)]

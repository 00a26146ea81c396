"""Refusals: where in a .cnn file something is wrong, and what, in words."""

from __future__ import annotations

import re
from typing import Any

from cnnstudio.graph.names import quoted
from cnnstudio.wording import printable

_KINDS = {"nodes": "node", "frames": "frame", "notes": "note", "bookmarks": "bookmark", "corrections": "correction"}


def malformed(data: bytes, complaint: str) -> str:
    """What is wrong with a text that is no JSON."""
    if not data.strip():
        return "It is empty."
    if "truncated" in complaint:
        return f"It breaks off at line {data.count(10) + 1}: its end is missing."
    place = re.search(r"\(byte (\d+)\)", complaint)
    before = data[: int(place.group(1))] if place else b""
    line, column = before.count(10) + 1, len(before) - before.rfind(10)
    return f"It is no valid JSON: something is wrong at line {line}, column {column}."


def refusal(complaint: str, found: dict[str, Any], outer: str = "") -> str:
    """A complaint of msgspec in words: which node, which part of it, what stands there."""
    message, _, path = complaint.partition(" - at `$")
    index = re.match(r"\.(nodes|frames|notes|bookmarks|corrections)\[(\d+)\]", path)
    where = outer or "In the file"
    if index:
        entry, number = found[index.group(1)][int(index.group(2))], int(index.group(2)) + 1
        name = entry.get("name") if isinstance(entry, dict) and index.group(1) == "nodes" else None
        where = place(_KINDS[index.group(1)], number, outer, name)
        path = path[index.end() :]
    if part := re.match(r"\.(\w+)", path):
        where = f"{where}, {part.group(1)}"
    if wrong := re.fullmatch(r"Expected `(.+?)`(?: of length (\d+))?, got (.+)", message):
        wanted, length, got = wrong.groups()
        if length:
            return f"{where}: {length} entries are needed, not {got}."
        return f"{where}: {_in_words(wanted)} is needed, not {_in_words(got.strip('`'))}."
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", message):
        return f"{where}: {missing.group(1)} is missing."
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return f"{where}: {quoted(unknown.group(1))} is nothing that belongs there."
    return f"{where}: the value is not what belongs there."


_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a group in braces",
    "null": "null",
}


def _in_words(types: str) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in types.split(" | "))


def place(kind: str, number: int, outer: str = "", name: object = None) -> str:
    """Where an entry stands: ``At node 2 (conv1)``; ``outer`` is the place of the group that it stands in."""
    shown = f" ({short(name, 60)})" if isinstance(name, str) and name.isidentifier() else ""
    return f"{f'{outer},' if outer else 'At'} {kind} {number}{shown}"


def short(text: str, most: int = 400) -> str:
    """The text, or its beginning, as it may be shown."""
    return printable(text if len(text) <= most else f"{text[: most - 1]}…")

"""How long lines of Python are broken, as ruff and black break them."""

from __future__ import annotations

import re
from itertools import pairwise

LINE_LENGTH = 120

_CLOSING = {"(": ")", "[": "]", "{": "}"}


def wrapped(text: str, indent: int, comment: str = "") -> list[str]:
    """One statement as lines of at most ``LINE_LENGTH`` letters where it has a bracket at which it can be broken."""
    pad = " " * indent
    whole = f"{pad}{text}{comment}"
    if len(whole) <= LINE_LENGTH:
        return [whole]
    opening = _first_bracket(text)
    if opening is None:
        return [whole]
    closing = _matching(text, opening)
    head, body, tail = text[: opening + 1], text[opening + 1 : closing], text[closing:]
    inner = [f"{pad}    {body}"]
    parts = _parts(body)
    is_one = len(parts) <= 1
    if len(inner[0]) > LINE_LENGTH or is_one:
        loop = re.fullmatch(r"(.*) (for \w+ in range\([^()]*\))", body)
        if len(inner[0]) > LINE_LENGTH and len(parts) == 1 and loop is not None:
            inner = [*wrapped(loop[1], indent + 4), f"{pad}    {loop[2]}"]
        else:
            inner = [line for part in parts for line in wrapped(part if is_one else f"{part},", indent + 4)]
    return [f"{pad}{head}", *inner, f"{pad}{tail}{comment}"]


def _first_bracket(text: str) -> int | None:
    """Where the first bracket opens that holds something, outside of quotes."""
    quote = ""
    for index, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and text[index - 1] != "\\" else quote
        elif letter in "\"'":
            quote = letter
        elif letter in _CLOSING and text[index + 1 : index + 2] != _CLOSING[letter]:
            return index
    return None


def _matching(text: str, opening: int) -> int:
    for index, depth in _depths(text, opening):
        if depth == 0 and index > opening:
            return index
    raise ValueError(f"a bracket is not closed in {text}")


def _parts(body: str) -> list[str]:
    """What stands between the outermost commas."""
    cuts = [index for index, depth in _depths(body, 0) if depth == 0 and body[index] == ","]
    edges = [-1, *cuts, len(body)]
    parts = [body[start + 1 : end].strip() for start, end in pairwise(edges)]
    return [part for part in parts if part]


def _depths(text: str, start: int) -> list[tuple[int, int]]:
    """(index, how many brackets are open after this letter) for every letter outside of quotes."""
    depth, quote, found = 0, "", []
    for index in range(start, len(text)):
        letter = text[index]
        if quote:
            quote = "" if letter == quote and text[index - 1] != "\\" else quote
            continue
        if letter in "\"'":
            quote = letter
        elif letter in _CLOSING:
            depth += 1
        elif letter in ")]}":
            depth -= 1
        found.append((index, depth))
    return found

"""Header: the TOML in front of a Markdown text, between two lines of +++, and how it is written again.

TOML because a person writes it by hand, with remarks; https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

FENCE = "+++"
LONGEST = 500_000  # letters of header and text together
DEEPEST = 8  # tables in tables


class HeaderError(ValueError):
    """A text without a header that can be read; the message is a sentence."""


def parted(text: str) -> tuple[dict[str, Any], str]:
    """What the header says, and the Markdown behind it. Raises ``HeaderError``."""
    if len(text) > LONGEST:
        raise HeaderError(f"Its text has {len(text):,} letters; {LONGEST:,} are allowed.")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), 0)
    if lines[0].rstrip() != FENCE or not end:
        raise HeaderError(f"It does not begin with a header between two lines of {FENCE}.")
    try:
        found = tomllib.loads("\n".join(lines[1:end]) + "\n")
    except RecursionError as error:
        raise HeaderError("Its header is nested too deeply.") from error
    except ValueError as error:  # of a number of 5,000 digits Python says no more than that
        raise HeaderError(f"Its header is no TOML: {_placed(str(error))}") from error
    return found, "\n".join(lines[end + 1 :]).strip("\n") + "\n"


def joined(header: Mapping[str, Any], text: str) -> str:
    """A header and the Markdown behind it, as one text that ``parted`` takes apart again."""
    return f"{FENCE}\n{''.join(_table(header, ()))}{FENCE}\n\n{text}"


def _placed(complaint: str) -> str:
    """Where tomllib stumbled, counted from the first line of the file."""
    moved = re.sub(r"at line (\d+)", lambda found: f"at line {int(found[1]) + 1}", complaint)
    return f"{moved[:200].rstrip('.')}."


def _table(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    inner = {key: value for key, value in values.items() if _is_table(value) or _are_tables(value)}
    for key, value in values.items():
        if key not in inner:
            yield f"{_key(key)} = {_value(value)}\n"
    for key, value in inner.items():
        name = ".".join(map(_key, (*path, key)))
        for each in [value] if _is_table(value) else value:
            yield f"\n[{name}]\n" if _is_table(value) else f"\n[[{name}]]\n"
            yield from _table(each, (*path, key))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_table, value))


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)

"""Table: rows as lines for a terminal, a stranger's text without what moves its cursor, values as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec


def json_text(value: Any) -> str:
    """A value as JSON for other programs; a number that is none becomes null."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def table(rows: Sequence[tuple[str, ...]], right: Sequence[int] = ()) -> Iterator[str]:
    """Rows as lines, the first ruled off; the columns of numbers stand to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for place, row in enumerate(rows):
        cells = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
        if place == 0:
            yield "─" * (sum(widths) + 2 * (len(widths) - 1))


def plain(text: str) -> str:
    """A text of a file for a terminal: on one line, and without what moves its cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()

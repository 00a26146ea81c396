"""Markdown: texts of anybody's as they may stand in it, and tables. Knows no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnstudio.wording import on_a_line

_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")


def escaped(text: str, most: int = 200) -> str:
    """Somebody's text within a paragraph or a cell: on one line, and nothing in it means anything to Markdown."""
    return _MEANS_SOMETHING.sub(r"\\\1", on_a_line(text, most))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """A table of escaped cells; the columns in ``right`` are numbers."""
    rule = ["---:" if column in right else "---" for column in range(len(head))]
    lines = [[escaped(cell) for cell in head], rule, *([escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

"""Glossary: the words of the field, each in a sentence or two, and where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cnnstudio.lessons.page_file import entries, plain


@dataclass(frozen=True)
class Word:
    """A word, its other forms, and what it means."""

    word: str
    forms: tuple[str, ...]
    meaning: str


@cache
def words() -> tuple[Word, ...]:
    """All words, by the alphabet."""
    found = []
    for heading, fields in entries("glossary.md").items():
        word, _, others = heading.partition("|")
        forms = tuple(each.strip() for each in others.split(",") if each.strip())
        found.append(Word(word.strip(), forms, fields[""]))
    return tuple(sorted(found, key=lambda each: each.word.casefold()))


@cache
def _forms() -> dict[str, Word]:
    return {form.casefold(): each for each in words() for form in (each.word, *each.forms)}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_forms(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)


def explained(text: str) -> Iterator[tuple[int, int, Word]]:
    """Where words of the glossary stand in a text: from, up to, and which; of each only the first time."""
    seen: set[str] = set()
    for found in _pattern().finditer(text):
        word = _forms()[found[1].casefold()]
        if word.word not in seen:
            seen.add(word.word)
            yield found.start(), found.end(), word


def page() -> str:
    """The glossary as a page, in Markdown."""
    lines = [
        "# Glossary",
        "Words that are underlined with dots on a page or in a lesson are explained under the pointer.",
    ]
    lines += [f"**{plain(each.word)}** – {plain(each.meaning)}" for each in words()]
    return "\n\n".join(lines)

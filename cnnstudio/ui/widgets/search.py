"""Search: how well typed letters fit a name, for every list that is searched. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WELL = 6.0  # what a word scores that was meant
TIGHT = 0.75  # the share of the letters from the first to the last that are typed, for one of the other words


@dataclass(frozen=True)
class Entry:
    """Something that can be found: what it is called, what else it answers to, and what it stands for.

    One that is ``aside`` does not suit the moment and is found only by the beginning of its title. ``way`` is where it
    lies, to be read before its title; it is no part of that.
    """

    title: str
    detail: str
    family: str
    value: object
    words: str = ""
    aside: bool = False
    way: str = ""


def score(query: str, entry: Entry) -> float | None:
    """How well ``entry`` answers the query, more is better; None where a word of the query fits nowhere in it."""
    total = 0.0
    if entry.aside and not (query.strip() and entry.title.casefold().startswith(query.casefold().strip())):
        return None
    for word in query.casefold().split():
        best = max(_in_title(word, entry.title.casefold()), _in_words(word, entry.words.casefold().split()))
        if best <= 0:
            return None
        total += best
    return total


def found(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that answer the query, the best first; for an empty one all that suit the moment, as they stand."""
    return [entry for _, entry in _ranked(query, entries)]


def well_found(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """What ``found`` gives, without that which only has the letters somewhere, unless there is nothing else."""
    ranked, enough = _ranked(query, entries), WELL * len(query.split())
    return [entry for points, entry in ranked if points >= enough] or [entry for _, entry in ranked]


def _ranked(query: str, entries: Sequence[Entry]) -> list[tuple[float, Entry]]:
    """The entries that answer the query with their scores, the best first."""
    scored = ((score(query, entry), entry) for entry in entries)
    return sorted(((points, entry) for points, entry in scored if points is not None), key=lambda each: -each[0])


def _in_title(word: str, title: str) -> float:
    if title.startswith(word):
        return 10.0 + 2.0 * len(word) / len(title)
    if word in title:
        return 7.0 + len(word) / len(title)
    return 3.0 + 2.0 * tightness if (tightness := _subsequence(word, title)) > 0 else 0.0


def _in_words(word: str, words: Iterable[str]) -> float:
    best = 0.0
    for other in words:
        if other.startswith(word):
            best = max(best, 6.0 + len(word) / len(other))
        elif len(word) > 2 and word in other:
            best = max(best, 3.0)
        elif not best and len(word) > 2 and (tightness := _subsequence(word, other)) >= TIGHT:
            best = tightness
    return best


def _subsequence(word: str, text: str) -> float:
    """1 for letters in a row, less the wider they are strewn, 0 where they do not all occur in order."""
    at = first = -1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return 0.0
        first = at if first < 0 else first
    return len(word) / (at - first + 1)

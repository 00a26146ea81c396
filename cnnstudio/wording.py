"""Wording: counts, bytes and times as people read them, and lists as they say them. Knows no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def short(count: float) -> str:
    """Three digits and a word for the size: ``938``, ``1.77 M``, ``11.2 G``."""
    for limit, word in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        # 999,600 is written 1.00 M, not 1000 k
        if count >= limit * 0.9995:
            return f"{_three(count / limit)}{word}"
    return f"{count:,.0f}"


def readable(count: int) -> str:
    """All digits of a count below a million, three of a larger one."""
    return f"{count:,}" if count < 1_000_000 else short(count)


def memory(count: int) -> str:
    """Bytes in the unit of 1,024 that fits: ``512 B``, ``98.0 KiB``, ``1.50 MiB``."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 999.5:
            return f"{count} B" if unit == "B" else f"{_three(size)} {unit}"
        size /= 1_024
    return f"{_three(size)} TiB"


def brief(nanoseconds: float) -> str:
    """A short time in the unit of 1,000 that fits: ``250 ns``, ``12.3 µs``, ``1.77 ms``, ``2.05 s``."""
    for unit in ("ns", "µs", "ms"):
        if nanoseconds < 999.5:
            return f"{nanoseconds:.0f} ns" if unit == "ns" else f"{_three(nanoseconds)} {unit}"
        nanoseconds /= 1_000
    return f"{_three(nanoseconds)} s"


def counted(count: int, noun: str) -> str:
    """``1 error``, ``2,000 errors``."""
    return f"{count:,} {plural(count, noun)}"


def plural(count: int, noun: str) -> str:
    """The noun as it follows this number: ``class`` after 1, ``classes`` after 2."""
    return noun if count == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"


def duration(seconds: float) -> str:
    """Seconds as people say them: 42 s, 3 min 5 s, 2 h 10 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``; of one word, that word."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def abridged(words: Iterable[str], most: int, between: str = ", ") -> str:
    """The first ``most`` of the words and how many are left: ``a, b, c and 7 more``."""
    every = list(words)
    rest = f" and {len(every) - most:,} more" if len(every) > most else ""
    return between.join(every[:most]) + rest


def unbroken(sentence: str) -> str:
    """The sentence with shapes that no line break tears apart."""
    return re.sub(r"(?<=\d) × (?=\d)", "\u00a0×\u00a0", sentence)


def printable(sentence: str) -> str:
    r"""A sentence with somebody else's text in it, as it may be shown: what cannot be seen is spelled out, ``\u0000``.

    That is every control character but ends of lines and tabs, every mark that turns the direction in which letters
    run (with one, "exe.nnc" looks like "cnn.exe"), what takes no room, and halves of letters. The spelling is JSON's.
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", sentence)


def on_a_line(text: str, most: int = 200) -> str:
    """Somebody else's name or text within a sentence: on one line, of ``most`` letters at most, and ``printable``."""
    whole = text if len(text) <= most else f"{text[: most - 1]}…"
    return printable(whole.replace("\n", "\\n").replace("\t", "\\t"))


def closer(text: str) -> str:
    """Shapes without the spaces in them, for a narrow column: ``480×28×28``."""
    return text.replace(" × ", "×")


def _three(number: float) -> str:
    return f"{number:.0f}" if number >= 99.95 else f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"


_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)

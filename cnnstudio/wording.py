"""Wording: counts, bytes and times as people read them, and lists as they say them. Knows no Qt."""

from __future__ import annotations

import re


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


def counted(count: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def unbroken(sentence: str) -> str:
    """The sentence with shapes that no line break tears apart."""
    return re.sub(r"(?<=\d) × (?=\d)", "\u00a0×\u00a0", sentence)


def closer(text: str) -> str:
    """Shapes without the spaces in them, for a narrow column: ``480×28×28``."""
    return text.replace(" × ", "×")


def _three(number: float) -> str:
    return f"{number:.0f}" if number >= 99.95 else f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"

"""Shortening: the name of a node in the room there is, so that ``inception3a`` stays another than ``inception3b``."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

WIDEST = "m"  # of the letters that tell siblings apart: they are cut alike, whichever theirs is

_WORD = re.compile(r"[^\W\d_]+")


def shortened(name: str, font: QFontMetricsF, room: float) -> str:
    """The name with fewer letters of each word and all its numbers ("incep3a"), or cut in the middle if need be."""
    if font.horizontalAdvance(name) <= room:
        return name
    longest = max(map(len, _WORD.findall(name)), default=0)
    for letters in range(longest - 1, 0, -1):
        short = _WORD.sub(partial(_cut, letters), name)
        if font.horizontalAdvance(re.sub(r"(?<=\d)[^\W\d_]$", WIDEST, short)) <= room:
            return short
    return font.elidedText(name, Qt.TextElideMode.ElideMiddle, room)


def _cut(letters: int, found: re.Match[str]) -> str:
    """The word that was found with so many letters at most; it ends in a consonant, as people cut words."""
    word = found[0]
    short = word[:letters].rstrip("aeiou")
    return word if len(word) <= letters else short if len(short) > 1 else word[:letters]

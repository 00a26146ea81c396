"""Shortening: the name of a node in the room there is, so that ``inception3a`` stays another than ``inception3b``."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

FEWEST = 2  # letters of a word that still bring it to mind


def shortened(name: str, font: QFontMetricsF, room: float) -> str:
    """The name with fewer letters of each word and all its numbers ("incep3a"), or cut in the middle if need be."""
    if font.horizontalAdvance(name) <= room:
        return name
    longest = max(map(len, re.findall(r"[^\W\d_]+", name)), default=0)
    for letters in range(longest - 1, FEWEST - 1, -1):
        short = re.sub(rf"([^\W\d_]{{{letters}}})[^\W\d_]+", r"\1", name)
        if font.horizontalAdvance(short) <= room:
            return short
    return font.elidedText(name, Qt.TextElideMode.ElideMiddle, room)

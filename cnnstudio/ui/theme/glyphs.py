"""Glyphs: the icon font, Phosphor, of which every icon is one character.

It comes with QtAwesome. Of that package only these two files are read: to import it takes as long as all of our own
blocks, and it loads a dozen other fonts. A frozen program has to be told to take them along.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase


@cache
def _file(pattern: str) -> Path:
    spec = find_spec("qtawesome")
    folders = [Path(folder) / "fonts" for folder in (spec and spec.submodule_search_locations) or ()]
    return next(file for folder in folders for file in sorted(folder.glob(pattern)))


@cache
def _characters() -> dict[str, str]:
    codes: dict[str, str] = json.loads(_file("phosphor-charmap-*.json").read_text(encoding="utf-8"))
    return {name: chr(int(code, 16)) for name, code in codes.items()}


@cache
def _family() -> str:
    number = QFontDatabase.addApplicationFont(str(_file("phosphor-*.ttf")))
    return QFontDatabase.applicationFontFamilies(number)[0]


def character(name: str) -> str:
    """The character of an icon, such as "play". Raises ``KeyError`` for a name that the font does not know."""
    return _characters()[name]


def icon_font(pixels: int) -> QFont:
    """The icon font at a size in pixels; there must be a ``QApplication``."""
    font = QFont(_family())
    font.setPixelSize(pixels)
    return font

"""Pens: what is drawn with besides colours: pens of a width on the screen, and the signs of the families."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QPen,
)

from cnnstudio.blocks.families import FAMILIES
from cnnstudio.ui.theme.glyphs import character, icon_font


def glyph(family: str) -> str:
    """The character of the icon font that stands for a family of blocks, or for a "note" or a "link" beside them."""
    return character(FAMILIES[family].glyph if family in FAMILIES else family)


def glyph_font(pixels: int) -> QFont:
    """The icon font at a size in scene pixels."""
    return icon_font(pixels)


def pen(color: QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen with round ends and joints."""
    return QPen(color, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def for_screen(ink: QPen, zoom: float) -> QPen:
    """A pen whose width is meant in pixels of the screen; a cosmetic one would be thinner where pixels are small."""
    copy = QPen(ink)
    copy.setWidthF(ink.widthF() / zoom)
    return copy

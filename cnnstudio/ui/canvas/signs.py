"""Signs: the glyphs of the families of many nodes, painted in one call, so that from afar hue is not the only sign."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGlyphRun, QPainter

from cnnstudio.ui.canvas.node_item import NodeItem
from cnnstudio.ui.canvas.style import Style
from cnnstudio.ui.measures import WIDTH

SIDE = 60.0  # of the square that a glyph is drawn in, in scene pixels: most of a node's height
TAKEN = 58.0  # of the width of a node by its glyph where that is beside the name: its square has an empty border


class Signs:
    """The glyphs of these nodes where they stand now; a call for each took the painter fifteen times as long."""

    def __init__(self, items: Iterable[NodeItem], style: Style) -> None:
        font = style.sign_font
        drop = (font.ascent() - font.descent()) / 2
        places, signs = [], []
        for item in items:
            x, y = item.at
            places.append(QPointF(x, y + item.height / 2 + drop))
            signs.append(style.family(item.node.block.family).sign)
        self._run = QGlyphRun()
        self._run.setRawFont(font)
        self._run.setGlyphIndexes(signs)
        self._run.setPositions(places)

    def paint(self, painter: QPainter, style: Style, is_alone: bool) -> None:
        """Paint them in the middle of each node, or beside its name; the painter is in scene pixels."""
        painter.setPen(style.text)
        painter.drawGlyphRun(QPointF((WIDTH - SIDE) / 2 if is_alone else 0.0, 0.0), self._run)

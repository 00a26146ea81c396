"""Overview: the graph from afar, in a handful of calls to the painter. Feeds the far zoom levels and the minimap."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QStaticText, QTransform

from cnnstudio.ui.canvas.geometry import bounds, is_turned, turns
from cnnstudio.ui.canvas.node_item import NodeItem, static_text
from cnnstudio.ui.canvas.style import Style
from cnnstudio.ui.canvas.wire_item import WireItem
from cnnstudio.ui.measures import WIDTH

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.scene import CanvasScene

NEAR = 0.35  # the zoom below which the overview paints in the place of the items
LEGIBLE = 0.2  # the zoom from which a name has room


class Overview:
    """Rectangles by family and wires by state, gathered when the scene changed and painted in batches."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._stale = self._bodies_stale = True
        self.bodies: dict[str, list[QRectF]] = {}
        self._wires: dict[str, list[QLineF]] = {}
        self._marked: dict[str, list[QRectF]] = {}
        self._names: dict[str, QStaticText] = {}
        self._font = QFont()
        self._bounds = QRectF()

    def invalidate(self, bodies: bool = False) -> None:
        """Say that something in the scene is not as it was: wires or marks, or also where the ``bodies`` are."""
        self._stale = True
        if bodies:
            self._bodies_stale = True
        self._scene.touched.emit(bodies)

    @property
    def bounds(self) -> QRectF:
        """The rectangle round all nodes; a null one for none."""
        self._gather_bodies()
        return self._bounds

    def gather(self) -> None:
        """Bring the lists up to date, if the scene changed since they were made."""
        self._gather_bodies()
        if not self._stale:
            return
        self._stale = False
        self._wires, self._marked = {}, {}
        for item in self._scene.nodes.values():
            for mark in _marks(item):
                self._marked.setdefault(mark, []).append(item.body)
        for wire in self._scene.wires.values():
            lines = self._wires.setdefault(_state(wire), [])
            if is_turned(wire.start, wire.end):
                lines += [QLineF(a, b) for a, b in pairwise(turns(wire.start, wire.end))]
            else:
                lines.append(QLineF(wire.start, wire.end))

    def _gather_bodies(self) -> None:
        if not self._bodies_stale:
            return
        self._bodies_stale = False
        self.bodies = {}
        for item in self._scene.nodes.values():
            self.bodies.setdefault(item.node.block.family, []).append(item.body)
        self._bounds = bounds([item.body for item in self._scene.nodes.values()])

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint everything; the painter draws in scene pixels and ``exposed`` is what of the scene can be seen."""
        self.gather()
        style = self._scene.inks
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pens = {"plain": style.wire_color, "selected": style.accent, "faulty": style.error}
        for state, lines in self._wires.items():
            painter.setPen(_hairline(pens[state], dashed=state == "faulty"))
            painter.drawLines(lines)
        self.paint_bodies(painter, style)
        for mark, rects in self._marked.items():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(_hairline(style.accent if mark == "selected" else style.error, 2.0, mark == "focused"))
            painter.drawRects(rects)
        if zoom >= LEGIBLE:
            self._paint_names(painter, zoom, exposed)

    def paint_bodies(self, painter: QPainter, style: Style) -> None:
        """Paint the nodes alone: rectangles in the colour of their family."""
        painter.setPen(Qt.PenStyle.NoPen)
        for family, rects in self.bodies.items():
            painter.setBrush(style.family(family).body)
            painter.drawRects(rects)

    def _paint_names(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        pixels = max(8, min(11, round(40.0 * zoom)))
        if self._font.pixelSize() != pixels or self._font.family() != self._scene.inks.small_font.family():
            self._font = QFont(self._scene.inks.small_font)
            self._font.setPixelSize(pixels)
            self._names.clear()
        transform = painter.worldTransform()
        # in pixels of the screen, so that the letters keep their size and their sharpness
        painter.setWorldTransform(QTransform())
        painter.setFont(self._font)
        painter.setPen(self._scene.inks.text)
        for name, item in self._scene.nodes.items():
            body = item.body
            if exposed.intersects(body):
                text = self._name(name)
                corner = transform.map(body.topLeft())
                rise = (body.height() * zoom - text.size().height()) / 2
                painter.drawStaticText(QPointF(corner.x() + 4.0, corner.y() + rise), text)
        painter.setWorldTransform(transform)

    def _name(self, name: str) -> QStaticText:
        if name not in self._names:
            room = WIDTH * LEGIBLE if self._font.pixelSize() <= 8 else WIDTH * self._font.pixelSize() / 40.0
            words = QFontMetricsF(self._font).elidedText(name, Qt.TextElideMode.ElideRight, room - 6.0)
            self._names[name] = static_text(words, self._font)
        return self._names[name]


def _marks(item: NodeItem) -> Iterable[str]:
    if item.selected:
        yield "selected"
    elif item.error:
        yield "error"
    if item.focused:
        yield "focused"


def _state(wire: WireItem) -> str:
    return "selected" if wire.selected or wire.hot else "faulty" if wire.faulty else "plain"


def _hairline(color: QColor, width: float = 1.0, dashed: bool = False) -> QPen:
    pen = QPen(color, width, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    return pen

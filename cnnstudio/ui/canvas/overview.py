"""Overview: the graph from afar, in a handful of calls to the painter. Feeds the far zoom levels and the minimap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QStaticText, QTransform

from cnnstudio.ui.canvas.node_item import NodeItem
from cnnstudio.ui.canvas.style import Style, static_text
from cnnstudio.ui.measures import WIDTH

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.scene import CanvasScene

NEAR = 0.35  # the zoom below which the overview paints in the place of the items
MOST_NAMES = 20_000  # laid out at once, over all sizes
LEGIBLE = 0.2  # the zoom from which a name has room


class Overview:
    """Rectangles by family and wires by state, gathered when the scene changed and painted in batches."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._wires_stale = self._bodies_stale = True
        self.bodies: dict[str | int | None, list[QRectF]] = {}  # by family, or by heat; None are those bypassed
        self._wires: dict[str, list[QLineF]] = {}
        self._names: dict[tuple[str, int], QStaticText] = {}
        self._font = QFont()
        self._bounds = QRectF()

    def invalidate(self, wires: bool = False, bodies: bool = False) -> None:
        """Say that something is not as it was: a mark, or also how ``wires`` run, or where the ``bodies`` are."""
        self._wires_stale |= wires
        self._bodies_stale |= bodies
        self._scene.touched.emit(bodies)

    @property
    def bounds(self) -> QRectF:
        """The rectangle round all nodes and frames; a null one for none."""
        self._gather_bodies()
        return self._bounds

    def gather(self) -> None:
        """Bring the lists up to date, if the scene changed since they were made."""
        self._gather_bodies()
        if self._wires_stale:
            self._wires_stale = False
            self._wires = {"plain": [], "faulty": []}
            for wire in self._scene.wires.values():
                self._wires["faulty" if wire.faulty else "plain"] += wire.lines()

    def _gather_bodies(self) -> None:
        if not self._bodies_stale:
            return
        self._bodies_stale = False
        self.bodies = {}
        for item in self._scene.nodes.values():
            kind: str | int | None = item.node.block.family if item.heat is None else item.heat
            kind = None if item.node.bypassed else kind
            self.bodies.setdefault(kind, []).append(item.body)
        self._bounds = self._scene.bounds_of()

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint everything; the painter draws in scene pixels and ``exposed`` is what of the scene can be seen."""
        self.gather()
        style, scene = self._scene.inks, self._scene
        painter.setBrush(Qt.BrushStyle.NoBrush)
        chosen = [line for edge in scene.selected_wires | scene.hot_wires for line in scene.wires[edge].lines()]
        for color, lines, width in (
            (style.wire_color, self._wires["plain"], 1.0),
            (style.error, self._wires["faulty"], 1.0),
            (style.accent, chosen, 2.0),
        ):
            painter.setPen(_hairline(color, width, dashed=color == style.error))
            painter.drawLines(lines)
        self.paint_bodies(painter, style)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        marked: dict[str, list[QRectF]] = {}
        for name in scene.marked_nodes:
            for mark in _marks(scene.nodes[name]):
                marked.setdefault(mark, []).append(scene.nodes[name].body)
        for mark, rects in marked.items():
            painter.setPen(_hairline(style.error if mark == "error" else style.accent, 2.0, mark == "focused"))
            painter.drawRects(rects)
        if zoom >= LEGIBLE:
            self._paint_names(painter, zoom, exposed)

    def paint_bodies(self, painter: QPainter, style: Style) -> None:
        """Paint the nodes alone: rectangles in the colour of their family, or of their heat; bypassed ones empty."""
        for kind, rects in self.bodies.items():
            if kind is None:
                painter.setPen(_hairline(style.muted, dashed=True))
                painter.setBrush(Qt.BrushStyle.NoBrush)
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(style.family(kind).body if isinstance(kind, str) else style.far_heats[kind])
            painter.drawRects(rects)

    def _paint_names(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        pixels = max(8, min(11, round(40.0 * zoom)))
        font = QFont(self._scene.inks.small_font)
        font.setPixelSize(pixels)
        if font.family() != self._font.family() or len(self._names) > MOST_NAMES:
            self._names.clear()
        self._font = font
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
        pixels = self._font.pixelSize()
        if (name, pixels) not in self._names:
            room = WIDTH * max(LEGIBLE, pixels / 40.0 - 0.0125) - 6.0
            words = QFontMetricsF(self._font).elidedText(name, Qt.TextElideMode.ElideRight, room)
            self._names[name, pixels] = static_text(words, self._font)
        return self._names[name, pixels]


def _marks(item: NodeItem) -> Iterable[str]:
    if item.selected:
        yield "selected"
    elif item.error:
        yield "error"
    if item.focused:
        yield "focused"


def _hairline(color: QColor, width: float = 1.0, dashed: bool = False) -> QPen:
    pen = QPen(color, width, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    return pen

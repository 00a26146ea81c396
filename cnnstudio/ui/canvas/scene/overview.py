"""Overview: the graph from afar, in a handful of calls to the painter. Feeds the far zoom levels and the minimap."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGlyphRun, QPainter, QPen, QStaticText, QTransform

from cnnstudio.layout.metrics import WIDTH
from cnnstudio.ui.canvas.scene.dragged import Carried
from cnnstudio.ui.canvas.scene.item_scene import NEAR, ItemScene
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.style import Style, shortened, static_text
from cnnstudio.ui.canvas.scene.wire_item import WireItem

HEAP = 4_000  # nodes of which more are in view only where they lie on one another
MOST_RINGS = 500  # painted two pixels wide; with one, Qt is four times quicker
MOST_NAMES = 20_000  # laid out at once, over all sizes
SIGNS, NAMES = 0.1, 0.25  # the zooms from which the glyph of a family can be made out, and from which a name has room
LETTERS = 30.0  # the height of a name's letters, in scene pixels ...
LEAST, MOST = 8, 11  # ... and the least and the most of it on the screen

Bodies = dict[str | int | None, list[QRectF]]  # by family, or by heat; None are those bypassed


class Overview:
    """Rectangles by family and wires by state, gathered when the scene changed and painted in batches.

    What a drag carries is left out of the batches and painted over them.
    """

    def __init__(self, scene: ItemScene, carried: Carried, bounds_of: Callable[[], QRectF]) -> None:
        self._scene, self._carried, self._bounds_of = scene, carried, bounds_of
        self._wires_stale = self._bodies_stale = True
        self.version = 0  # another one where anything but a mark, or what is carried, is not as it was ...
        self.marks = 0  # ... and where a mark is not, and it was not said where
        self._bodies: Bodies = {}
        self._signs: Signs | None = None
        self._wires: dict[str, list[QLineF]] = {}
        self._names: dict[tuple[str, int], QStaticText] = {}
        self._font = QFont()
        self._bounds: QRectF | None = None

    def invalidate(self, wires: bool = False, bodies: bool = False, within: QRectF | None = None) -> None:
        """Say that something is not as it was: a mark, or also how ``wires`` run, or where the ``bodies`` are.

        It is so ``within`` this rectangle of the scene alone, where that is known.
        """
        self._wires_stale |= wires
        self._bodies_stale |= bodies
        if wires or bodies:
            self.version += 1
        elif within is None:
            self.marks += 1
        if bodies:
            self._bounds = None
        self._scene.touched.emit(bodies, within if within is not None else QRectF())

    def shift(self) -> None:
        """Say that nothing has changed but where that is which is carried."""
        if self._bounds is not None:  # who has not asked where all nodes are, since then, has been told
            self._bounds = None
            self._scene.shifted.emit()

    def stands_in(self, zoom: float, exposed: QRectF) -> bool:
        """Whether it paints what is exposed in the place of the items: from afar, or where they are a heap."""
        if zoom < NEAR or len(self._scene.nodes) <= HEAP:
            return zoom < NEAR
        self._gather()
        return sum(map(exposed.intersects, chain.from_iterable(self._bodies.values()))) > HEAP

    @property
    def bounds(self) -> QRectF:
        """The rectangle round all nodes and frames; a null one for none."""
        if self._bounds is None:
            self._bounds = self._bounds_of()
        return self._bounds

    def _gather(self) -> None:
        """Bring the lists up to date, if the scene changed since they were made."""
        if self._wires_stale:
            self._wires_stale = False
            wires = self._scene.wires
            carried = self._carried.edges
            self._wires = _lines(wire for edge, wire in wires.items() if edge not in carried)
        if self._bodies_stale:
            self._bodies_stale = False
            nodes = self._scene.nodes
            held = self._carried.names
            self._bodies = _bodies(item for name, item in nodes.items() if name not in held)
            self._signs = None

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint all but what ``paint_over`` does; the painter is in scene pixels, ``exposed`` is what can be seen."""
        self._gather()
        style = self._scene.inks
        _paint_wires(painter, self._wires, style)
        _paint_bodies(painter, self._bodies, style)
        nodes, held = self._scene.nodes, self._carried.names
        if zoom >= SIGNS:
            if self._signs is None:
                self._signs = Signs((item for name, item in nodes.items() if name not in held), style)
            self._signs.paint(painter, style, is_alone=zoom < NAMES)
        if zoom >= NAMES:
            self._paint_names(painter, zoom, exposed, nodes.keys() - held)

    def paint_over(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint what is carried, and the marks."""
        style, scene = self._scene.inks, self._scene
        is_reached = not self._carried.nodes or self._carried.reach.intersects(exposed)
        carried = self._carried.names & scene.nodes.keys() if is_reached else frozenset()
        if is_reached:
            wires = self._carried.edges & scene.wires.keys()
            _paint_wires(painter, _lines(scene.wires[edge] for edge in wires), style)
        chosen = [line for edge in scene.selected_wires | scene.hot_wires for line in scene.wires[edge].lines()]
        if chosen:
            painter.setPen(_hairline(style.accent, 2.0))
            painter.drawLines(chosen)
        _paint_bodies(painter, _bodies(scene.nodes[name] for name in carried), style)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        marked: dict[str, list[QRectF]] = {}
        for name in scene.marked_nodes:
            for mark in _marks(scene.nodes[name]):
                marked.setdefault(mark, []).append(scene.nodes[name].body)
        for mark, rects in marked.items():
            width = 2.0 if len(rects) <= MOST_RINGS else 1.0
            painter.setPen(_hairline(style.error if mark == "error" else style.accent, width, mark == "focused"))
            painter.drawRects(rects)
        if carried and zoom >= SIGNS:
            Signs((scene.nodes[name] for name in carried), style).paint(painter, style, is_alone=zoom < NAMES)
        if zoom >= NAMES:
            self._paint_names(painter, zoom, exposed, carried)

    def bodies(self) -> Bodies:
        """Where all nodes lie, by what they are painted as."""
        return _bodies(self._scene.nodes.values())

    def paint_bodies(self, painter: QPainter, style: Style) -> None:
        """Paint the nodes alone: rectangles in the colour of their family, or of their heat; bypassed ones empty."""
        _paint_bodies(painter, self.bodies(), style)

    def _paint_names(self, painter: QPainter, zoom: float, exposed: QRectF, names: Iterable[str]) -> None:
        pixels = max(LEAST, min(MOST, round(LETTERS * zoom)))
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
        for name in names:
            body = self._scene.nodes[name].body
            if exposed.intersects(body):
                text = self._name(name)
                corner = transform.map(body.topLeft())
                rise = (body.height() * zoom - text.size().height()) / 2
                painter.drawStaticText(QPointF(corner.x() + TAKEN * zoom, corner.y() + rise), text)
        painter.setWorldTransform(transform)

    def _name(self, name: str) -> QStaticText:
        pixels = self._font.pixelSize()
        if (name, pixels) not in self._names:
            farthest = max(NAMES, (pixels - 0.5) / LETTERS)  # that has letters so high
            words = shortened(name, QFontMetricsF(self._font), (WIDTH - TAKEN) * farthest - 2.0)
            self._names[name, pixels] = static_text(words, self._font)
        return self._names[name, pixels]


def _lines(wires: Iterable[WireItem]) -> dict[str, list[QLineF]]:
    lines: dict[str, list[QLineF]] = {"plain": [], "faulty": []}
    for wire in wires:
        lines["faulty" if wire.faulty else "plain"] += wire.lines()
    return lines


def _bodies(items: Iterable[NodeItem]) -> Bodies:
    bodies: Bodies = {}
    for item in items:
        shown = item.node.block.family if item.heat is None else item.heat
        kind = None if item.node.bypassed else shown
        bodies.setdefault(kind, []).append(item.body)
    return bodies


def _paint_wires(painter: QPainter, lines: dict[str, list[QLineF]], style: Style) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for kind, some in lines.items():
        if some:
            is_faulty = kind == "faulty"
            painter.setPen(_hairline(style.error if is_faulty else style.wire_color, dashed=is_faulty))
            painter.drawLines(some)


def _paint_bodies(painter: QPainter, bodies: Bodies, style: Style) -> None:
    for kind, rects in bodies.items():
        if kind is None:
            painter.setPen(_hairline(style.muted, dashed=True))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.family(kind).body if isinstance(kind, str) else style.far_heats[kind])
        painter.drawRects(rects)


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

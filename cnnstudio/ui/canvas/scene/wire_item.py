"""WireItem: one wire, painted by Qt alone. Its path is rebuilt only when an end of it moves."""

from __future__ import annotations

from itertools import pairwise
from math import log2

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from cnnstudio.graph import Edge, Facts
from cnnstudio.graph.node import Bends, shifted
from cnnstudio.layout.metrics import WIDTH
from cnnstudio.ui.canvas.scene.geometry import (
    Ends,
    Place,
    crosses,
    distance_to,
    is_turned,
    level_lines,
    turns,
    way,
    wire_bounds,
    wire_points,
)
from cnnstudio.ui.canvas.scene.node_face import PORT_RADIUS
from cnnstudio.ui.canvas.scene.style import Style
from cnnstudio.ui.canvas.scene.wire_bends import LARGE, SMALL, bent_path, bent_points, longest_leg

LABEL_HEIGHT = 14.0
LONG, LEVEL = 640.0, 48.0  # how long, in scene pixels, and how level, in those of the screen, a wire is painted quickly

Label = tuple[str, QRectF]
_UNKNOWN: Label = "", QRectF()


class WireItem(QGraphicsPathItem):
    """The output of one node on its way to an input of another."""

    def __init__(self, edge: Edge, style: Style) -> None:
        super().__init__()
        self.edge = edge
        self.style = style
        self.ends: Ends = (0.0, 0.0, 0.0, 0.0)
        self._away: Place = (0.0, 0.0)  # how far it was moved since its path was made
        self.apart = False  # whether it is painted by another than Qt, which is not told then where it runs
        self.bends: Bends = ()
        self.bend: int | None = None  # the one that is chosen
        self._place: list[Place] | None = None
        self._lines: list[QLineF] | None = None
        self._label: Label | None = _UNKNOWN
        self._words: tuple[str, float] | None = None  # of the label, and how wide they are
        self.carried: Facts | None = None
        self.faulty = False
        self.concealed = False  # whether what it carries is hidden while a person predicts it
        self.selected = False
        self.hot = False
        self.wide = False  # whether its width grows with the channels
        self.fine = False  # whether it is as thin as the screen can show
        self.setZValue(-1.0)
        self._ink = style.wire_waiting_pen
        self._flat: QPen | None = None  # the same without round ends, made when it is asked for
        self._way: QPainterPath | None = None  # made when it is asked for
        self.setPen(self._ink)

    def place(self, ends: Ends, bends: Bends = ()) -> None:
        """Run between these ends, past these places, in scene pixels."""
        if ends != self.ends or bends != self.bends:
            self.ends, self.bends = ends, bends
            self._forget_place()
            self._run_anew()

    def _run_anew(self) -> None:
        self._way, self._away = None, (0.0, 0.0)
        if not self.apart:
            self._tell()

    def _tell(self) -> None:
        """Tell Qt where it runs."""
        self.setPath(self.way)
        self.setPos(*self._away)

    def set_apart(self, apart: bool) -> None:
        """Let another than Qt paint it, or Qt again."""
        self.apart = apart
        self.setVisible(not apart)
        if not apart:
            self._tell()

    @property
    def way(self) -> QPainterPath:
        """Its path, from where it was when that was made."""
        if self._way is None:
            self._way = self._bent_path() if self.bends else way(*self.ends)
        return self._way

    @property
    def start(self) -> QPointF:
        """Where it leaves a node."""
        return QPointF(self.ends[0], self.ends[1])

    @property
    def end(self) -> QPointF:
        """Where it enters a node."""
        return QPointF(self.ends[2], self.ends[3])

    def show_bend(self, index: int | None) -> None:
        """Show this bend as the chosen one."""
        self.bend = index
        self._draw_bends()

    def _draw_bends(self) -> None:
        if self.bends:
            self._run_anew()

    def _bent_path(self) -> QPainterPath:
        ring = LARGE if self.selected or self.hot else SMALL
        return bent_path(self.start, self.bends, self.end, ring, self.bend)

    def shift(self, dx: float, dy: float) -> None:
        """Move both ends alike: cheaper than another path."""
        x, y, to_x, to_y = self.ends
        self.ends = x + dx, y + dy, to_x + dx, to_y + dy
        self._forget_place()
        if self.bends:
            self.bends = shifted(self.bends, (dx, dy))
        if self._way is not None:
            self._away = self._away[0] + dx, self._away[1] + dy
        if not self.apart:
            self.setPos(*self._away)

    def _forget_place(self) -> None:
        self._place = self._lines = None
        self._label = _UNKNOWN

    def show_result(self, carried: Facts | None, faulty: bool, concealed: bool = False) -> None:
        """Show the shape that it carries, of the node that gives it, and whether what it enters cannot take it."""
        known = carried is None and not concealed, faulty
        as_before = known == (self.is_waiting, self.faulty) and not self.wide
        self.carried, self.faulty, self.concealed = carried, faulty, concealed
        self._label, self._words = _UNKNOWN, None
        if not as_before:
            self.repen()

    @property
    def is_waiting(self) -> bool:
        """Whether it carries no shape yet."""
        return self.carried is None and not self.concealed

    def show_state(self, selected: bool | None = None, hot: bool | None = None) -> None:
        """Show whether it is selected, and whether the pointer or a gesture is on it."""
        before = self.selected, self.hot
        self.selected = self.selected if selected is None else selected
        self.hot = self.hot if hot is None else hot
        if before != (self.selected, self.hot):
            self.setZValue(-0.5 if self.selected or self.hot else -1.0)
            self.repen()
            self._draw_bends()

    def restyle(self, style: Style) -> None:
        """Paint with other colours."""
        self.style = style
        self._label, self._words = _UNKNOWN, None
        self.repen()

    def repen(self) -> None:
        """Take the pen that belongs to the state; the faulty one is dashed, so that colour is not alone."""
        style = self.style
        if self.selected:
            pen = style.wire_selected_pen
        elif self.hot:
            pen = style.wire_hot_pen
        elif self.faulty:
            pen = style.wire_error_pen
        else:
            usual = style.fine_wire_pen if self.fine and not self.wide else style.wire_pen
            pen = style.wire_waiting_pen if self.is_waiting else usual
        if self.wide and self.carried is not None:
            pen = QPen(pen)
            pen.setWidthF(pen.widthF() + 0.45 * log2(max(self.carried.shape[0], 1)))
        if pen is not self._ink:
            self._ink, self._flat = pen, None
            self.setPen(pen)

    def _flat_pen(self) -> QPen | None:
        """Its pen without round ends; None where it is a line of dots or of the least width."""
        if self._flat is None and self._ink.style() == Qt.PenStyle.SolidLine and not self._ink.isCosmetic():
            self._flat = QPen(self._ink)
            self._flat.setCapStyle(Qt.PenCapStyle.FlatCap)
        return self._flat

    def draw_quickly(self, painter: QPainter, zoom: float) -> None:
        """Paint it, in scene pixels, as ``draw`` would but for what nobody can see."""
        x, y, to_x, to_y = self.ends
        pen = None if self.bends or to_x - x < LONG or abs(to_y - y) * zoom > LEVEL else self._flat_pen()
        if pen is None:
            self.draw(painter)
            return
        painter.setPen(pen)
        painter.drawLines(level_lines(x, y, to_x, to_y, 0.15 / zoom))

    def draw(self, painter: QPainter) -> None:
        """Paint it, in scene pixels."""
        dx, dy = self._away
        painter.translate(dx, dy)
        painter.setPen(self._ink)
        painter.drawPath(self.way)
        painter.translate(-dx, -dy)

    def bounds(self) -> Ends:
        """The left, upper, right and lower border of its way."""
        if not self.bends:
            return wire_bounds(*self.ends)
        rect = self.way.controlPointRect().translated(*self._away)
        return rect.left(), rect.top(), rect.right(), rect.bottom()

    # where it is

    @property
    def is_long(self) -> bool:
        """Whether it has room to pass under a node on its way."""
        return self.ends[2] - self.ends[0] > WIDTH

    @property
    def middle(self) -> QPointF:
        """The point half way along it: the curve is its own mirror image, unless it bends."""
        if self.bends:
            return longest_leg(self.start, self.bends, self.end)[1]  # where no bend is
        return (self.start + self.end) / 2

    @property
    def label(self) -> Label | None:
        """The shape that it carries, in short, and where it is written; None where there is none or no room for it."""
        if self._label is _UNKNOWN:
            self._label = self._laid_label()
        return self._label

    def _laid_label(self) -> Label | None:
        if self.carried is None:
            return None
        if self._words is None:
            words = "×".join(map(str, self.carried.shape))
            self._words = words, self.style.label_width(words)
        words, width = self._words
        x, y, to_x, to_y = self.ends
        if abs(to_x - x) + abs(to_y - y) - 2 * PORT_RADIUS < width:
            return None
        middle = self.middle.toTuple() if self.bends else ((x + to_x) / 2, (y + to_y) / 2)
        return words, QRectF(middle[0] - width / 2, middle[1] - LABEL_HEIGHT / 2, width, LABEL_HEIGHT)

    def distance(self, point: QPointF) -> tuple[float, float]:
        """How far a point of the scene is from it, and at which share of its length it is nearest."""
        return distance_to(point, self._points())

    def is_cut(self, a: QPointF, b: QPointF) -> bool:
        """Whether the stroke of a knife from ``a`` to ``b`` crosses it."""
        return crosses(a, b, self._points())

    def lines(self) -> list[QLineF]:
        """It from afar: straight, or with its corners."""
        if self._lines is None:
            if self.bends:
                corners = [self.ends[:2], *self.bends, self.ends[2:]]
            else:
                corners = turns(*self.ends) if is_turned(*self.ends) else [self.ends[:2], self.ends[2:]]
            self._lines = [QLineF(*a, *b) for a, b in pairwise(corners)]
        return self._lines

    def _points(self) -> list[Place]:
        if self._place is None:
            self._place = bent_points(self.start, self.bends, self.end) if self.bends else wire_points(*self.ends)
        return self._place

    def sentence(self) -> str:
        """What a tooltip says of it."""
        unknown = "carries no shape yet" if self.is_waiting else "what it carries is hidden while a question is open"
        carried = f"carries {self.carried.shape}" if self.carried is not None else unknown
        return f"{self.edge.source} → {self.edge.target}: {carried}."

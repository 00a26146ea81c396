"""WireItem: one wire, painted by Qt alone. Its path is rebuilt only when an end of it moves."""

from __future__ import annotations

from itertools import pairwise
from math import log2

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsPathItem

from cnnstudio.graph import Edge, Facts
from cnnstudio.graph.node import Bends, shifted
from cnnstudio.ui.canvas.bent import LARGE, SMALL, bent_path, bent_points, longest_leg
from cnnstudio.ui.canvas.geometry import Place, crosses, distance_to, is_turned, turns, wire_path, wire_points
from cnnstudio.ui.canvas.style import Style

LABEL_HEIGHT = 14.0

Label = tuple[str, QRectF]
_UNKNOWN: Label = "", QRectF()


class WireItem(QGraphicsPathItem):
    """The output of one node on its way to an input of another."""

    def __init__(self, edge: Edge, style: Style) -> None:
        super().__init__()
        self.edge = edge
        self.style = style
        self.start, self.end = QPointF(), QPointF()
        self.bends: Bends = ()
        self.bend: int | None = None  # the one that is chosen
        self._place: list[Place] | None = None
        self._lines: list[QLineF] | None = None
        self._label: Label | None = _UNKNOWN
        self.carried: Facts | None = None
        self.faulty = False
        self.concealed = False  # whether what it carries is hidden while a person predicts it
        self.selected = False
        self.hot = False
        self.wide = False  # whether its width grows with the channels
        self.fine = False  # whether it is as thin as the screen can show
        self.setZValue(-1.0)
        self.setPen(style.wire_waiting_pen)

    def place(self, start: QPointF, end: QPointF, bends: Bends = ()) -> None:
        """Run from ``start`` to ``end``, past these places, in scene pixels."""
        if start != self.start or end != self.end or bends != self.bends:
            self.start, self.end, self.bends = QPointF(start), QPointF(end), bends
            self._forget_place()
            self.setPos(0.0, 0.0)
            if bends:
                self._draw_bends()
            else:
                self.setPath(wire_path(start, end))

    def show_bend(self, index: int | None) -> None:
        """Show this bend as the chosen one."""
        self.bend = index
        self._draw_bends()

    def _draw_bends(self) -> None:
        if self.bends:
            ring = LARGE if self.selected or self.hot else SMALL
            self.setPos(0.0, 0.0)
            self.setPath(bent_path(self.start, self.bends, self.end, ring, self.bend))

    def shift(self, dx: float, dy: float) -> None:
        """Move both ends alike: cheaper than another path."""
        offset = QPointF(dx, dy)
        self.start, self.end = self.start + offset, self.end + offset
        self._forget_place()
        if self.bends:
            self.bends = shifted(self.bends, (dx, dy))
        self.setPos(self.pos() + offset)

    def _forget_place(self) -> None:
        self._place = self._lines = None
        self._label = _UNKNOWN

    def show_result(self, carried: Facts | None, faulty: bool, concealed: bool = False) -> None:
        """Show the shape that it carries, of the node that gives it, and whether what it enters cannot take it."""
        known = carried is None and not concealed, faulty
        as_before = known == (self.is_waiting, self.faulty) and not self.wide
        self.carried, self.faulty, self.concealed = carried, faulty, concealed
        self._label = _UNKNOWN
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
        self._label = _UNKNOWN
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
        self.setPen(pen)

    # where it is

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
            self._label = None
            if self.carried is not None:
                words = "×".join(map(str, self.carried.shape))
                room = abs(self.end.x() - self.start.x()) + abs(self.end.y() - self.start.y()) - 12.0
                width, middle = self.style.label_width(words), self.middle
                if room >= width:
                    place = middle.x() - width / 2, middle.y() - LABEL_HEIGHT / 2
                    self._label = words, QRectF(*place, width, LABEL_HEIGHT)
        return self._label

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
                corners = [self.start, *(QPointF(*place) for place in self.bends), self.end]
            else:
                corners = turns(self.start, self.end) if is_turned(self.start, self.end) else [self.start, self.end]
            self._lines = [QLineF(a, b) for a, b in pairwise(corners)]
        return self._lines

    def _points(self) -> list[Place]:
        if self._place is None:
            self._place = (
                bent_points(self.start, self.bends, self.end) if self.bends else wire_points(self.start, self.end)
            )
        return self._place

    def sentence(self) -> str:
        """What a tooltip says of it."""
        unknown = "carries no shape yet" if self.is_waiting else "what it carries is hidden while a question is open"
        carried = f"carries {self.carried.shape}" if self.carried is not None else unknown
        return f"{self.edge.source} → {self.edge.target}: {carried}."

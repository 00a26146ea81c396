"""SpliceMark: a block is held over a wire, and the two wires that this one would become are seen over both.

Where there is no room yet for the block between the two that the wire joins, it is the wire itself that is seen.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from cnnstudio.graph import Edge
from cnnstudio.ui.canvas.camera import Camera
from cnnstudio.ui.canvas.scene.geometry import is_turned, wire_path
from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import pen

THICK, LEAST = 2.4, 1.5  # of the two wires, in scene pixels, and on the screen at least


class SpliceMark:
    """Lights the wire up and paints what it would become; with no wire it is nowhere."""

    def __init__(self, view: Camera) -> None:
        self._view = view
        self._paths: tuple[QPainterPath, ...] = ()
        self.edge: Edge | None = None

    def show(self, edge: Edge | None, into: QPointF, out_of: QPointF) -> None:
        """The block takes in at ``into`` what this wire carries, and gives it on from ``out_of``."""
        canvas, before = self._view.scene(), self._reach
        self.edge = edge
        canvas.heat({edge} if edge is not None else ())
        self._paths = ()
        if edge is not None:
            wire = canvas.wires[edge]
            halves = (wire.start, into), (out_of, wire.end)
            has_room = all(_runs_on(*half) for half in halves)
            self._paths = tuple(wire_path(*half) for half in halves) if has_room else (wire.mapToScene(wire.way),)
        if not (around := before.united(self._reach)).isNull():
            self._view.update_scene(around)

    def hide(self) -> None:
        """Be nowhere."""
        self.show(None, QPointF(), QPointF())

    @property
    def _reach(self) -> QRectF:
        around = QRectF()
        for path in self._paths:
            around = around.united(path.boundingRect().adjusted(-THICK, -THICK, THICK, THICK))
        return around

    def paint(self, painter: QPainter, zoom: float) -> None:
        """Paint it over all, in scene pixels."""
        if self._paths:
            painter.setPen(pen(theme.color("accent"), max(THICK, LEAST / zoom)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for path in self._paths:
                painter.drawPath(path)


def _runs_on(start: QPointF, end: QPointF) -> bool:
    """Whether a wire from there to there is as a person would draw it: to the right, or back to the next row."""
    return end.x() >= start.x() or is_turned(start.x(), start.y(), end.x(), end.y())

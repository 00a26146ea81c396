"""SpliceMark: a block is held over a wire, and the two wires that this one would become are seen over both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from cnnstudio.graph import Edge
from cnnstudio.ui.canvas.geometry import wire_path
from cnnstudio.ui.canvas.style import pen
from cnnstudio.ui.theme import theme

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.view import CanvasView

THICK, LEAST = 2.4, 1.5  # of the two wires, in scene pixels, and on the screen at least


class SpliceMark:
    """Lights the wire up and paints the two; with no wire it is nowhere."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._paths: tuple[QPainterPath, ...] = ()
        self.edge: Edge | None = None

    def show(self, edge: Edge | None, into: QPointF, out_of: QPointF) -> None:
        """The block takes in at ``into`` what this wire carries, and gives it on from ``out_of``."""
        canvas, before = self._view.canvas, self._reach
        self.edge = edge
        canvas.heat({edge} if edge is not None else ())
        self._paths = ()
        if edge is not None:
            source, target = canvas.nodes[edge.source], canvas.nodes[edge.target]
            self._paths = wire_path(source.output_at(), into), wire_path(out_of, target.input_at(edge.port))
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
        """Paint the two wires, in scene pixels."""
        if self._paths:
            painter.setPen(pen(theme.color("accent"), max(THICK, LEAST / zoom)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for path in self._paths:
                painter.drawPath(path)

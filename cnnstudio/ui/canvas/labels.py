"""Labels: the shapes written on the wires, painted over the items because one label belongs to no item's bounds."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from cnnstudio.ui.canvas.node_item import NodeItem
from cnnstudio.ui.canvas.scene import CanvasScene
from cnnstudio.ui.canvas.wire_item import WireItem
from cnnstudio.ui.measures import WIDTH


def paint_labels(painter: QPainter, scene: CanvasScene, exposed: QRectF) -> None:
    """Paint the labels of the wires in this part of the scene, in scene pixels."""
    style = scene.inks
    painter.setFont(style.label_font[0])
    found = scene.items(exposed.adjusted(-60, -10, 60, 10), Qt.ItemSelectionMode.IntersectsItemBoundingRect)
    bodies = [item.body for item in found if isinstance(item, NodeItem)]
    for item in found:
        if not isinstance(item, WireItem) or (label := item.label) is None or not exposed.intersects(label[1]):
            continue
        words, where = label
        if item.end.x() - item.start.x() > WIDTH and any(body.intersects(where) for body in bodies):
            continue  # a long wire passes under a node there
        painter.fillRect(where, style.label_back)
        painter.setPen(style.error if item.faulty else style.muted)
        text = style.line(words, style.label_font, where.width())
        style.write(painter, QPointF(where.x() + 3.0, where.center().y() - text.size().height() / 2), text)

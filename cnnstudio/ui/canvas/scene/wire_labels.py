"""Wire labels: the shapes written on the wires, painted over the items: one belongs to no item's bounds."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from cnnstudio.ui.canvas.scene.frame_item import Seen, paint_ground
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.scene import CanvasScene
from cnnstudio.ui.canvas.scene.style import LABEL_PAD
from cnnstudio.ui.canvas.scene.wire_item import Label, WireItem

TOUCHES = Qt.ItemSelectionMode.IntersectsItemBoundingRect


def paint_labels(painter: QPainter, scene: CanvasScene, exposed: QRectF) -> None:
    """Paint the labels of the wires in this part of the scene, in scene pixels."""
    found = scene.items(exposed.adjusted(-60, -10, 60, 10), TOUCHES)
    bodies = [item.body for item in found if isinstance(item, NodeItem)]
    frames = scene.frames.within(exposed)
    for item in found:
        if isinstance(item, WireItem) and (label := item.label) is not None and exposed.intersects(label[1]):
            _paint(painter, item, label, bodies, frames)


def paint_carried_labels(painter: QPainter, scene: CanvasScene, exposed: QRectF) -> None:
    """Paint the labels of the wires that a drag carries apart."""
    held, frames = [node.body for node in scene.carried.nodes], scene.frames.within(exposed)
    for wire in scene.carried.wires:
        if (label := wire.label) is None or not exposed.intersects(label[1]):
            continue
        bodies = held
        if wire.is_long:
            found = scene.items(label[1], TOUCHES)
            bodies = [*held, *(item.body for item in found if isinstance(item, NodeItem))]
        _paint(painter, wire, label, bodies, frames)


def _paint(painter: QPainter, wire: WireItem, label: Label, bodies: Iterable[QRectF], frames: Seen) -> None:
    words, where = label
    if wire.is_long and any(body.intersects(where) for body in bodies):
        return  # it passes under a node there
    style = wire.style
    painter.setFont(style.label_font[0])
    paint_ground(painter, where, style, frames)
    painter.setPen(style.error if wire.faulty else style.muted)
    text = style.line(words, style.label_font, where.width())
    style.write(painter, QPointF(where.x() + LABEL_PAD, where.center().y() - text.size().height() / 2), text)

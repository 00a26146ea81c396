"""Apart: paints what a gesture moves between two pictures of all that stands still. The overview does so from afar."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem

from cnnstudio.ui.canvas.face import draw_picture, on_pixels
from cnnstudio.ui.canvas.labels import TOUCHES, paint_carried_labels
from cnnstudio.ui.canvas.node_item import NodeItem
from cnnstudio.ui.canvas.standing import Standing
from cnnstudio.ui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.camera import Camera


class Apart:
    """Does for a view, near to, what Qt would do with the items: a frame of a drag costs Qt three times as much.

    Behind are the ground and the wires, in front the nodes and what is written on the wires; between them the wires
    that are carried, before them the nodes that are.
    """

    def __init__(self, view: Camera) -> None:
        self._view = view
        self._behind, self._front = Standing(), Standing(is_clear=True)
        self._key: tuple[Hashable, ...] = ()
        self._carried: dict[NodeItem, QPixmap] = {}  # of the nodes that are carried, as long as the key is the same

    def forget(self) -> None:
        """Give the memory of the pictures back."""
        self._behind.forget()
        self._front.forget()
        self._carried.clear()

    def spoil(self, piece: QRect, wires: bool) -> None:
        """Say that in this piece of the view wires look otherwise, or nodes do."""
        (self._behind if wires else self._front).spoil(piece)
        self._carried.clear()

    def paint(self, piece: QRect) -> None:
        """Paint what is to be painted anew, all of which is in this piece of the view: Qt leaves the rest alone."""
        view, canvas, port = self._view, self._view.canvas, self._view.viewport()
        transform, hints = view.viewportTransform(), view.renderHints()
        ratio, size = port.devicePixelRatioF(), port.size()
        marks = canvas.overview.version, canvas.overview.marks, canvas.marks_behind
        key = transform, hints, ratio, canvas.inks, marks
        exposed = view.exposed(piece)
        is_reached = canvas.carried.reach.intersects(exposed)
        painter = QPainter(port)
        painter.setRenderHints(hints)
        self._behind.paint(painter, key, size, piece, self._paint_behind)
        if is_reached:
            canvas.carried.paint_wires(painter, transform)
            painter.resetTransform()
        self._front.paint(painter, key, size, piece, self._paint_front)
        if is_reached:
            if key != self._key:
                self._key = key
                self._carried.clear()
            self._paint_carried(painter, transform, ratio)
        painter.setWorldTransform(transform)
        if is_reached and view.tells_shapes:
            paint_carried_labels(painter, canvas, exposed)
        view.paint_over(painter, exposed)
        painter.end()

    def _paint_carried(self, painter: QPainter, transform: QTransform, ratio: float) -> None:
        zoom = transform.m11()
        for node in self._view.canvas.carried.nodes:
            if node not in self._carried:
                self._carried[node] = node.picture(zoom, ratio)
            draw_picture(painter, self._carried[node], on_pixels(transform, node.at, ratio), zoom, ratio)

    def _paint_behind(self, painter: QPainter, piece: QRect) -> None:
        exposed = self._view.exposed(piece)
        painter.setWorldTransform(self._view.viewportTransform())
        self._view.drawBackground(painter, exposed)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for item in self._standing(exposed):
            if isinstance(item, WireItem):
                item.draw(painter)
        painter.resetTransform()

    def _paint_front(self, painter: QPainter, piece: QRect) -> None:
        view, exposed = self._view, self._view.exposed(piece)
        transform, port = view.viewportTransform(), view.viewport()
        for item in self._standing(exposed):
            if isinstance(item, NodeItem):
                item.draw(painter, transform, port)
        painter.setWorldTransform(transform)
        view.paint_labels(painter, exposed)
        painter.resetTransform()

    def _standing(self, exposed: QRectF) -> list[QGraphicsItem]:
        """What stands in this part of the scene, from back to front: what is carried is hidden."""
        return self._view.canvas.items(exposed, TOUCHES, Qt.SortOrder.AscendingOrder)

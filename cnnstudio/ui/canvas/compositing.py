"""Compositing: the picture of what stands still, and what a gesture moves painted between two of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget

from cnnstudio.ui.canvas.scene.node_face import draw_picture, on_pixels
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.scene.scene import CanvasScene
from cnnstudio.ui.canvas.scene.wire_item import WireItem
from cnnstudio.ui.canvas.scene.wire_labels import TOUCHES, paint_carried_labels


class View(Protocol):
    """What is composed: a view of a scene that says what it paints behind the items, on the wires and over all."""

    @property
    def tells_shapes(self) -> bool: ...
    def scene(self) -> CanvasScene: ...
    def viewport(self) -> QWidget: ...
    def viewportTransform(self) -> QTransform: ...  # noqa: N802 - Qt's name
    def renderHints(self) -> QPainter.RenderHint: ...  # noqa: N802 - Qt's name
    def exposed(self, piece: QRect) -> QRectF: ...
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None: ...  # noqa: N802 - Qt's name
    def paint_labels(self, painter: QPainter, exposed: QRectF) -> None: ...
    def paint_over(self, painter: QPainter, exposed: QRectF) -> None: ...


class Compositor:
    """Does for a view, near to, what Qt would do with the items: a frame of a drag costs Qt three times as much.

    Behind are the ground and the wires, in front the nodes and what is written on the wires; between them the wires
    that are carried, before them the nodes that are.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._behind, self._front = StillLayer(), StillLayer(is_clear=True)
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
        view, canvas, port = self._view, self._view.scene(), self._view.viewport()
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
        for node in self._view.scene().carried.nodes:
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
        return self._view.scene().items(exposed, TOUCHES, Qt.SortOrder.AscendingOrder)


class StillLayer:
    """A picture of a whole view, made the second time that the same is asked for: a pan or a zoom never needs it."""

    def __init__(self, is_clear: bool = False) -> None:
        self._is_clear = is_clear  # whether what lies behind it can be seen
        self._key: tuple[Hashable, ...] = ()
        self._picture: QPixmap | None = None
        self._spoilt: list[QRect] = []

    def paint(
        self, painter: QPainter, key: Hashable, view: QSize, piece: QRect, draw: Callable[[QPainter, QRect], None]
    ) -> None:
        """Paint this piece of the view by ``draw``, or from the picture if the view was painted with this key before.

        The painter is in pixels of the view.
        """
        ratio = painter.device().devicePixelRatio()
        if (key, view, ratio) != self._key:
            self.forget()
            self._key = key, view, ratio
            draw(painter, piece)
            return
        if self._picture is None:
            self._picture = QPixmap(view * ratio)
            if self._is_clear:
                self._picture.fill(Qt.GlobalColor.transparent)  # which gives it transparency
            self._spoilt = [QRect(QPoint(), view)]
        if self._spoilt:
            self._mend(self._picture, painter, draw, ratio)
        if ratio != 1.0:
            painter.setWorldTransform(QTransform.fromScale(1.0 / ratio, 1.0 / ratio))  # pixel for pixel
        inside = piece if ratio == 1.0 else _scaled(piece, ratio)
        painter.drawPixmap(inside.topLeft(), self._picture, inside)
        if ratio != 1.0:
            painter.resetTransform()

    def _mend(self, picture: QPixmap, like: QPainter, draw: Callable[[QPainter, QRect], None], ratio: float) -> None:
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.setRenderHints(like.renderHints())
        for piece in self._spoilt:
            painter.setClipRect(piece)
            if self._is_clear:
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                painter.fillRect(piece, Qt.GlobalColor.transparent)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            draw(painter, piece)
        painter.end()
        picture.setDevicePixelRatio(1.0)
        self._spoilt = []

    def spoil(self, piece: QRect) -> None:
        """Say that this piece of the view is not as it was."""
        if self._picture is not None:
            self._spoilt.append(piece)

    def forget(self) -> None:
        """Give the memory back."""
        self._key, self._picture, self._spoilt = (), None, []


def _scaled(piece: QRect, ratio: float) -> QRect:
    """The pixels of the screen that this piece of a view touches."""
    corner, size = QPointF(piece.topLeft()) * ratio, QSizeF(piece.size()) * ratio
    return QRectF(corner, size).toAlignedRect()

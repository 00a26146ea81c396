"""Minimap: the whole network in a corner, boxes without wires, and a frame round what is in view."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.canvas.camera import Camera
from cnnstudio.ui.canvas.style import pen
from cnnstudio.ui.theme import theme

SIZE = QSize(188, 124)


class Minimap(QWidget):
    """A small picture of the scene; a press or a drag in it moves the view there."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._camera = camera
        self.setAccessibleName("Map of the network")
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        camera.looked.connect(self.update)
        camera.canvas.synced.connect(self.update)
        theme.changed.connect(self.update)

    def _transform(self) -> QTransform:
        overview = self._camera.canvas.overview
        overview.gather()
        around = overview.bounds.adjusted(-80, -80, 80, 80)
        if around.isEmpty():
            around = self._camera.visible()
        space = self.rect().toRectF().adjusted(8, 8, -8, -8)
        scale = min(space.width() / around.width(), space.height() / around.height())
        move = space.center() - around.center() * scale
        return QTransform(scale, 0.0, 0.0, scale, move.x(), move.y())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(pen(theme.color("line"), 1.0))
        painter.setBrush(theme.color("panel", 0.94))
        painter.drawRoundedRect(frame, 8, 8)
        transform = self._transform()
        painter.setClipRect(frame.adjusted(1, 1, -1, -1))
        painter.setWorldTransform(transform)
        self._camera.canvas.overview.paint_bodies(painter, self._camera.canvas.inks)
        painter.resetTransform()
        seen: QRectF = transform.mapRect(self._camera.visible())
        painter.setPen(pen(theme.color("accent"), 1.5))
        painter.setBrush(theme.color("accent", 0.08))
        painter.drawRoundedRect(seen.intersected(frame.adjusted(2, 2, -2, -2)), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons():
            self._go(event.position())

    def _go(self, place: QPointF) -> None:
        inverse, possible = self._transform().inverted()
        if possible:
            middle = self._camera.viewport().rect().center()
            away = middle - self._camera.mapFromScene(inverse.map(place))
            self._camera.pan_by(away.x(), away.y())

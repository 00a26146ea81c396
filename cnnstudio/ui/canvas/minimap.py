"""Minimap: the whole network in a corner, boxes and frames without wires, and a rectangle round what is in view.

It is painted on the canvas rather than being a widget over it: Qt scrolls nothing that a widget lies over, and a pan
would paint everything again, ten times the cost.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform

from cnnstudio.ui.canvas.camera import Camera
from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import pen

SIZE = QSize(188, 124)
ROOM = 2.5  # times its own size: in a smaller view the map would hide more than it shows
AWAY = 14  # pixels from the corner of the view
NEAR = 28  # pixels round it within which it makes room
CORNER = SIZE + QSize(AWAY + 1, AWAY + 1)


class Minimap:
    """A small picture of the scene, kept as pixels; ``refresh`` says when it is out of date.

    It lies in the lower right corner of the view, or in the lower left one where it would hide what a person looks for.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._picture: tuple[tuple[object, ...], QPixmap] | None = None
        self._bounds: QRectF | None = None
        self.rect = QRect()  # where it lies in the viewport
        self._is_left = False

    @property
    def bounds(self) -> QRectF:
        """The rectangle round the network, as the picture has it."""
        if self._bounds is None:
            self._bounds = self._camera.scene().overview.bounds
        return self._bounds

    def refresh(self) -> None:
        """Look again at where the nodes are."""
        self._picture = self._bounds = None
        self._camera.viewport().update(self.rect)
        self._camera.map_moved.emit()

    def place(self) -> None:
        """Lie in its corner of the viewport as large as that is now."""
        self.rect = self._corner(self._is_left)

    def _corner(self, is_left: bool) -> QRect:
        view = self._camera.viewport().size()
        left = AWAY + 1 if is_left else view.width() - CORNER.width()
        return QRect(QPoint(left, view.height() - CORNER.height()), SIZE)

    def make_room(self, place: QRect) -> None:
        """Go to the other corner where this part of the viewport is under it or near it, and would not be there."""
        around = place.adjusted(-NEAR, -NEAR, NEAR, NEAR)
        if self.rect.intersects(around) and not self._corner(not self._is_left).intersects(around):
            self._camera.viewport().update(self.rect)
            self._is_left = not self._is_left
            self.place()
            self._camera.viewport().update(self.rect)
            self._camera.map_moved.emit()

    def make_room_for(self, part: QRectF) -> None:
        """Go to the other corner where this part of the scene is under it, and would not be there."""
        self.make_room(self._camera.viewportTransform().mapRect(part).toAlignedRect())

    @property
    def is_needed(self) -> bool:
        """Whether part of the network is out of view, in a view that is large enough to give up a corner."""
        view = self._camera.viewport().size()
        has_room = view.width() > ROOM * SIZE.width() and view.height() > ROOM * SIZE.height()
        return has_room and not self.bounds.isEmpty() and not self._camera.visible().contains(self.bounds)

    def go(self, place: QPointF) -> None:
        """Bring into the middle of the view what lies at this place of the viewport on the map."""
        inverse, possible = self._transform().inverted()
        if possible:
            middle = self._camera.viewport().rect().center()
            away = middle - self._camera.mapFromScene(inverse.map(place - self.rect.topLeft().toPointF()))
            self._camera.pan_by(away.x(), away.y())

    def paint(self, painter: QPainter) -> None:
        """Paint it, in pixels of the viewport."""
        corner = self.rect.topLeft().toPointF()
        painter.drawPixmap(corner, self._boxes())
        seen: QRectF = self._transform().mapRect(self._camera.visible()).translated(corner)
        painter.setPen(pen(theme.color("accent"), 1.5))
        painter.setBrush(theme.color("accent", 0.08))
        painter.drawRoundedRect(seen.intersected(QRectF(self.rect).adjusted(2, 2, -2, -2)), 3, 3)

    def _transform(self) -> QTransform:
        around = self.bounds.adjusted(-80, -80, 80, 80)
        space = QRectF(8, 8, SIZE.width() - 16, SIZE.height() - 16)
        scale = min(space.width() / around.width(), space.height() / around.height())
        move = space.center() - around.center() * scale
        return QTransform(scale, 0.0, 0.0, scale, move.x(), move.y())

    def _boxes(self) -> QPixmap:
        overview, ratio = self._camera.scene().overview, self._camera.devicePixelRatioF()
        key = ratio, theme.palette.name
        if self._picture is None or self._picture[0] != key:
            picture = QPixmap(SIZE * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(0.5, 0.5, SIZE.width() - 1, SIZE.height() - 1)
            painter.setPen(pen(theme.color("line"), 1.0))
            painter.setBrush(theme.color("panel", 0.94))
            painter.drawRoundedRect(frame, 8, 8)
            painter.setClipRect(frame.adjusted(1, 1, -1, -1))
            painter.setWorldTransform(self._transform(), True)
            self._camera.scene().frames.paint(painter, self.bounds)
            self._camera.scene().notes.paint(painter, 0.0, self.bounds)
            overview.paint_bodies(painter, self._camera.scene().inks)
            painter.end()
            self._picture = key, picture
        return self._picture[1]

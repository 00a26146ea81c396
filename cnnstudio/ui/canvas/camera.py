"""Camera: the view as a window onto the scene. Zoom, pan, background, far overview; knows no gesture and no edit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QHelpEvent,
    QInputDevice,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from cnnstudio.layout.metrics import HEIGHT, WIDTH
from cnnstudio.ui.canvas.compositing import Compositor, StillLayer
from cnnstudio.ui.canvas.grid import Grid
from cnnstudio.ui.canvas.scene.cost_overlay import SharesAs
from cnnstudio.ui.canvas.scene.dragged import ROUND
from cnnstudio.ui.canvas.scene.geometry import TURN, joined
from cnnstudio.ui.canvas.scene.item_scene import NEAR
from cnnstudio.ui.canvas.scene.scene import CanvasScene
from cnnstudio.ui.canvas.scene.wire_item import WireItem
from cnnstudio.ui.canvas.scene.wire_labels import paint_labels
from cnnstudio.ui.canvas.staying import Staying
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import theme

NEAREST, FARTHEST = 4.0, 0.04
FAR = 100_000.0  # half the side of what can be looked at; larger only for nodes that a file puts beyond
LABELS_FROM = 0.7  # the zoom from which a wire says what it carries
FINE = 0.75  # pixels of the screen for one of the scene up to which wires are painted fine
MOST_PIECES = 24  # of a region that are painted one by one
MARGIN = 24.0  # pixels of the screen that are left round what is brought into view
SIDE = TURN + 4.0  # pixels of the scene at the least on its left and right, where wires turn to the next row
STILL_AFTER = 150  # milliseconds without movement until edges are smoothed again


class Camera(QGraphicsView):
    """A view of a ``CanvasScene``; the settings of its constructor are worth factors, see benchmarks/canvas.py."""

    zoomed = Signal(float)
    looked = Signal()  # another part of the scene is in view
    map_moved = Signal()  # its map may lie in the other corner now, or have come or gone
    brought = Signal(QRectF)  # this part of the scene was brought into view, or was made where it is in view

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._scene = CanvasScene(document, self)
        self._room = QRectF(-FAR, -FAR, 2 * FAR, 2 * FAR)
        self._reach(self.scene().sceneRect())
        self.setScene(self._scene)
        self.scene().sceneRectChanged.connect(self._reach)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        flags = QGraphicsView.OptimizationFlag
        self.setOptimizationFlags(flags.DontSavePainterState | flags.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.zoomed.connect(lambda zoom: self.scene().set_fine_wires(zoom * self.devicePixelRatioF() <= FINE))
        self._still = QTimer(self, singleShot=True, interval=STILL_AFTER)
        self._still.timeout.connect(self._smooth_again)
        self._grid = Grid()
        self.wheel: Literal["zoom", "pan"] = "zoom"  # what a mouse wheel does; fingers on a touchpad always pan
        self._standing = StillLayer()  # what stands still, from afar
        self._apart = Compositor(self)  # and near to
        self._framed = False  # whether anything was ever put into view
        self.along_top: list[QWidget] = []  # what lies over the upper edge of the view, when it is there
        self.along_foot: list[QWidget] = []  # and over the lower one
        self.staying = Staying(self.along_top)
        self.scene().touched.connect(self._repaint_touched)
        self.scene().heated.connect(self._repaint_heated)
        theme.changed.connect(self.viewport().update)
        self._scope = document.scope
        self._places: dict[tuple[str, ...], tuple[float, QPointF]] = {}  # where it looked in each scope
        document.scope_changed.connect(self._look_into)
        document.path_changed.connect(self._look_at_opened)

    def scene(self) -> CanvasScene:
        return self._scene

    def _reach(self, rect: QRectF) -> None:
        """Leave room to look and to drag far beyond the nodes."""
        if not self._room.contains(rect):
            self._room = self._room.united(rect.adjusted(-FAR, -FAR, FAR, FAR))
        self.setSceneRect(self._room)

    # where it looks

    @property
    def zoom(self) -> float:
        """Pixels of the screen for one of the scene."""
        return self.transform().m11()

    def visible(self) -> QRectF:
        """The part of the scene that is in view."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def free(self) -> QRect:
        """The part of the viewport that nothing lies over; the map steps aside by itself."""
        view = self.viewport().rect()
        above = max((each.geometry().bottom() for each in self.along_top if each.isVisible()), default=0)
        below = max((view.height() - each.y() for each in self.along_foot if each.isVisible()), default=0)
        most = view.height() // 3
        return view.adjusted(0, min(above, most), 0, -min(below, most))

    def zoom_by(self, factor: float, anchor: QPoint | None = None) -> None:
        """Zoom so that the point under ``anchor`` (in the viewport; its middle unless said) stays where it is."""
        factor = max(FARTHEST, min(NEAREST, self.zoom * factor)) / self.zoom
        if abs(factor - 1.0) < 1e-6:
            return
        place = anchor if anchor is not None else self.viewport().rect().center()
        before = self.mapToScene(place)
        self.scale(factor, factor)
        self._scroll(self.mapFromScene(before) - place)
        self.hurry()
        self.zoomed.emit(self.zoom)
        self.looked.emit()

    def zoom_in(self) -> None:
        """One step nearer to what is under the pointer."""
        self.zoom_by(1.25, self.pointer_place())

    def zoom_out(self) -> None:
        """One step away from what is under the pointer."""
        self.zoom_by(0.8, self.pointer_place())

    def pointer_place(self) -> QPoint:
        """The pointer in the viewport, or the viewport's middle when the pointer is elsewhere."""
        pointer = self.viewport().mapFromGlobal(QCursor.pos())
        view = self.viewport().rect()
        return pointer if self.underMouse() and view.contains(pointer) else view.center()

    def actual_size(self) -> None:
        """One pixel of the scene on one of the screen."""
        self.zoom_by(1.0 / self.zoom)

    def pan_by(self, dx: float, dy: float) -> None:
        """Move what is seen by so many pixels of the screen."""
        if self.zoom < NEAR:  # where nothing is scrolled and all is painted
            self.hurry()
        self._scroll(QPoint(-round(dx), -round(dy)))
        self.looked.emit()

    def look_at(self, rect: QRectF, most: float = 1.0) -> None:
        """Bring this part of the scene into view, as large as fits but no larger than zoom ``most``."""
        view = self.free()
        if rect.isEmpty() or view.isEmpty():
            return
        width, height = (max(length - 2 * MARGIN, 50.0) for length in view.size().toTuple())
        with_wires = view.width() / (rect.width() + 2 * SIDE)
        fits = min(width / rect.width(), height / rect.height(), with_wires)
        factor = max(FARTHEST, min(most, NEAREST, fits)) / self.zoom
        self.scale(factor, factor)
        self._scroll(self.mapFromScene(rect.center()) - view.center())
        self._framed = True
        self.zoomed.emit(self.zoom)
        self.looked.emit()

    @property
    def middle(self) -> QPointF:
        """The point of the scene that is in the middle of the view."""
        return self.mapToScene(self.viewport().rect().center())

    def look_from(self, zoom: float, middle: QPointF) -> None:
        """Look at this point, at this zoom."""
        self.zoom_by(zoom / self.zoom)
        away = self.viewport().rect().center() - self.mapFromScene(middle)
        self.pan_by(away.x(), away.y())

    def fit(self) -> None:
        """Show the whole network."""
        self.look_at(self.scene().bounds_of())

    def fit_selection(self) -> None:
        """Show the selected nodes and notes, or all of them when none is selected."""
        around = self.scene().bounds_of_selected()
        self.look_at(self.scene().bounds_of() if around.isNull() else around)

    def reveal(self, name: str) -> None:
        """Select this node and, where it cannot be seen well, bring it into view."""
        if name not in self.scene().nodes:
            return
        self.document.select((name,))
        self.show_node(name)

    def show_node(self, name: str) -> None:
        """Bring a node into view without a jump where it already is."""
        body = self.scene().nodes[name].body
        if self.zoom < NEAR:
            self.look_at(body.adjusted(-2 * WIDTH, -4 * HEIGHT, 2 * WIDTH, 4 * HEIGHT))
        elif not self._free_part().contains(body.adjusted(-12, -12, 12, 12)):
            self._scroll(self.mapFromScene(body.center()) - self.free().center())
            self.looked.emit()
        self.brought.emit(body)

    def bring_in(self, rect: QRectF) -> None:
        """Move the view as little as is needed to show this, or look from farther away where it is larger than that."""
        margin, seen = MARGIN / self.zoom, self._free_part()
        around = rect.adjusted(-margin, -margin, margin, margin)
        if around.width() > seen.width() or around.height() > seen.height():
            self.look_at(rect, most=self.zoom)
            return
        right, down = around.right() - seen.right(), around.bottom() - seen.bottom()
        dx = min(0.0, around.left() - seen.left()) or max(0.0, right)
        dy = min(0.0, around.top() - seen.top()) or max(0.0, down)
        if dx or dy:
            self.pan_by(-dx * self.zoom, -dy * self.zoom)
        self.brought.emit(rect)

    def _free_part(self) -> QRectF:
        return self.mapToScene(self.free()).boundingRect()

    def _scroll(self, by: QPoint) -> None:
        with self.staying:
            for bar, pixels in ((self.horizontalScrollBar(), by.x()), (self.verticalScrollBar(), by.y())):
                bar.setValue(bar.value() + pixels)

    def _look_into(self, scope: tuple[str, ...]) -> None:
        self._places[self._scope] = self.zoom, self.middle
        self._scope = scope
        if scope in self._places and len(scope) < max(map(len, self._places)):
            self.look_from(*self._places[scope])
            self._places = {key: value for key, value in self._places.items() if len(key) < len(scope)}
        else:
            self.fit()

    def _look_at_opened(self, *_: object) -> None:
        if not self.document.undo_stack.count():
            self._places.clear()
            if self.scene().is_empty:
                self.actual_size()
            else:
                self.fit()

    # what it shows of it

    def set_measure(self, name: str | None) -> None:
        """Show where the parameters, MACs, memory or time are (a key of ``MEASURES``), or with None no such thing."""
        self.scene().set_measure(name)
        self.looked.emit()
        self.viewport().update()

    def set_shares_as(self, shares_as: SharesAs) -> None:
        """Show what is measured as a bar in each node, as heat over the whole canvas, or both."""
        self.scene().set_shares_as(shares_as)
        self.viewport().update()

    def set_wide_wires(self, wide: bool) -> None:
        """Let the width of a wire grow with the channels it carries, or not."""
        self.scene().set_wide_wires(wide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked.emit()

    # the wheel and the touchpad

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle = event.pixelDelta(), event.angleDelta()
        # not by pixelDelta: on X11 the wheel of a mouse has one too
        fingers = (
            event.device().type() == QInputDevice.DeviceType.TouchPad or event.phase() != Qt.ScrollPhase.NoScrollPhase
        )
        turned = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        zooms = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier) or (
            self.wheel == "zoom" and not fingers and not turned and angle.y() != 0
        )
        if zooms:
            self.zoom_by(2.0 ** (max(-480, min(480, angle.y() or angle.x())) / 480.0), event.position().toPoint())
        else:
            step = pixels if fingers and not pixels.isNull() else angle / 2
            sideways = turned and not step.x()
            self.pan_by(step.y() if sideways else step.x(), 0 if sideways else step.y())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ToolTip:
            self.tell(cast(QHelpEvent, event))
            return True
        if kind == QEvent.Type.NativeGesture:
            gesture = cast(QNativeGestureEvent, event)
            if gesture.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(max(0.2, 1.0 + gesture.value()), gesture.position().toPoint())
                return True
        return super().viewportEvent(event)

    def tell(self, event: QHelpEvent) -> None:
        """Say what lies under the pointer; here nobody knows."""

    # how it paints

    def hurry(self) -> None:
        """Paint without smoothed edges until nothing has moved for a moment."""
        self.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._still.start()

    def _smooth_again(self) -> None:
        self.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self.viewport().update()

    @property
    def _paints_items(self) -> bool:
        """Whether Qt leaves it to this view to paint the items, and to ask for it."""
        return self.zoom < NEAR or self.leaves_still

    def _repaint_touched(self, _: bool, within: QRectF) -> None:
        if not self._paints_items:
            return
        if within.isNull():
            self.viewport().update()
            return
        around = within.adjusted(-ROUND, -ROUND, ROUND, ROUND)
        self._apart.spoil(self._piece(around), wires=False)
        self.update_scene(around)

    def _repaint_heated(self, wires: list[WireItem]) -> None:
        for wire in wires if self._paints_items else ():
            self._apart.spoil(self._piece(wire.sceneBoundingRect()), wires=True)
            self.update_scene(wire.sceneBoundingRect())

    def _piece(self, rect: QRectF) -> QRect:
        """The pixels of the view that this part of the scene touches, and a few more."""
        return self.viewportTransform().mapRect(rect).toAlignedRect().adjusted(-4, -4, 4, 4)

    def update_scene(self, rect: QRectF) -> None:
        """Paint this part of the scene again, for what is drawn over it and is no item."""
        self.viewport().update(self._piece(rect))

    def _pieces(self, event: QPaintEvent) -> list[QRect]:
        """What to paint, piece by piece: the bounds of it all would be everything after a pan."""
        if event.region().rectCount() == 1:
            return [event.rect()]
        pieces = list(cast(Iterable[QRect], event.region()))
        return joined(pieces) if len(pieces) <= MOST_PIECES else [event.rect()]

    @property
    def leaves_still(self) -> bool:
        """Whether something goes on that leaves most of what is in view as it is."""
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.scene().overview.stands_in(self.zoom, self.exposed(self.viewport().rect())):
            self._standing.forget()
            if self.leaves_still:
                self._apart.paint(event.rect())
                return
            self._apart.forget()
            for piece in self._pieces(event):
                super().paintEvent(QPaintEvent(piece))
            return
        self._apart.forget()
        painter = QPainter(self.viewport())
        painter.setRenderHints(self.renderHints())
        canvas, transform = self.scene(), self.viewportTransform()
        key = transform, self.renderHints(), canvas.inks, canvas.overview.version, canvas.marks_behind
        piece, exposed = event.rect(), self.exposed(event.rect())
        self._standing.paint(painter, key, self.viewport().size(), piece, self._paint_far)
        painter.setWorldTransform(transform)
        canvas.overview.paint_over(painter, self.zoom, exposed)
        self.paint_over(painter, exposed)
        painter.end()

    def exposed(self, piece: QRect) -> QRectF:
        """The part of the scene that is in this piece of the view."""
        return self.mapToScene(piece.adjusted(-1, -1, 1, 1)).boundingRect()

    def _paint_far(self, painter: QPainter, piece: QRect) -> None:
        exposed = self.exposed(piece)
        painter.setWorldTransform(self.viewportTransform())
        self.drawBackground(painter, exposed)
        self.scene().overview.paint(painter, self.zoom, exposed)
        self.scene().frames.paint_titles(painter, self.zoom, exposed, over=True)
        painter.resetTransform()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802 - Qt's name
        transform = painter.worldTransform()
        exposed = transform.mapRect(QRectF(rect)).toAlignedRect()
        painter.resetTransform()
        painter.setClipRect(exposed)  # an item may reach into another piece, and must not be painted twice there
        tile, side = self._grid.tile(self.zoom, self.devicePixelRatioF(), painter)
        # from one corner for the whole view, so that pieces painted one by one meet; in whole pixels, as a tile is
        origin, corner = transform.map(QPointF(0.0, 0.0)), self.viewport().rect().topLeft()
        begin = QPointF(round(origin.x() % side), round(origin.y() % side))
        offset = QPointF(exposed.topLeft() - corner) - begin
        painter.drawTiledPixmap(QRectF(exposed), tile, offset)
        painter.setWorldTransform(transform)
        self.scene().frames.paint(painter, QRectF(rect))
        if self.zoom >= NEAR:
            self.scene().frames.paint_titles(painter, self.zoom, QRectF(rect))
        self.scene().notes.paint(painter, self.zoom, QRectF(rect))

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802 - Qt's name
        self.paint_labels(painter, QRectF(rect))
        self.paint_over(painter, QRectF(rect))

    @property
    def tells_shapes(self) -> bool:
        """Whether there is room on the wires for what they carry."""
        return self.zoom >= LABELS_FROM

    def paint_labels(self, painter: QPainter, exposed: QRectF) -> None:
        """Paint what is written on the wires that stand in this part of the scene."""
        if self.tells_shapes:
            paint_labels(painter, self.scene(), exposed)

    def paint_over(self, painter: QPainter, exposed: QRectF) -> None:
        """Paint what lies over the scene; here nothing does."""

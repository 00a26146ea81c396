"""CanvasView: the canvas as a person meets it. It turns pointer, wheel, keys and drops into tools and commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleInterface,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QStatusTipEvent,
)
from PySide6.QtWidgets import QApplication, QGraphicsView, QToolTip, QWidget

from cnnstudio.ui.canvas.accessibility.canvas import CanvasAccess, tell_description, tell_focus
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.follow_edits import Outcome
from cnnstudio.ui.canvas.keyboard import Keyboard
from cnnstudio.ui.canvas.minimap import Minimap
from cnnstudio.ui.canvas.overlays import Breadcrumb, CostLegend, MapLegend, paint_hint
from cnnstudio.ui.canvas.pointer import HeldKeys, Pointer
from cnnstudio.ui.canvas.scene.hit import Hit
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.tools.drop import Drop, dragged_block
from cnnstudio.ui.canvas.tools.pointing import second_tool_for, select_under, shape_over, tool_for, words_at
from cnnstudio.ui.canvas.tools.tool import EDGE, MapTool, PanTool, Tool
from cnnstudio.ui.document import Document
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.text_keys import goes_into_text, is_written_over

MAP_LAGS = 120  # milliseconds by which the map may be behind a drag
BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class CanvasView(Walking):
    """The view, its tools and its overlays. Shortcuts of commands belong to ``ui/actions.py``."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        _offer_access()
        self.accessible: CanvasAccess | None = None  # made when a screen reader first asks
        self.keyboard = Keyboard(self, lambda: self._tool is not None, self.cancel)
        self._tool: Tool | None = None
        self._button = Qt.MouseButton.NoButton  # that began it, and alone ends it
        self._tip = ""  # what is said of it at the foot of the window
        self._gave_up = False  # whether the last press gave up a gesture, and so is meant for nothing else
        self._pointer = Pointer(QPointF(), QPoint(), Qt.KeyboardModifier.NoModifier)
        self._drop: Drop | None = None
        self._roll = QTimer(self, interval=16)
        self._roll.timeout.connect(self._roll_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setAccessibleName("Network canvas")
        self.minimap_wanted = True  # shown whenever part of the network is out of view
        self._map = Minimap(self)
        self._map_timer = QTimer(self, singleShot=True, interval=MAP_LAGS)
        self._map_timer.timeout.connect(self._map.refresh)
        self.looked.connect(self._update_map)
        self.brought.connect(self._map.make_room_for)
        self.scene().touched.connect(self._follow_bodies)
        self.scene().shifted.connect(self._map_timer.start)
        self.breadcrumb = Breadcrumb(document, self.viewport())
        self.breadcrumb.move(12, 12)
        self.along_top.append(self.breadcrumb)
        self.cost_legend = CostLegend(self)
        self.map_legend = MapLegend(self)
        document.changed.connect(self._give_up_gesture)
        document.scope_changed.connect(self._give_up_gesture)
        document.scope_changed.connect(lambda _: self._map.refresh())
        document.selection_changed.connect(self._describe)
        self.scene().synced.connect(self._describe)
        self.scene().marked.connect(self._describe)
        self._hinted = self.scene().is_empty
        self.scene().synced.connect(self._follow_emptiness)
        self._outcome = Outcome(self)
        self.stepped.connect(lambda: tell_focus(self))

    # tools

    @property
    def tool(self) -> Tool | None:
        """The gesture that is going on."""
        return self._tool

    @property
    def leaves_still(self) -> bool:
        return self._tool is not None and self._tool.leaves_still

    def _go_on(self, tool: Tool, pointer: Pointer) -> None:
        """The pointer went there with this tool in the hand, or with the one that takes over from it."""
        tool.move(pointer)
        if tool.after is not None:
            self._use(tool.after)
            tool.after.move(pointer)

    def _use(self, tool: Tool) -> None:
        """Go on with this tool in the place of the one before."""
        self._tool = tool
        self._hint(tool.hint)
        self.viewport().setCursor(tool.cursor)
        if tool.scrolls:
            self._roll.start()

    def cancel(self) -> bool:
        """Give up the gesture that is going on, without a change; whether there was one."""
        tool = self._drop_tool()
        if tool is not None:
            tool.cancel()
        return tool is not None

    def _drop_tool(self) -> Tool | None:
        tool, self._tool = self._tool, None
        if tool is not None:
            self._hint("")
            self._roll.stop()
            self.viewport().unsetCursor()
            if tool.paints:
                self.viewport().update()
        return tool

    def _hint(self, words: str) -> None:
        """Say this at the foot of the window, where there is one."""
        if words != self._tip:
            self._tip = words
            QApplication.sendEvent(self, QStatusTipEvent(words))

    def _give_up_gesture(self, *_: object) -> None:
        self.cancel()
        self.popup.close_without_change()  # what it offers was for the network as it was

    # the pointer

    def _at(self, event: QMouseEvent) -> Pointer:
        place = event.position().toPoint()
        self._pointer = Pointer(self.mapToScene(place), place, event.modifiers())
        return self._pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(event, tool_for)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._press(event, second_tool_for)  # Qt sends it in the place of the second press

    def _press(self, event: QMouseEvent, tool_of: Callable[[Walking, HeldKeys, Pointer], Tool]) -> None:
        self.popup.close_without_change()
        pointer, button, busy = self._at(event), event.button(), self._tool is not None
        self._gave_up = busy and button == Qt.MouseButton.RightButton and self.cancel()
        if not busy and button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._button = button
            self.scene().heat(())
            if button == Qt.MouseButton.MiddleButton:
                self._use(PanTool(self, pointer))
            else:
                self.scene().focus_node(None)
                on_map = MapTool(self, pointer, self._map) if self._is_on_map(pointer.view) else None
                self._use(on_map or tool_of(self, self.keyboard.held, pointer))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = self._at(event)
        if self._tool is not None:
            self._go_on(self._tool, pointer)
            self._clear_map(pointer)
        elif not event.buttons():
            hit = Hit() if self._is_on_map(pointer.view) else self.scene().hit_test.at(pointer.scene, self.zoom)
            self.scene().heat({hit.edge} if hit.edge is not None else ())
            self.viewport().setCursor(shape_over(self, hit, pointer))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pointer = self._at(event)
        if event.button() == self._button and (tool := self._drop_tool()):
            tool.release(pointer)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.ask_menu()
        elif self._tool is None and not self._gave_up and not self._is_on_map(event.pos()):
            select_under(self, event.pos())
            self.menu_asked.emit(event.globalPos())

    def _is_on_map(self, place: QPoint) -> bool:
        """Whether the map lies there, and so hides what lies under it."""
        return self._map.rect.contains(place) and self.shows_map

    def _roll_on(self) -> None:
        view, place = self.viewport().rect(), self._pointer.view
        dx = _past(place.x(), view.left(), view.right())
        dy = _past(place.y(), view.top(), view.bottom())
        if not (dx or dy) or (self._tool is None and (self._drop is None or not self._drop.rolls)):
            return
        self.pan_by(-dx, -dy)
        self._pointer = Pointer(self.mapToScene(place), place, self._pointer.modifiers)
        if self._tool is not None:
            self._go_on(self._tool, self._pointer)
        elif self._drop is not None:
            self._drop.move(place.toPointF())

    # telling

    def tell(self, event: QHelpEvent) -> None:
        words = "" if self._is_on_map(event.pos()) else words_at(self, self.mapToScene(event.pos()))
        QToolTip.showText(event.globalPos(), tip(words), self.viewport())

    # keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            pressed = cast(QKeyEvent, event)
            if goes_into_text(pressed, self) or self.keyboard.claims(pressed):
                event.accept()
                return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        # Tab adds a block here; Shift+Tab is the way out for those who have no mouse
        return False if forward else super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # what a field over the canvas makes nothing of is no command either
        event.setAccepted(is_written_over(self) or self.keyboard.press(event))
        if not event.isAccepted() and not event.isAutoRepeat():
            self.unheeded.emit(QKeySequence(event.keyCombination()))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self.keyboard.release(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in BY_KEY:
            self.take_keyboard()
        tell_focus(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.keyboard.let_go()
        super().focusOutEvent(event)

    # drops from the palette

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat("application/x-cnnstudio-block"):
            self._drop = Drop(self, event.mimeData())
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._drop is not None:
            place = event.position().toPoint()
            self._pointer = Pointer(self.mapToScene(place), place, event.modifiers())
            self._drop.move(event.position())
            self._map.make_room(QRect(place, place))
            self._roll.start()
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        if self._drop is not None:
            self._drop.end()
            self._drop = None
            self._roll.stop()

    def dropEvent(self, event: QDropEvent) -> None:
        drop, self._drop = self._drop or Drop(self, event.mimeData()), None
        self._roll.stop()
        drop.move(event.position())
        edge = drop.end()
        block = dragged_block(event.mimeData(), self.document)
        if block is not None:
            event.acceptProposedAction()
            name = self.add_block(block, self.mapToScene(event.position().toPoint()), edge=edge)
            if name is not None:
                self.bring_in(self.scene().nodes[name].body)
            self.setFocus()

    # what is seen

    def set_minimap(self, shown: bool) -> None:
        """Show the map in the corner whenever part of the network is out of view, or never."""
        self.minimap_wanted = shown
        self._map.refresh()

    @property
    def shows_map(self) -> bool:
        """Whether the map is in its corner now."""
        return self.minimap_wanted and self._map.is_needed

    @property
    def map_rect(self) -> QRect:
        """Where the map lies in the viewport; empty while it is not there."""
        return self._map.rect if self.shows_map else QRect()

    def _update_map(self) -> None:
        self.viewport().update(self._map.rect)

    def _clear_map(self, pointer: Pointer) -> None:
        """Let the map go out of the way of what a gesture carries."""
        if self._tool is not None and self._tool.scrolls:
            self._map.make_room(QRect(pointer.view, pointer.view))

    def _follow_bodies(self, bodies: bool) -> None:
        if bodies and not self._map_timer.isActive():
            self._map_timer.start()

    def scene_item(self, name: str) -> NodeItem:
        """The item of a node."""
        return self.scene().nodes[name]

    def _describe(self, *_: object) -> None:
        names = self.chosen
        if len(names) == 1:
            words = self.scene().nodes[names[0]].sentence()
        else:
            words = f"{len(names) or 'No'} blocks selected of {len(self.scene().nodes)}."
            if frames := [frame.title for frame in self.chosen_frames if frame.members <= set(names)]:
                words += f" With all of {', '.join(frames[:5])}."
        words += "".join(f" Note: {note.text}" for note in self.scene().notes.chosen)
        self.setAccessibleDescription(words)
        tell_description(self)

    def _follow_emptiness(self) -> None:
        """The hint of the empty canvas is larger than the node that ends it, so all is painted anew."""
        if self._hinted != self.scene().is_empty:
            self._hinted = self.scene().is_empty
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._map.place()
        super().resizeEvent(event)
        if not self._framed and not self.scene().is_empty:
            self.fit()

    def paint_over(self, painter: QPainter, exposed: QRectF) -> None:
        if self.scene().is_empty:
            paint_hint(painter, self)
        self.paint_loose_wire(painter)
        for overlay in (self._drop, self._tool):
            if overlay is not None:
                overlay.paint(painter, self.zoom, exposed)
        transform = painter.worldTransform()
        if transform.mapRect(exposed).intersects(QRectF(self._map.rect)) and self.shows_map:
            painter.resetTransform()
            self._map.paint(painter)
            painter.setWorldTransform(transform)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 - Qt's name
        with self.staying:
            super().scrollContentsBy(dx, dy)
        # what was scrolled along and must stay where it is
        for rect in [self._map.rect] if self.minimap_wanted else []:
            self.viewport().update(rect)
            self.viewport().update(rect.translated(dx, dy))


@cache
def _offer_access() -> None:
    """Let Qt find what a screen reader finds on a canvas."""

    def made(_: str, widget: object) -> QAccessibleInterface | None:
        # asked while the view is being made, too, when Qt knows of no scene in it yet
        if not isinstance(widget, CanvasView) or not QGraphicsView.scene(widget):
            return None
        before, widget.accessible = widget.accessible, CanvasAccess(widget)
        if before is not None:
            before.retire()
        return widget.accessible

    QAccessible.installFactory(made)


def _past(place: int, low: int, high: int) -> int:
    """How far to roll for a pointer near a border: negative before ``low``, positive after ``high``."""
    if place < low + EDGE:
        return max(-20, (place - low - EDGE) // 2)
    return min(20, (place - high + EDGE) // 2) if place > high - EDGE else 0

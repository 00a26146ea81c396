"""Tools: a gesture is an object. It is pressed, moved and released, or cancelled, and ends in one edit or in none."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication

from cnnstudio.editing.removal import unplugged
from cnnstudio.graph import Edge, Note
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.minimap import Minimap
from cnnstudio.ui.canvas.pointer import CTRL, SHIFT, Pointer
from cnnstudio.ui.canvas.scene.geometry import within
from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import for_screen, pen

FALLS = "Ctrl leaves it where the pointer has it; Shift turns snapping to the grid round; Escape gives up."
EDGE = 26  # pixels from the border of the view where a held gesture makes it roll on
LEAST = 6.0  # pixels of the screen from point to point of a stroke


class Tool:
    """The base of gestures: does nothing. One that another tool takes over from says so by ``after``."""

    cursor = Qt.CursorShape.ArrowCursor
    hint = ""  # what else can be done while it goes on, for the line at the foot of the window
    scrolls = False  # whether the view rolls on when the pointer is held at its edge
    paints = True  # whether it paints over the canvas, so that there is something to wipe when it ends

    leaves_still = False  # whether most of what is in view stays as it is, so that pictures of it are worth keeping

    def __init__(self, view: Walking, start: Pointer) -> None:
        self.view, self.start, self.last = view, start, start
        self.after: Tool | None = None  # goes on in the place of this one

    def move(self, pointer: Pointer) -> None:
        """The pointer went there."""

    def release(self, pointer: Pointer) -> None:
        """The button was let go: the gesture ends, with an edit or without."""

    def cancel(self) -> None:
        """The gesture is given up: everything is as it was."""

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint over the canvas what the gesture is about to do, in scene pixels; ``exposed`` is what can be seen."""


class PanTool(Tool):
    """Drags the canvas along."""

    cursor = Qt.CursorShape.ClosedHandCursor
    paints = False

    def move(self, pointer: Pointer) -> None:
        step = pointer.view - self.last.view
        self.last = pointer
        self.view.pan_by(step.x(), step.y())


class MapTool(Tool):
    """Moves the view to where the map is pressed."""

    cursor = Qt.CursorShape.PointingHandCursor
    paints = False

    def __init__(self, view: Walking, start: Pointer, minimap: Minimap) -> None:
        super().__init__(view, start)
        self._map = minimap
        minimap.go(start.view.toPointF())

    def move(self, pointer: Pointer) -> None:
        self._map.go(pointer.view.toPointF())


class PressTool(Tool):
    """Waits to see whether a press becomes a click or a drag."""

    paints = False

    def __init__(
        self, view: Walking, start: Pointer, click: Callable[[Pointer], None], drag: Callable[[], Tool]
    ) -> None:
        super().__init__(view, start)
        self.click, self.drag = click, drag

    def move(self, pointer: Pointer) -> None:
        if (pointer.view - self.start.view).manhattanLength() >= QApplication.startDragDistance():
            self.after = self.drag()

    def release(self, pointer: Pointer) -> None:
        self.click(pointer)


class RubberBandTool(Tool):
    """Selects what a rectangle touches; with Shift it adds, with Ctrl and Shift it takes away."""

    cursor = Qt.CursorShape.CrossCursor
    hint = "Shift adds to the selection; Ctrl and Shift take away from it."
    scrolls = True

    def __init__(self, view: Walking, start: Pointer) -> None:
        super().__init__(view, start)
        canvas = view.scene()
        self._before, self._wires, self._notes = view.document.selection, canvas.selected_wires, canvas.notes.chosen

    @property
    def _band(self) -> QRectF:
        return QRectF(self.start.scene, self.last.scene).normalized()

    def move(self, pointer: Pointer) -> None:
        self.view.update_scene(self._band)
        self.last = pointer
        self.view.update_scene(self._band)
        canvas = self.view.scene()
        names, notes, wires = set(canvas.hit_test.nodes_in(self._band)), canvas.notes.within(self._band), self._wires
        if pointer.holds(CTRL):
            names, notes = set(self._before) - names, self._notes - notes
        elif pointer.holds(SHIFT):
            names, notes = set(self._before) | names, self._notes | notes
        else:
            wires = frozenset()
        self._select(tuple(name for name in canvas.graph.nodes if name in names), wires, notes)

    def cancel(self) -> None:
        self._select(self._before, self._wires, self._notes)

    def _select(self, names: tuple[str, ...], wires: frozenset[Edge], notes: frozenset[Note]) -> None:
        self.view.document.select(names, adds=True)
        self.view.scene().select_wires(wires & self.view.scene().wires.keys())
        if notes != self.view.scene().notes.chosen:
            self.view.scene().select_notes(notes)

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        painter.setPen(pen(theme.color("accent"), 1.0 / zoom))
        painter.setBrush(theme.color("accent", 0.10))
        painter.drawRect(self._band)


class KnifeTool(Tool):
    """Cuts the wires that a stroke crosses."""

    cursor = Qt.CursorShape.CrossCursor
    leaves_still = True

    def __init__(self, view: Walking, start: Pointer) -> None:
        super().__init__(view, start)
        self._at = start.scene
        self._legs: list[tuple[QLineF, float]] = []  # of the stroke, and how far it is to each along it
        self._length = 0.0
        self._cut: dict[Edge, None] = {}

    def move(self, pointer: Pointer) -> None:
        before, at = self._at, pointer.scene
        leg = QLineF(before, at)
        length = leg.length()
        if length * self.view.zoom >= LEAST:
            self._legs.append((leg, self._length))
            self._at, self._length = at, self._length + length
            self._cut |= dict.fromkeys(self.view.scene().hit_test.wires_cut(before, at))
            self.view.scene().heat(self._cut)
        around = QRectF(before, at).normalized().united(QRectF(before, self.last.scene).normalized())
        self.view.update_scene(around)
        self.last = pointer

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        self.cancel()
        if self._cut:
            document = self.view.document
            graph = None if document.is_read_only else unplugged(document.view_graph, self._cut)
            self.view.edit("Cut wires" if len(self._cut) > 1 else "Cut a wire", graph)

    def cancel(self) -> None:
        self.view.scene().heat(())

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        ink = for_screen(self.view.scene().inks.knife_pen, zoom)
        for leg, away in (*self._legs, (QLineF(self._at, self.last.scene), self._length)):
            if (seen := within(leg, exposed)) is not None:  # dashes take their time, and so would those of all of it
                ink.setDashOffset((away + QLineF(leg.p1(), seen.p1()).length()) / ink.widthF())
                painter.setPen(ink)
                painter.drawLine(seen)

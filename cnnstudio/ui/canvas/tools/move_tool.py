"""MoveTool: nodes follow the pointer; what the graph makes of it is decided when the button is let go."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from cnnstudio.editing.alignment import snapped, taken_in
from cnnstudio.editing.wires import lifted
from cnnstudio.graph import Edge, Frame, Graph, GraphError, Position
from cnnstudio.graph.node import whole
from cnnstudio.layout.splice import spliced
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import CTRL, SHIFT, Pointer
from cnnstudio.ui.canvas.tools.guides import Guides
from cnnstudio.ui.canvas.tools.splice_mark import SpliceMark
from cnnstudio.ui.canvas.tools.tool import FALLS, Tool
from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import for_screen, pen

MANY = 10  # from so many nodes on, edges are smoothed only when they stand still


class MoveTool(Tool):
    """Moves the selection. A lone unwired node dropped on a wire is spliced in; Shift lifts nodes off their wires.

    Nodes without a frame that are dropped in one join it; those that Shift lifts leave theirs.
    A node falls into line with its wires and its neighbours; Ctrl leaves it where the pointer has it. Shift held from
    the start lifts; Shift pressed later turns snapping to the grid round.
    """

    cursor = Qt.CursorShape.SizeAllCursor
    hint = FALLS
    scrolls = True

    def __init__(self, view: Walking, start: Pointer, name: str) -> None:
        super().__init__(view, start)
        document, canvas = view.document, view.scene()
        self._lifts = start.holds(SHIFT)
        if name not in document.selection:
            document.select((name,))
        self._name = name
        self._notes = tuple(canvas.notes.chosen)
        self._from: dict[str, Position] = {each: canvas.graph[each].position for each in document.selection}
        self._mark = SpliceMark(view)
        node = canvas.graph[name]
        alone = len(self._from) == 1 and node.block.arity.most != 0
        unwired = not any(node.inputs) and not canvas.graph.consumers[name]
        self._may_splice = alone and (unwired or self._lifts) and not document.is_read_only
        self._guides = Guides(canvas, name, self._from, view.visible())
        self._into: Frame | None = None
        framed = canvas.graph.framed
        inside = {framed.get(each) for each in self._from}
        self._may_join = not document.is_read_only and (
            inside == {None} or (self._lifts and not self._is_whole(inside))
        )
        canvas.carry(self._from)
        self.leaves_still = bool(canvas.carried.nodes)

    @classmethod
    def of_frame(cls, view: Walking, start: Pointer, frame: Frame) -> MoveTool:
        """Move what is in this frame, with whatever else is selected if all of it is."""
        if not frame.members <= set(view.document.selection):
            view.select_frame(frame)
        return cls(view, start, min(frame.members, key=lambda name: view.scene().graph[name].position))

    def _is_whole(self, frames: set[Frame | None]) -> bool:
        return all(frame is not None and frame.members <= self._from.keys() for frame in frames)

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        places = self._places(pointer)
        self.view.scene().place(places, self._guides.rects())
        if self._notes:
            self.view.scene().notes.carry(self._notes, *self._away(places))
        if len(self._from) > MANY:
            self.view.hurry()
        if self._may_splice:
            item = self.view.scene().nodes[self._name]
            over = self.view.scene().hit_test.wire_under(item.body, apart_from=self._name)
            self._mark.show(over, item.input_at(0), item.output_at())
        if self._may_join:
            middle = self.view.scene().nodes[self._name].body.center()
            into = self.view.scene().frames.under(middle, self._from)
            if into != self._into:
                self._into = into
                self.view.viewport().update()

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        over, places = self._mark.edge, self._places(pointer)
        self._let_go()
        try:
            self.view.edit(*self._outcome(places, over))
        except GraphError as error:
            self.view.document.said.emit(str(error))
        self._settle()

    def cancel(self) -> None:
        self._let_go()
        self._settle()

    def _settle(self) -> None:
        self.view.scene().settle(self._from)
        self.view.scene().notes.settle()

    def _away(self, places: dict[str, Position]) -> Position:
        """How far everything has come with these places."""
        (x, y), (to_x, to_y) = self._from[self._name], places[self._name]
        return to_x - x, to_y - y

    def _places(self, pointer: Pointer) -> dict[str, Position]:
        offset = pointer.scene - self.start.scene
        x, y = self._from[self._name]
        place = x + offset.x(), y + offset.y()
        self._guides.lines = []
        # one node falls into place and the others keep their places beside it
        if self.view.snaps != (pointer.holds(SHIFT) and not self._lifts):
            place = snapped(place)
        elif not pointer.holds(CTRL):
            place = self._guides.snap(*place, self.view.zoom)
        dx, dy = whole((place[0] - x, place[1] - y))
        return {name: (x + dx, y + dy) for name, (x, y) in self._from.items()}

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        if self._guides.lines:
            painter.setPen(for_screen(self.view.scene().inks.guide_pen, zoom))
            painter.drawLines(self._guides.lines)
        if self._into is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(pen(theme.color("accent"), 2.0 / zoom))
            painter.drawRoundedRect(self.view.scene().frames.around(self._into.members - self._from.keys()), 12.0, 12.0)
        self._mark.paint(painter, zoom)

    def _outcome(self, places: dict[str, Position], over: Edge | None) -> tuple[str, Graph | None]:
        graph = self.view.moved_to(places, self._notes, *self._away(places))
        if graph is None:
            return "", None
        whole_frame = next((each.title for each in graph.frames if each.members == places.keys()), None)
        what = self._name if len(places) == 1 else whole_frame or f"{len(places)} blocks"
        if self._lifts:
            graph = lifted(graph, places)
        if self._into is not None:
            graph = taken_in(graph, self._into.members - places.keys(), places)
        if over is not None and over in graph.edges:
            return f"Put {what} on a wire", spliced(graph, over, graph[self._name])
        return (f"Lift {what} off the wires" if self._lifts else f"Move {what}"), graph

    def _let_go(self) -> None:
        self._mark.hide()
        self.view.scene().carry(())

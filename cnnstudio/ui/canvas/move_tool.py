"""MoveTool: nodes follow the pointer; what the graph makes of it is decided when the button is let go."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from cnnstudio.graph import Edge, Frame, Graph, GraphError, Position
from cnnstudio.ui.canvas.edits import lifted, snapped, taken_in, whole
from cnnstudio.ui.canvas.style import for_screen, pen
from cnnstudio.ui.canvas.tools import CTRL, SHIFT, Pointer, Tool
from cnnstudio.ui.insertion import spliced
from cnnstudio.ui.measures import WIDTH
from cnnstudio.ui.theme import theme

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.view import CanvasView

GUIDE_REACH = 6  # pixels of the screen within which a node falls into line with another
MANY = 10  # from so many nodes on, edges are smoothed only when they stand still

Line = tuple[float, QPointF]  # where the top left corner comes to lie, and a point of what it lines up with


class MoveTool(Tool):
    """Moves the selection. A lone unwired node dropped on a wire is spliced in; Shift lifts nodes off their wires.

    Nodes without a frame that are dropped in one join it; those that Shift lifts leave theirs.
    A node falls into line with its wires and its neighbours; Ctrl leaves it where the pointer has it. Shift held from
    the start lifts; Shift pressed later turns snapping to the grid round.
    """

    cursor = Qt.CursorShape.SizeAllCursor
    scrolls = True

    def __init__(self, view: CanvasView, start: Pointer, name: str) -> None:
        super().__init__(view, start)
        document, canvas = view.document, view.canvas
        self._lifts = start.holds(SHIFT)
        if name not in document.selection:
            document.select((name,))
            canvas.select_wires(())
            canvas.select_notes(())
        self._name = name
        self._notes = tuple(canvas.notes.chosen)
        self._from: dict[str, Position] = {each: canvas.graph[each].position for each in document.selection}
        self._over: Edge | None = None
        node = canvas.graph[name]
        alone = len(self._from) == 1 and node.block.arity.most != 0
        unwired = not any(node.inputs) and not canvas.graph.consumers[name]
        self._may_splice = alone and (unwired or self._lifts) and not document.is_read_only
        self._columns, self._rows = self._lines()
        self._guides: list[QLineF] = []
        self._into: Frame | None = None
        framed = canvas.graph.framed
        inside = {framed.get(each) for each in self._from}
        self._may_join = not document.is_read_only and (
            inside == {None} or (self._lifts and not self._is_whole(inside))
        )
        canvas.carry(self._from)
        self.leaves_still = bool(canvas.carried.nodes)

    @classmethod
    def of_frame(cls, view: CanvasView, start: Pointer, frame: Frame) -> MoveTool:
        """Move what is in this frame, with whatever else is selected if all of it is."""
        if not frame.members <= set(view.document.selection):
            view.select_frame(frame)
        return cls(view, start, min(frame.members, key=lambda name: view.canvas.graph[name].position))

    def _is_whole(self, frames: set[Frame | None]) -> bool:
        return all(frame is not None and frame.members <= self._from.keys() for frame in frames)

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        places = self._places(pointer)
        self.view.canvas.place(places, [QRectF(line.p1(), line.p2()).normalized() for line in self._guides])
        if self._notes:
            self.view.canvas.notes.carry(self._notes, *self._away(places))
        if len(self._from) > MANY:
            self.view.hurry()
        if self._may_splice:
            body = self.view.canvas.nodes[self._name].body
            self._mark(self.view.canvas.wire_under(body, apart_from=self._name))
        if self._may_join:
            middle = self.view.canvas.nodes[self._name].body.center()
            into = self.view.canvas.frames.under(middle, self._from)
            if into != self._into:
                self._into = into
                self.view.viewport().update()

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        over, places = self._over, self._places(pointer)
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
        self.view.canvas.settle(self._from)
        self.view.canvas.notes.settle()

    def _away(self, places: dict[str, Position]) -> Position:
        """How far everything has come with these places."""
        (x, y), (to_x, to_y) = self._from[self._name], places[self._name]
        return to_x - x, to_y - y

    def _places(self, pointer: Pointer) -> dict[str, Position]:
        offset = pointer.scene - self.start.scene
        dx, dy = offset.x(), offset.y()
        if self.view.snaps != (pointer.holds(SHIFT) and not self._lifts):
            # one node snaps and the others keep their places beside it
            x, y = self._from[self._name]
            to_x, to_y = snapped((x + dx, y + dy))
            dx, dy = to_x - x, to_y - y
        elif not pointer.holds(CTRL):
            dx, dy = self._guided(dx, dy)
        dx, dy = whole((dx, dy))
        return {name: (x + dx, y + dy) for name, (x, y) in self._from.items()}

    def _lines(self) -> tuple[list[Line], list[Line]]:
        """The places where the node stands in line with others, across and down: with its wires straight above all."""
        canvas, seen = self.view.canvas, self.view.visible()
        item, name = canvas.nodes[self._name], self._name
        columns: list[Line] = []
        rows: list[Line] = []
        for port, source in enumerate(item.node.inputs):
            if source is not None and source not in self._from:
                other = canvas.nodes[source]
                rows.append((other.output_at().y() - item.inputs[port].y(), other.output_at()))
        for edge in canvas.graph.consumers[name]:
            if edge.target not in self._from:
                end = canvas.nodes[edge.target].input_at(edge.port)
                rows.append((end.y() - item.output.y(), end))
        for other_name, other in canvas.nodes.items():
            if other_name not in self._from and seen.intersects(other.body):
                middle = other.body.center()
                columns.append((other.body.x(), QPointF(other.body.x(), middle.y())))
                rows.append((middle.y() - item.height / 2, middle))
        return _sorted(columns), _sorted(rows)

    def _guided(self, dx: float, dy: float) -> tuple[float, float]:
        """The offset that brings the node into a line that it is near to; keeps the lines to paint."""
        x, y = self._from[self._name]
        across, down = _nearest(self._columns, x + dx), _nearest(self._rows, y + dy)
        reach, height = GUIDE_REACH / self.view.zoom, self.view.canvas.nodes[self._name].height
        self._guides = []
        if across is not None and abs(across[0] - x - dx) <= reach:
            dx = across[0] - x
            self._guides.append(QLineF(across[1], QPointF(across[0], y + dy + height / 2)))
        if down is not None and abs(down[0] - y - dy) <= reach:
            dy = down[0] - y
            self._guides.append(QLineF(down[1], QPointF(x + dx + WIDTH / 2, down[1].y())))
        return dx, dy

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        if self._guides:
            painter.setPen(for_screen(self.view.canvas.inks.guide_pen, zoom))
            painter.drawLines(self._guides)
        if self._into is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(pen(theme.color("accent"), 2.0 / zoom))
            painter.drawRoundedRect(self.view.canvas.frames.around(self._into.members - self._from.keys()), 12.0, 12.0)

    def _outcome(self, places: dict[str, Position], over: Edge | None) -> tuple[str, Graph | None]:
        graph = self.view.moved_to(places, self._notes, *self._away(places))
        if graph is None:
            return "", None
        whole_frame = next((each.title for each in graph.frames if each.members == places.keys()), None)
        what = self._name if len(places) == 1 else whole_frame or f"{len(places)} nodes"
        if self._lifts:
            graph = lifted(graph, places)
        if self._into is not None:
            graph = taken_in(graph, self._into.members - places.keys(), places)
        if over is not None and over in graph.edges:
            return f"Put {what} on a wire", spliced(graph, over, graph[self._name])
        return (f"Lift {what} off the wires" if self._lifts else f"Move {what}"), graph

    def _mark(self, over: Edge | None) -> None:
        self._over = over
        self.view.canvas.heat({over} if over is not None else ())

    def _let_go(self) -> None:
        self._mark(None)
        self.view.canvas.carry(())


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=itemgetter(0))


def _nearest(lines: list[Line], place: float) -> Line | None:
    after = bisect_left(lines, place, key=itemgetter(0))
    return min(lines[max(after - 1, 0) : after + 1], key=lambda line: abs(line[0] - place), default=None)

"""MoveTool: nodes follow the pointer; what the graph makes of it is decided when the button is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from cnnstudio.graph import Edge, Graph, GraphError, Position
from cnnstudio.ui.canvas.edits import lifted, snapped, whole
from cnnstudio.ui.canvas.tools import SHIFT, Pointer, Tool
from cnnstudio.ui.insertion import spliced

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.view import CanvasView

MANY = 10  # from so many nodes on, edges are smoothed only when they stand still


class MoveTool(Tool):
    """Moves the selection. A lone unwired node dropped on a wire is spliced in; Shift lifts nodes off their wires.

    Shift held from the start lifts; Shift pressed later turns snapping to the grid round.
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
        self._name = name
        self._from: dict[str, Position] = {each: canvas.graph[each].position for each in document.selection}
        self._over: Edge | None = None
        node = canvas.graph[name]
        alone = len(self._from) == 1 and node.block.arity.most != 0
        unwired = not any(node.inputs) and not canvas.graph.consumers[name]
        self._may_splice = alone and (unwired or self._lifts) and not document.is_read_only
        for each in self._from:
            canvas.nodes[each].raised = True
            canvas.nodes[each].setZValue(2.0)

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        self.view.canvas.place(self._places(pointer))
        if len(self._from) > MANY:
            self.view.hurry()
        if self._may_splice:
            body = self.view.canvas.nodes[self._name].body
            self._mark(self.view.canvas.wire_under(body, apart_from=self._name))

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        over, places = self._over, self._places(pointer)
        self._let_go()
        try:
            self.view.edit(*self._outcome(places, over))
        except GraphError as error:
            self.view.document.said.emit(str(error))
        self.view.canvas.settle(self._from)

    def cancel(self) -> None:
        self._let_go()
        self.view.canvas.settle(self._from)

    def _places(self, pointer: Pointer) -> dict[str, Position]:
        offset = pointer.scene - self.start.scene
        dx, dy = offset.x(), offset.y()
        if self.view.snaps != (pointer.holds(SHIFT) and not self._lifts):
            # one node snaps and the others keep their places beside it
            x, y = self._from[self._name]
            to_x, to_y = snapped((x + dx, y + dy))
            dx, dy = to_x - x, to_y - y
        dx, dy = whole((dx, dy))
        return {name: (x + dx, y + dy) for name, (x, y) in self._from.items()}

    def _outcome(self, places: dict[str, Position], over: Edge | None) -> tuple[str, Graph | None]:
        if self.view.document.is_read_only:
            return "", None
        graph = self.view.document.view_graph.move(places)
        what = self._name if len(places) == 1 else f"{len(places)} nodes"
        if self._lifts:
            graph = lifted(graph, places)
        if over is not None and over in graph.edges:
            return f"Put {what} on a wire", spliced(graph, over, graph[self._name])
        return (f"Lift {what} off the wires" if self._lifts else f"Move {what}"), graph

    def _mark(self, over: Edge | None) -> None:
        if over != self._over:
            for edge, hot in ((self._over, False), (over, True)):
                if edge is not None and edge in self.view.canvas.wires:
                    self.view.canvas.wires[edge].show_state(hot=hot)
            self._over = over

    def _let_go(self) -> None:
        self._mark(None)
        canvas = self.view.canvas
        for name in self._from:
            if name in canvas.nodes:
                canvas.nodes[name].raised = False
                canvas.nodes[name].setZValue(1.0)
                canvas.nodes[name].update()

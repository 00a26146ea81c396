"""BendTool: a bend of a wire follows the pointer."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt

from cnnstudio.editing.alignment import snapped
from cnnstudio.graph import Position
from cnnstudio.graph.node import Bends, whole
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import CTRL, SHIFT, Pointer
from cnnstudio.ui.canvas.scene.bend_marks import Bend
from cnnstudio.ui.canvas.tools.tool import FALLS, PressTool, Tool

REACH = 6  # pixels of the screen within which a bend falls into line with the ends of its wire and its other bends


class BendTool(Tool):
    """Moves a bend, or a new one: then ``bends`` are those of the wire with it.

    It falls into line with what its wire joins; Ctrl leaves it where the pointer has it. Shift turns snapping to the
    grid round.
    """

    cursor = Qt.CursorShape.SizeAllCursor
    hint = FALLS
    scrolls = True

    def __init__(self, view: Walking, start: Pointer, bend: Bend, bends: Bends | None = None) -> None:
        super().__init__(view, start)
        self._bend = bend
        self._wire = view.scene().wires[bend[0]]
        self._from = self._wire.bends if bends is None else bends
        self._is_new = len(self._from) > len(self._wire.bends)
        self._wire.place(self._wire.ends, self._from)
        view.scene().choose_bend(bend)

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        self._wire.place(self._wire.ends, self._bends(pointer))
        self.view.scene().overview.invalidate(wires=True)

    def release(self, pointer: Pointer) -> None:
        bends = self._bends(pointer)
        self.cancel()
        self.view.move_bend(self._bend, bends)

    def cancel(self) -> None:
        canvas = self.view.scene()
        if self._bend[0] in canvas.wires:
            if self._is_new:
                canvas.bends.let_go()
            canvas.bends.route(self._wire, self._wire.ends)
            canvas.overview.invalidate(wires=True)

    def _bends(self, pointer: Pointer) -> tuple[Position, ...]:
        index, offset = self._bend[1], pointer.scene - self.start.scene
        x, y = self._from[index][0] + offset.x(), self._from[index][1] + offset.y()
        if self.view.snaps != pointer.holds(SHIFT):
            x, y = snapped((x, y))
        elif not pointer.holds(CTRL):
            others = [place for number, place in enumerate(self._from) if number != index]
            x = self._in_line(x, (place[0] for place in others))
            ends = self._wire.ends[1], self._wire.ends[3]
            y = self._in_line(y, (*(place[1] for place in others), *ends))
        return (*self._from[:index], whole((x, y)), *self._from[index + 1 :])

    def _in_line(self, at: float, lines: Iterable[float]) -> float:
        near = min(lines, key=lambda line: abs(line - at), default=at)
        return near if abs(near - at) <= REACH / self.view.zoom else at


def bend_tool(view: Walking, pointer: Pointer, bend: Bend) -> Tool:
    """What a press on a bend begins: a click chooses it, a drag moves it."""
    return PressTool(view, pointer, lambda at: view.scene().choose_bend(bend), lambda: BendTool(view, pointer, bend))

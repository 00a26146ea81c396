"""Gestures on notes: one follows the pointer, or its corner does; the project is told when the button is let go."""

from __future__ import annotations

from PySide6.QtCore import Qt

from cnnstudio.editing.alignment import snapped
from cnnstudio.graph import Note
from cnnstudio.graph.node import whole
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import CTRL, SHIFT, Pointer
from cnnstudio.ui.canvas.scene.note_item import moved, sized
from cnnstudio.ui.canvas.tools.clicks import click_note
from cnnstudio.ui.canvas.tools.move_tool import MoveTool
from cnnstudio.ui.canvas.tools.tool import KnifeTool, PressTool, Tool


class NoteMoveTool(Tool):
    """Moves the selected notes; Shift turns snapping to the grid round."""

    cursor = Qt.CursorShape.SizeAllCursor
    scrolls = True

    def __init__(self, view: Walking, start: Pointer, note: Note) -> None:
        super().__init__(view, start)
        if note not in view.scene().notes.chosen:
            view.select_notes((note,))
        self._note = note
        self._notes = tuple(view.scene().notes.chosen)

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        self.view.scene().notes.carry(self._notes, *self._away(pointer))

    def release(self, pointer: Pointer) -> None:
        dx, dy = self._away(pointer)
        self.cancel()
        what = "a note" if len(self._notes) == 1 else f"{len(self._notes)} notes"
        self.view.change_notes(f"Move {what}", self._notes, lambda note: moved(note, dx, dy))

    def cancel(self) -> None:
        self.view.scene().notes.settle()

    def _away(self, pointer: Pointer) -> tuple[float, float]:
        offset = pointer.scene - self.start.scene
        dx, dy = offset.x(), offset.y()
        if self.view.snaps != pointer.holds(SHIFT):
            x, y = self._note.position
            to_x, to_y = snapped((x + dx, y + dy))
            dx, dy = to_x - x, to_y - y
        return whole((dx, dy))


class NoteSizeTool(Tool):
    """Makes a note larger or smaller by its corner."""

    cursor = Qt.CursorShape.SizeFDiagCursor
    scrolls = True

    def __init__(self, view: Walking, start: Pointer, note: Note) -> None:
        super().__init__(view, start)
        view.select_notes((note,))
        self._note = note

    def move(self, pointer: Pointer) -> None:
        self.last = pointer
        self.view.scene().notes.show_at((self._note,), (self._sized(pointer),))

    def release(self, pointer: Pointer) -> None:
        after = self._sized(pointer)
        self.cancel()
        self.view.change_notes("Size of the note", (self._note,), lambda _: after)

    def cancel(self) -> None:
        self.view.scene().notes.settle()

    def _sized(self, pointer: Pointer) -> Note:
        offset, (width, height) = pointer.scene - self.start.scene, self._note.size
        return sized(self._note, width + offset.x(), height + offset.y())


def note_tool(view: Walking, pointer: Pointer, note: Note) -> Tool:
    """The tool that a press of the left button begins on this note."""

    def drag() -> Tool:
        if pointer.holds(CTRL):
            return KnifeTool(view, pointer)
        if view.scene().notes.is_corner(note, pointer.scene, view.zoom):
            return NoteSizeTool(view, pointer, note)
        if note in view.scene().notes.chosen and view.chosen:
            return MoveTool(view, pointer, view.chosen[0])
        return NoteMoveTool(view, pointer, note)

    return PressTool(view, pointer, lambda at: click_note(view, note, at), drag)

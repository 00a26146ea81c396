"""Notes: the commands of the canvas about notes, a method each, for menus, shortcuts and tools to bind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from PySide6.QtCore import QPointF, QRectF, QUrl, Signal
from PySide6.QtWidgets import QWidget

from cnnstudio.graph import Graph, Note
from cnnstudio.graph.annotations import HUES
from cnnstudio.layout.metrics import GRID
from cnnstudio.ui.canvas.commands.bends import Bending
from cnnstudio.ui.canvas.inline_edit import NoteField
from cnnstudio.ui.canvas.scene.note_item import rect_of, sized
from cnnstudio.ui.document import Document
from cnnstudio.ui.widgets.search import Entry

STEPS = 60  # downwards, to find a place that nothing covers


class Noting(Bending):
    """An editor that also writes notes."""

    link_clicked = Signal(str)  # an address of the web in a note

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self._field: NoteField | None = None
        self.looked.connect(self._keep_field)
        document.scope_changed.connect(self._keep_field)
        document.changed.connect(self._check_field)

    @property
    def chosen_note(self) -> Note | None:
        """The one note that is selected, where nothing else is."""
        notes = self.scene().notes.chosen
        return next(iter(notes)) if len(notes) == 1 and not self.chosen else None

    def change_notes(self, text: str, notes: Iterable[Note], other: Callable[[Note], Note]) -> bool:
        """Put the ``other`` of each of these notes in its place, as one step of undo."""

        def change(graph: Graph) -> Graph:
            for note in notes:
                graph = graph.replace_note(note, other(note))
            return graph

        return self.attempt(text, change)

    # writing

    def ask_note(self, at: QPointF | None = None) -> None:
        """Ask for the text of a new note with its middle there, or at the pointer where nothing is; empty is none."""
        if self.document.is_read_only:
            self.edit("", None)
            return
        draft = Note("-", hue=self._next_hue())
        width, height = draft.size
        middle = at if at is not None else self.mapToScene(self.pointer_place())
        place = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
        if at is None:
            place = self._uncovered(place)

        def keep(text: str) -> None:
            if text.strip():
                corner = (float(round(place.x())), float(round(place.y())))
                self._add_note(lambda: dataclasses.replace(draft, text=text, position=corner))

        self._write("", place, None, keep)

    def edit_note(self, note: Note | None = None) -> None:
        """Write in this note, or in the selected one; one that is left without a text is gone."""
        asked = note or self.chosen_note
        if self.document.is_read_only:
            self.edit("", None)
            return
        if asked is None:
            self.document.said.emit("Select the note to write in first.")
            return
        written = asked

        def keep(text: str) -> None:
            if text.strip():
                self.attempt("Write a note", lambda graph: graph.replace_note(written, self._with_text(written, text)))
            else:
                self.attempt("Delete a note", lambda graph: graph.remove_note(written))

        self.select_notes((asked,))
        self._write(asked.text, rect_of(asked), asked, keep)

    def _with_text(self, note: Note, text: str) -> Note:
        return self.scene().notes.fitted(dataclasses.replace(note, text=text))

    def _add_note(self, make: Callable[[], Note]) -> None:
        if self.attempt("Add a note", lambda graph: graph.add_note(self.scene().notes.fitted(make()))):
            self.reveal_note(self.scene().graph.notes[-1])

    def _write(self, text: str, place: QRectF, note: Note | None, keep: Callable[[str], object]) -> None:
        self._keep_field()
        self.scene().notes.edit(note)
        self._field = NoteField(text, self.mapFromScene(place).boundingRect(), self, keep, self._forget_field)

    def _keep_field(self, *_: object) -> None:
        if self._field is not None:
            self._field.ending.keep()

    def _check_field(self, *_: object) -> None:
        """Give up what is written in a note that is no more."""
        edited = self.scene().notes.edited
        if self._field is not None and edited is not None and edited not in self.document.view_graph.notes:
            self._field.ending.give_up()

    def _forget_field(self) -> None:
        self._field = None
        self.scene().notes.edit(None)

    def _next_hue(self) -> int:
        """The hue of the last note: who chose one goes on in it."""
        notes = self.scene().graph.notes
        return notes[-1].hue if notes else Note("-").hue

    def _uncovered(self, place: QRectF) -> QRectF:
        """The place, or the next one below that no node and no note covers."""
        for _ in range(STEPS):
            covered = self.scene().hit_test.nodes_in(place) or any(map(place.intersects, self.scene().notes.rects()))
            if not covered:
                break
            place = place.translated(0.0, 2 * GRID)
        return place

    # selecting

    def select_notes(self, notes: Iterable[Note], adds: bool = False) -> None:
        """Select these notes; unless it ``adds`` them, nothing else."""
        wanted = frozenset(notes)
        if adds:
            self.scene().select_notes(self.scene().notes.chosen ^ wanted)
            return
        self.document.select(())
        self.scene().focus_node(None)
        self.scene().select_notes(wanted)

    def reveal_note(self, note: Note, adds: bool = False) -> None:
        """Select this note, and others beside it if it ``adds``, and bring it into view where it is not."""
        self.select_notes((note,), adds)
        self.bring_in(rect_of(note))

    def step_note(self, adds: bool = False) -> None:
        """Go to the next note, as they are read: row by row, and from the last to the first.

        With ``adds`` to the next that is not selected, beside all that is.
        """
        notes = sorted(self.scene().graph.notes, key=lambda note: (note.position[1], note.position[0]))
        if not notes:
            self.document.said.emit("There is no note here.")
            return
        chosen = [index for index, note in enumerate(notes) if note in self.scene().notes.chosen]
        after = chosen[-1] + 1 if chosen else 0
        onward = notes[after:] + notes[:after]
        if not adds:
            self.reveal_note(onward[0])
        elif (note := next((each for each in onward if each not in self.scene().notes.chosen), None)) is not None:
            self.reveal_note(note, adds=True)

    def size_notes(self, wider: float, higher: float) -> None:
        """Make the selected notes so much wider and higher; what is done so in a row is one step of undo."""
        notes, graph = self._chosen_notes(), self.document.view_graph
        if not notes:
            self.document.said.emit("Select the notes to make larger or smaller first.")
            return
        key = f"size {' '.join(str(graph.notes.index(note)) for note in notes)}"
        for note in notes:
            graph = graph.replace_note(note, sized(note, note.size[0] + wider, note.size[1] + higher))
        self.edit("Size of the note", None if self.document.is_read_only else graph, merge=key)

    def note_entries(self) -> list[Entry]:
        """The notes, to be searched by what stands in them."""
        sheets = self.scene().notes
        return [Entry(sheets.headline(note), "Note", "note", note, note.text) for note in self.scene().graph.notes]

    # the rest

    def enter(self, name: str | None = None) -> None:
        if name is None and self.chosen_note is not None:
            self.edit_note()
        else:
            super().enter(name)

    def recolor_note(self) -> None:
        """Give the selected notes the next colour."""
        notes = self.scene().notes.chosen
        if not notes:
            self.document.said.emit("Select the notes to colour first.")
            return
        after = {hue: HUES[(index + 1) % len(HUES)] for index, hue in enumerate(HUES)}
        self.change_notes(
            "Colour of the note", notes, lambda note: dataclasses.replace(note, hue=after.get(note.hue, HUES[0]))
        )

    def follow_link(self, address: str) -> None:
        """Ask whether to open an address that stands in a note; nothing but a page of the web is ever opened."""
        url = QUrl(address, QUrl.ParsingMode.StrictMode)
        if url.isValid() and url.scheme().lower() in ("http", "https") and url.host():
            self.link_clicked.emit(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
        else:
            self.document.said.emit("A note opens pages of the web alone: addresses that begin with http or https.")

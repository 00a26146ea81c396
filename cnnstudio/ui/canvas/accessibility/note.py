"""What a screen reader finds of one note of the canvas, and of each link in it."""

# ruff: noqa: N802 - the names are Qt's

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleObject

from cnnstudio.graph import Note
from cnnstudio.ui.canvas.accessibility.part import Deeds, Part
from cnnstudio.ui.canvas.scene.note_item import Link, inner, links_of, rect_of

Action, Role, Text = QAccessibleActionInterface, QAccessible.Role, QAccessible.Text


class NoteAccess(Part):
    """The note of this number: its name is how it begins, its description all of its text."""

    def __init__(self, canvas: QAccessibleObject, index: int) -> None:
        super().__init__(canvas, canvas)
        self.index = index

    @property
    def note(self) -> Note:
        """The note, while it is there."""
        return self.view.scene().graph.notes[self.index]

    def links(self) -> list[Link]:
        """The links in it."""
        return links_of(self.view.scene().notes.text(self.note))

    def isValid(self) -> bool:
        return not self.is_over and self.index < len(self.view.scene().graph.notes)

    def childCount(self) -> int:
        return len(self.links()) if self.isValid() else 0

    def make(self, index: int) -> Part:
        return LinkAccess(self, index)

    def place(self) -> QRectF:
        return rect_of(self.note)

    def role(self) -> QAccessible.Role:
        return Role.Note

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        if self.isValid():
            view = self.view
            state.focusable = state.selectable = state.extSelectable = state.multiLine = True
            state.selected = self.note in view.scene().notes.chosen
            state.focused = view.hasFocus() and view.chosen_note == self.note
            state.offscreen = not view.visible().intersects(self.place())
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if not self.isValid():
            return ""
        if kind == Text.Name:
            return f"Note: {self.view.scene().notes.headline(self.note)}"
        return self.view.scene().notes.text(self.note).toPlainText() if kind == Text.Description else ""

    def deeds(self) -> Deeds:
        view, note = self.view, self.note

        def show_menu() -> None:
            view.reveal_note(note)
            view.ask_menu()

        return {
            Action.pressAction(): lambda: view.edit_note(note),
            Action.showMenuAction(): show_menu,
            Action.setFocusAction(): lambda: view.reveal_note(note),
        }


class LinkAccess(Part):
    """A link in a note."""

    def __init__(self, note: NoteAccess, index: int) -> None:
        super().__init__(note.canvas, note)
        self._note, self._index = note, index

    def isValid(self) -> bool:
        return self._index < self._note.childCount()

    def place(self) -> QRectF:
        return self._note.links()[self._index].rect.translated(inner(self._note.note).topLeft())

    def role(self) -> QAccessible.Role:
        return Role.Link

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.linked = True
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if not self.isValid():
            return ""
        link = self._note.links()[self._index]
        return {Text.Name: link.words, Text.Description: f"Leads to {link.address}"}.get(kind, "")

    def deeds(self) -> Deeds:
        return {Action.pressAction(): lambda: self.view.follow_link(self._note.links()[self._index].address)}

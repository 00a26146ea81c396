"""Conditions: when an action can be done, as questions about the window that are asked after every change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnstudio.graph import Composite

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow


def selected(window: MainWindow) -> bool:
    """Whether a node is selected."""
    return bool(window.document.selection)


def drawn(window: MainWindow) -> bool:
    """Whether there is a network."""
    return len(window.document.graph) > 0


def marked(window: MainWindow) -> bool:
    """Whether a node or a note is selected."""
    return selected(window) or bool(window.canvas.scene().notes.chosen)


def deletable(window: MainWindow) -> bool:
    """Whether a node, a note or a wire is selected and can go."""
    return whole(window) and (marked(window) or bool(window.canvas.scene().selected_wires))


def made_of_parts(window: MainWindow) -> bool:
    """Whether a selected node is made of others and can be taken apart."""
    graph = window.document.view_graph
    return editable(window) and any(isinstance(graph[name].block, Composite) for name in window.canvas.chosen)


def removable(window: MainWindow) -> bool:
    """Whether what is selected can go."""
    return marked(window) and whole(window)


def with_note(window: MainWindow) -> bool:
    """Whether a note is selected and can be changed."""
    return whole(window) and bool(window.canvas.scene().notes.chosen)


def shown(window: MainWindow) -> bool:
    """Whether anything stands on the canvas."""
    return not window.canvas.scene().is_empty


def whole(window: MainWindow) -> bool:
    """Whether what is on the canvas can be changed: it is not the inside of a declared block."""
    return not window.document.is_read_only


def editable(window: MainWindow) -> bool:
    """Whether nodes are selected and can be changed."""
    return selected(window) and whole(window)


def nameable(window: MainWindow) -> bool:
    """Whether it is clear what another name would be for, and it can have one."""
    return whole(window) and window.canvas.nameable is not None


def in_frame(window: MainWindow) -> bool:
    """Whether a selected node is in a frame that can be changed."""
    return editable(window) and bool(window.canvas.chosen_frames)


def with_wire(window: MainWindow) -> bool:
    """Whether one wire is selected and can be changed."""
    return whole(window) and len(window.canvas.scene().selected_wires) == 1


def with_bends(window: MainWindow) -> bool:
    """Whether a wire with bends is selected and can be changed."""
    return whole(window) and bool(window.canvas.bent_wires)


def with_note_alone(window: MainWindow) -> bool:
    """Whether nothing but notes is selected and they can be changed."""
    return with_note(window) and not selected(window)


CHANGING = {
    deletable, editable, in_frame, made_of_parts, nameable, removable, whole, with_bends, with_note, with_note_alone,
    with_wire,
}  # fmt: skip
NEEDED: dict[Callable[[MainWindow], bool], str] = {
    selected: "Select a block first.",
    drawn: "There is no network yet.",
    made_of_parts: "Select a block that is made of others first.",
    with_note: "Select a note first.",
    with_note_alone: "Select a note first.",
    editable: "Select a block first.",
    nameable: "Select one block, or all of a frame, first.",
    in_frame: "Select a block that is in a frame first.",
    with_wire: "Select one wire first.",
    with_bends: "Select a wire that is bent first.",
}


def why_not(window: MainWindow, able: Callable[[MainWindow], bool]) -> str:
    """Why what asks this cannot be done now, in a sentence; empty where it can, or where it goes without saying."""
    if able(window):
        return ""
    return window.document.refusal if able in CHANGING and not whole(window) else NEEDED.get(able, "")

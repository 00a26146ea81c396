"""Clicks: what a click on a node, a note, a frame or a wire selects."""

from __future__ import annotations

from cnnstudio.graph import Edge, Frame, Note
from cnnstudio.ui.canvas.commands.navigation import Walking
from cnnstudio.ui.canvas.pointer import CTRL, SHIFT, Pointer


def click_node(view: Walking, name: str, at: Pointer) -> None:
    """Select this node; Shift or Ctrl adds it, or takes it away if it is selected."""
    before, adds = view.document.selection, at.holds(SHIFT) or at.holds(CTRL)
    kept = tuple(each for each in before if each != name) if adds else ()
    view.scene().focus_node(None)
    view.document.select(kept if adds and name in before else (*kept, name), adds)


def click_note(view: Walking, note: Note, at: Pointer) -> None:
    """Select this note, and follow the link that was clicked in it; Shift or Ctrl adds it or takes it away."""
    adds = at.holds(SHIFT) or at.holds(CTRL)
    view.select_notes((note,), adds)
    if not adds and (address := view.scene().notes.link_at(at.scene, view.zoom)):
        view.follow_link(address)


def click_frame(view: Walking, frame: Frame, at: Pointer) -> None:
    """Select what is in this frame; Shift or Ctrl adds it."""
    adds = at.holds(SHIFT) or at.holds(CTRL)
    view.scene().focus_node(None)
    view.select_frame(frame, adds)


def click_wire(view: Walking, edge: Edge | None, at: Pointer) -> None:
    """Select this wire, or with None nothing; Shift or Ctrl adds to what is selected."""
    adds = at.holds(SHIFT) or at.holds(CTRL)
    if not adds:
        view.select_none()
        view.scene().focus_node(None)
    if edge is not None:
        view.scene().select_wires(view.scene().selected_wires ^ {edge} if adds else {edge})

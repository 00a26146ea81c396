"""Actions on the network: what a person can do to what is drawn, the menu Network."""

from __future__ import annotations

from typing import Literal

from cnnstudio.blocks import Group
from cnnstudio.layout.metrics import GRID
from cnnstudio.ui.actions.action import Action
from cnnstudio.ui.actions.conditions import (
    editable,
    in_frame,
    made_of_parts,
    nameable,
    selected,
    whole,
    with_bends,
    with_note,
    with_note_alone,
    with_wire,
)

Side = Literal["left", "center", "right", "top", "middle", "bottom"]


def _align(side: Side, text: str, name: str) -> Action:
    return Action(f"align-{side}", text, lambda w: w.canvas.align(side), "", name, editable)


def _note_size(word: str, arrow: str, wider: float, taller: float) -> Action:
    return Action(
        f"note-{word}", f"Make the note {word}", lambda w: w.canvas.size_notes(wider, taller), f"Alt+Shift+{arrow}",
        "arrows-out-simple", with_note_alone, on_canvas=True,
    )  # fmt: skip


NETWORK: tuple[Action, ...] = (
    Action(
        "quick-add", "Add a block…", lambda w: w.canvas.quick_add(), "Tab|Shift+A", "plus", whole, on_canvas=True,
        words=("insert", "new node", "create"),
    ),
    Action(
        "wire-to", "Wire to…", lambda w: w.canvas.ask_for_target(), "C", "arrow-right", whole, on_canvas=True,
        words=("connect", "link"),
    ),
    Action(
        "wire-from", "Wire from…", lambda w: w.canvas.ask_for_source(), "Shift+C", "arrow-left", whole, on_canvas=True,
        words=("connect", "link"),
    ),
    Action(
        "lift", "Take off the wires", lambda w: w.canvas.lift(), "U", "link-break", editable, on_canvas=True,
        words=("disconnect", "unplug", "detach", "extract"),
    ),
    Action(
        "put-on-wire", "Put on a wire…", lambda w: w.canvas.ask_for_wire(), "Shift+U", "git-commit", editable,
        on_canvas=True, words=("insert", "splice"),
    ),
    Action(
        "rename", "Rename…", lambda w: w.canvas.rename(), "F2", "pencil-simple", nameable, on_canvas=True,
        words=("name", "call"),
    ),
    Action(
        "replace", "Replace the block by…", lambda w: w.canvas.ask_replacement(), "R", "swap", editable, on_canvas=True,
        words=("swap", "convert", "change type"),
    ),
    Action(
        "arrange", "Arrange", lambda w: w.canvas.arrange(), "L", "tree-structure", whole, on_canvas=True,
        words=("layout", "lay out", "auto layout", "tidy", "clean up"),
    ),
    _align("left", "Align left sides", "align-left"),
    _align("center", "Align middles, side to side", "align-center-horizontal"),
    _align("right", "Align right sides", "align-right"),
    _align("top", "Align tops", "align-top"),
    _align("middle", "Align middles, up and down", "align-center-vertical"),
    _align("bottom", "Align bottoms", "align-bottom"),
    Action(
        "distribute-across", "Distribute side to side", lambda w: w.canvas.distribute(True), "", "columns", editable,
        words=("spread", "space evenly"),
    ),
    Action(
        "distribute-down", "Distribute up and down", lambda w: w.canvas.distribute(False), "", "rows", editable,
        words=("spread", "space evenly"),
    ),
    Action(
        "enter", "Open the block", lambda w: w.canvas.enter(), "Return", "sign-in",
        lambda w: len(w.document.selection) == 1 and w.document.can_enter(w.document.selection[0]), on_canvas=True,
        words=("look inside", "expand", "go into"),
    ),
    Action(
        "leave", "Leave the block", lambda w: w.canvas.leave(), "Shift+Return", "arrow-up",
        lambda w: bool(w.document.scope), on_canvas=True, words=("exit", "close", "back out", "up"),
    ),
    Action(
        "group", "Group", lambda w: w.canvas.group(), "Ctrl+G", "selection-plus", editable,
        on_canvas=True, words=("fold", "collapse", "combine", "subgraph"),
    ),
    Action(
        "ungroup", "Ungroup", lambda w: w.canvas.ungroup(), "Ctrl+Shift+G", "puzzle-piece",
        made_of_parts, on_canvas=True, words=("take apart", "unfold", "expand", "break apart"),
    ),
    Action(
        "keep", "Keep the block in your library", lambda w: w.document.keep(w.canvas.chosen[0]), "", "books",
        lambda w: len(w.canvas.chosen) == 1 and isinstance(w.document.view_graph[w.canvas.chosen[0]].block, Group),
        words=("save", "mine", "reuse"),
    ),
    Action(
        "bend", "Add a bend to the wire", lambda w: w.canvas.add_bend(), "B", "line-segments",
        with_wire, on_canvas=True, words=("reroute", "waypoint"),
    ),
    Action(
        "bend-next", "Next bend of the wire", lambda w: w.canvas.step_bend(), "Shift+B", "line-segments",
        lambda w: len(w.canvas.bent_wires) == 1, on_canvas=True,
    ),
    Action(
        "straighten", "Straighten the wire", lambda w: w.canvas.straighten(), "", "minus",
        with_bends,
    ),
    Action(
        "bypass", "Bypass", lambda w: w.canvas.bypass(), "M", "prohibit", editable,
        lambda w: selected(w) and all(w.document.view_graph[name].bypassed for name in w.canvas.chosen), True,
        words=("mute", "disable", "skip", "turn off", "deactivate"),
    ),
    Action(
        "frame", "Frame", lambda w: w.canvas.frame(), "Ctrl+J", "bounding-box", editable, on_canvas=True,
        words=("box", "backdrop"),
    ),
    Action(
        "unframe", "Take out of the frame", lambda w: w.canvas.unframe(), "Ctrl+Shift+J", "selection-slash", in_frame,
        on_canvas=True,
    ),
    Action(
        "join-frame", "Take into the frame", lambda w: w.canvas.join_frame(), "", "selection-plus", in_frame,
        on_canvas=True,
    ),
    Action(
        "frame-title", "Title of the frame…", lambda w: w.canvas.edit_title(), "", "pencil-simple", in_frame,
        words=("rename",),
    ),
    Action("frame-color", "Next colour of the frame", lambda w: w.canvas.recolor_frame(), "", "palette", in_frame),
    Action(
        "note", "Note…", lambda w: w.canvas.ask_note(), "N", "note-pencil", whole, on_canvas=True,
        words=("comment", "annotation", "sticky"),
    ),
    Action("note-edit", "Write in the note…", lambda w: w.canvas.edit_note(), "", "pencil-line", with_note),
    Action(
        "note-next", "Next note", lambda w: w.canvas.step_note(), "Shift+N", "note",
        lambda w: bool(w.document.view_graph.notes), on_canvas=True,
    ),
    Action(
        "note-next-too", "Next note as well", lambda w: w.canvas.step_note(adds=True), "Alt+Shift+N", "note",
        lambda w: bool(w.document.view_graph.notes), on_canvas=True,
    ),
    Action("note-color", "Next colour of the note", lambda w: w.canvas.recolor_note(), "", "palette", with_note),
    Action(
        "note-link", "Follow a link of the note…", lambda w: w.canvas.ask_link(), "Ctrl+Return", "link",
        lambda w: w.canvas.chosen_note is not None, on_canvas=True,
    ),
    _note_size("wider", "Right", GRID, 0.0),
    _note_size("narrower", "Left", -GRID, 0.0),
    _note_size("taller", "Down", 0.0, GRID),
    _note_size("shorter", "Up", 0.0, -GRID),
)  # fmt: skip

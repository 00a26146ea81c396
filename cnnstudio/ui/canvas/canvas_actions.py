"""Actions on the canvas: what a person can do to what is drawn, and to how it is seen."""

from __future__ import annotations

from typing import Literal

from cnnstudio.blocks import Group
from cnnstudio.graph import Composite
from cnnstudio.layout.metrics import GRID
from cnnstudio.ui.actions.action import Action, Condition
from cnnstudio.ui.actions.conditions import CHANGEABLE, HAS_NETWORK, HAS_SELECTION
from cnnstudio.ui.canvas.scene.cost_overlay import MEASURES
from cnnstudio.ui.canvas.view import CanvasView

Side = Literal["left", "center", "right", "top", "middle", "bottom"]
When = Condition[CanvasView]


def _can_ungroup(c: CanvasView) -> bool:
    return any(isinstance(c.document.view_graph[name].block, Composite) for name in c.chosen)


def _can_enter(c: CanvasView) -> bool:
    chosen = c.document.selection
    return len(chosen) == 1 and c.document.can_enter(chosen[0])


def _can_keep(c: CanvasView) -> bool:
    return len(c.chosen) == 1 and isinstance(c.document.view_graph[c.chosen[0]].block, Group)


def _has_marks(c: CanvasView) -> bool:
    return bool(c.document.selection or c.scene().notes.chosen)


def _can_delete(c: CanvasView) -> bool:
    return _has_marks(c) or bool(c.scene().selected_wires)


drawn: When = HAS_NETWORK.of(lambda c: c.document)
selected: When = HAS_SELECTION.of(lambda c: c.document)
whole: When = CHANGEABLE.of(lambda c: c.document)
editable = whole & selected
marked = When(_has_marks, "Select a block or a note first.")
removable = whole & marked
deletable = whole & When(
    lambda c: _has_marks(c) or bool(c.scene().selected_wires), "Select a block, a note or a wire first."
)
made_of_parts = whole & When(_can_ungroup, "Select a block that is made of others first.")
nameable = whole & When(lambda c: c.nameable is not None, "Select one block, or all of a frame, first.")
framed = When(lambda c: bool(c.chosen_frames), "Select a block that is in a frame first.")
in_frame = whole & framed
with_wire = whole & When(lambda c: len(c.scene().selected_wires) == 1, "Select one wire first.")
with_bends = whole & When(lambda c: bool(c.bent_wires), "Select a wire that is bent first.")
bent = When(lambda c: len(c.bent_wires) == 1, "Select one wire that is bent first.")
with_note = whole & When(lambda c: bool(c.scene().notes.chosen), "Select a note first.")
with_note_alone = with_note & When(lambda c: not c.document.selection, "Select a note, and nothing else, first.")
one_note = When(lambda c: c.chosen_note is not None, "Select one note, and nothing else, first.")
noted = When(lambda c: bool(c.document.view_graph.notes), "There is no note here.")
enterable = When(_can_enter, "Select one block that is made of others first.")
inside = When(lambda c: bool(c.document.scope), "No block is open.")
keepable = When(_can_keep, "Select one group first.")
measured = When(lambda c: c.scene().measure is not None, "Choose something to measure first.")
timed = When(lambda c: bool(c.document.view_times), "Measure the time of each block first.")


def _align(side: Side, text: str, name: str) -> Action[CanvasView]:
    return Action(f"align-{side}", text, lambda c: c.align(side), "", name, editable)


def _note_size(word: str, arrow: str, wider: float, taller: float) -> Action[CanvasView]:
    return Action(
        f"note-{word}", f"Make the note {word}", lambda c: c.size_notes(wider, taller), f"Alt+Shift+{arrow}",
        "arrows-out-simple", with_note_alone, on_canvas=True,
    )  # fmt: skip


def _measure(key: str | None, title: str) -> Action[CanvasView]:
    return Action(
        f"measure-{key or 'off'}", title, lambda c: c.set_measure(key), "", "gauge",
        timed if key == "time" else None, checked=lambda c: c.scene().measure == key, one_of="measure",
    )  # fmt: skip


def _shares_as(kind: Literal["bar", "heat"], title: str, icon: str) -> Action[CanvasView]:
    def turn(c: CanvasView) -> None:
        now = c.scene().shares_as
        c.set_shares_as(now._replace(**{kind: not getattr(now, kind)}))

    return Action(
        f"share-{kind}", title, turn, "", icon, measured, checked=lambda c: getattr(c.scene().shares_as, kind)
    )


EDIT: tuple[Action[CanvasView], ...] = (
    Action("cut", "Cut", lambda c: c.cut(), "Ctrl+X", "scissors", removable, on_canvas=True),
    Action("copy", "Copy", lambda c: c.copy(), "Ctrl+C", "copy", marked, on_canvas=True),
    Action("paste", "Paste", lambda c: c.paste(), "Ctrl+V", "clipboard", whole, on_canvas=True),
    Action(
        "paste-wired", "Paste with the wires that go in", lambda c: c.paste(keep_inputs=True), "Ctrl+Shift+V",
        "clipboard", whole, on_canvas=True,
    ),
    Action(
        "duplicate", "Duplicate", lambda c: c.duplicate(), "Ctrl+D|Shift+D", "copy-simple", removable,
        on_canvas=True, words=("clone",),
    ),
    Action(
        "duplicate-wired", "Duplicate with the wires that go in", lambda c: c.duplicate(keep_inputs=True),
        "Ctrl+Shift+D", "copy-simple", editable, on_canvas=True,
    ),
    Action(
        "delete", "Delete", lambda c: c.delete(), "Del|Backspace", "trash", deletable, on_canvas=True,
        words=("remove", "erase"),
    ),
    Action(
        "delete-heal", "Delete and close the gap", lambda c: c.delete_and_heal(), "Shift+Del", "trash-simple",
        editable, on_canvas=True, words=("dissolve",),
    ),
    Action("select-all", "Select all", lambda c: c.select_all(), "Ctrl+A", "selection-all", on_canvas=True),
    Action(
        "select-upstream", "Select all that this depends on", lambda c: c.select_upstream(), "Ctrl+Shift+Up",
        "arrow-line-left", selected, on_canvas=True, words=("ancestors", "predecessors"),
    ),
    Action(
        "select-downstream", "Select all that depends on this", lambda c: c.select_downstream(),
        "Ctrl+Shift+Down", "arrow-line-right", selected, on_canvas=True, words=("descendants", "successors"),
    ),
    Action(
        "select-same", "Select blocks of this kind", lambda c: c.select_same_kind(), "", "stack",
        selected, on_canvas=True, words=("similar",),
    ),
    Action(
        "select-framed", "Select what is in the frame", lambda c: c.select_framed(), "Shift+J",
        "selection-foreground", framed, on_canvas=True,
    ),
    Action("next", "Next block", lambda c: c.step(1), ".", "caret-right", drawn, on_canvas=True),
    Action("previous", "Previous block", lambda c: c.step(-1), ",", "caret-left", drawn, on_canvas=True),
    Action(
        "next-too", "Next block as well", lambda c: c.step(1, adds=True), "Shift+.", "caret-double-right",
        drawn, on_canvas=True,
    ),
    Action(
        "previous-too", "Previous block as well", lambda c: c.step(-1, adds=True), "Shift+,",
        "caret-double-left", drawn, on_canvas=True,
    ),
    Action(
        "next-wire", "Next wire of the block", lambda c: c.step_wire(1), "W", "flow-arrow", drawn,
        on_canvas=True,
    ),
    Action(
        "previous-wire", "Previous wire of the block", lambda c: c.step_wire(-1), "Shift+W", "flow-arrow",
        drawn, on_canvas=True,
    ),
    Action(
        "select-turn", "Toggle selection", lambda c: c.turn_selected(), "S", "check-square",
        drawn, on_canvas=True,
    ),
    Action(
        "find", "Find a block…", lambda c: c.find_node(), "Ctrl+F", "magnifying-glass",
        words=("search", "go to", "jump"),
    ),
)  # fmt: skip


NETWORK: tuple[Action[CanvasView], ...] = (
    Action(
        "quick-add", "Add a block…", lambda c: c.quick_add(), "Tab|Shift+A", "plus", whole, on_canvas=True,
        words=("insert", "new node", "create"),
    ),
    Action(
        "wire-to", "Wire to…", lambda c: c.ask_for_target(), "C", "arrow-right", whole, on_canvas=True,
        words=("connect", "link"),
    ),
    Action(
        "wire-from", "Wire from…", lambda c: c.ask_for_source(), "Shift+C", "arrow-left", whole, on_canvas=True,
        words=("connect", "link"),
    ),
    Action(
        "lift", "Take off the wires", lambda c: c.lift(), "U", "link-break", editable, on_canvas=True,
        words=("disconnect", "unplug", "detach", "extract"),
    ),
    Action(
        "put-on-wire", "Put on a wire…", lambda c: c.ask_for_wire(), "Shift+U", "git-commit", editable,
        on_canvas=True, words=("insert", "splice"),
    ),
    Action(
        "rename", "Rename…", lambda c: c.rename(), "F2", "pencil-simple", nameable, on_canvas=True,
        words=("name", "call"),
    ),
    Action(
        "replace", "Replace the block by…", lambda c: c.ask_replacement(), "R", "swap", editable, on_canvas=True,
        words=("swap", "convert", "change type"),
    ),
    Action(
        "arrange", "Arrange", lambda c: c.arrange(), "L", "tree-structure", whole, on_canvas=True,
        words=("layout", "lay out", "auto layout", "tidy", "clean up"),
    ),
    _align("left", "Align left sides", "align-left"),
    _align("center", "Align middles, side to side", "align-center-horizontal"),
    _align("right", "Align right sides", "align-right"),
    _align("top", "Align tops", "align-top"),
    _align("middle", "Align middles, up and down", "align-center-vertical"),
    _align("bottom", "Align bottoms", "align-bottom"),
    Action(
        "distribute-across", "Distribute side to side", lambda c: c.distribute(True), "", "columns", editable,
        words=("spread", "space evenly"),
    ),
    Action(
        "distribute-down", "Distribute up and down", lambda c: c.distribute(False), "", "rows", editable,
        words=("spread", "space evenly"),
    ),
    Action(
        "enter", "Open the block", lambda c: c.enter(), "Return", "sign-in",
        enterable, on_canvas=True,
        words=("look inside", "expand", "go into"),
    ),
    Action(
        "leave", "Leave the block", lambda c: c.leave(), "Shift+Return", "arrow-up",
        inside, on_canvas=True, words=("exit", "close", "back out", "up"),
    ),
    Action(
        "group", "Group", lambda c: c.group(), "Ctrl+G", "selection-plus", editable,
        on_canvas=True, words=("fold", "collapse", "combine", "subgraph"),
    ),
    Action(
        "ungroup", "Ungroup", lambda c: c.ungroup(), "Ctrl+Shift+G", "puzzle-piece",
        made_of_parts, on_canvas=True, words=("take apart", "unfold", "expand", "break apart"),
    ),
    Action(
        "keep", "Keep the block in your library", lambda c: c.document.keep(c.chosen[0]), "", "books",
        keepable,
        words=("save", "mine", "reuse"),
    ),
    Action(
        "bend", "Add a bend to the wire", lambda c: c.add_bend(), "B", "line-segments",
        with_wire, on_canvas=True, words=("reroute", "waypoint"),
    ),
    Action(
        "bend-next", "Next bend of the wire", lambda c: c.step_bend(), "Shift+B", "line-segments",
        bent, on_canvas=True,
    ),
    Action(
        "straighten", "Straighten the wire", lambda c: c.straighten(), "", "minus",
        with_bends,
    ),
    Action(
        "bypass", "Bypass", lambda c: c.bypass(), "M", "prohibit", editable,
        lambda c: bool(c.document.selection) and all(c.document.view_graph[name].bypassed for name in c.chosen), True,
        words=("mute", "disable", "skip", "turn off", "deactivate"),
    ),
    Action(
        "frame", "Frame", lambda c: c.frame(), "Ctrl+J", "bounding-box", editable, on_canvas=True,
        words=("box", "backdrop"),
    ),
    Action(
        "unframe", "Take out of the frame", lambda c: c.unframe(), "Ctrl+Shift+J", "selection-slash", in_frame,
        on_canvas=True,
    ),
    Action(
        "join-frame", "Take into the frame", lambda c: c.join_frame(), "", "selection-plus", in_frame,
        on_canvas=True,
    ),
    Action(
        "frame-title", "Title of the frame…", lambda c: c.edit_title(), "", "pencil-simple", in_frame,
        words=("rename",),
    ),
    Action("frame-color", "Next colour of the frame", lambda c: c.recolor_frame(), "", "palette", in_frame),
    Action(
        "note", "Note…", lambda c: c.ask_note(), "N", "note-pencil", whole, on_canvas=True,
        words=("comment", "annotation", "sticky"),
    ),
    Action("note-edit", "Write in the note…", lambda c: c.edit_note(), "", "pencil-line", with_note),
    Action(
        "note-next", "Next note", lambda c: c.step_note(), "Shift+N", "note",
        noted, on_canvas=True,
    ),
    Action(
        "note-next-too", "Next note as well", lambda c: c.step_note(adds=True), "Alt+Shift+N", "note",
        noted, on_canvas=True,
    ),
    Action("note-color", "Next colour of the note", lambda c: c.recolor_note(), "", "palette", with_note),
    Action(
        "note-link", "Follow a link of the note…", lambda c: c.ask_link(), "Ctrl+Return", "link",
        one_note, on_canvas=True,
    ),
    _note_size("wider", "Right", GRID, 0.0),
    _note_size("narrower", "Left", -GRID, 0.0),
    _note_size("taller", "Down", 0.0, GRID),
    _note_size("shorter", "Up", 0.0, -GRID),
)  # fmt: skip


VIEW: tuple[Action[CanvasView], ...] = (
    Action(
        "fit", "Show the whole network", lambda c: c.fit(), "Home", "frame-corners", on_canvas=True,
        words=("fit", "zoom to fit", "frame all", "zoom all", "overview"),
    ),
    Action(
        "fit-selection", "Show the selection", lambda c: c.fit_selection(), "F", "crosshair", on_canvas=True,
        words=("zoom to selection", "focus"),
    ),
    Action(
        "actual-size", "Actual size", lambda c: c.actual_size(), "1", "number-circle-one", on_canvas=True,
        words=("100%", "1:1", "reset zoom"),
    ),
    Action("zoom-in", "Zoom in", lambda c: c.zoom_in(), "Ctrl++|Ctrl+=", "magnifying-glass-plus"),
    Action("zoom-out", "Zoom out", lambda c: c.zoom_out(), "Ctrl+-", "magnifying-glass-minus"),
    _measure(None, "Off"),
    *(_measure(key, measure.title) for key, measure in MEASURES.items()),
    _shares_as("bar", "As a bar in each block", "chart-bar-horizontal"),
    _shares_as("heat", "As heat over the canvas", "thermometer"),
    Action(
        "wide-wires", "Wires as wide as their channels",
        lambda c: c.set_wide_wires(not c.scene().wide_wires), "", "line-segments",
        checked=lambda c: c.scene().wide_wires,
    ),
    Action(
        "snap", "Snap to the grid", lambda c: setattr(c, "snaps", not c.snaps), "", "dots-nine",
        checked=lambda c: c.snaps, words=("align",),
    ),
)  # fmt: skip

"""Window actions: everything a person can do to the program, as one list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from cnnstudio.compiler.diagnostics import handbook
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.project.project import MOST_BOOKMARKS
from cnnstudio.ui.actions.action import Action
from cnnstudio.ui.actions.conditions import deletable, drawn, editable, marked, removable, selected, shown, whole
from cnnstudio.ui.actions.shortcut_editor import show_shortcuts
from cnnstudio.ui.canvas.actions import NETWORK
from cnnstudio.ui.canvas.bookmark_list import show_bookmarks
from cnnstudio.ui.canvas.scene.cost_overlay import MEASURES
from cnnstudio.ui.canvas.tools.help import gestures
from cnnstudio.ui.docking.docks import bring_up, panel_in
from cnnstudio.ui.docking.workspaces import WORKSPACES, Workspace, arrange
from cnnstudio.ui.lessons.handbook import show_page
from cnnstudio.ui.network.meant_block import meant
from cnnstudio.ui.network.meant_block import selected as selected_kind
from cnnstudio.ui.newer_version import look_for_newer
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.zoo import TEMPLATES

if TYPE_CHECKING:
    from cnnstudio.ui.docking.panel_places import PanelPlace
    from cnnstudio.ui.main_window import MainWindow

PANEL_STEP = 48  # pixels
LOAD = ("load", "pretrained", "tensorflow", "matlab")
AUTHOR = ("teacher", "author", "exercise", "students")
Side = Literal["left", "center", "right", "top", "middle", "bottom"]


def _page(name: str, title: str, text: Callable[[], str], icon: str, words: tuple[str, ...]) -> Action:
    """Open a page of help, which is written when it is asked for."""
    return Action(name, title, lambda w: show_page(w, title, text()), "", icon, words=words)


def _show_about(window: MainWindow) -> None:
    from cnnstudio.ui.start.about import show_about

    show_about(window)


def _add_to_queue(window: MainWindow) -> None:
    from cnnstudio.ui.training.queue_panel import QueuePanel

    window.training.settle()
    if panel_in(window.docks["queue"], QueuePanel).add():
        bring_up(window, window.docks["queue"], window.canvas)


def _time_blocks(window: MainWindow) -> None:
    from cnnstudio.ui.network.summary_view import SummaryPanel

    window.show_panel("summary")
    panel_in(window.docks["summary"], SummaryPanel).timing.measure()


def _show_mistakes(window: MainWindow) -> None:
    from cnnstudio.ui.insight.evaluation.evaluation_panel import EvaluationPanel

    panel = panel_in(window.docks["evaluation"], EvaluationPanel)
    panel.show_view(panel.mistakes)
    window.show_panel("evaluation")


def _help(window: MainWindow) -> None:
    kind = meant(window.document, window.docks["palette"], window.focusWidget())
    window.reading.read(f"block/{kind.__name__}" if kind is not None else "contents")


def _help_title(window: MainWindow) -> str:
    kind = selected_kind(window.document)
    return f"About {unmarked(kind.title)}" if kind is not None else "Help"


def _workspace(each: Workspace) -> Action:
    return Action(
        f"workspace-{each.id}", each.title, lambda w: arrange(each, w.docks, w.classroom.withheld), "", each.icon,
        words=("workspace", "layout", "panels", *each.words),
    )  # fmt: skip


def _new(key: str, title: str) -> Action:
    return Action(f"new-{key}", title, lambda w: w.files.new(key), icon="share-network")


def _lesson(key: str, title: str) -> Action:
    return Action(f"lesson-{key}", title, lambda w: w.begin_lesson(key), icon="student")


def _export(kind: str, title: str, suffix: str) -> Action:
    shortcut, words = "Ctrl+Shift+E" if kind == "python" else "", (suffix, "save as")
    return Action(f"export-{kind}", f"{title}…", lambda w: w.exports.ask(kind), shortcut, "export", words=words)


def _bookmark(number: int) -> Action:
    return Action(
        f"bookmark-go-{number}", f"Go to bookmark {number}", lambda w: w.bookmarks.go_to(number - 1), f"Alt+{number}",
        "bookmark-simple", lambda w: bool(w.bookmarks.title(number - 1)), title=lambda w: w.bookmarks.title(number - 1),
    )  # fmt: skip


def _measure(key: str | None, title: str) -> Action:
    return Action(
        f"measure-{key or 'off'}", title, lambda w: w.canvas.set_measure(key), "", "gauge",
        lambda w: key != "time" or bool(w.document.view_times),
        checked=lambda w: w.canvas.scene().measure == key, one_of="measure",
    )  # fmt: skip


def _shares_as(kind: Literal["bar", "heat"], title: str, icon: str) -> Action:
    def turn(window: MainWindow) -> None:
        now = window.canvas.scene().shares_as
        window.canvas.set_shares_as(now._replace(**{kind: not getattr(now, kind)}))

    return Action(
        f"share-{kind}", title, turn, "", icon, lambda w: w.canvas.scene().measure is not None,
        checked=lambda w: getattr(w.canvas.scene().shares_as, kind),
    )  # fmt: skip


def show_action(place: PanelPlace) -> Action:
    """What brings a panel to the front."""
    return Action(
        f"show-{place.id}", f"Show {place.title}", lambda w: w.show_panel(place.id), place.shortcut, "layout",
        words=place.words,
    )  # fmt: skip


def _undo(window: MainWindow) -> None:
    """Undo; what is being typed is the latest step then, so that it is not lost with what it was written in."""
    window.files.settle()
    window.document.undo_stack.undo()


ACTIONS: tuple[Action, ...] = (
    # file
    Action("new", "New", lambda w: w.files.new(), "Ctrl+N", "file-plus"),
    *(_new(key, template.title) for key, template in TEMPLATES.items()),
    Action("new-network", "Famous networks…", lambda w: w.gallery.ask(), "Ctrl+Shift+N", "books"),
    Action("open", "Open…", lambda w: w.files.open(), "Ctrl+O", "folder-open"),
    Action(
        "open-in-window", "Open in a new window…", lambda w: w.files.open(anew=True), "Ctrl+Alt+O", "folder-notch-open"
    ),
    Action("save", "Save", lambda w: w.files.save(), "Ctrl+S", "floppy-disk", words=("keep",)),
    Action("save-as", "Save as…", lambda w: w.files.save_as(), "Ctrl+Shift+S", "floppy-disk-back"),
    Action(
        "hand-in", "Hand in…", lambda w: w.classroom.hand_in(), "", "paper-plane-tilt",
        lambda w: w.classroom.desk is not None, words=("submit", "teacher", "homework"),
    ),
    Action("author-new", "New lesson…", lambda w: w.classroom.authoring.new(), "", "chalkboard-teacher", words=AUTHOR),
    Action("author-open", "Change lesson…", lambda w: w.classroom.authoring.open(), "", "pencil-simple", words=AUTHOR),
    Action("author-release", "Release lesson…", lambda w: w.classroom.authoring.release(), "", "export", words=AUTHOR),
    Action("import-model", "Import torchvision model…", lambda w: w.imports.ask_model(), "", "download", words=LOAD),
    Action("import-network", "Import ONNX or Keras…", lambda w: w.imports.ask_network(), "", "file-plus", words=LOAD),
    Action("import-python", "Import Python file…", lambda w: w.imports.ask_file(), icon="file-arrow-down"),
    Action("export", "Export…", lambda w: w.exports.choose(), "", "export", words=("save as", "formats", "take away")),
    *(_export(key, kind.title, kind.suffix) for key, kind in KINDS.items()),
    Action(
        "train-elsewhere", "Train elsewhere…", lambda w: w.exports.ask_folder(), "", "cloud-arrow-up",
        words=("cluster", "slurm", "torchrun", "gpu", "script", "export"),
    ),
    Action(
        "report", "Report…", lambda w: w.exports.ask_report(), "", "file-text",
        words=("html", "page", "document", "print", "export", "model card"),
    ),
    Action(
        "picture", "Picture of the canvas…", lambda w: w.pictures.ask(), "", "image", drawn,
        words=("screenshot", "png", "svg", "pdf"),
    ),
    Action(
        "picture-selection", "Picture of the selection…", lambda w: w.pictures.ask(True), "", "image", selected,
        words=("screenshot", "png", "svg", "pdf"),
    ),
    Action("figure", "Paper figure…", lambda w: w.figure.open(), "", "cube", drawn, words=("diagram", "publication")),
    Action(
        "picture-paper", "Pictures are light, for paper",
        lambda w: setattr(w.pictures, "on_paper", not w.pictures.on_paper), "", "sun-dim",
        checked=lambda w: w.pictures.on_paper,
    ),
    Action(
        "start-page", "Start page", lambda w: w.start_page.call(), "", "house",
        checked=lambda w: w.start_page.isVisible(),
    ),
    Action("window-new", "New window", lambda w: w.windows.new(w), "Ctrl+Alt+N", "app-window"),
    Action("window-close", "Close the window", lambda w: w.close(), "Ctrl+W", "x"),
    Action("quit", "Quit", lambda w: w.windows.quit(), "Ctrl+Q", "sign-out"),
    # edit
    Action(
        "undo", "Undo", _undo, "Ctrl+Z", "arrow-counter-clockwise",
        lambda w: w.document.undo_stack.canUndo(), words=("revert",),
    ),
    Action(
        "redo", "Redo", lambda w: w.document.undo_stack.redo(), "Ctrl+Shift+Z|Ctrl+Y", "arrow-clockwise",
        lambda w: w.document.undo_stack.canRedo(), words=("repeat",),
    ),
    Action("cut", "Cut", lambda w: w.canvas.cut(), "Ctrl+X", "scissors", removable, on_canvas=True),
    Action("copy", "Copy", lambda w: w.canvas.copy(), "Ctrl+C", "copy", marked, on_canvas=True),
    Action(
        "copy-picture", "Copy the selection or the canvas as a picture", lambda w: w.pictures.copy(), "Ctrl+Shift+C",
        "image", drawn, on_canvas=True, words=("screenshot",),
    ),
    Action("paste", "Paste", lambda w: w.canvas.paste(), "Ctrl+V", "clipboard", whole, on_canvas=True),
    Action(
        "paste-wired", "Paste with the wires that go in", lambda w: w.canvas.paste(keep_inputs=True), "Ctrl+Shift+V",
        "clipboard", whole, on_canvas=True,
    ),
    Action(
        "duplicate", "Duplicate", lambda w: w.canvas.duplicate(), "Ctrl+D|Shift+D", "copy-simple", removable,
        on_canvas=True, words=("clone",),
    ),
    Action(
        "duplicate-wired", "Duplicate with the wires that go in", lambda w: w.canvas.duplicate(keep_inputs=True),
        "Ctrl+Shift+D", "copy-simple", editable, on_canvas=True,
    ),
    Action(
        "delete", "Delete", lambda w: w.canvas.delete(), "Del|Backspace", "trash", deletable, on_canvas=True,
        words=("remove", "erase"),
    ),
    Action(
        "delete-heal", "Delete and close the gap", lambda w: w.canvas.delete_and_heal(), "Shift+Del", "trash-simple",
        editable, on_canvas=True, words=("dissolve",),
    ),
    Action("select-all", "Select all", lambda w: w.canvas.select_all(), "Ctrl+A", "selection-all", on_canvas=True),
    Action(
        "select-upstream", "Select all that this depends on", lambda w: w.canvas.select_upstream(), "Ctrl+Shift+Up",
        "arrow-line-left", selected, on_canvas=True, words=("ancestors", "predecessors"),
    ),
    Action(
        "select-downstream", "Select all that depends on this", lambda w: w.canvas.select_downstream(),
        "Ctrl+Shift+Down", "arrow-line-right", selected, on_canvas=True, words=("descendants", "successors"),
    ),
    Action(
        "select-same", "Select blocks of this kind", lambda w: w.canvas.select_same_kind(), "", "stack",
        selected, on_canvas=True, words=("similar",),
    ),
    Action(
        "select-framed", "Select what is in the frame", lambda w: w.canvas.select_framed(), "Shift+J",
        "selection-foreground", lambda w: bool(w.canvas.chosen_frames), on_canvas=True,
    ),
    Action("next", "Next block", lambda w: w.canvas.step(1), ".", "caret-right", drawn, on_canvas=True),
    Action("previous", "Previous block", lambda w: w.canvas.step(-1), ",", "caret-left", drawn, on_canvas=True),
    Action(
        "next-too", "Next block as well", lambda w: w.canvas.step(1, adds=True), "Shift+.", "caret-double-right",
        drawn, on_canvas=True,
    ),
    Action(
        "previous-too", "Previous block as well", lambda w: w.canvas.step(-1, adds=True), "Shift+,",
        "caret-double-left", drawn, on_canvas=True,
    ),
    Action(
        "next-wire", "Next wire of the block", lambda w: w.canvas.step_wire(1), "W", "flow-arrow", drawn,
        on_canvas=True,
    ),
    Action(
        "previous-wire", "Previous wire of the block", lambda w: w.canvas.step_wire(-1), "Shift+W", "flow-arrow",
        drawn, on_canvas=True,
    ),
    Action(
        "select-turn", "Toggle selection", lambda w: w.canvas.turn_selected(), "S", "check-square",
        drawn, on_canvas=True,
    ),
    Action(
        "find", "Find a block…", lambda w: w.canvas.find_node(), "Ctrl+F", "magnifying-glass",
        words=("search", "go to", "jump"),
    ),
    *NETWORK,
    # train
    Action(
        "train", "Train or pause", lambda w: w.training.toggle(), "F5|Ctrl+R", "play",
        lambda w: w.run.state != "preparing", words=("run", "start", "learn", "fitting"),
    ),
    Action(
        "stop", "Stop training", lambda w: w.run.stop(), "Shift+F5", "stop", lambda w: w.run.is_active,
        words=("cancel", "end", "halt"),
    ),
    Action(
        "queue-add", "Add to the queue", _add_to_queue, "Ctrl+F5", "list-plus", drawn,
        words=("later", "overnight", "batch", "enqueue"),
    ),
    Action(
        "queue-start", "Train what is queued", lambda w: w.run.queue.start(), "", "queue",
        lambda w: not w.run.queue.is_working and bool(w.run.queue.queue.waiting), words=("batch",),
    ),
    Action(
        "queue-pause", "Pause the queue", lambda w: w.run.queue.pause(), "", "pause",
        lambda w: w.run.queue.is_working, words=("hold",),
    ),
    Action(
        "show-mistakes", "Show mistakes", _show_mistakes, "Ctrl+Shift+M", "x-circle",
        words=("wrong", "errors", "misclassified", "least certain"),
    ),
    Action(
        "notices", "Tell me when training is done", lambda w: w.prefer("notices", not w.preferences.notices), "",
        "bell", checked=lambda w: w.preferences.notices, words=("notification", "alert", "notify"),
    ),
    # view
    Action(
        "fit", "Show the whole network", lambda w: w.canvas.fit(), "Home", "frame-corners", on_canvas=True,
        words=("fit", "zoom to fit", "frame all", "zoom all", "overview"),
    ),
    Action(
        "fit-selection", "Show the selection", lambda w: w.canvas.fit_selection(), "F", "crosshair", on_canvas=True,
        words=("zoom to selection", "focus"),
    ),
    Action(
        "actual-size", "Actual size", lambda w: w.canvas.actual_size(), "1", "number-circle-one", on_canvas=True,
        words=("100%", "1:1", "reset zoom"),
    ),
    Action(
        "bookmark-add", "Bookmark this view", lambda w: w.bookmarks.add(), "Ctrl+B", "bookmark-simple", shown,
        words=("save view",),
    ),
    Action(
        "bookmark-list", "Bookmarks…",
        lambda w: show_bookmarks(w.document, w.bookmarks, w.commands.shortcuts, w), "", "bookmarks",
    ),
    *(_bookmark(number) for number in range(1, MOST_BOOKMARKS + 1)),
    Action("zoom-in", "Zoom in", lambda w: w.canvas.zoom_in(), "Ctrl++|Ctrl+=", "magnifying-glass-plus"),
    Action("zoom-out", "Zoom out", lambda w: w.canvas.zoom_out(), "Ctrl+-", "magnifying-glass-minus"),
    Action(
        "minimap", "Minimap", lambda w: w.prefer("minimap", not w.canvas.minimap_wanted), "", "map-trifold",
        checked=lambda w: w.canvas.minimap_wanted, words=("map", "overview", "navigator"),
    ),
    Action(
        "wheel-pans", "Wheel moves instead of zooming",
        lambda w: w.prefer("wheel_pans", w.canvas.wheel == "zoom"), "", "mouse",
        checked=lambda w: w.canvas.wheel == "pan",
    ),
    _measure(None, "Off"),
    *(_measure(key, measure.title) for key, measure in MEASURES.items()),
    Action(
        "time-blocks", "Measure the time of each block", _time_blocks, "", "timer",
        lambda w: w.document.told.totals is not None and not w.run.is_active,
        words=("benchmark", "profile", "speed", "latency", "milliseconds"),
    ),
    _shares_as("bar", "As a bar in each block", "chart-bar-horizontal"),
    _shares_as("heat", "As heat over the canvas", "thermometer"),
    Action(
        "wide-wires", "Wires as wide as their channels",
        lambda w: w.canvas.set_wide_wires(not w.canvas.scene().wide_wires), "", "line-segments",
        checked=lambda w: w.canvas.scene().wide_wires,
    ),
    Action(
        "thumbnails", "Maps on the blocks", lambda w: w.prefer("thumbnails", not w.thumbnails.is_wanted), "", "eye",
        checked=lambda w: w.thumbnails.is_wanted, words=("thumbnails", "feature maps", "preview", "activations"),
    ),
    Action(
        "snap", "Snap to the grid", lambda w: setattr(w.canvas, "snaps", not w.canvas.snaps), "", "dots-nine",
        checked=lambda w: w.canvas.snaps, words=("align",),
    ),
    Action(
        "theme", "Light or dark", lambda w: w.use_scheme("light" if theme.is_dark else "dark"), "Ctrl+T", "moon",
        words=("theme", "dark mode", "light mode"),
    ),
    Action(
        "theme-system", "As the system", lambda w: w.use_scheme("system"), "", "desktop",
        checked=lambda w: theme.scheme == "system", words=("theme",), one_of="scheme",
    ),
    Action(
        "theme-light", "Light", lambda w: w.use_scheme("light"), "", "sun", checked=lambda w: theme.scheme == "light",
        words=("theme", "light mode", "day"), one_of="scheme",
    ),
    Action(
        "theme-dark", "Dark", lambda w: w.use_scheme("dark"), "", "moon-stars",
        checked=lambda w: theme.scheme == "dark", words=("theme", "dark mode", "night"), one_of="scheme",
    ),
    Action(
        "text-larger", "Larger text", lambda w: w.scale_text(theme.scale + 0.1), "Ctrl+Shift+.", "text-aa",
        words=("bigger", "font size"),
    ),
    Action(
        "text-smaller", "Smaller text", lambda w: w.scale_text(theme.scale - 0.1), "Ctrl+Shift+,", "text-aa",
        words=("font size",),
    ),
    Action("text-normal", "Normal text", lambda w: w.scale_text(1.0), "", "text-aa"),
    Action(
        "present", "Present", lambda w: w.presenting.toggle(), "F11", "presentation",
        checked=lambda w: w.presenting.is_on, words=("full screen", "projector", "beamer", "class", "pointer"),
    ),
    Action(
        "simple", "Fewer blocks, panels and commands", lambda w: w.prefer("simple", not w.preferences.simple), "",
        "student", checked=lambda w: w.preferences.simple, words=("beginner", "easy", "full", "school"),
    ),
    Action("next-part", "Next part of the window", lambda w: w.go_round(1), "F6", "squares-four"),
    Action("previous-part", "Previous part of the window", lambda w: w.go_round(-1), "Shift+F6", "squares-four"),
    Action("panel-float", "Float, or dock again", lambda w: w.focused_dock.turn_loose(), "", "arrow-square-out"),
    Action("panel-side", "To the next side of the window", lambda w: w.focused_dock.move_on(), "", "layout"),
    Action("panel-larger", "Larger", lambda w: w.focused_dock.size(PANEL_STEP), "", "arrows-out-simple"),
    Action("panel-smaller", "Smaller", lambda w: w.focused_dock.size(-PANEL_STEP), "", "arrows-in-simple"),
    Action(
        "panel-compare", "Compare with another epoch or run", lambda w: w.focused_dock.compare(), "",
        "arrows-left-right", words=("side by side", "second", "difference"),
    ),
    Action("panel-hide", "Close", lambda w: w.focused_dock.hide(), "", "x"),
    Action("default-layout", "Reset panels", lambda w: w.default_layout(), "", "layout", words=("layout", "restore")),
    *map(_workspace, WORKSPACES),
    # help
    *(_lesson(key, lesson.title) for key, lesson in LESSONS.items()),
    Action(
        "help", "Help", _help, "F1", "book-bookmark", title=_help_title,
        words=("theory", "card", "read about", "documentation", "manual"),
    ),
    Action("tour", "Take the tour", lambda w: w.reading.take_tour(), "", "compass", words=("help", "first steps")),
    Action("commands", "All commands…", lambda w: w.command_list.ask(), "Ctrl+Shift+P", "command"),
    Action("shortcuts", "Keyboard shortcuts…", show_shortcuts, "", "keyboard", words=("help", "hotkeys", "keys")),
    _page("gestures", "The mouse on the canvas", gestures, "mouse", ("gestures", "drag", "select")),
    _page("handbook", "What the problems mean", handbook, "book-open", ("help", "errors", "manual")),
    Action("newer", "Look for a newer version", lambda w: look_for_newer(w.jobs, w.messages), "", "arrow-circle-up",
        words=("update", "upgrade")),
    Action("about", "About CNN Studio", _show_about, "", "info", words=("licence", "license", "version", "copyright")),
)  # fmt: skip

"""Window actions: what a person can do to the window, its panels, its runs and its preferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnstudio.compiler.diagnostics import handbook
from cnnstudio.project.project import MOST_BOOKMARKS
from cnnstudio.ui.actions.action import Action, Condition
from cnnstudio.ui.actions.command_list import CommandList
from cnnstudio.ui.actions.commands import Commands
from cnnstudio.ui.actions.conditions import HAS_NETWORK
from cnnstudio.ui.actions.shortcut_editor import show_shortcuts
from cnnstudio.ui.canvas.canvas_actions import EDIT, NETWORK, VIEW
from cnnstudio.ui.canvas.commands.bookmarks import Bookmarks
from cnnstudio.ui.canvas.tools.help import gestures
from cnnstudio.ui.docking.docks import FocusedDock
from cnnstudio.ui.docking.panel_places import PanelPlace
from cnnstudio.ui.docking.panels import Panels
from cnnstudio.ui.docking.presenting import Presenting
from cnnstudio.ui.files.file_actions import CLASSROOM, EXPORTS, FILES, IMPORTS, LESSON, WORKSPACE
from cnnstudio.ui.lessons.handbook import show_page
from cnnstudio.ui.lessons.reading import Reading
from cnnstudio.ui.network.meant_block import meant
from cnnstudio.ui.network.meant_block import selected as selected_kind
from cnnstudio.ui.newer_version import look_for_newer
from cnnstudio.ui.pictures.picture_actions import PICTURES
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.run import Run
from cnnstudio.ui.start.gallery import Gallery
from cnnstudio.ui.start.page import StartPage
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.ui.windows import ProjectWindow, Windows

PANEL_STEP = 48  # pixels

drawn: Condition[Panels] = HAS_NETWORK.of(lambda p: p.document)
idle = Condition[Panels](lambda p: not p.run.is_active, "Nothing can be timed while a network is trained.")
costed = Condition[Panels](lambda p: p.document.told.totals is not None, "Mend the errors of the network first.")
prepared = Condition[Panels](lambda p: p.run.state != "preparing", "The training is being prepared.")
active = Condition[Run](lambda r: r.is_active, "Nothing is being trained.")
idle_queue = Condition[Run](lambda r: not r.queue.is_working, "The queue is being trained already.")
filled_queue = Condition[Run](lambda r: bool(r.queue.queue.waiting), "Nothing waits in the queue.")


def _page(name: str, title: str, text: Callable[[], str], icon: str, words: tuple[str, ...]) -> Action[ProjectWindow]:
    """Open a page of help, which is written when it is asked for."""
    return Action(name, title, lambda w: show_page(w, title, text()), "", icon, words=words)


def _show_about(window: ProjectWindow) -> None:
    from cnnstudio.ui.start.about import show_about

    show_about(window)


def _train(panels: Panels) -> None:
    from cnnstudio.ui.training.training import TrainingPanel

    panels.of("training", TrainingPanel).toggle()


def _add_to_queue(panels: Panels) -> None:
    from cnnstudio.ui.training.queue_panel import QueuePanel
    from cnnstudio.ui.training.training import TrainingPanel

    panels.of("training", TrainingPanel).settle()
    if panels.of("queue", QueuePanel).add():
        panels.bring_up("queue")


def _time_blocks(panels: Panels) -> None:
    from cnnstudio.ui.network.summary_view import SummaryPanel

    panels.show("summary")
    panels.of("summary", SummaryPanel).timing.measure()


def _show_mistakes(panels: Panels) -> None:
    from cnnstudio.ui.insight.evaluation.evaluation_panel import EvaluationPanel

    panel = panels.of("evaluation", EvaluationPanel)
    panel.show_view(panel.mistakes)
    panels.show("evaluation")


def _help(reading: Reading) -> None:
    kind = meant(reading.window.document, reading.docks["palette"], reading.window.focusWidget())
    reading.read(f"block/{kind.__name__}" if kind is not None else "contents")


def _help_title(reading: Reading) -> str:
    kind = selected_kind(reading.window.document)
    return f"About {unmarked(kind.title)}" if kind is not None else "Help"


def _bookmark(number: int) -> Action[Bookmarks]:
    return Action(
        f"bookmark-go-{number}", f"Go to bookmark {number}", lambda b: b.go_to(number - 1), f"Alt+{number}",
        "bookmark-simple", Condition(lambda b: bool(b.title(number - 1)), "There are not so many bookmarks."),
        title=lambda b: b.title(number - 1),
    )  # fmt: skip


def show_action(place: PanelPlace) -> Action[Panels]:
    """What brings a panel to the front."""
    return Action(
        f"show-{place.id}", f"Show {place.title}", lambda p: p.show(place.id), place.shortcut, "layout",
        words=place.words,
    )  # fmt: skip


shown = Condition[Bookmarks](lambda b: not b.is_empty, "There is nothing on the canvas yet.")

GALLERY: tuple[Action[Gallery], ...] = (
    Action("new-network", "Famous networks…", lambda g: g.ask(), "Ctrl+Shift+N", "books"),
)  # fmt: skip

START_PAGE: tuple[Action[StartPage], ...] = (
    Action(
        "start-page", "Start page", lambda p: p.call(), "", "house",
        checked=lambda p: p.isVisible(),
    ),
)  # fmt: skip

WINDOW: tuple[Action[ProjectWindow], ...] = (
    Action("window-new", "New window", lambda w: w.windows.new(w), "Ctrl+Alt+N", "app-window"),
    Action("window-close", "Close the window", lambda w: w.close(), "Ctrl+W", "x"),
    Action("quit", "Quit", lambda w: w.windows.quit(), "Ctrl+Q", "sign-out"),
    _page("gestures", "The mouse on the canvas", gestures, "mouse", ("gestures", "drag", "select")),
    _page("handbook", "What the problems mean", handbook, "book-open", ("help", "errors", "manual")),
    Action("about", "About CNN Studio", _show_about, "", "info", words=("licence", "license", "version", "copyright")),
)  # fmt: skip

PANELS: tuple[Action[Panels], ...] = (
    Action(
        "train", "Train or pause", _train, "F5|Ctrl+R", "play",
        prepared, words=("run", "start", "learn", "fitting"),
    ),
    Action(
        "queue-add", "Add to the queue", _add_to_queue, "Ctrl+F5", "list-plus", drawn,
        words=("later", "overnight", "batch", "enqueue"),
    ),
    Action(
        "show-mistakes", "Show mistakes", _show_mistakes, "Ctrl+Shift+M", "x-circle",
        words=("wrong", "errors", "misclassified", "least certain"),
    ),
    Action(
        "time-blocks", "Measure the time of each block", _time_blocks, "", "timer",
        idle & costed,
        words=("benchmark", "profile", "speed", "latency", "milliseconds"),
    ),
    Action("next-part", "Next part of the window", lambda p: p.go_round(1), "F6", "squares-four"),
    Action("previous-part", "Previous part of the window", lambda p: p.go_round(-1), "Shift+F6", "squares-four"),
    Action("default-layout", "Reset panels", lambda p: p.place_anew(), "", "layout", words=("layout", "restore")),
)  # fmt: skip

RUN: tuple[Action[Run], ...] = (
    Action(
        "stop", "Stop training", lambda r: r.stop(), "Shift+F5", "stop", active,
        words=("cancel", "end", "halt"),
    ),
    Action(
        "queue-start", "Train what is queued", lambda r: r.queue.start(), "", "queue",
        idle_queue & filled_queue, words=("batch",),
    ),
    Action(
        "queue-pause", "Pause the queue", lambda r: r.queue.pause(), "", "pause",
        Condition(lambda r: r.queue.is_working, "The queue is not being trained."), words=("hold",),
    ),
)  # fmt: skip

FOCUSED_DOCK: tuple[Action[FocusedDock], ...] = (
    Action("panel-float", "Float, or dock again", lambda d: d.turn_loose(), "", "arrow-square-out"),
    Action("panel-side", "To the next side of the window", lambda d: d.move_on(), "", "layout"),
    Action("panel-larger", "Larger", lambda d: d.size(PANEL_STEP), "", "arrows-out-simple"),
    Action("panel-smaller", "Smaller", lambda d: d.size(-PANEL_STEP), "", "arrows-in-simple"),
    Action(
        "panel-compare", "Compare with another epoch or run", lambda d: d.compare(), "",
        "arrows-left-right", words=("side by side", "second", "difference"),
    ),
    Action("panel-hide", "Close", lambda d: d.hide(), "", "x"),
)  # fmt: skip

PRESENTING: tuple[Action[Presenting], ...] = (
    Action(
        "present", "Present", lambda p: p.toggle(), "F11", "presentation",
        checked=lambda p: p.is_on, words=("full screen", "projector", "beamer", "class", "pointer"),
    ),
)  # fmt: skip

PREFERENCES: tuple[Action[Windows], ...] = (
    Action(
        "notices", "Tell me when training is done", lambda w: w.prefer("notices", not w.preferences.notices), "",
        "bell", checked=lambda w: w.preferences.notices, words=("notification", "alert", "notify"),
    ),
    Action(
        "minimap", "Minimap", lambda w: w.prefer("minimap", not w.preferences.minimap), "", "map-trifold",
        checked=lambda w: w.preferences.minimap, words=("map", "overview", "navigator"),
    ),
    Action(
        "wheel-pans", "Wheel moves instead of zooming",
        lambda w: w.prefer("wheel_pans", not w.preferences.wheel_pans), "", "mouse",
        checked=lambda w: w.preferences.wheel_pans,
    ),
    Action(
        "thumbnails", "Maps on the blocks", lambda w: w.prefer("thumbnails", not w.preferences.thumbnails), "", "eye",
        checked=lambda w: w.preferences.thumbnails, words=("thumbnails", "feature maps", "preview", "activations"),
    ),
    Action(
        "simple", "Fewer blocks, panels and commands", lambda w: w.prefer("simple", not w.preferences.simple), "",
        "student", checked=lambda w: w.preferences.simple, words=("beginner", "easy", "full", "school"),
    ),
)  # fmt: skip

THEME: tuple[Action[Preferences], ...] = (
    Action(
        "theme", "Light or dark", lambda p: p.use_scheme("light" if theme.is_dark else "dark"), "Ctrl+T", "moon",
        words=("theme", "dark mode", "light mode"),
    ),
    Action(
        "theme-system", "As the system", lambda p: p.use_scheme("system"), "", "desktop",
        checked=lambda p: theme.scheme == "system", words=("theme",), one_of="scheme",
    ),
    Action(
        "theme-light", "Light", lambda p: p.use_scheme("light"), "", "sun", checked=lambda p: theme.scheme == "light",
        words=("theme", "light mode", "day"), one_of="scheme",
    ),
    Action(
        "theme-dark", "Dark", lambda p: p.use_scheme("dark"), "", "moon-stars",
        checked=lambda p: theme.scheme == "dark", words=("theme", "dark mode", "night"), one_of="scheme",
    ),
    Action(
        "text-larger", "Larger text", lambda p: p.scale_text(theme.scale + 0.1), "Ctrl+Shift+.", "text-aa",
        words=("bigger", "font size"),
    ),
    Action(
        "text-smaller", "Smaller text", lambda p: p.scale_text(theme.scale - 0.1), "Ctrl+Shift+,", "text-aa",
        words=("font size",),
    ),
    Action("text-normal", "Normal text", lambda p: p.scale_text(1.0), "", "text-aa"),
)  # fmt: skip

BOOKMARKS: tuple[Action[Bookmarks], ...] = (
    Action(
        "bookmark-add", "Bookmark this view", lambda b: b.add(), "Ctrl+B", "bookmark-simple", shown,
        words=("save view",),
    ),
    Action(
        "bookmark-list", "Bookmarks…",
        lambda b: b.show_list(), "", "bookmarks",
    ),
    *(_bookmark(number) for number in range(1, MOST_BOOKMARKS + 1)),
)  # fmt: skip

READING: tuple[Action[Reading], ...] = (
    Action(
        "help", "Help", _help, "F1", "book-bookmark", title=_help_title,
        words=("theory", "card", "read about", "documentation", "manual"),
    ),
    Action("tour", "Take the tour", lambda r: r.take_tour(), "", "compass", words=("help", "first steps")),
)  # fmt: skip

COMMAND_LIST: tuple[Action[CommandList], ...] = (
    Action("commands", "All commands…", lambda c: c.ask(), "Ctrl+Shift+P", "command"),
)  # fmt: skip

SHORTCUTS: tuple[Action[Commands], ...] = (
    Action("shortcuts", "Keyboard shortcuts…", show_shortcuts, "", "keyboard", words=("help", "hotkeys", "keys")),
)  # fmt: skip

JOBS: tuple[Action[Jobs], ...] = (
    Action("newer", "Look for a newer version", lambda j: look_for_newer(j, j.messages), "", "arrow-circle-up",
        words=("update", "upgrade")),
)  # fmt: skip

ACTIONS: tuple[Action[Any], ...] = (
    *FILES, *GALLERY, *CLASSROOM, *IMPORTS, *EXPORTS, *PICTURES, *START_PAGE, *WINDOW, *EDIT, *NETWORK, *VIEW, *PANELS,
    *RUN, *BOOKMARKS, *FOCUSED_DOCK, *PRESENTING, *PREFERENCES, *THEME, *WORKSPACE,
    *LESSON, *READING, *COMMAND_LIST, *SHORTCUTS, *JOBS,
)  # fmt: skip
"""All of them but those that show panels, whatever they are done to."""

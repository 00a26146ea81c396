"""Main window: places the panels round the canvas and owns nothing that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QPoint, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QMenu, QStyle

from cnnstudio.lessons.lesson import Lesson
from cnnstudio.project import Project
from cnnstudio.ui import window_actions
from cnnstudio.ui.actions.action import Command, done_to
from cnnstudio.ui.actions.command_list import CommandList
from cnnstudio.ui.actions.commands import Commands
from cnnstudio.ui.actions.menus import canvas_menu, fill_menu_bar, toolbar
from cnnstudio.ui.canvas.bookmark_list import show_bookmarks
from cnnstudio.ui.canvas.canvas_actions import EDIT, NETWORK, VIEW
from cnnstudio.ui.canvas.commands.bookmarks import Bookmarks
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.docking import docks
from cnnstudio.ui.docking.dropped_on_window import left_by_images
from cnnstudio.ui.docking.focus import give_keyboard, tab_on
from cnnstudio.ui.docking.panel_places import PANELS
from cnnstudio.ui.docking.panels import Panels
from cnnstudio.ui.docking.presenting import Presenting
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.classroom import Classroom
from cnnstudio.ui.files.dropped_files import dropped
from cnnstudio.ui.files.exports import UNKEPT, Exports
from cnnstudio.ui.files.file_actions import CLASSROOM, EXPORTS, FILES, IMPORTS, LESSON, WORKSPACE
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.files.imports import Imports
from cnnstudio.ui.files.recovery_copy import Copy
from cnnstudio.ui.files.remembered_run import RememberedRun
from cnnstudio.ui.insight.thumbnails import NodeThumbnails
from cnnstudio.ui.lessons.reading import Reading
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.pictures.picture_actions import PICTURES
from cnnstudio.ui.pictures.pictures import Pictures
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.run import Run
from cnnstudio.ui.start.gallery import Gallery
from cnnstudio.ui.start.page import StartPage
from cnnstudio.ui.status import Status
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.train_button import train_button
from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.ui.widgets.messages import Messages, offer_link
from cnnstudio.ui.windows import ProjectWindow, Windows
from cnnstudio.wording import on_a_line

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported
    from cnnstudio.lessons.desk import Desk
    from cnnstudio.ui.lessons.quiz import QuizPanel
    from cnnstudio.ui.network.comparison import ComparisonPanel
    from cnnstudio.ui.pictures.figure_page import FigurePage
    from cnnstudio.ui.training.training import TrainingPanel

TITLE_BAR = QStyle.PixelMetric.PM_TitleBarHeight  # which the system adds to the size of the window
RUN, INSIDE = "run", "inside"  # what messages are about that are replaced or withdrawn: a run, what is open now
LAYOUT_VERSION = 8  # another set of docks needs another number, so that an old layout is not restored over it


class MainWindow(ProjectWindow):
    """A project. Menus and shortcuts come from ``ACTIONS``, panels from ``PANELS``; ``Windows`` knows the others."""

    painted = Signal()  # it stands on the screen for the first time

    def __init__(self, preferences: Preferences | None = None, windows: Windows | None = None) -> None:
        super().__init__()
        self.preferences = preferences or Preferences()
        self.windows = windows or Windows(self.preferences, MainWindow)
        self.windows.add(self)
        self.document = Document(parent=self, library=self.windows.library, places=self.windows.places)
        self.run = Run(self, self.windows.queue)
        self.canvas = CanvasView(self.document)
        self.setCentralWidget(self.canvas)
        self.messages = Messages(self.canvas, lambda: self.canvas.map_rect)
        self.canvas.along_foot.append(self.messages)
        self.files = Files(self.document, self.messages, self.windows, self)
        self.jobs = Jobs(self.messages, self)
        self.exports = Exports(self.document, self.run, self.files, self.jobs, self, leave=self.canvas.setFocus)
        self.pictures = Pictures(self.canvas.scene(), self.files, self.preferences, self.jobs, self)
        self.remembered_run = RememberedRun(self.document, self.run, self.messages, self)
        self.imports = Imports(self.document, self.canvas, self.files, self.jobs, self.messages, self.windows, self)
        self.files.foreign = self.imports.start_network
        self.bookmarks = Bookmarks(
            self.document, self.canvas, lambda n: self.commands.bound[f"bookmark-go-{n + 1}"].shortcut().toString()
        )
        self.bookmarks.show_list = lambda: show_bookmarks(self.document, self.bookmarks, self.commands.shortcuts, self)
        self.pictures.open_figure = lambda: self.figure.open()  # noqa: PLW0108 - it is not made yet
        self.thumbnails = NodeThumbnails(self.document, self.run, self)
        self.docks = docks.docks_of(self, self.document, self.run)
        self.classroom = Classroom(self.docks, self.document, self.exports, self.files, self.jobs)
        self.panels = Panels(self, self.docks, self.canvas)
        self.commands = Commands(self, self.canvas, self._commands(), self.preferences, self.classroom)
        bound = self.commands.bound
        self.reading = Reading(self, self.docks, self.canvas, self.classroom, bound["train"])
        offers = [bound[f"panel-{way}"] for way in ("float", "side", "compare", "hide")]
        self.focused_dock = docks.FocusedDock(self, self.docks, self.document, self.canvas, offers)
        self.command_list = CommandList(self.commands, self)
        self.gallery = Gallery(self.files.new, self, self.canvas.setFocus)
        recent = self.windows.recent
        self.start_page = StartPage(self.document, self.canvas, self.files, recent, bound, self.files.begin_lesson)
        self.start_page.stackUnder(self.messages)
        self.painted.connect(self.start_page.look)
        opened: Callable[[QMenu], None] = partial(recent.fill_menu, take=self.files.open)
        fillings = {"recent": opened, "panels": self._fill_panels, "windows": self._fill_windows}
        fill_menu_bar(self.menuBar(), self.commands, fillings)
        self.addToolBar(toolbar(self.commands))
        self.setStatusBar(Status(self.document, self.run, self.show_panel))
        self.presenting = Presenting(self, self.canvas, self.docks, give_keyboard)
        self._refresh = QTimer(self, singleShot=True, interval=0)
        self._refresh.timeout.connect(self._show_state)
        self._was_painted = self._is_closing = False
        self._connect()
        self._prepare()

    def _commands(self) -> Iterable[Command]:
        """Every action with what it is done to."""
        yield from done_to(lambda: self.files, *FILES)
        yield from done_to(lambda: self.gallery, *window_actions.GALLERY)
        yield from done_to(lambda: self.classroom, *CLASSROOM)
        yield from done_to(lambda: self.imports, *IMPORTS)
        yield from done_to(lambda: self.exports, *EXPORTS)
        yield from done_to(lambda: self.pictures, *PICTURES)
        yield from done_to(lambda: self.start_page, *window_actions.START_PAGE)
        yield from done_to(lambda: self, *window_actions.WINDOW)
        yield from done_to(lambda: self.canvas, *EDIT, *NETWORK, *VIEW)
        yield from done_to(lambda: self.panels, *window_actions.PANELS, *map(window_actions.show_action, PANELS))
        yield from done_to(lambda: self.run, *window_actions.RUN)
        yield from done_to(lambda: self.bookmarks, *window_actions.BOOKMARKS)
        yield from done_to(lambda: self.focused_dock, *window_actions.FOCUSED_DOCK)
        yield from done_to(lambda: self.presenting, *window_actions.PRESENTING)
        yield from done_to(lambda: self.windows, *window_actions.PREFERENCES)
        yield from done_to(lambda: self.preferences, *window_actions.THEME)
        yield from done_to(lambda: self.classroom, *WORKSPACE)
        yield from done_to(lambda: self.files, *LESSON)
        yield from done_to(lambda: self.reading, *window_actions.READING)
        yield from done_to(lambda: self.command_list, *window_actions.COMMAND_LIST)
        yield from done_to(lambda: self.commands, *window_actions.SHORTCUTS)
        yield from done_to(lambda: self.jobs, *window_actions.JOBS)

    def _connect(self) -> None:
        document, run = self.document, self.run
        for signal in (
            document.changed, document.selection_changed, document.scope_changed, document.path_changed,
            document.undo_stack.indexChanged, document.undo_stack.cleanChanged, run.state_changed,
            document.learned, document.concealed_changed, theme.changed, run.queue.changed, document.times.changed,
        ):  # fmt: skip
            signal.connect(self._refresh.start)
        document.said.connect(self._say)
        document.scope_changed.connect(lambda _: self.messages.withdraw(INSIDE))
        for anew in (self.messages.clear, self.canvas.setFocus):
            document.closed.connect(anew)
        run.said.connect(self._say_run)
        run.warned.connect(self.exports.warn)
        run.state_changed.connect(self._show_run)
        for dock in self.docks.values():
            for signal in (dock.topLevelChanged, dock.dockLocationChanged, dock.visibilityChanged):
                signal.connect(self._refresh.start)
            dock.made.connect(self._connect_panel)
        self.docks["outline"].made.connect(lambda panel: panel.addActions(self.commands.chords))
        self.docks["training"].made.connect(self._connect_training)
        self.canvas.unheeded.connect(self.commands.heed)
        self.canvas.menu_asked.connect(self._show_canvas_menu)
        self.canvas.scene().marked.connect(self._refresh.start)
        for signal in (self.canvas.looked, self.canvas.map_moved):
            signal.connect(self.messages.place_soon)
        self.canvas.link_clicked.connect(lambda address: offer_link(self.messages, address))
        self.painted.connect(self.canvas.fit)  # its size is only known now
        self.canvas.activated.connect(lambda _: self.show_panel("inspector", to_scroll=False))
        self.painted.connect(lambda: docks.make_soon(self, self.docks.values()))

    def _connect_panel(self, panel: Panel) -> None:
        panel.reveal.connect(self._reveal)
        panel.menu_asked.connect(self._show_canvas_menu)
        panel.panel_asked.connect(self.show_panel)
        panel.page_asked.connect(self.reading.read)
        panel.project_asked.connect(lambda project: self.windows.new(self).take_unsaved(project))
        panel.comparison_asked.connect(self._compare_with)
        panel.left.connect(lambda: give_keyboard(self.canvas))

    def _connect_training(self, panel: TrainingPanel) -> None:
        panel.looked.connect(self._refresh.start)
        panel.own_asked.connect(lambda project: self.files.begin(project, anew=True))
        panel.after.offer(self.commands.bound)
        panel.after.asked.connect(lambda command: self.commands.bound[command].trigger())
        panel.queue_asked.connect(self.commands.bound["queue-add"].trigger)
        panel.refused.connect(lambda: docks.bring_up(self, self.docks["training"], self.canvas))

    def _prepare(self) -> None:
        self.setAcceptDrops(True)
        docks.make_room(self)
        self.setMinimumSize(QSize(960, 600))
        room = self.screen().availableGeometry().size() - QSize(0, self.style().pixelMetric(TITLE_BAR))
        self.resize(room.boundedTo(QSize(1440, 900)))  # or the status bar stands below the edge of a small screen
        self.panels.place_anew()
        self.restoreGeometry(self.preferences.bytes("geometry"))
        self.restoreState(self.preferences.bytes("layout"), LAYOUT_VERSION)
        self.follow_preferences()
        self.canvas.setFocus()
        self._show_state()

    @cached_property
    def figure(self) -> FigurePage:
        """The page of the paper figure, made when it is first asked for: the window stands the sooner."""
        from cnnstudio.ui.pictures.figure_page import FigurePage

        return FigurePage(self.document, self.canvas, self.pictures, self.messages, self)

    # panels

    @property
    def training(self) -> TrainingPanel:
        """The panel from which the network is trained."""
        return cast("TrainingPanel", self.docks["training"].widget())

    @property
    def quiz(self) -> QuizPanel:
        """The panel that asks about the network."""
        return cast("QuizPanel", self.docks["quiz"].widget())

    def show_panel(self, name: str, to_scroll: bool = True) -> None:
        """Bring a panel to the front and give it the keyboard, even if that can only scroll it, unless said."""
        self.panels.show(name, to_scroll)

    def _compare_with(self, path: Path, title: str) -> None:
        if cast("ComparisonPanel", self.docks["comparison"].widget()).with_file(path, title):
            self.show_panel("comparison")

    def _reveal(self, name: str) -> None:
        if name not in self.document.view_graph:
            self.document.enter(())
        self.canvas.reveal(name)

    # menus

    def _fill_windows(self, menu: QMenu) -> None:
        menu.addActions(self.commands.named("window-*"))
        menu.addSeparator()
        self.windows.fill_menu(menu, self)

    def _fill_panels(self, menu: QMenu) -> None:
        docks.fill_with_panels(menu, self.docks, self.commands.bound, self.canvas)

    def createPopupMenu(self) -> QMenu:  # noqa: N802 - Qt's name
        return self.focused_dock.menu()

    def _show_canvas_menu(self, place: QPoint) -> None:
        canvas_menu(self.commands, self).popup(place)

    def follow_preferences(self) -> None:
        """Let the canvas be as the preferences say now."""
        self.canvas.wheel = "pan" if self.preferences.wheel_pans else "zoom"
        self.canvas.set_minimap(self.preferences.minimap)
        self.thumbnails.want(self.preferences.thumbnails)
        if self.classroom.simplify(self.preferences.simple, self.commands.declared):
            self.commands.refresh()

    def teach(self, lesson: Lesson) -> None:
        """Ask the first question of a lesson about the network that stands here."""
        self.show_panel("quiz")
        self.quiz.teach(lesson)

    def attend(self, desk: Desk) -> None:
        """Show a lesson file beside its network, which stands here."""
        self.show_panel("lesson")
        self.classroom.panel.attend(desk)

    def take_unsaved(self, project: Project, path: Path | None = None, copy: Copy | None = None) -> None:
        """Show a project here that no file holds as it is, and go on with the recovery ``copy`` that it comes from."""
        self.files.take_unsaved(project, path, copy)

    def take_imported(self, imported: Imported) -> None:
        """Show an imported network here, and say what became of it."""
        self.imports.show(imported)

    def _say(self, sentence: str) -> None:
        self.messages.say(sentence, about=INSIDE if sentence == self.document.refusal else None)

    def _say_run(self, sentence: str) -> None:
        kinds = {"failed": "error", "finished": "warning" if self.run.is_passing else "success"}
        self.messages.say(sentence, kinds.get(self.run.state, "info"), about=RUN)
        if not self.run.is_active:
            self.windows.notices.tell(self, sentence)

    def _show_run(self, state: str) -> None:
        """Bring to the front what a run is watched by, as it begins; what the disk took in the end is no worry."""
        if state in ("finished", "failed") and not self.run.unkept:
            self.messages.withdraw(UNKEPT)
        if state == "preparing":
            self.messages.withdraw(RUN)
            self.docks["training"].raise_()
            if self.docks["feature-maps"].visibleRegion().isEmpty():
                self.docks["curves"].raise_()

    def _show_state(self) -> None:
        title = on_a_line(self.document.title).replace("[*]", "[*][*]")  # which Qt shows as it stands
        self.setWindowTitle(f"{title}[*] – CNN Studio")
        self.setWindowModified(self.document.is_modified)
        stack = self.document.undo_stack
        for name, verb, text in (("undo", "Undo", stack.undoText()), ("redo", "Redo", stack.redoText())):
            self.commands.bound[name].setText(unmarked(f"{verb} {text[:1].lower()}{text[1:]}") if text else verb)
        train = self.commands.bound["train"]
        button = train_button(self.document, self.run)
        train.setText(button.text)
        train.setIcon(icon(button.icon, "accent"))
        self.commands.explain("train", button.obstacle)
        problems = sum(one.severity == "error" for one in self.document.diagnostics) if len(self.document.graph) else 0
        self.docks["problems"].setWindowTitle(f"Problems ({problems})" if problems else "Problems")
        self.commands.refresh()
        docks.tidy(self, self.docks.values(), self.focused_dock)

    # events

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        return tab_on(self, self.panels.parts, forward) or super().focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.document.look_again()
            self.files.look_again()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        dropped(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        dropped(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.files.take(left_by_images(self, self.docks, self.canvas, dropped(event)))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_closing and not self.leave():
            event.ignore()
            return
        self.presenting.end()
        self.preferences.set_bytes("geometry", self.saveGeometry())
        self.preferences.set_bytes("layout", self.saveState(LAYOUT_VERSION))
        self.preferences.sync()
        self.hide()
        for dock in self.docks.values():  # one that floats is a window of its own, and would be left
            dock.hide()
        self.jobs.close()
        self.files.close()
        super().closeEvent(event)
        self.windows.remove(self)

    def keep(self) -> None:
        """Write a recovery copy of what is not saved now."""
        self.files.keep()

    def end(self, seconds: float) -> bool:
        """Stop what computes, and wait so long for the step that it is at; whether it has ended."""
        ended = [self.run.close(seconds), self.thumbnails.close(seconds)]
        return all([*ended, *(panel.close_tasks(seconds) for dock in self.docks.values() for panel in dock.panels)])

    def leave(self, then: Callable[[], object] = lambda: None) -> bool:
        """Close, and do ``then``, where nothing would be lost, else ask in place first; whether it was done at once."""

        def close() -> None:
            self._is_closing = True
            self.close()
            then()

        return self.files.closing.guard(close, self.run)

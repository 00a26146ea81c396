"""Run list: every run that was kept, to be compared, opened again, tagged and cleaned up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QItemSelectionModel, QModelIndex, QPoint, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSplitter,
    QStackedLayout,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.disk import DiskError
from cnnstudio.project import ProjectError
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.kept_run import remembering
from cnnstudio.training.runs.record import change_labels
from cnnstudio.training.runs.run_library import ListedRun, of_project
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.clean_up import CleanUp
from cnnstudio.ui.training.differences_view import DifferencesView
from cnnstudio.ui.training.overlaid_curves import OverlaidCurves
from cnnstudio.ui.training.run_details import RunDetails, read_details, told_of
from cnnstudio.ui.training.runs_model import (
    COLUMNS,
    EDITABLE,
    NOTE,
    TAGS,
    RunsFilter,
    RunsModel,
)
from cnnstudio.ui.training.runs_table import RunsTable
from cnnstudio.ui.training.weights_here import lack_of_room, of_this_network, take_weights
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.question_bar import QuestionBar
from cnnstudio.wording import counted, memory

LOOK_AGAIN = 2_000  # milliseconds between two looks while a run goes on
NARROW = 620  # pixels below which the curves stand under the table
WORDS, SCOPE = "runs-filter", "runs-scope"  # what is remembered between two starts, beside the table's own
ONE = "Select one run for that."
NONE_YET = "No run of this network is kept yet. Press Train: every run is kept, with its weights and its curves."
NONE_AT_ALL = "No run is kept yet. Press Train: every run is kept, with its weights and its curves."
NONE_FOUND = "No run has these words."
LOOKING = "Looking for the runs…"
SELECT = "Select a run to see its curves; with several selected they lie over one another."


class RunsPanel(Panel):
    """A table of runs; beside it, or below where it is narrow, the curves of those selected and what differs."""

    delay = 150

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.model = RunsModel(self)
        self.model.write = self._write
        self.shown = RunsFilter(self.model, self)
        self._reading: Task[RunDetails] | None = None
        self._told: tuple[object, ...] = ()
        self._way: Qt.Orientation | None = None
        self.table = RunsTable(self.shown, self)
        self.table.written.connect(self._take)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the runs")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.scope = QComboBox(self)
        self.scope.setAccessibleName("Which runs are listed")
        self.scope.addItems(["This network", "All"])
        self.scope.setMinimumWidth(72)
        self.scope.currentIndexChanged.connect(self.refresh)
        self.curves, self.difference = OverlaidCurves(self), DifferencesView(self)
        self.question = QuestionBar(self)
        self.clean_up = CleanUp(self.question, lambda: self.selected, self._in_use, self)
        self.clean_up.said.connect(document.said)
        self.clean_up.done.connect(self._after_clean_up)
        self.foot = Elided(parent=self)
        self.foot.setProperty("role", "muted")
        self.foot.setProperty("textSize", "small")
        self.foot.setContentsMargins(10, 3, 10, 4)
        self._lay_out()
        self._shortcuts()
        self._again = QTimer(self, interval=LOOK_AGAIN)
        self._again.timeout.connect(self._look)
        run.kept.changed.connect(self._take)
        for changed in (run.state_changed, run.queue.changed):
            changed.connect(self._follow_runs)
        document.path_changed.connect(self.touch)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.doubleClicked.connect(self._open_at)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._restore()

    def _restore(self) -> None:
        """Have the columns, their order and widths, what the rows are sorted by and the filter as they were left."""
        preferences = Preferences()
        self.table.restore(preferences)
        blocked = QSignalBlocker(self.scope)  # nobody looks for runs before the panel is seen
        self.filter.setText(bytes(preferences.bytes(WORDS).data()).decode("utf-8", "replace"))
        self.scope.setCurrentIndex(1 if preferences.bytes(SCOPE) == b"all" else 0)
        blocked.unblock()

    def _remember(self) -> None:
        preferences = Preferences()
        self.table.remember(preferences)
        preferences.set_bytes(WORDS, QByteArray(self.filter.text().encode()))
        preferences.set_bytes(SCOPE, QByteArray(b"all" if self.scope.currentIndex() else b"own"))

    def _lay_out(self) -> None:
        self.empty = Sentence(LOOKING, self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("role", "muted")
        self.empty.setContentsMargins(16, 8, 16, 8)
        self.unselected = Sentence(SELECT, self)
        self.unselected.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.unselected.setProperty("role", "muted")
        self.unselected.setContentsMargins(16, 8, 16, 8)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.curves, "Curves")
        self.tabs.addTab(self.difference, "What differs")
        self._beside = QWidget(self)
        self._aside = QStackedLayout(self._beside)
        self._aside.addWidget(self.unselected)
        self._aside.addWidget(self.tabs)
        listed = QWidget(self)
        self._listed = QStackedLayout(listed)
        self._listed.addWidget(self.empty)
        self._listed.addWidget(self.table)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(listed)
        self.splitter.addWidget(self._beside)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._bar())
        layout.addWidget(self.question)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.foot)
        self.setMinimumHeight(150)

    def _bar(self) -> QHBoxLayout:
        self.more = QToolButton(self)
        self.more.setIcon(icon("dots-three"))
        self.more.setToolTip("What can be done with the selected runs, and which columns there are")
        self.more.setAccessibleName("More about the runs")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.more)
        self._menu.aboutToShow.connect(lambda: self.fill_menu(self._menu))
        self.more.setMenu(self._menu)
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(6)
        row.addWidget(self.filter, 1)
        row.addWidget(self.scope)
        row.addWidget(self.more)
        return row

    def _shortcuts(self) -> None:
        for keys, does in (
            (QKeySequence(Qt.Key.Key_Return), self.open_beside),
            (QKeySequence(Qt.Key.Key_Enter), self.open_beside),
            (QKeySequence(QKeySequence.StandardKey.Delete), self.clean_up.ask_to_bin),
            (QKeySequence(Qt.Key.Key_F2), self._edit_here),
            (QKeySequence(QKeySequence.StandardKey.Refresh), self._look),
        ):
            shortcut = QShortcut(keys, self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(does)

    # what is shown

    @property
    def selected(self) -> tuple[ListedRun, ...]:
        """The selected runs, in the order of the table."""
        places = sorted(self.table.selectionModel().selectedRows(), key=QModelIndex.row)
        return tuple(self.shown.row(index).run for index in places)

    @property
    def _own(self) -> tuple[ListedRun, ...]:
        """The runs of the network that is open, and those that the project remembers."""
        reference = self.document.project.run
        remembered = {reference.folder} if reference is not None else set()
        return of_project(self.run.kept.runs, structure_hash(self.document.graph), remembered)

    def refresh(self) -> None:
        kept = self.run.kept
        is_all = self.scope.currentIndex() == 1
        self.shown.set_folders(None if is_all else {run.folder for run in self._own})
        self._tell(is_all)
        kept.look_once(self.document.path)

    def _take(self) -> None:
        if self.table.is_written_in:
            return  # they are taken when that is done
        before = {run.folder for run in self.selected}
        self.model.set_runs(self.run.kept.runs)
        self.refresh()
        if before and not self.selected:
            self._select(before)
        self._selected()

    def _select(self, folders: set[Path]) -> None:
        model, flag = self.table.selectionModel(), QItemSelectionModel.SelectionFlag
        for place in range(self.shown.rowCount()):
            index = self.shown.index(place, 0)
            if self.shown.row(index).run.folder in folders:
                model.select(index, flag.Select | flag.Rows)

    def _tell(self, is_all: bool) -> None:
        """Say why there is no row where there is none, and below how many there are and what room they take."""
        kept, runs = self.run.kept, self.shown.runs
        count = len(runs)
        sentence = NONE_FOUND if self.filter.text().strip() else NONE_AT_ALL if is_all or not kept.runs else NONE_YET
        self.empty.setText(sentence if kept.were_found else LOOKING)
        self._listed.setCurrentIndex(1 if count else 0)
        self._beside.setVisible(count > 0)
        words = [counted(count, "run"), memory(sum(run.size for run in runs))] if count else []
        if len(chosen := self.selected) > 1:
            words.append(f"{len(chosen):,} selected, {memory(sum(run.size for run in chosen))}")
        self.foot.setText(" · ".join([*words, *kept.troubles[:1]]))
        self.foot.setToolTip(tip(*kept.troubles))

    def _filter(self, text: str) -> None:
        self.shown.set_words(text)
        self._tell(self.scope.currentIndex() == 1)

    def _look(self) -> None:
        self.run.kept.look(self.document.path)

    def _follow_runs(self) -> None:
        """Look again and again while a run goes on, of this window or of the queue."""
        is_followed = self.run.is_active or self.run.queue.is_working
        if self.isVisible() and is_followed != self._again.isActive():
            self._again.start() if is_followed else self._again.stop()

    # the selected runs

    def _selected(self) -> None:
        runs = self.selected
        self._aside.setCurrentIndex(1 if runs else 0)
        self._tell(self.scope.currentIndex() == 1)
        if runs and told_of(runs) != self._told:
            self._read(runs)

    def _read(self, runs: Sequence[ListedRun]) -> None:
        """Read the curves of these runs and what differs, in the background; the last selection wins."""
        if self._reading is not None:
            self._reading.stop()
        self._reading = Task(lambda _: read_details(runs), "curves of runs", self)
        self._reading.finished.connect(self._show_told)
        self._reading.failed.connect(self.document.said)

    def _show_told(self, details: RunDetails) -> None:
        self._told = details.of
        self.curves.show_runs(details.curves)
        self.difference.show_differences([each.name for each in details.curves], details.differences)

    # what can be done

    def fill_menu(self, menu: QMenu) -> None:
        """List what can be done with the selected runs, with what it would free, and the columns."""
        menu.clear()
        menu.setToolTipsVisible(True)
        is_one = len(self.selected) == 1
        for title, glyph, does in (
            ("Open its network in a new window", "app-window", self.open_beside),
            ("Compare with the present network", "arrows-left-right", self.compare),
            ("Use its weights in this window", "download-simple", self.use_weights),
            ("Write its tags", "tag", partial(self.edit, TAGS)),
            ("Write its note", "note-pencil", partial(self.edit, NOTE)),
        ):
            action = menu.addAction(icon(glyph), title, does)
            action.setEnabled(is_one)
            action.setToolTip("" if is_one else ONE)
        menu.addSeparator()
        self.clean_up.fill_menu(menu)
        menu.addSeparator()
        columns = menu.addMenu("Columns")
        for column, title in enumerate(COLUMNS[1:], 1):
            action = columns.addAction(title)
            action.setCheckable(True)
            action.setChecked(not self.table.isColumnHidden(column))
            action.toggled.connect(lambda on, column=column: self.table.setColumnHidden(column, not on))
        menu.addAction(icon("arrows-clockwise"), "Look again", self._look)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(self.table.viewport().mapToGlobal(place))

    def edit(self, column: int) -> None:
        """Write the tags or the note of the selected run in its row."""
        self.table.setColumnHidden(column, False)
        rows = self.table.selectionModel().selectedRows(column)
        if rows:
            self.table.setCurrentIndex(rows[0])
            self.table.edit(rows[0])

    def _edit_here(self) -> None:
        """Write in the present cell, or else the tags of its row."""
        column = self.table.currentIndex().column()
        self.edit(column if column in EDITABLE else TAGS)

    def _open_at(self, index: QModelIndex) -> None:
        if index.column() not in EDITABLE:
            self.open_beside()

    def open_beside(self) -> None:
        """Show the network of the selected run, with its weights, in a window of its own; no file holds it yet."""
        for run in self.selected[:1]:
            try:
                epoch = run.record.best.epoch if run.record.best is not None else 0
                self.project_asked.emit(remembering(run.project(), RunFolder(run.folder), epoch))
            except ProjectError as error:
                self.document.said.emit(str(error))

    def use_weights(self) -> None:
        """Have the weights of the selected run in this window, where it has trained this very network."""
        for run in self.selected[:1]:
            found = lack_of_room(self.run) or of_this_network(run.folder, self.document)
            if not isinstance(found, str):
                take_weights(found, self.document, self.run)
                found = found.sentence
            self.document.said.emit(found)

    def compare(self) -> None:
        """Show what differs between the network of the selected run and the present one."""
        for run in self.selected[:1]:
            self.comparison_asked.emit(RunFolder(run.folder).project, run.title)

    def _write(self, run: ListedRun, tags: str | None, note: str | None) -> bool:
        try:
            change_labels(run.folder, tags, note)
        except DiskError as error:
            self.document.said.emit(str(error))
            return False
        self._look()
        return True

    def _in_use(self) -> Path | None:
        """The folder from which the network of this window has its weights."""
        return self.run.folder.path if self.run.folder is not None else None

    def _after_clean_up(self) -> None:
        self._look()
        self.table.setFocus()

    # events

    def restyle(self) -> None:
        self.curves.restyle()
        self.table.follow_scale()
        self.touch()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._again.stop()
        return self._reading is None or self._reading.stop(seconds)

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.table if self.shown.rowCount() else self.filter).setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW * theme.scale
        way = Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal
        if way != self._way:
            self._way = way
            self.splitter.setOrientation(way)
            self.splitter.setSizes([1_000, 1_100] if is_narrow else [3_000, 2_000])  # of which Qt takes the ratio

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()
        self._follow_runs()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._remember()
        self._again.stop()

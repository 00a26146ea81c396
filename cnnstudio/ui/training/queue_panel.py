"""Queue panel: the runs that are to come, put in order, trained one after another, paused and taken out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedLayout,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.project import ProjectError
from cnnstudio.training.runs.queue import Entry
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.queue_model import COLUMNS, DIFFERS, LEFT, NAME, PROGRESS, SENTENCE, STATE, QueueModel
from cnnstudio.ui.training.queue_work import LOOK_AGAIN
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.row_table import dress_rows
from cnnstudio.wording import counted

WIDTHS = {NAME: 112, DIFFERS: 150, STATE: 92, PROGRESS: 136, LEFT: 84, SENTENCE: 200}
NOTHING = (
    "Nothing is queued. Add this network with its recipe as it is now, change it and add it again: all are trained one "
    "after another, overnight if you like."
)


class QueuePanel(Panel):
    """A table of what is queued, in the order in which it is trained; above it what can be done."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.work = run.queue
        self.model = QueueModel(self.work, self)
        self.table = _table(self.model, self)
        self.empty = Sentence(NOTHING, self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("role", "muted")
        self.empty.setContentsMargins(16, 8, 16, 8)
        self.foot = Elided(parent=self)
        self.foot.setProperty("role", "muted")
        self.foot.setProperty("textSize", "small")
        self.foot.setContentsMargins(10, 3, 10, 4)
        listed = QWidget(self)
        self._listed = QStackedLayout(listed)
        self._listed.addWidget(self.empty)
        self._listed.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar())
        layout.addWidget(listed, 1)
        layout.addWidget(self.foot)
        self.setMinimumHeight(150)
        self._shortcuts()
        self._again = QTimer(self, interval=LOOK_AGAIN)
        self._again.timeout.connect(self._look)
        self.model.dropped.connect(self._move)
        self.work.changed.connect(self.touch)
        self.work.advanced.connect(self._follow)
        self.work.ended.connect(self.touch)
        run.state_changed.connect(self.touch)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.table.doubleClicked.connect(self.open_beside)
        self.table.customContextMenuRequested.connect(self._show_menu)

    def _bar(self) -> QWidget:
        self.start = QPushButton("Start")
        self.start.setProperty("primary", True)
        self.start.setIconSize(QSize(14, 14))
        self.start.clicked.connect(self.toggle)
        self.add_button = QPushButton("Add this network")
        self.add_button.setIcon(icon("list-plus"))
        self.add_button.setIconSize(QSize(14, 14))
        self.add_button.clicked.connect(self.add)
        self.up = self._tool("arrow-up", "Train it earlier (Alt+Up)", lambda: self.shift(-1))
        self.down = self._tool("arrow-down", "Train it later (Alt+Down)", lambda: self.shift(1))
        self.out = self._tool("x", "Take it out of the queue (Delete)", self.remove)
        self.more = self._tool("dots-three", "What else can be done with the queue", None)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.more)
        self._menu.aboutToShow.connect(lambda: self.fill_menu(self._menu))
        self.more.setMenu(self._menu)
        tools = QWidget(self)
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for tool in (self.up, self.down, self.out, self.more):
            row.addWidget(tool)
        bar = QWidget(self)
        bar.setContentsMargins(8, 6, 8, 6)
        flow = FlowLayout(bar)  # which breaks where the panel is narrow
        for part in (self.start, self.add_button, tools):
            flow.addWidget(part)
        return bar

    def _tool(self, glyph: str, words: str, does: Callable[[], object] | None) -> QToolButton:
        tool = QToolButton(self)
        tool.setIcon(icon(glyph))
        tool.setToolTip(tip(words))
        tool.setAccessibleName(words)
        if does is not None:
            tool.clicked.connect(lambda _=False: does())
        return tool

    def _shortcuts(self) -> None:
        for keys, does in (
            (QKeySequence("Alt+Up"), lambda: self.shift(-1)),
            (QKeySequence("Alt+Down"), lambda: self.shift(1)),
            (QKeySequence(QKeySequence.StandardKey.Delete), self.remove),
            (QKeySequence(Qt.Key.Key_Return), self.open_beside),
            (QKeySequence(Qt.Key.Key_Enter), self.open_beside),
        ):
            shortcut = QShortcut(keys, self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(does)

    # what is shown

    @property
    def selected(self) -> tuple[Entry, ...]:
        """The selected entries, in the order of the queue."""
        places = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return tuple(self.model.entries[place] for place in places)

    def refresh(self) -> None:
        ids = [entry.id for entry in self.selected]
        self.model.refresh()
        if [entry.id for entry in self.selected] != ids:
            self._select(ids)
        self._listed.setCurrentIndex(1 if self.model.entries else 0)
        self._tell()
        self._enable()

    def _select(self, ids: list[str]) -> None:
        model, flag = self.table.selectionModel(), QItemSelectionModel.SelectionFlag
        for place in self.model.places(ids):
            model.setCurrentIndex(self.model.index(place, 0), flag.Select | flag.Rows)

    def _follow(self) -> None:
        if self.isVisible():
            self.model.follow()

    def _tell(self) -> None:
        """Say below how many wait, and above what the one large button does now."""
        work, queue = self.work, self.work.queue
        counts = {state: sum(entry.present_state == state for entry in queue.entries) for state in _TOLD}
        words = [f"{count:,} {_TOLD[state]}" for state, count in counts.items() if count]
        if queue.is_paused:
            words.append("paused")
        self.foot.setText(" · ".join(words))
        text, glyph = ("Pause", "pause") if work.is_working or work.is_elsewhere else ("Start", "play")
        if text == "Start" and any(entry.folder for entry in queue.waiting):
            text = "Go on"
        self.start.setText("Pausing…" if work.is_stopping else text)
        self.start.setIcon(icon(glyph, "on_accent"))
        self.start.setEnabled(not work.is_stopping and (text == "Pause" or counts["waiting"] > 0))
        self.start.setToolTip(
            "End the run in progress after this step; it is gone on with later"
            if text == "Pause"
            else "Train what waits, one after another"
        )
        obstacle = self.document.obstacle(is_for_later=True)
        self.add_button.setEnabled(obstacle is None)
        self.add_button.setToolTip(tip(obstacle or "Queue this network with its recipe as it is now"))

    def _enable(self) -> None:
        chosen = self.selected
        self.up.setEnabled(len(chosen) == 1)
        self.down.setEnabled(len(chosen) == 1)
        self.out.setEnabled(bool(chosen))

    # what can be done

    def toggle(self) -> None:
        """What the one large button says: train what waits, or pause."""
        if self.work.is_working or self.work.is_elsewhere:
            self.work.pause()
        else:
            self.work.start()

    def add(self) -> bool:
        """Queue this network with its recipe as it is now; where it cannot be trained, say why. Whether it was done."""
        document = self.document
        document.look_there()
        obstacle = document.obstacle(is_for_later=True)
        if obstacle is not None:
            document.said.emit(f"It was not queued. {obstacle}")
        elif self.work.add(document.project, document.title):
            waiting = len(self.work.queue.waiting)
            document.said.emit(f"{document.title} was queued as it is now; {counted(waiting, 'run')} in all to come.")
            return True
        return False

    def shift(self, by: int) -> None:
        """Train the selected entry so many places later, or earlier."""
        for entry in self.selected[:1]:
            (place,) = self.model.places([entry.id])
            self.work.move(entry.id, place + by)
            self.update_now()

    def _move(self, id_: str, place: int) -> None:
        # the drag that this comes from still looks at the rows as they were
        QTimer.singleShot(0, self, lambda: self.work.move(id_, place))

    def remove(self) -> None:
        """Take the selected entries out of the queue; their runs stay where they are."""
        if chosen := self.selected:
            self.work.remove(*(entry.id for entry in chosen))

    def open_beside(self) -> None:
        """Show the network of the selected entry in a window of its own, as it was queued."""
        for entry in self.selected[:1]:
            try:
                self.project_asked.emit(entry.opened())
            except ProjectError as error:
                self.document.said.emit(f"{entry.title} cannot be opened: {error}")

    def fill_menu(self, menu: QMenu) -> None:
        """List what can be done with the selected entries, and with the queue."""
        menu.clear()
        chosen, work = self.selected, self.work
        is_here = work.entry is not None and work.entry.id in {entry.id for entry in chosen}
        again = [entry.id for entry in chosen if entry.state in ("failed", "stopped")]
        for title, glyph, does, is_able in (
            ("Open its network in a new window", "app-window", self.open_beside, len(chosen) == 1),
            ("Stop this run and go on with the next", "stop", work.stop_run, is_here),
            ("Queue it again", "arrow-clockwise", lambda: work.again(*again), bool(again)),
            ("Take it out of the queue", "x", self.remove, bool(chosen)),
        ):
            menu.addAction(icon(glyph), title, does).setEnabled(is_able)
        menu.addSeparator()
        is_any_over = any(entry.is_over for entry in work.queue.entries)
        menu.addAction(icon("check-circle"), "Clear what is over", work.clear).setEnabled(is_any_over)
        menu.addAction(icon("columns"), "See the runs", lambda: self.panel_asked.emit("runs"))

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(self.table.viewport().mapToGlobal(place))

    # events

    def _look(self) -> None:
        self.work.look()
        self.touch()  # a program may be gone that trained, of which the file says nothing

    def restyle(self) -> None:
        _fit(self.table)
        self.touch()

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.table if self.model.entries else self.add_button).setFocus(event.reason())

    def showEvent(self, event: QShowEvent) -> None:
        self.work.look()
        super().showEvent(event)
        self._again.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._again.stop()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._again.stop()
        return True


_TOLD = {"running": "being trained", "waiting": "waiting", "done": "done", "failed": "failed", "stopped": "stopped"}


def _table(model: QueueModel, parent: QWidget) -> QTableView:
    table = QTableView(parent)
    table.setModel(model)
    dress_rows(table, "Queue")
    table.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
    table.setDragDropOverwriteMode(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.horizontalHeader().setStretchLastSection(True)
    _fit(table)
    return table


def _fit(table: QTableView) -> None:
    table.verticalHeader().setDefaultSectionSize(round(26 * theme.scale))
    for column in range(len(COLUMNS)):
        table.setColumnWidth(column, round(WIDTHS[column] * theme.scale))

"""Comparison: what of the network differs from its last saved state, from another file, or from a run's network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.compiler.comparison import Change, Comparison, Kind, compare, signed
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.folders import runs_folder
from cnnstudio.project import ProjectError, read
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import html, tip, unmarked
from cnnstudio.ui.widgets.labels import Plain, Rich, Sentence
from cnnstudio.wording import counted, readable, short, unbroken

SIGNS: dict[Kind, tuple[str, str, str]] = {
    "added": ("plus-circle", "success", "Added"),
    "removed": ("minus-circle", "error", "Removed"),
    "replaced": ("swap", "accent", "Replaced"),
    "changed": ("pencil-simple", "accent", "Changed"),
    "renamed": ("tag", "accent", "Renamed"),
    "rewired": ("flow-arrow", "accent", "Rewired"),
    "affected": ("arrow-elbow-down-right", "muted", "Affected by what comes before it"),
}
COLUMNS = ("Block", "Difference", "Parameters", "MACs")
NODE, DIFFERENCE, PARAMETERS, MACS = range(len(COLUMNS))
MOST_RUNS = 15
NOTHING = "Choose what to compare the network with:\nits last saved state, another file, or the network of a run."

HIDDEN = "The differences are hidden while a question is open."


class ComparisonPanel(Panel):
    """A row a node that differs; it follows every edit. Enter and a click lead to the node, which is ``reveal``'s."""

    delay = 60

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.other: Analysis | None = None
        self.comparison: Comparison | None = None
        self._title = ""
        self._is_saved_state = False
        self.choose = QPushButton(icon("arrows-left-right", "muted"), "Compare with…", self)
        self.menu = QMenu(self.choose)
        self.menu.aboutToShow.connect(self.fill_menu)
        self.choose.setMenu(self.menu)
        self.headline = Rich(self)
        self.headline.setWordWrap(True)
        self.sums = Plain(parent=self)
        self.sums.setProperty("role", "muted")
        self.sums.setWordWrap(True)
        self.empty = Sentence(NOTHING, self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("role", "muted")
        self.tree = _tree(self)
        self.tree.itemClicked.connect(self._go_to)
        self.tree.itemActivated.connect(self._go_to)
        self._lay_out()
        document.path_changed.connect(self._follow)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.headline)
        words.addWidget(self.sums)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 6)
        top.setSpacing(12)
        top.addLayout(words, 1)
        top.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.tree, 1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.tree if self.comparison else self.choose).setFocus(event.reason())

    # choosing

    def fill_menu(self) -> None:
        """List what the network can be compared with."""
        self.menu.clear()
        saved = self.menu.addAction(icon("floppy-disk"), "Its last saved state", self.with_saved_state)
        saved.setEnabled(self.document.path is not None)
        self.menu.addAction(icon("folder-open"), "Another file…", self._ask)
        self.menu.addSeparator()
        runs = kept_runs()
        self.menu.addSection("The network of a run")
        for folder in runs:
            action = self.menu.addAction(icon("play"), unmarked(folder.name))
            file = RunFolder(folder).project
            action.triggered.connect(lambda _=False, file=file, name=folder.name: self.with_file(file, name))
        if not runs:
            self.menu.addAction("There are no runs yet").setEnabled(False)
        if self.other is not None:
            self.menu.addSeparator()
            self.menu.addAction(icon("x-circle"), "Stop comparing", self.stop)

    def with_saved_state(self) -> None:
        """Compare with what the project's file holds, now and after each time that it is saved."""
        if self.document.path is None:
            self.document.said.emit("The network was never saved, so there is no saved state to compare with.")
            return
        self._is_saved_state = self.with_file(self.document.path, "the last saved state")

    def with_file(self, path: Path, title: str = "") -> bool:
        """Compare with the network in this file; False, and a sentence, where it cannot be read."""
        try:
            project = read(path)
        except ProjectError as error:
            self.document.said.emit(str(error))
            return False
        self.other, self._title, self._is_saved_state = infer(project.graph), title or path.name, False
        self.touch()
        return True

    def stop(self) -> None:
        """Compare with nothing any more."""
        self.other, self._is_saved_state = None, False
        self.touch()

    def _ask(self) -> None:
        dialog = QFileDialog(self.window(), "Compare with a project", "", "CNN Studio projects (*.cnn);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.with_file(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _follow(self, path: Path | None) -> None:
        """The project was saved, or another one opened: the saved state is another."""
        if self._is_saved_state and path is not None:
            self.with_saved_state()
        elif self._is_saved_state:
            self.stop()

    # showing

    def refresh(self) -> None:
        hidden = self.document.concealed  # it is full of sizes
        known = self.other if not hidden else None
        self.comparison = compare(known, self.document.analysis) if known is not None else None
        found = self.comparison
        self.tree.clear()
        self.tree.setVisible(bool(found))
        self.empty.setVisible(not found)
        self.headline.setVisible(found is not None)
        self.sums.setVisible(bool(found))
        if found is None:
            self.empty.setText(HIDDEN if hidden and self.other is not None else NOTHING)
            return
        self.headline.setText(f"<b>{headline(found)}</b> from {html(self._title)}" if found else "")
        self.headline.setVisible(bool(found))
        self.empty.setText(f"No difference from {self._title}")
        self.sums.setText("\u00a0· ".join(_sum(found, count, noun) for count, noun in _COUNTS))
        self.tree.setRootIsDecorated(any(change.inside for change in found.changes))
        self.tree.addTopLevelItems(_items(found.changes))
        self.tree.expandAll()

    def restyle(self) -> None:
        super().restyle()
        _fit(self.tree)

    def _go_to(self, item: QTreeWidgetItem) -> None:
        path = item.data(NODE, Qt.ItemDataRole.UserRole)
        if path[0] not in self.document.graph:
            return  # it is gone
        self.document.enter(())
        for name in path[:-1]:
            if self.document.can_enter(name):
                self.document.enter((*self.document.scope, name))
        if path[-1] in self.document.view_graph:
            self.document.select((path[-1],))
            self.reveal.emit(path[-1])


_COUNTS = (("parameters", "Parameters"), ("macs", "MACs"))


def kept_runs() -> list[Path]:
    """The folders of the latest runs that hold their network, the newest first."""
    folder = runs_folder()
    if not folder.is_dir():
        return []
    found = sorted((each for each in folder.iterdir() if RunFolder(each).project.is_file()), reverse=True)
    return found[:MOST_RUNS]


def headline(comparison: Comparison) -> str:
    """``2 added, 1 changed``."""
    counts = ((kind, len(comparison.of(kind))) for kind in SIGNS)
    return ", ".join(f"{count} {kind}" for kind, count in counts if count) or counted(0, "difference")


def _sum(comparison: Comparison, count: str, noun: str) -> str:
    """A sum before and after, and by how much it grew; no line break comes into it."""
    old, new = comparison.totals("parameters" if count == "parameters" else "macs")
    if old is None or new is None:
        return f"{noun} not known while a shape is missing"
    if old == new:
        return f"{noun} {readable(new)} as before".replace(" ", "\u00a0")
    share = f", {(new - old) / old:+.1%}".replace("-", "−") if old else ""
    words = f"{noun} {readable(old)} → {readable(new)} ({_signed_short(new - old)}{share})"
    return words.replace(" ", "\u00a0")


def _items(changes: Sequence[Change], outer: tuple[str, ...] = ()) -> list[QTreeWidgetItem]:
    items = []
    for change in changes:
        glyph, role, word = SIGNS[change.kind]
        words = unbroken("; ".join(change.sentences))
        item = QTreeWidgetItem([change.name, words, signed(change.parameters), _signed_short(change.macs)])
        item.setIcon(NODE, icon(glyph, role))
        item.setData(NODE, Qt.ItemDataRole.UserRole, (*outer, change.name))
        item.setData(NODE, Qt.ItemDataRole.AccessibleTextRole, f"{word}: {change.name}")
        item.setToolTip(NODE, tip(f"{word}: {change.name}"))
        item.setToolTip(DIFFERENCE, tip("\n".join(change.sentences)))
        item.setToolTip(MACS, tip(signed(change.macs)))
        for column in (PARAMETERS, MACS):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if item.text(column) == "0":
                item.setForeground(column, theme.color("muted"))
        if change.kind in ("removed", "affected"):
            item.setForeground(NODE, theme.color("muted"))
        item.setForeground(DIFFERENCE, theme.color("muted"))
        item.addChildren(_items(change.inside, (*outer, change.name)))
        items.append(item)
    return items


def _signed_short(count: int | None) -> str:
    if count is None or abs(count) < 100_000:
        return signed(count)
    return f"{'+' if count > 0 else '−'}{short(abs(count))}"


def _tree(parent: QWidget) -> QTreeWidget:
    tree = QTreeWidget(parent)
    tree.setMinimumHeight(48)  # or panels that share its place could not be lower either
    tree.setHeaderLabels(list(COLUMNS))
    tree.setIconSize(QSize(16, 16))
    tree.setIndentation(16)
    tree.setUniformRowHeights(True)
    tree.setAccessibleName("Differences")
    tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(DIFFERENCE, QHeaderView.ResizeMode.Stretch)
    for column in (PARAMETERS, MACS):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        tree.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    _fit(tree)
    return tree


def _fit(tree: QTreeWidget) -> None:
    tree.setColumnWidth(NODE, round(150 * theme.scale))

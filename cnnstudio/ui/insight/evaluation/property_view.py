"""Property view: how often pictures are told right that are alike, in what is measured or in what a table says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.insight.evaluation.charts import PAPER, groups_chart
from cnnstudio.insight.evaluation.properties import (
    PROPERTIES,
    SIZE,
    Described,
    column,
    groups,
    measured,
    sentence,
    sizes,
)
from cnnstudio.insight.evaluation.tables import Table, properties_table
from cnnstudio.project.datasets import DATASETS, ImageTable
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import said
from cnnstudio.training.data.readers.columns import read_columns
from cnnstudio.ui.insight.evaluation.chart_views import PAGE, Chart
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.worker import Report

Found = Mapping[str, Described]
SIZE_KEY, COLUMN_KEY = "size", "column "
MEASURING = "Measuring the pictures…"
TABLE = "Add a table…"
ABOUT_TABLE = (
    "A CSV file that names the pictures, by their files or by their numbers from 1, with more columns: what was "
    "photographed where, when, with what. Each column can be chosen here then."
)


class PropertyView(EvaluationView):
    """Accuracy over brightness, contrast, sharpness, the size in the file, or any column of a table."""

    title = "By property"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.known: dict[str, Described] = {}
        self._table: Path | None = None  # which the person has added
        self._failed: dict[str, str] = {}  # what could not be measured, and why
        self._task: Task[tuple[Found, str]] | None = None
        self._told = ""  # what is to be said of the table
        self.choice = QComboBox(self)
        self.choice.setAccessibleName("The property of the pictures")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(12)
        self.choice.currentIndexChanged.connect(self._show)
        self.sentence = Sentence(parent=self)
        self.about = Sentence(parent=self)
        self.about.setProperty("role", "muted")
        self.about.setProperty("textSize", "small")
        self.button = QToolButton(self)
        self.button.setIcon(icon("table"))
        self.button.setAccessibleName(TABLE)
        self.button.setToolTip(tip(ABOUT_TABLE, title=TABLE))
        self.button.clicked.connect(self._ask)
        self.chart = Chart("Accuracy of pictures that are alike", self)
        what = QWidget(self)
        row = QHBoxLayout(what)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.choice, 1)
        row.addWidget(self.button)
        self.lay_beside(self.chart, what, self.sentence, self.about)
        self.setFocusProxy(self.choice)

    def show_evaluation(self, seen: Seen | None) -> None:
        self.close_tasks(0.0)
        super().show_evaluation(seen)
        self.known, self._failed, self._told = {}, {}, ""
        self._offer()

    def begin(self) -> None:
        if self.seen is None or self.known or self._task is not None:
            return
        seen, table = self.seen, self._table
        images = seen.subject.data.validation_images[: len(seen.evaluation)].numpy()

        def work(report: Report) -> tuple[Found, str]:
            found: dict[str, Described] = measured(images, report)
            try:
                columns, told = _columns(seen, table, report)
            except DataError as error:  # the table, which may be gone by now
                return found, str(error)
            return {**found, **columns}, told

        self._start(work, "properties")

    def add_table(self, path: Path) -> None:
        """Let each column of this table be chosen, of these pictures and of those that come."""
        self._table = path
        if self.seen is None:
            return
        self.close_tasks(0.0)
        if not self.known:
            self.begin()
            return
        seen = self.seen
        self.about.setText("Reading the table…")
        self._start(lambda report: _columns(seen, path, report), "columns", self._take_table)

    # in the background

    def _start(
        self,
        work: Callable[[Report], tuple[Found, str]],
        name: str,
        done: Callable[[tuple[Found, str]], None] | None = None,
    ) -> None:
        self._task = Task(work, name, self)
        self._task.finished.connect(done or self._take)
        self._task.failed.connect(self._fail)
        self._task.progressed.connect(lambda words, _: self.sentence.setText(f"{words}…") if not self._shown else None)

    def _take(self, found: tuple[Found, str]) -> None:
        self.close_tasks(0.0)
        self.known |= found[0]
        if found[1]:
            self._told = found[1]
        self._offer()

    def _take_table(self, found: tuple[Found, str]) -> None:
        self.known = {key: each for key, each in self.known.items() if not key.startswith(COLUMN_KEY)}
        self._take(found)
        if first := next(iter(found[0]), None):
            self.choice.setCurrentIndex(self.choice.findData(first))

    def _fail(self, sentence: str) -> None:
        self.close_tasks(0.0)
        if self.known:
            self._told = sentence
            self._offer()
        else:
            self.sentence.setText(sentence)

    def _offer(self) -> None:
        """List what can be chosen, and keep what was."""
        has_files = self.seen is not None and bool(self.seen.subject.data.validation_files)
        titles = {key: each.title for key, each in PROPERTIES.items()} | ({SIZE_KEY: SIZE.title} if has_files else {})
        titles |= {key: each.what.title for key, each in self.known.items() if key.startswith(COLUMN_KEY)}
        chosen = self.choice.currentData()
        self.choice.blockSignals(True)
        self.choice.clear()
        for key, title in titles.items():
            if key.startswith(COLUMN_KEY) and not any(
                str(self.choice.itemData(at)).startswith(COLUMN_KEY) for at in range(self.choice.count())
            ):
                self.choice.insertSeparator(self.choice.count())
            self.choice.addItem(title, key)
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.choice.blockSignals(False)
        self.about.setText(self._told)
        self.about.setVisible(bool(self._told))
        self._show()

    # showing

    @property
    def _shown(self) -> Described | None:
        return self.known.get(str(self.choice.currentData()))

    def _show(self) -> None:
        shown = self._shown
        if self.seen is None or shown is None:
            key = str(self.choice.currentData())
            if self.seen is not None and self.known and key == SIZE_KEY and self._task is None:
                files = self.seen.subject.data.validation_files[: len(self.seen.evaluation)]
                self._start(lambda report: ({SIZE_KEY: sizes(files, report)}, ""), "sizes of the pictures")
            self.sentence.setText(MEASURING)
            self.chart.show_chart(None)
            return
        found = groups(self.seen.evaluation, shown)
        told = sentence(shown, found, len(self.seen.evaluation))
        self.sentence.setText(told)
        self.chart.show_chart((lambda w, h, inks: groups_chart(shown.what, found, w, h, inks)) if found else None, told)

    def table_of(self) -> Table | None:
        return properties_table(self.seen.evaluation, self.known.values()) if self.seen and self.known else None

    def figure(self) -> Figure | None:
        if self.seen is None or (shown := self._shown) is None:
            return None
        return groups_chart(shown.what, groups(self.seen.evaluation, shown), *PAGE, PAPER)

    def _ask(self) -> None:
        begin = self.seen.subject.project.recipe.folder if self.seen is not None else ""
        dialog = QFileDialog(self, "A table of the pictures", begin, "Tables (*.csv *.tsv *.txt)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.add_table(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def close_tasks(self, seconds: float) -> bool:
        task, self._task = self._task, None
        return put_away(task, seconds)


def _columns(seen: Seen, table: Path | None, report: Report) -> tuple[Found, str]:
    """What the table that was added says of the pictures, else that which the data set is, by columns, and notes.

    Raises ``DataError`` with a sentence.
    """
    recipe, data, count = seen.subject.project.recipe, seen.subject.data, len(seen.evaluation)
    is_own = table is None
    if table is None:
        if not isinstance(DATASETS[recipe.data].origin, ImageTable) or seen.evaluation.kind != "validation":
            return {}, ""
        table = Path(recipe.folder)
    told = read_columns(str(table), data.validation_files, count, report, is_own=is_own)
    found = {
        f"{COLUMN_KEY}{name}": column(said(name), cells, has_commas=told.has_commas)
        for name, cells in told.cells.items()
    }
    return found, " ".join((f"Columns of {said(table.name)}.", *told.notes))

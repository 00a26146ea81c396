"""Contrast view: this network beside another run, or beside its own last epoch, picture by picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QMenu,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from cnnstudio.insight.evaluation.contrast import Contrast
from cnnstudio.insight.evaluation.evaluation import Evaluation
from cnnstudio.insight.evaluation.tables import Table
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen
from cnnstudio.ui.insight.evaluation.picture_list import Listed, PictureList
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip, unmarked
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.worker import Report

MOST_RUNS = 15
THIS = "this network"
NOTHING = "Choose a run: both are shown the same validation images, and compared picture by picture."


class ContrastView(EvaluationView):
    """Both accuracies, the difference in each class, and the pictures that only one of them tells right."""

    title = "Compare"

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self.found: Contrast | None = None
        self._task: Task[Evaluation] | None = None
        self.choose = QPushButton(icon("arrows-left-right", "muted"), "Compare with…", self)
        self.menu = QMenu(self.choose)
        self.menu.aboutToShow.connect(self.fill_menu)
        self.choose.setMenu(self.menu)
        self.sentence = Sentence(NOTHING, self)
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName("The share of each class that both tell")
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setMinimumSize(QSize(120, 60))
        self.which = QComboBox(self)
        self.which.setAccessibleName("Which pictures are shown")
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumContentsLength(12)
        self.which.currentIndexChanged.connect(self._show_pictures)
        self.pictures = PictureList("Pictures that only one tells right", self)
        self.pictures.picked.connect(self.picked)
        self.pictures.opened.connect(self.opened)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.pictures)
        self.lay_beside(self.splitter, self.choose, self.sentence, self.which)
        self.setFocusProxy(self.choose)
        self._show(None, NOTHING)

    def show_evaluation(self, seen: Seen | None) -> None:
        self.close_tasks(0.0)
        super().show_evaluation(seen)
        self._show(None, NOTHING)

    def begin(self) -> None:
        self._run.kept.look_once(self._document.path)

    # choosing

    def fill_menu(self) -> None:
        """List what can be compared with: the last epoch of this run, and the other runs that have weights."""
        self.menu.clear()
        here = self._run.folder
        if here is not None and here.last.exists() and here.weights != here.last:
            action = self.menu.addAction("The last epoch of this run")
            action.triggered.connect(
                lambda _=False, path=here.path: self.compare_with(path, "its last epoch", last=True)
            )
            self.menu.addSeparator()
        kept = [run for run in self._run.kept.runs if here is None or run.folder != here.path]
        kept = [run for run in kept if any(name.endswith(".safetensors") for name in run.files)][:MOST_RUNS]
        for run in kept:
            accuracy = run.record.best.accuracy if run.record.best is not None else None
            best = f" · {accuracy:.1%}" if accuracy is not None else ""
            action = self.menu.addAction(icon("play"), unmarked(f"{run.title} · {run.folder.name}{best}"))
            action.triggered.connect(lambda _=False, run=run: self.compare_with(run.folder, run.title))
        if not kept:
            self.menu.addAction("There are no other runs with weights").setEnabled(False)

    def compare_with(self, folder: Path, name: str, *, last: bool = False) -> None:
        """Show the validation images to the run in this folder, too, with its best or its ``last`` weights."""
        self.close_tasks(0.0)
        if self.seen is None:
            return
        seen, beside = self.seen, self.seen.subject.prepared

        def look(report: Report) -> Evaluation:
            from cnnstudio.insight.evaluation.of_run import evaluate_run

            return evaluate_run(folder, beside, report, last=last)

        self._show(None, "Looking at the validation images…")
        self._task = Task(look, "compare", self)
        self._task.progressed.connect(self._say)
        self._task.finished.connect(lambda other: self._take(seen, other, name))
        self._task.failed.connect(lambda words: self._show(None, words))

    def _say(self, words: str, share: float | None) -> None:
        self.sentence.setText(f"{words}…" if share is None else f"{words}: {share:.0%}")

    def _take(self, seen: Seen, other: Evaluation, name: str) -> None:
        self.close_tasks(0.0)
        try:
            self._show(Contrast(seen.evaluation, other, THIS, name), "")
        except ValueError as error:
            self._show(None, str(error))

    # showing

    def _show(self, found: Contrast | None, sentence: str) -> None:
        self.found = found
        self.splitter.setVisible(found is not None)
        self.which.setVisible(found is not None)
        self.tree.clear()
        self.which.clear()
        if found is None:
            self.sentence.setText(sentence)
            self.pictures.clear()
            return
        one, other = found.one.metrics.accuracy, found.other.metrics.accuracy
        told = f"{found.one_name} {one:.1%}, {found.other_name} {other:.1%}. {found.sentence}"
        self.sentence.setText(told[0].upper() + told[1:])
        self.tree.setHeaderLabels(["Class", "This", "Other", "Difference"])
        self.tree.headerItem().setToolTip(2, tip(found.other_name))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for row in _rows(found):
            item = QTreeWidgetItem(row)
            for at in (1, 2, 3):
                item.setTextAlignment(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.tree.addTopLevelItem(item)
        self.which.addItem(f"Only {found.one_name} is right ({len(found.only_one):,})")
        self.which.addItem(f"Only {found.other_name} is right ({len(found.only_other):,})")
        self.which.addItem(f"Both are wrong ({len(found.both_wrong):,})")

    def _show_pictures(self) -> None:
        found, seen, which = self.found, self.seen, self.which.currentIndex()
        if found is None or seen is None or which < 0:
            return
        numbers = (found.only_one, found.only_other, found.both_wrong)[which].tolist()
        classes, one, other = found.one.classes, found.one.answers, found.other.answers

        def listed(number: int) -> Listed:
            name = classes[found.one.labels[number]]
            mine, theirs = classes[one[number]], classes[other[number]]
            words = f"{name}: {mine} / {theirs}"
            aloud = (
                f"Validation image {number + 1:,}: {name}; {found.one_name} says {mine}, {found.other_name} {theirs}."
            )
            return Listed(number, words, aloud)

        said = "What it is: what this network says / what the other says." if numbers else "There are none."
        self.pictures.show_pictures(said, [*map(listed, numbers)], seen.image)

    def table_of(self) -> Table | None:
        return [["class", "this", "other", "difference"], *_rows(self.found)] if self.found is not None else None

    def close_tasks(self, seconds: float) -> bool:
        task, self._task = self._task, None
        if task is None:
            return True
        ended = task.stop(seconds)
        task.deleteLater()
        return ended


def _rows(found: Contrast) -> list[list[str]]:
    """Each class with the share of its images that both tell right, and by how many points that of this one is more."""
    rows = []
    for name, one, other in found.recalls:
        if one is None or other is None:
            rows.append([name, "–", "–", "–"])
        else:
            rows.append([name, f"{one:.1%}", f"{other:.1%}", f"{100 * (one - other):+.1f}".replace("-", "−")])
    return rows

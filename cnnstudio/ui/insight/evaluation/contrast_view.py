"""Contrast view: two networks picture by picture: this one, an epoch of its run, or another run."""

from __future__ import annotations

from functools import partial
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
from cnnstudio.ui.insight.evaluation.evaluation_view import SIDE, EvaluationView, Seen
from cnnstudio.ui.insight.evaluation.picture_list import Listed, PictureList
from cnnstudio.ui.insight.side_choice import HERE, Side, offer_sides
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import tip, unmarked
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.worker import Report

CHOOSE = "Compare with…"
NOTHING = "Choose a run or an epoch: both are shown the same validation images, and compared picture by picture."


class ContrastView(EvaluationView):
    """Both accuracies, the difference in each class, and the pictures that only one of them tells right."""

    title = "Compare"

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self.found: Contrast | None = None
        self._task: Task[dict[Side, Evaluation]] | None = None
        self._sides: tuple[Side, Side | None] = HERE, None
        self._known: dict[Side, Evaluation] = {}  # of the sides that were compared last
        self.first, self.choose = QPushButton(self), QPushButton(icon("arrows-left-right", "muted"), "", self)
        self.menus = tuple(QMenu(button) for button in (self.first, self.choose))
        for at, (button, menu) in enumerate(zip((self.first, self.choose), self.menus, strict=True)):
            menu.aboutToShow.connect(partial(self.fill_menu, at))
            button.setMenu(menu)
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
        self.splitter.setStretchFactor(1, 1)  # room that is left is for pictures
        self.lay_beside(self.splitter, self.first, self.choose, self.sentence, self.which)
        self.setFocusProxy(self.choose)
        self._show(None, NOTHING)

    def show_evaluation(self, seen: Seen | None) -> None:
        self.close_tasks(0.0)
        super().show_evaluation(seen)
        self._sides, self._known = (HERE, None), {}
        self._show(None, NOTHING)

    def begin(self) -> None:
        self._run.kept.look_once(self._document.path)

    # choosing

    def fill_menu(self, at: int) -> None:
        """List what can be first (0) or second (1): this network, epochs of its run, other runs with weights."""
        offer_sides(self.menus[at], self._run, self._sides[at], partial(self.choose_side, at), has_here=at == 0)

    def choose_side(self, at: int, side: Side) -> None:
        """Take this for the first (0) or the second (1), and compare where both are chosen."""
        one, other = self._sides
        self._sides = (side, other) if at == 0 else (one, side)
        self._compare()

    def compare_with(self, folder: Path, name: str) -> None:
        """Show the validation images to the run in this folder, too, with its best weights."""
        self.choose_side(1, Side(name, folder))

    def _compare(self) -> None:
        self.close_tasks(0.0)
        one, other = self._sides
        if self.seen is None or other is None:
            self._show(None, NOTHING)
            return
        seen, beside, known = self.seen, self.seen.subject.prepared, {**self._known, HERE: self.seen.evaluation}

        def look(report: Report) -> dict[Side, Evaluation]:
            from cnnstudio.insight.evaluation.of_run import evaluate_run

            found = {side: known[side] for side in (one, other) if side in known}
            for side in (one, other):
                if side not in found and side.folder is not None:
                    found[side] = evaluate_run(side.folder, beside, report, epoch=side.epoch)
            return found

        self._show(None, "Looking at the validation images…")
        self._task = Task(look, "compare", self)
        self._task.progressed.connect(self._say)
        self._task.finished.connect(lambda found: self._take(seen, one, other, found))
        self._task.failed.connect(lambda words: self._show(None, words))

    def _say(self, words: str, share: float | None) -> None:
        self.sentence.setText(f"{words}…" if share is None else f"{words}: {share:.0%}")

    def _take(self, seen: Seen, one: Side, other: Side, found: dict[Side, Evaluation]) -> None:
        self.close_tasks(0.0)
        if seen is not self.seen:
            return
        self._known = found
        names = [one.name, other.name]
        if one.name == other.name:  # two runs of one network: their folders tell them apart
            names = [side.folder.name if side.folder is not None else side.name for side in (one, other)]
        try:
            self._show(Contrast(found[one], found[other], names[0], names[1]), "")
        except ValueError as error:
            self._show(None, str(error))

    # showing

    def _show(self, found: Contrast | None, sentence: str) -> None:
        self.found = found
        one, other = self._sides
        for button, words in ((self.first, one.name), (self.choose, other.name if other is not None else CHOOSE)):
            told = _begun(words)
            room = round((SIDE - 60) * theme.scale)
            button.setText(unmarked(button.fontMetrics().elidedText(told, Qt.TextElideMode.ElideMiddle, room)))
            button.setToolTip(tip(told))
        self.first.setAccessibleName(f"The first: {one.name}")
        self.choose.setAccessibleName(f"The second: {other.name}" if other is not None else CHOOSE)
        self.splitter.setVisible(found is not None)
        self.which.setVisible(found is not None)
        self.tree.clear()
        self.which.clear()
        if found is None:
            self.sentence.setText(sentence)
            self.pictures.clear()
            return
        accuracies = found.one.metrics.accuracy, found.other.metrics.accuracy
        told = f"{found.one_name}: {accuracies[0]:.1%}, {found.other_name}: {accuracies[1]:.1%}."
        self.sentence.setText(f"{_begun(told)} {_begun(found.sentence)}")
        self.tree.setHeaderLabels(["Class", "First", "Second", "Difference"])
        for at, name in ((1, found.one_name), (2, found.other_name)):
            self.tree.headerItem().setToolTip(at, tip(name))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for row in _rows(found):
            item = QTreeWidgetItem(row)
            for at in (1, 2, 3):
                item.setTextAlignment(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.tree.addTopLevelItem(item)
        columns = range(self.tree.columnCount())
        wanted = sum(max(self.tree.sizeHintForColumn(at), header.sectionSizeHint(at)) for at in columns)
        wanted += self.tree.verticalScrollBar().sizeHint().width() + 2 * self.tree.frameWidth()
        self.splitter.setSizes([wanted, max(wanted // 2, self.width() - SIDE - wanted)])
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

        said = "What it is: what the first says / what the second says." if numbers else "There are none."
        self.pictures.show_pictures(said, [*map(listed, numbers)], seen.image)

    def table_of(self) -> Table | None:
        found = self.found
        return [["class", found.one_name, found.other_name, "difference"], *_rows(found)] if found is not None else None

    def close_tasks(self, seconds: float) -> bool:
        task, self._task = self._task, None
        return put_away(task, seconds)


def _begun(words: str) -> str:
    """The words as a sentence begins."""
    return words[:1].upper() + words[1:]


def _rows(found: Contrast) -> list[list[str]]:
    """Each class with the share of its images that both tell right, and by how many points the first's is more."""
    rows = []
    for name, one, other in found.recalls:
        if one is None or other is None:
            rows.append([name, "–", "–", "–"])
        else:
            rows.append([name, f"{one:.1%}", f"{other:.1%}", f"{100 * (one - other):+.1f}".replace("-", "−")])
    return rows

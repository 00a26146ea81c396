"""Overview: how good the network is in a few numbers, and class by class. A class opens what of it is told wrong."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from cnnstudio.insight.evaluation.evaluation import ClassScore, Evaluation
from cnnstudio.insight.evaluation.tables import Table, classes_table
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.wording import counted

COLUMNS = ("Class", "Images", "Precision", "Recall", "F1")
TIPS = (
    "The class",
    "How many validation images are of it",
    "Of the images that were taken for it, the share that is of it",
    "Of its images, the share that was told",
    "The harmonic mean of precision and recall",
)


ROOMY = 560  # pixels from which there is room for all columns


class Row(QTreeWidgetItem):
    """A class; sorted by its numbers, and one that is not known first."""

    def __init__(self, number: int, score: ClassScore) -> None:
        shares = (score.precision, score.recall, score.f1)
        told = ["–" if share is None else f"{share:.1%}" for share in shares]
        super().__init__([score.name, f"{score.images:,}", *told])
        self.number = number
        self._keys = (number, score.images, *(-1.0 if share is None else share for share in shares))
        for column in range(1, len(COLUMNS)):
            self.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setToolTip(0, tip(f"{score.name}: {score.right:,} of {counted(score.images, 'image')} told right"))

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = self.treeWidget().sortColumn()
        return isinstance(other, Row) and bool(self._keys[column] < other._keys[column])


class Overview(EvaluationView):
    """The numbers of the whole beside the table of classes, or above it where the panel is narrow."""

    title = "Overview"
    class_asked = Signal(int)  # the number of a class: what of it is told wrong?

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers, self.sentence = Sentence(parent=self), Sentence(parent=self)
        self.sentence.setProperty("role", "muted")
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName(
            "Each class with its precision, recall and F1; Enter shows what of it is told wrong"
        )
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setSortingEnabled(True)
        self.tree.setMinimumSize(QSize(120, 60))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(40)
        for column, words in enumerate(TIPS):
            self.tree.headerItem().setToolTip(column, tip(words))
            if column:
                self.tree.headerItem().setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.tree.itemActivated.connect(lambda item, _: self.class_asked.emit(item.number))
        self.lay_beside(self.tree, self.numbers, self.sentence)
        self.setFocusProxy(self.tree)

    def show_evaluation(self, seen: Seen | None) -> None:
        super().show_evaluation(seen)
        self.tree.clear()
        if seen is None:
            return
        self.numbers.setText(numbers(seen.evaluation))
        self.sentence.setText(sentence(seen.evaluation, seen.subject.is_trained))
        rows = [Row(number, score) for number, score in enumerate(seen.evaluation.class_scores)]
        self.tree.addTopLevelItems(rows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.tree.setColumnHidden(1, self.width() < ROOMY * theme.scale)
        self.tree.header().setMinimumSectionSize(self.tree.header().sectionSizeHint(0))  # the class gives way, to that

    def table_of(self) -> Table | None:
        return classes_table(self.seen.evaluation) if self.seen is not None else None


def numbers(evaluation: Evaluation) -> str:
    """Accuracy, top-5, macro F1 and loss, a line each."""
    metrics = evaluation.metrics
    right = int(evaluation.right.sum())
    lines = [f"Accuracy {metrics.accuracy:.1%} ({right:,} of {len(evaluation):,})"]
    lines += [f"Top-5 {metrics.top5:.1%}"] if metrics.top5 is not None else []
    return "\n".join([*lines, f"Macro F1 {metrics.f1:.1%}", f"Loss {metrics.loss:.3g}"])


def sentence(evaluation: Evaluation, is_trained: bool) -> str:
    """What that means against guessing, which classes are the hardest, and of which images it is."""
    chance, accuracy = evaluation.chance, evaluation.metrics.accuracy
    said = f"Always the most frequent class would be right in {chance:.1%}."
    if not is_trained:
        said = f"The network has not been trained: that is chance. {said}"
    known = [score for score in evaluation.class_scores if score.recall is not None]
    if known and accuracy < 1:
        hardest = min(known, key=lambda score: (score.recall or 0.0, score.name))
        said += f" Hardest is {hardest.name}: {hardest.recall:.0%} of its images are told right."
    if not evaluation.is_whole:
        said += f" Only {len(evaluation):,} of {evaluation.total:,} images were looked at: it was stopped."
    return f"{evaluation.worth} {said}" if evaluation.kind == "test" else f"{said} {evaluation.worth}"

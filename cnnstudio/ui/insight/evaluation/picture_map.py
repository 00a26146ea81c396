"""Map view: how the network sees the pictures, by what enters its last layer, on a plane by t-SNE or PCA."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.insight.evaluation.charts import points_chart
from cnnstudio.insight.evaluation.evaluation import Numbers, Values
from cnnstudio.insight.evaluation.tables import Table, points_table
from cnnstudio.training.runs.session import Prepared
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen
from cnnstudio.ui.insight.evaluation.point_map import PointMap
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.worker import Report

METHODS = ("t-SNE", "PCA")
PROMISE = "Each picture becomes a point; pictures that the network sees alike stand together."
DRAW, STOP = "Draw the map", "Stop"


@dataclass(frozen=True, eq=False)
class Placed:
    """Validation images by their numbers (N,), where they stand (N, 2), and what there is to say of it."""

    numbers: Numbers
    places: Values
    sentence: str


class MapView(EvaluationView):
    """A button, and then the points. A point chosen is what all panels look at."""

    title = "Map"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.placed: Placed | None = None
        self._task: Task[Placed] | None = None
        self.method = QComboBox(self)
        self.method.addItems(list(METHODS))
        self.method.setAccessibleName("How the points are placed")
        self.button = QPushButton(DRAW, self)
        self.button.clicked.connect(self._press)
        self.sentence, self.readout = Sentence(PROMISE, self), Sentence(parent=self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setProperty("textSize", "small")
        self.points = PointMap(self)
        self.points.picked.connect(self.picked)
        self.points.opened.connect(self.opened)
        self.points.pointed.connect(self.readout.setText)
        self.lay_beside(self.points, self.method, self.button, self.readout, self.sentence)
        self.setFocusProxy(self.button)

    def show_evaluation(self, seen: Seen | None) -> None:
        self.close_tasks(0.0)
        super().show_evaluation(seen)
        self._show(None, PROMISE)

    def _press(self) -> None:
        if self._task is not None:
            self.close_tasks(0.0)
            self.sentence.setText("Stopped." if self.placed is None else self.placed.sentence)
        elif self.seen is not None:
            prepared, count = self.seen.subject.prepared, len(self.seen.evaluation)
            method = self.method.currentText()
            self._task = Task(lambda report: place(prepared, count, method, report), "map of pictures", self)
            self._task.progressed.connect(self._say)
            self._task.finished.connect(self._take)
            self._task.failed.connect(self._fail)
            self.button.setText(STOP)

    def _say(self, sentence: str, share: float | None) -> None:
        self.sentence.setText(f"{sentence}…" if share is None else f"{sentence}: {share:.0%}")

    def _take(self, placed: Placed) -> None:
        self.close_tasks(0.0)
        self._show(placed, placed.sentence)
        self.points.setFocus()

    def _fail(self, sentence: str) -> None:
        self.close_tasks(0.0)
        self._show(None, sentence)

    def _show(self, placed: Placed | None, sentence: str) -> None:
        self.placed = placed
        self.sentence.setText(sentence)
        self.readout.setText("")
        if placed is not None and self.seen is not None:
            self.points.show_points(self.seen, placed.numbers, placed.places)
        else:
            self.points.clear()

    def table_of(self) -> Table | None:
        if self.seen is None or self.placed is None:
            return None
        return points_table(self.seen.evaluation, self.placed.numbers.tolist(), self.placed.places)

    def figure(self) -> Figure | None:
        if self.seen is None or self.placed is None:
            return None
        evaluation, numbers = self.seen.evaluation, self.placed.numbers
        right = evaluation.right[numbers].tolist()
        return points_chart(self.placed.places, evaluation.labels[numbers].tolist(), right, evaluation.classes)

    def close_tasks(self, seconds: float) -> bool:
        task, self._task = self._task, None
        self.button.setText(DRAW)
        return put_away(task, seconds)


def place(prepared: Prepared, count: int, method: str, report: Report) -> Placed:
    """Where the first ``count`` validation images stand; runs torch, so it belongs on a thread."""
    from cnnstudio.insight.evaluation.embedding import pca, tsne
    from cnnstudio.insight.evaluation.features import chosen, features

    labels = prepared.data.validation_labels[:count].numpy()
    found = features(prepared, chosen(labels), report)
    some = f"{len(found.numbers):,} of {count:,} pictures" if len(found.numbers) < count else f"{count:,} pictures"
    of = f"{found.values.shape[1]:,} numbers that enter {found.layer or 'the last layer'}"
    of += ", the mean of each map" if found.is_mean else ""
    if method == "PCA":
        places, shares = pca(found.values)
        how = f"PCA shows {shares.sum():.0%} of their variance"
    else:
        places = tsne(found.values, report)
        how = "t-SNE keeps neighbours together; how far groups are apart means little"
    return Placed(found.numbers, places, f"{some} by the {of}. {how}. Ringed points are told wrong.")

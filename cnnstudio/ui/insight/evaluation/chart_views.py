"""Chart views: calibration, and accuracy by a property of the pictures, each a chart with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.insight.evaluation.calibration import calibration
from cnnstudio.insight.evaluation.charts import PAPER, Inks, calibration_chart, groups_chart
from cnnstudio.insight.evaluation.evaluation import Values
from cnnstudio.insight.evaluation.properties import PROPERTIES, groups, measured, sentence
from cnnstudio.insight.evaluation.tables import Table, calibration_table, properties_table
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen, screen_inks
from cnnstudio.ui.pictures.figure_painter import paint_marks
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.labels import Sentence

Draw = Callable[[float, float, Inks], Figure]
PAGE = 640.0, 440.0  # of a chart on paper


class Chart(QWidget):
    """Paints a figure in the size and the colours of the screen; it is drawn anew at each size, so it stays sharp."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draw: Draw | None = None
        self.setAccessibleName(name)
        self.setMinimumSize(QSize(120, 90))

    def show_chart(self, draw: Draw | None, told: str = "") -> None:
        """Show what this draws; ``told`` is what a screen reader says of it."""
        self._draw = draw
        self.setAccessibleDescription(told)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._draw is None:
            return
        painter = QPainter(self)
        paint_marks(painter, self._draw(float(self.width()), float(self.height()), screen_inks()))
        painter.end()


class CalibrationView(EvaluationView):
    """How sure the network was against how often it was right."""

    title = "Calibration"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = Sentence(parent=self)
        self.chart = Chart("Accuracy over how sure the network was", self)
        self.lay_beside(self.chart, self.sentence)

    def show_evaluation(self, seen: Seen | None) -> None:
        super().show_evaluation(seen)
        if seen is None:
            self.chart.show_chart(None)
            return
        found = calibration(seen.evaluation)
        self.sentence.setText(found.sentence)
        drawn = (lambda w, h, inks: calibration_chart(found, w, h, inks)) if found.images else None
        self.chart.show_chart(drawn, found.sentence)

    def table_of(self) -> Table | None:
        return calibration_table(self.seen.evaluation) if self.seen is not None else None

    def figure(self) -> Figure | None:
        return calibration_chart(calibration(self.seen.evaluation), *PAGE, PAPER) if self.seen is not None else None


class PropertyView(EvaluationView):
    """How often pictures are told right that are alike in brightness, contrast or sharpness."""

    title = "By property"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: Mapping[str, Values] | None = None
        self._task: Task[dict[str, Values]] | None = None
        self.choice = QComboBox(self)
        self.choice.setAccessibleName("The property of the pictures")
        for key, each in PROPERTIES.items():
            self.choice.addItem(each.title, key)
        self.choice.currentIndexChanged.connect(self._show)
        self.sentence = Sentence(parent=self)
        self.chart = Chart("Accuracy of pictures that are alike", self)
        self.lay_beside(self.chart, self.choice, self.sentence)
        self.setFocusProxy(self.choice)

    def show_evaluation(self, seen: Seen | None) -> None:
        self.close_tasks(0.0)
        super().show_evaluation(seen)
        self.values = None
        self._show()

    def begin(self) -> None:
        if self.seen is None or self.values is not None or self._task is not None:
            return
        images = self.seen.subject.data.validation_images[: len(self.seen.evaluation)].numpy()
        self._task = Task(lambda report: measured(images, report), "properties", self)
        self._task.finished.connect(self._take)
        self._task.failed.connect(self.sentence.setText)

    def _take(self, values: Mapping[str, Values]) -> None:
        self.close_tasks(0.0)
        self.values = values
        self._show()

    def _show(self) -> None:
        if self.seen is None or self.values is None:
            self.sentence.setText("Measuring the pictures…")
            self.chart.show_chart(None)
            return
        key = str(self.choice.currentData())
        found = groups(self.seen.evaluation, self.values[key])
        told = sentence(key, found)
        self.sentence.setText(told)
        self.chart.show_chart(lambda w, h, inks: groups_chart(PROPERTIES[key], found, w, h, inks), told)

    def table_of(self) -> Table | None:
        known = self.seen is not None and self.values is not None
        return properties_table(self.seen.evaluation, self.values) if known else None  # type: ignore[union-attr, arg-type]

    def figure(self) -> Figure | None:
        if self.seen is None or self.values is None:
            return None
        key = str(self.choice.currentData())
        return groups_chart(PROPERTIES[key], groups(self.seen.evaluation, self.values[key]), *PAGE, PAPER)

    def close_tasks(self, seconds: float) -> bool:
        task, self._task = self._task, None
        if task is None:
            return True
        ended = task.stop(seconds)
        task.deleteLater()
        return ended

"""Chart: a figure painted in the size of the screen; and calibration as one, with a sentence."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.insight.evaluation.calibration import calibration
from cnnstudio.insight.evaluation.charts import PAPER, Inks, calibration_chart
from cnnstudio.insight.evaluation.tables import Table, calibration_table
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen, screen_inks
from cnnstudio.ui.pictures.figure_painter import paint_marks
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

"""Overlaid curves: one number of several runs over their epochs, each run in a colour, a dash and a mark of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs.metrics_file import Metrics
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import html
from cnnstudio.ui.widgets.labels import Rich
from cnnstudio.ui.widgets.plot import plot_widget, style_axes

pg: Any = pyqtgraph  # it has no types

HUES = (214, 20, 145, 285, 48, 350, 178, 315)
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
MARKS = (("o", "●"), ("t1", "▲"), ("s", "■"), ("d", "◆"))
MOST_CURVES = len(HUES)
SHOWN: tuple[tuple[str, str], ...] = (
    ("Validation accuracy, %", "validation_accuracy"),
    ("Validation loss", "validation_loss"),
    ("Averaged accuracy, %", "average_accuracy"),
    ("Top-5 accuracy, %", "validation_top5"),
    ("Macro F1", "validation_f1"),
    ("Training accuracy, %", "train_accuracy"),
    ("Training loss", "train_loss"),
    ("Loss of the steps", "loss"),
    ("Learning rate", "learning_rate"),
)

OF_STEPS = frozenset(field.name for field in fields(Step))


@dataclass(frozen=True, eq=False)
class RunCurves:
    """What is drawn of one run: its name, its numbers, and how many steps an epoch has."""

    name: str
    metrics: Metrics
    steps_per_epoch: int

    def curve(self, number: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The number over the epochs, from the rows that have it; what is no number is left out."""
        points = []
        for event in self.metrics.events:
            value = getattr(event, number, None)
            if value is not None:
                x = event.epoch if isinstance(event, EpochEnd) else event.step / max(1, self.steps_per_epoch)
                points.append((x, value))
        found = np.array(points, dtype=np.float64).reshape(-1, 2)
        found = found[np.isfinite(found).all(1)]
        return found[:, 0], found[:, 1]


class OverlaidCurves(QWidget):
    """A plot with a choice of the number that it draws, and a legend."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[RunCurves, ...] = ()
        self.choice = QComboBox(self)
        self.choice.setAccessibleName("What is drawn")
        self.choice.setMinimumWidth(90)  # a narrow panel cuts its text
        for title, name in SHOWN:
            self.choice.addItem(title, name)
        self.choice.currentIndexChanged.connect(self.draw)
        self._view = plot_widget("Curves of the selected runs")
        self._view.setAntialiasing(True)
        self._item = self._view.getPlotItem()
        self._item.setDownsampling(auto=True, mode="peak")  # no peak is lost
        self._legend = QWidget(self)
        self._entries = FlowLayout(self._legend, spacing=12)
        self._entries.setContentsMargins(8, 4, 8, 0)
        self._entries.addWidget(self.choice)
        self._labels: list[Rich] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._legend)
        layout.addWidget(self._view, 1)
        self._view.setMinimumSize(QSize(120, 60))
        self.restyle()

    @property
    def name(self) -> str:
        """The column that is drawn."""
        return str(self.choice.currentData())

    def show_runs(self, runs: Sequence[RunCurves]) -> None:
        """Draw these runs, the first ``MOST_CURVES`` of them."""
        self.runs = tuple(runs[:MOST_CURVES])
        self.draw()

    def draw(self) -> None:
        """Draw what was chosen."""
        self._item.clear()
        is_share = self.name.endswith(("accuracy", "top5"))
        is_dense = self.name in OF_STEPS
        for place, run in enumerate(self.runs):
            x, y = run.curve(self.name)
            symbol = None if is_dense else MARKS[place % len(MARKS)][0]
            # pens of width 1: a wider one leaves Qt's fast line path and costs fifty times as much
            pen = pg.mkPen(self._color(place), width=1, style=DASHES[place % len(DASHES)])
            self._item.plot(
                x, y * 100 if is_share else y, pen=pen, symbol=symbol, symbolSize=6, symbolBrush=self._color(place),
                symbolPen=None,
            )  # fmt: skip
        if is_share:
            self._view.setYRange(0.0, 100.0, padding=0.05)
        else:
            self._view.enableAutoRange(axis="y")
        self._view.enableAutoRange(axis="x")
        self._tell()

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        self._view.setBackground(theme.color("panel"))
        style_axes(self._item, 44)
        self.draw()

    def _color(self, place: int) -> Any:
        return theme.hue(HUES[place % len(HUES)])

    def _tell(self) -> None:
        """The legend: the colour and the mark of each run beside its name."""
        while len(self._labels) < len(self.runs):
            label = Rich(self._legend)
            label.setProperty("textSize", "small")
            self._labels.append(label)
            self._entries.addWidget(label)
        for place, label in enumerate(self._labels):
            label.setVisible(place < len(self.runs))
            if place < len(self.runs):
                name, mark = self.runs[place].name, MARKS[place % len(MARKS)][1]
                label.setText(f'<span style="color:{self._color(place).name()}">{mark}</span>&nbsp;{html(name)}')

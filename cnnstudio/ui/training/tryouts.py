"""Tryouts: find a learning rate, and see whether the network can learn a single batch, before a run is begun."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.training.runs.session import image_size
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.advice_row import Advice, Way
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.plot import plot_widget
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.one_batch import OneBatch
    from cnnstudio.training.rate_finder import RateTest

pg: Any = pyqtgraph  # it has no types


RATE_TIP = "Try 100 learning rates on a copy of the network, and see which one teaches fastest"
BATCH_TIP = "See on a copy of the network whether it can learn anything at all"


class Tryouts(QWidget):
    """Two buttons, and below them what the last of them found, with an edit that takes it up."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self._task: Task[Any] | None = None
        self.rate = FixButton("Find a rate", self, "chart-line")
        self.rate.clicked.connect(self.find_rate)
        self.batch = FixButton("Learn one batch", self, "stack")
        self.batch.clicked.connect(self.learn_one_batch)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        flow.addWidget(self.rate)
        flow.addWidget(self.batch)
        self.advice = Advice()
        self.plot = SmallPlot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (buttons, self.advice, self.plot):
            layout.addWidget(widget)
        self.advice.hide()
        self.plot.hide()

    @property
    def is_running(self) -> bool:
        """Whether something is being tried."""
        return self._task is not None and self._task.is_running

    def refresh(self, *_: object) -> None:
        """Offer what can be tried now."""
        busy = "A run is going on." if self._run.is_active else "Something is being tried." if self.is_running else ""
        for button, about in ((self.rate, RATE_TIP), (self.batch, BATCH_TIP)):
            button.setEnabled(not busy)
            button.setToolTip(tip(busy or about))

    def find_rate(self) -> None:
        """Try learning rates in the background."""
        project, data = self._document.project, self._loading()

        def work(report: Report) -> RateTest:
            from cnnstudio.training.rate_finder import find_rate

            return find_rate(project, data(report), report)

        self._start(work, self._show_rates)

    def learn_one_batch(self) -> None:
        """Try to learn one batch in the background."""
        project, data = self._document.project, self._loading()

        def work(report: Report) -> OneBatch:
            from cnnstudio.training.one_batch import overfit_one_batch

            return overfit_one_batch(project, data(report), report)

        self._start(work, self._show_batch)

    def _loading(self) -> Callable[[Report], Any]:
        """What gives the images of the project: those in memory, or else it reads them."""
        self._document.look_there()
        project, known = self._document.project, self._run.loaded.all_of(self._document.project)
        size = image_size(project.graph)

        def load(report: Report) -> Any:
            from cnnstudio.training.data.errors import DataError
            from cnnstudio.training.data.loading import load

            if known is not None:
                return known
            if size is None:
                raise DataError("The network takes no images.")
            return load(project.recipe, size, report, corrections=project.corrections)

        return load

    def _start(self, work: Callable[[Report], Any], done: Callable[[Any], None]) -> None:
        if self.is_running or self._run.is_active:
            return
        self.call_off()
        self.plot.hide()
        self._say("Starting PyTorch…", "accent", [("Stop", self._stop)])
        self._task = Task(work, "tryout", self)
        self._task.progressed.connect(self._advance)
        self._task.finished.connect(done)
        self._task.failed.connect(lambda sentence: self._say(sentence, "error"))
        for ended in (self._task.finished, self._task.failed):
            ended.connect(self.refresh)
        self.refresh()

    def _advance(self, sentence: str, share: float | None) -> None:
        if sentence:
            far = f" {share:.0%}" if share is not None else ""
            self._say(f"{sentence}…{far}".replace("……", "…"), "accent", [("Stop", self._stop)])

    def _stop(self) -> None:
        self.call_off()
        self.advice.hide()
        self.refresh()

    def _show_rates(self, found: RateTest) -> None:
        self.plot.draw(found.rates, found.losses, found.rate)
        self.plot.setVisible(len(found.rates) > 1)
        if found.rate is None:
            self._say(found.sentence, "warning")
            return
        rate = found.rate
        self._say(found.sentence, "success", [(f"Use {rate:g}", lambda: self._use(rate))])

    def _show_batch(self, found: OneBatch) -> None:
        self.plot.draw(range(1, len(found.losses) + 1), found.losses, None)
        self.plot.setVisible(len(found.losses) > 1)
        self._say(found.sentence, "success" if found.learns else "warning")

    def _use(self, rate: float) -> None:
        recipe = dataclasses.replace(self._document.project.recipe, learning_rate=rate)
        self._document.edit_recipe(f"Use a learning rate of {rate:g}", recipe)

    def _say(self, sentence: str, role: str, ways: Sequence[Way] = ()) -> None:
        self.advice.say(sentence, role, ways=ways)
        self.advice.show()

    def call_off(self, seconds: float = 0.0) -> bool:
        """End what is being tried, and wait so long for it; whether it has ended."""
        task, self._task = self._task, None
        return put_away(task, seconds)


class SmallPlot(QWidget):
    """A loss over rates or steps, with a line where the rate is that was found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = plot_widget("The loss of what was tried")
        self._item = self._view.getPlotItem()
        self.curve = self._item.plot([], [])
        self.mark = pg.InfiniteLine(angle=90, movable=False)
        self._item.addItem(self.mark, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self._restyle()
        theme.changed.connect(self._restyle)

    def draw(self, x: Sequence[float], losses: Sequence[float], rate: float | None) -> None:
        """Show these; the x axis goes in powers of ten where they are rates."""
        is_rates = isinstance(x, tuple)
        self._item.setLogMode(x=is_rates, y=False)
        self.curve.setData(list(x), list(losses))
        least, first = min(losses, default=0.0), losses[0] if losses else 1.0
        self._view.setYRange(min(0.0, least), 1.3 * max(first, least), padding=0.02)  # what rises leaves the picture
        self.mark.setVisible(rate is not None)
        if rate is not None:
            self.mark.setPos(math.log10(rate))
        self._item.setLabel("bottom", "learning rate" if is_rates else "step", **{"color": theme.color("muted").name()})

    def _restyle(self) -> None:
        self.setFixedHeight(round(150 * theme.scale))
        self._view.setBackground(theme.color("raised"))
        self.curve.setPen(pg.mkPen(theme.color("train"), width=1))
        self.mark.setPen(pg.mkPen(theme.color("accent"), width=1, style=Qt.PenStyle.DashLine))
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(pg.mkPen(theme.color("line"), width=1))
            axis.setTextPen(theme.color("muted"))
            axis.setTickFont(theme.font("small"))

"""Before: whether a run can begin, what it will take and how it will start, known before Train is pressed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from cnnstudio.headroom import headroom
from cnnstudio.training.costs import Costs, costs, energy, work
from cnnstudio.training.readiness import OTHER_IMAGES, Concern
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.training.concern_list import ConcernList
from cnnstudio.ui.training.tryouts import Tryouts
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.wording import counted, duration, memory, short
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.forecast import Forecast

_COUNTED = (
    "Weights and their copies, gradients, what the optimizer remembers, the maps of a step and the images; not the "
    "program itself."
)
SETTLED = 600  # milliseconds without an edit after which a few steps are taken
_TOP = Qt.AlignmentFlag.AlignTop
ROWS = {"time": "Time", "memory": "Memory", "loss": "First loss", "work": "Work", "energy": "Energy"}


class BeforeCard(Fold):
    """What the run will take, and what can be tried first; hidden while a run goes on and while none could begin.

    ``concerns`` is what stands in the way, with buttons that clear it: it stands elsewhere, where nobody folds it away.
    What follows from formulas is there at once. Time and first loss come of a few real steps in the background, once
    the images are in memory; what is of an earlier network or recipe is greyed until then.
    """

    measured = Signal()  # a few steps were taken

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__("Before training", parent)
        self._document, self._run = document, run
        self.images_refusal = ""  # why nothing can be learned from the folder of images, where somebody has looked
        self._task: Task[Forecast] | None = None
        self._forecast: Forecast | None = None
        self._of: tuple[object, ...] | None = None  # what it is of
        self._takes = ""  # how much memory
        self.concerns = ConcernList(document)
        self.values = {name: Sentence() for name in ROWS}
        self._facts = QWidget()
        grid = QGridLayout(self._facts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for line, (name, value) in enumerate(self.values.items()):
            caption = Plain(ROWS[name])
            caption.setProperty("role", "muted")
            grid.addWidget(caption, line, 0, _TOP)
            grid.addWidget(value, line, 1)
        self.tryouts = Tryouts(document, run)
        self.body.addWidget(self._facts)
        self.body.addWidget(self.tryouts)
        self._settle = QTimer(self, singleShot=True, interval=SETTLED)
        self._settle.timeout.connect(self._measure)

    # what is known

    def refresh(self) -> None:
        """Show what is known of a run of the project as it is."""
        if self._run.is_active:
            self.hide()
            self.concerns.hide()
            self.close_tasks(0.0)
            return
        concerns = list(self._document.concerns(self._images))
        if self.images_refusal and not concerns:
            concerns.append(Concern(self.images_refusal, OTHER_IMAGES, blocks=False))  # it may be mended on the disk
        self.concerns.tell(concerns)
        blocked = any(each.blocks for each in concerns)
        self.setVisible(not blocked)
        if blocked:
            return
        found = (
            None
            if self._document.concealed
            else costs(self._document.analysis, self._document.project.recipe, self._images)
        )
        is_done = len(self._run.history.steps) > 0 and self._run.project == self._document.project
        self.set_title("Next run" if is_done else "Before training")
        self._facts.setVisible(found is not None and not is_done)  # a run knows better than a forecast
        self.tryouts.refresh()
        if found is None or is_done:
            self.tell("Find a rate, learn one batch")
            return
        self._show(found)
        self._settle.start()

    @property
    def _images(self) -> int | None:
        """How many images there are to train with, where they are in memory."""
        known = self._run.loaded.some_of(self._document.project)
        return known.counts[0] if known is not None else None

    def _show(self, found: Costs) -> None:
        recipe = self._document.project.recipe
        fits, takes = found.fitting(headroom()), memory(found.memory(recipe.batch_size))
        room = (
            "any batch size fits" if found.images and fits >= found.images else f"{counted(fits, 'image')} a step fit"
        )
        self._say("memory", f"about {takes}; {room}", _COUNTED)
        whole = found.run_macs
        self._takes = takes
        self._say("work", f"{short(found.macs if whole is None else whole)} MACs", work(found))
        self._show_measured()

    def _show_measured(self) -> None:
        told = self._forecast
        if told is None:
            self.tell(f"{self._takes} of memory")
            known = self._run.loaded.some_of(self._document.project) is not None
            waits = "a few steps are being tried…" if known else "known once the images are there"
            self._say("time", waits, "", "muted")
            for name in ("loss", "energy"):
                self._say(name, "–", "", "muted")
            return
        role = "" if self._of == self._key() else "muted"
        stale = " It is of the network and the recipe before the last edit." if role else ""
        each = f"{told.epoch_seconds:.2g} s" if told.epoch_seconds < 60 else duration(told.epoch_seconds)
        run = f"about {duration(max(1.0, told.seconds))}, {each} an epoch"
        self._say("time", run, f"From a few real steps on this computer.{stale}", role)
        usual = ", as it should be" if told.is_usual else f", and guessing gives {told.guessing:.2f}"
        loss = f"{told.first_loss:.2f}{usual}" if math.isfinite(told.first_loss) else "no number"
        self._say("loss", loss, told.sentence + stale, role if told.is_usual else role or "warning")
        unusual = "" if told.is_usual else f" · first loss {loss}"
        self.tell(f"{duration(max(1.0, told.seconds))} · {self._takes}{unusual}", "warning" if unusual else "muted")
        plainly, sentence = energy(told.seconds, told.device)
        self._say("energy", plainly, sentence + stale, role)

    def _say(self, name: str, text: str, told: str, role: str = "") -> None:
        value = self.values[name]
        value.setText(text)
        value.setToolTip(tip(told))
        value.setAccessibleName(f"{ROWS[name]}: {told or text}")
        if value.property("role") != role:
            value.setProperty("role", role)
            value.style().unpolish(value)
            value.style().polish(value)

    # a few steps in the background

    def _key(self) -> tuple[object, ...]:
        """What a forecast depends on: where a node stands on the canvas is not part of it."""
        nodes = tuple((node.name, node.block, node.inputs, node.bypassed) for node in self._document.graph)
        return self._document.project.recipe, nodes

    def _measure(self) -> None:
        """Take a few steps, where they are not of this network already and nobody trains."""
        project, run = self._document.project, self._run
        data, key = run.loaded.some_of(project), self._key()
        if self._facts.isHidden() or not self.isVisible() or run.is_active or data is None or self.tryouts.is_running:
            return
        if key == self._of or self._document.unlooked is not None:  # the first weights, a teacher
            return

        def take_steps(report: Report) -> Forecast:
            from cnnstudio.training.forecast import forecast

            return forecast(project, data, report)

        self.call_off()
        self._task = Task(take_steps, "forecast", self)
        self._task.finished.connect(lambda told: self._take(told, key))
        self._task.failed.connect(lambda sentence: self._refuse(sentence, key))

    def _take(self, told: Forecast, key: tuple[object, ...]) -> None:
        self._forecast, self._of = told, key
        self._show_measured()
        self.measured.emit()

    def _refuse(self, sentence: str, key: tuple[object, ...]) -> None:
        self._forecast, self._of = None, key
        self._say("time", "not known", sentence, "warning")
        self.measured.emit()

    def call_off(self, seconds: float = 0.0) -> bool:
        """End the steps that are taken in the background, and wait so long for it; whether they have ended."""
        self._settle.stop()
        task, self._task = self._task, None
        return put_away(task, seconds)

    def close_tasks(self, seconds: float) -> bool:
        """End whatever goes on in the background, and wait so long for it; whether it has ended."""
        return all([self.call_off(seconds), self.tryouts.call_off(seconds)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle.start()  # a card that was hidden has called off what it was at

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.call_off()

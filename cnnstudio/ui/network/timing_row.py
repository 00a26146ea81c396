"""Timing row: a button that measures how long each block takes, how far that is, and what was measured and how."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.kept.kept import computes
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.ui.widgets.progress_bar import ProgressBar
from cnnstudio.wording import brief, counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.node_times import NodeTimes

ASK = "No block is timed yet."
BUSY = "Not while a training computes."
STEPS = 1_000  # of the bar


class TimingRow(QWidget):
    """Measures in the background, on a copy of the network, only when it is asked to; ``document.times`` keeps it."""

    def __init__(self, document: Document, run: Run, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self._task: Task[NodeTimes | None] | None = None
        self._of: Hashable = None  # what the network computes that is measured, or that was refused
        self._refusal = ""
        self.text = Elided(parent=self)
        self.text.setProperty("role", "muted")
        self.text.setProperty("textSize", "small")
        self.bar = ProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.bar.setMaximumWidth(160)
        self.bar.hide()
        self.button = QPushButton(self)
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self._press)
        run.state_changed.connect(self._follow_run)  # also while it is not seen
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 6)
        row.addWidget(self.text, 2)
        row.addWidget(self.bar, 1)
        row.addWidget(self.button)

    @property
    def is_measuring(self) -> bool:
        """Whether the network is timed now."""
        return self._task is not None and self._task.is_running

    @property
    def can_measure(self) -> bool:
        """Whether there is a network that can be timed now."""
        return self._document.told.totals is not None and not self._run.is_active

    def measure(self) -> None:
        """Begin to time the network as it is now, unless it cannot be or is timed already."""
        if self.is_measuring or not self.can_measure:
            return
        project, document = self._document.project, self._document

        def work(report: Report) -> NodeTimes | None:
            from cnnstudio.insight.node_times import node_times

            return node_times(project, report)

        def done(found: NodeTimes | None) -> None:
            if found is not None:
                document.times.keep(project.graph, found)
            self.look()

        self._of, self._refusal = computes(project.graph), ""
        self._task = Task(work, "times", self)
        self._task.progressed.connect(lambda _, share: self.bar.setValue(round(STEPS * (share or 0.0))))
        self._task.finished.connect(done)
        self._task.failed.connect(self._refuse)
        self.bar.setRange(0, STEPS)
        self.bar.setValue(0)
        self.look()

    def look(self) -> None:
        """Show what there is to say; an edit ends what is measured, as that would be of no use."""
        if self.is_measuring and computes(self._document.graph) != self._of:
            self.stop()
        if self._refusal and computes(self._document.graph) != self._of:
            self._refusal = ""
        self.setVisible(self._document.told.totals is not None and len(self._document.graph) > 0)
        measured, is_measuring = self._document.times.of(self._document.graph), self.is_measuring
        self.bar.setVisible(is_measuring)
        self.button.setText("Cancel" if is_measuring else "Measure again" if measured else "Measure time")
        self.button.setEnabled(is_measuring or self.can_measure)
        if is_measuring:
            self.text.setText("Timing each block")
        elif self._refusal:
            self.text.setText(self._refusal)
        elif measured is not None:
            self.text.setText(told(measured))
        else:
            self.text.setText(BUSY if self._run.is_active else ASK)
        self.text.setToolTip(tip(how(measured) if measured is not None and not self._refusal else ""))

    def stop(self) -> None:
        """Measure no more; what was measured before stays."""
        if self._task is not None:
            self._task.stop()
            self._task.deleteLater()
            self._task = None

    def close_task(self, seconds: float = 10.0) -> bool:
        """Stop for good and wait so long for what is computed; whether it has ended."""
        return self._task is None or self._task.stop(seconds)

    def _follow_run(self) -> None:
        if self.is_measuring and self._run.is_active:
            self.stop()
            self.look()

    def _press(self) -> None:
        if self.is_measuring:
            self.stop()
            self.look()
        else:
            self.measure()

    def _refuse(self, sentence: str) -> None:
        self._refusal = sentence
        self.look()


def told(measured: NodeTimes) -> str:
    """What was measured, in a line."""
    forward, backward = (brief(1e9 * sum(each.values())) for each in (measured.forward, measured.backward))
    return f"{counted(measured.images, 'image')}: {forward} forward, {backward} backward, {measured.device}"


def how(measured: NodeTimes) -> str:
    """How it was measured, and how far the sum of the parts is from the whole."""
    whole = " and ".join(f"{brief(1e9 * each)} {way}" for each, way in zip(measured.whole, WAYS, strict=True))
    return (
        f"Each block was timed on its own, forward and backward, the middle of "
        f"{measured.batches} batches of random numbers. The whole network in one go took {whole}, without "
        "loss and optimizer: blocks that follow each other find their numbers nearer, or further away."
    )


WAYS = ("forward", "backward")

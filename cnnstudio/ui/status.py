"""Status: the line at the foot of the window: what the network comes to, its problems, and the run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStatusBar, QToolButton

from cnnstudio.training.costs import costs
from cnnstudio.training.needs import needs
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain
from cnnstudio.wording import counted, memory, short

BETWEEN = "   ·   "
COUNTED = (
    "Memory in training is that of the weights and their copies, of the gradients, of what the optimizer remembers, of "
    "the maps of a step and of the images; in prediction that of the weights and of the most maps that are held at one "
    "time. The program itself is not counted."
)


class Status(QStatusBar):
    """Totals are blank, never wrong, while the network has errors."""

    def __init__(self, document: Document, run: Run, show_panel: Callable[[str], object]) -> None:
        super().__init__()
        self._document, self._run = document, run
        self._panel = "problems"  # where what is said of problems is told at length
        self.setSizeGripEnabled(False)
        self.totals, self.device = Sums(), Plain()
        self.problems = QToolButton()
        self.problems.setAutoRaise(True)
        self.problems.setProperty("textSize", "small")
        self.problems.clicked.connect(lambda: show_panel(self._panel))
        self.addWidget(self.totals, 1)
        self.addPermanentWidget(self.device)
        self.addPermanentWidget(self.problems)
        document.changed.connect(self.refresh)
        document.concealed_changed.connect(self.refresh)
        document.learned.connect(self.refresh)
        run.state_changed.connect(self.refresh)
        run.advanced.connect(self._show_run)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Say what the network comes to now."""
        sums = self._sums()
        self.totals.say(sums)
        self.totals.setToolTip(tip(BETWEEN.join(sums), COUNTED if len(sums) > 1 else ""))
        self._show_run()
        self._show_problems()

    def _show_problems(self) -> None:
        severities = [found.severity for found in self._document.diagnostics]
        errors, warnings = severities.count("error"), severities.count("warning")
        reason = self._document.obstacle()
        is_beside = reason is not None and not errors  # it is no finding about the network
        parts = [counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
        self.problems.setText(", ".join(["Cannot be trained yet"] * is_beside + parts) or "No problems")
        self.problems.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        role = "error" if errors else "warning" if warnings or is_beside else "success"
        self._panel = "training" if is_beside and not warnings else "problems"
        self.problems.setIcon(icon("check-circle" if role == "success" else "warning-circle", role))
        self.problems.setToolTip(tip(reason or "Show the problems"))
        self.problems.setAccessibleDescription(reason or "")
        self.problems.setVisible(bool(len(self._document.graph)))

    def _sums(self) -> list[str]:
        graph = self._document.graph
        if not len(graph):
            return ["An empty network"]
        idle = len(graph) - len(graph.acting)
        blocks = counted(len(graph.acting), "block") + (f" and {idle:,} bypassed" if idle else "")
        totals = self._document.analysis.totals
        if totals is None or self._document.concealed:
            return [blocks]
        frozen = f", {totals.frozen:,} frozen" if totals.frozen else ""
        recipe, analysis = self._document.project.recipe, self._document.analysis
        takes, batch = costs(analysis, recipe), recipe.batch_size
        told = [f"{memory(takes.memory(batch))} in training"] if takes is not None else []
        told.append(f"{memory(needs(analysis).weights + analysis.memory.peak * batch)} in prediction")
        return [
            blocks,
            f"{totals.parameters:,} parameters{frozen}",
            f"{short(totals.macs)} MACs",
            f"memory with a batch of {batch}: about {', '.join(told)}",
        ]

    def _show_run(self) -> None:
        run, history = self._run, self._run.history
        if run.state == "preparing":
            self.device.setText(run.sentence)
        elif run.is_active and history.last is not None and history.started is not None:
            paused = "paused, " if run.state == "paused" else ""
            share = f", {run.share:.0%} done" if run.share is not None else ""
            epoch = f"epoch {history.last.epoch} of {history.started.epochs}"
            self.device.setText(f"{paused}{epoch} on {history.started.device}{share}")
        else:
            self.device.setText("")


class Sums(Plain):
    """As many sums as there is room for, each of them whole: it gives way to what stands beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._sums: list[str] = []

    def say(self, sums: list[str]) -> None:
        """Show these, the first ones first."""
        self._sums = sums
        self.setAccessibleName(BETWEEN.join(sums))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, room = QFontMetrics(self.font()), self.contentsRect().width()
        lines = [BETWEEN.join(self._sums)]
        lines += [BETWEEN.join([*self._sums[:kept], "…"]) for kept in range(len(self._sums) - 1, 0, -1)]
        self.setText(next((line for line in lines if metrics.horizontalAdvance(line) <= room), lines[-1]))

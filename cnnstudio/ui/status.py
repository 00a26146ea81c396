"""Status: the line at the foot of the window: what the network comes to, its problems, and the run."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QToolButton

from cnnstudio.ui.document import Document
from cnnstudio.ui.obstacle import obstacle
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.numbers import counted, memory, short


class Status(QStatusBar):
    """Totals are blank, never wrong, while the network has errors."""

    def __init__(self, document: Document, run: Run, show_panel: Callable[[str], object]) -> None:
        super().__init__()
        self._document, self._run = document, run
        self._panel = "problems"  # where what is said of problems is told at length
        self.setSizeGripEnabled(False)
        self.totals, self.device = QLabel(), QLabel()
        self.totals.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it gives way to the rest
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
        self.totals.setText(self._sum())
        self.totals.setToolTip(self.totals.text())
        self._show_run()
        self._show_problems()

    def _show_problems(self) -> None:
        severities = [found.severity for found in self._document.diagnostics]
        errors, warnings = severities.count("error"), severities.count("warning")
        reason = obstacle(self._document)
        is_beside = reason is not None and not errors  # it is no finding about the network
        parts = [counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
        self.problems.setText(", ".join(["Cannot be trained yet"] * is_beside + parts) or "No problems")
        self.problems.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        role = "error" if errors else "warning" if warnings or is_beside else "success"
        self._panel = "training" if is_beside and not warnings else "problems"
        self.problems.setIcon(icon("check-circle" if role == "success" else "warning-circle", role))
        self.problems.setToolTip(f"<p>{escape(reason)}</p>" if reason else "Show the problems")
        self.problems.setAccessibleDescription(reason or "")
        self.problems.setVisible(bool(len(self._document.graph)))

    def _sum(self) -> str:
        graph = self._document.graph
        if not len(graph):
            return "An empty network"
        idle = len(graph) - len(graph.acting)
        blocks = counted(len(graph.acting), "block") + (f" and {idle:,} bypassed" if idle else "")
        totals = self._document.analysis.totals
        if totals is None or self._document.concealed:
            return blocks
        frozen = f", {totals.frozen:,} frozen" if totals.frozen else ""
        batch = self._document.project.recipe.batch_size
        needs = self._document.analysis.memory
        return (
            f"{blocks}   ·   {totals.parameters:,} parameters{frozen}   ·   {short(totals.macs)} MACs   ·   "
            f"activations of a batch of {batch}: {memory(needs.training * batch)} kept to learn "
            f"from, at most {memory(needs.peak * batch)} held to predict"
        )

    def _show_run(self) -> None:
        run = self._run
        if run.state == "preparing":
            self.device.setText(run.sentence)
        elif run.is_active and run.last is not None and run.started is not None:
            paused = "paused, " if run.state == "paused" else ""
            share = f"{run.share:.0%}" if run.share is not None else ""
            epoch = f"epoch {run.last.epoch} of {run.started.epochs}"
            self.device.setText(f"{paused}{epoch}, {share} on {run.started.device}")
        else:
            self.device.setText("")

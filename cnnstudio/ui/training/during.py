"""During: how the layers of a network learn, and in words what is wrong with the run and what to try."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from cnnstudio.training.diagnosis import Symptom, symptoms
from cnnstudio.training.readiness import ProjectFix
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.advice_row import AdviceList, Way
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.ui.widgets.layer_bars import LayerBars

PAUSE = 500  # milliseconds between two looks at a run that goes on
MOST = 3  # pieces of advice at once
TOLD = "Bars: change a step. Dots: gradient."


class DuringCard(Fold):
    """Bars for the layers and advice. Hidden until a run has been looked into; it stays when the run has ended."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__("How it learns", parent)
        self._document, self._run = document, run
        self.bars = LayerBars()
        self.readout = Elided(TOLD)
        self.readout.setProperty("role", "muted")
        self.readout.setProperty("textSize", "small")
        self.bars.hovered.connect(lambda text: self.readout.setText(text or TOLD))
        self.bars.setToolTip(
            tip(
                "Each bar says how much of itself a layer changes in a step, from the first layer to the last. About a "
                "thousandth is usual. Far less: it hardly learns. Far more: the steps are too long.",
                "Each dot is the length of its gradient beside that of the longest, on a scale of powers of ten.",
            )
        )
        self.advice = AdviceList()
        for widget in (self.advice, self.bars, self.readout):
            self.body.addWidget(widget)
        self._soon = QTimer(self, singleShot=True, interval=PAUSE)
        self._soon.timeout.connect(self.refresh)
        self.hide()

    def follow(self) -> None:
        """Say that the run goes on: look at it in a moment."""
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Show how the run goes, or has gone."""
        self._soon.stop()
        run, history = self._run, self._run.history
        found: tuple[Symptom, ...] = ()
        if run.project is not None and run.classes and len(history.steps):
            found = symptoms(history, run.project.recipe, run.classes)
        self.advice.say([(each.sentence, "warning", each.advice, self._ways(each)) for each in found[:MOST]])
        layers = history.layers[-1].layers if history.layers else ()
        self.bars.set_layers([(layer.name, layer.update, layer.gradient) for layer in layers])
        for widget in (self.bars, self.readout):
            widget.setVisible(bool(layers))
        self.tell(found[0].sentence if found else "Nothing is wrong that can be seen.", "warning" if found else "muted")
        self.setVisible(bool(found or layers))

    def _ways(self, symptom: Symptom) -> list[Way]:
        return [(fix.title, partial(self._apply, fix)) for fix in symptom.fixes]

    def _apply(self, fix: ProjectFix) -> None:
        """Try it in the next run: one step of undo."""
        self._document.edit(fix.title, fix.apply(self._document.project))
        if self._run.is_active:
            self._document.said.emit(f"{fix.title}: so it will be in the next run.")

"""After: what can be done with a run that has ended, each with a button that does it."""

from __future__ import annotations

from collections.abc import Container

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.wording import counted

# what a button says, its icon, the id of the command that it is, and whether it needs the weights of this network
STEPS = (
    ("Try it", "scribble-loop", "show-try", True),
    ("Feature maps", "eye", "show-feature-maps", False),
    ("Mistakes", "x-circle", "show-mistakes", True),
    ("Weights…", "download-simple", "export-weights", True),
    ("PyTorch…", "export", "export-python", False),
    ("Compare runs", "columns", "show-runs", False),
)


class AfterCard(Fold):
    """The result of the last run in words, and what comes next. Hidden while a run goes on, and before the first."""

    asked = Signal(str)  # the id of a command

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__("Result", parent)
        self._document, self._run = document, run
        self._known: Container[str] = ()
        self.sentence, self.end = Sentence(), Sentence()
        self.end.setProperty("role", "muted")
        row = QWidget()
        flow = FlowLayout(row)
        self.buttons: dict[str, FixButton] = {}
        for words, glyph, command, _ in STEPS:
            self.buttons[command] = button = FixButton(words, row, glyph)
            button.clicked.connect(lambda _=False, command=command: self.asked.emit(command))
            flow.addWidget(button)
        for widget in (self.sentence, self.end, row):
            self.body.addWidget(widget)
        self.hide()

    def offer(self, commands: Container[str]) -> None:
        """Say which commands the window has; a button of any other one is not shown."""
        self._known = commands
        self.refresh()

    def refresh(self) -> None:
        """Show what the last run came to."""
        run, best = self._run, self._run.history.best
        self.setVisible(run.state in ("finished", "failed") and best is not None)
        if best is None:
            return
        classes, (_, images) = len(run.classes), run.images
        of = f" of {counted(images, 'validation image')}" if images else " of the validation images"
        guessing = f"; guessing would {round(100 / classes)}" if classes else ""
        epochs, epoch, right = run.history.epochs, best.epoch, best.score[0]
        if run.epoch != epoch and len(held := epochs["validation_accuracy"][epochs["epoch"] == run.epoch]):
            epoch, right = run.epoch, float(held[-1])  # the best ones are on no disk
        fits = run.fits(self._document.graph)
        is_edited = run.project is not None and not fits
        told = f"f 100 new images like these it would tell about {round(100 * right)} right{guessing}."
        self.sentence.setText(f"The network was edited since. As it was trained, o{told}" if is_edited else f"O{told}")
        self.tell(f"{right:.1%}{of}, epoch {epoch}{', edited since' if is_edited else ''}")
        own, others = epochs["train_accuracy"][-1], epochs["validation_accuracy"][-1]
        self.end.setText(
            f"At the end, after {counted(len(epochs), 'epoch')}: {others:.1%}{of}, and {own:.1%} of those that it "
            "learns from."
        )
        for _, _, command, needs_weights in STEPS:
            has_weights = fits and (run.weights is not None or run.is_in_memory)
            self.buttons[command].setVisible(command in self._known and (has_weights or not needs_weights))

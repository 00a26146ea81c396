"""After: what can be done with a run that has ended, each with a button that does it."""

from __future__ import annotations

from collections.abc import Container

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.labels import Sentence

# what a button says, its icon, the id of the command that it is, and whether it needs the weights of this network
STEPS = (
    ("Keep the weights…", "download-simple", "export-weights", True),
    ("Export as PyTorch…", "export", "export-python", False),
    ("See its feature maps", "eye", "show-feature-maps", False),
    ("Its mistakes", "x-circle", "show-mistakes", True),
    ("Compare runs", "columns", "show-runs", False),
)


class AfterCard(QFrame):
    """The result of the last run in words, and what comes next. Hidden while a run goes on, and before the first."""

    asked = Signal(str)  # the id of a command

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self._known: Container[str] = ()
        self.setProperty("surface", "raised")
        title = QLabel("After training")
        title.setProperty("role", "muted")
        title.setProperty("textSize", "small")
        self.sentence = Sentence()
        row = QWidget()
        flow = FlowLayout(row)
        self.buttons: dict[str, FixButton] = {}
        for words, glyph, command, _ in STEPS:
            self.buttons[command] = button = FixButton(words, row, glyph)
            button.clicked.connect(lambda _=False, command=command: self.asked.emit(command))
            flow.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 9, 12, 10)
        layout.setSpacing(6)
        for widget in (title, self.sentence, row):
            layout.addWidget(widget)
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
        classes = len(run.trained.data.classes) if run.trained is not None else 0
        guessing = f"; guessing would {round(100 / classes)}" if classes else ""
        right = round(100 * best.validation_accuracy)
        self.sentence.setText(f"Of 100 new images like these it would tell about {right} right{guessing}.")
        fits = run.fits(self._document.graph)
        for _, _, command, needs_weights in STEPS:
            has_weights = fits and run.weights is not None
            self.buttons[command].setVisible(command in self._known and (has_weights or not needs_weights))

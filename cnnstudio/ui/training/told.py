"""Told: what a run says of itself, such as how its images are altered, what stays frozen and what was not written."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.wording import counted

MOST = 12  # sentences in view; the last remarks are the ones that count then


class ToldCard(Fold):
    """The sentences of the run that goes on or went on last, as the command line prints them. Hidden without any."""

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__("About this run", parent)
        self._run = run
        self.sentence = Sentence(parent=self)
        self.sentence.setProperty("role", "muted")
        self.sentence.setProperty("textSize", "small")
        self.body.addWidget(self.sentence)
        self.hide()

    def refresh(self) -> None:
        """Show what the run has said by now."""
        notes = list(dict.fromkeys(self._run.under_way.notes))
        self.sentence.setText("\n".join(notes[-MOST:]))
        self.tell(f"{counted(len(notes), 'sentence')} about images, device and files")
        self.setVisible(bool(notes))

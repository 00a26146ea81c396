"""Remembered run: the project in a window knows the run that it has its weights from, also on another day."""

from __future__ import annotations

from PySide6.QtCore import QObject

from cnnstudio.compiler.source import SourceError
from cnnstudio.disk import DiskError
from cnnstudio.project import ProjectError
from cnnstudio.training.runs.kept_run import folder_of, open_kept, reference_to
from cnnstudio.training.runs.weights_header import epoch_of
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.messages import Messages

ABOUT = "weights"  # what messages are about that later ones replace


class RememberedRun(QObject):
    """Follows the run for the document, and brings back the run of a document that is opened."""

    def __init__(self, document: Document, run: Run, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._run, self._messages = document, run, messages
        document.opened.connect(self._recall)
        run.state_changed.connect(self._follow)
        run.advanced.connect(self._remember)

    def _follow(self, state: str) -> None:
        if state == "training":
            self._messages.withdraw(ABOUT)  # which was said of a run before
        if state in ("training", "finished", "failed"):
            self._remember()

    def _remember(self) -> None:
        """Let the document know which weights there are."""
        run, folder = self._run, self._run.folder
        if run.trained is None or folder is None or not folder.is_kept:
            return
        # a run that is stopped leaves its last ones; one without any hides no weights that there are
        is_first = self._document.project.run is None
        if folder.weights is not None or run.is_stopping or (is_first and folder.has_learned):
            held = epoch_of(folder.weights) if folder.weights is not None else None
            self._document.take_run(reference_to(folder, run.epoch if held is None else held))

    def _recall(self) -> None:
        """Bring back the weights that the project was closed with, or say why they are not there."""
        self._run.forget()
        reference = self._document.project.run
        if reference is None:
            return
        folder = folder_of(reference, self._document.path)
        if folder is None:
            self._messages.say(
                f"The run {reference.folder} that this project has its weights from is not there any more. "
                "The network begins with fresh weights.",
                "warning",
                about=ABOUT,
            )
            return
        try:
            kept = open_kept(folder)
        except (DiskError, ProjectError, SourceError) as error:
            self._messages.say(f"The weights of the run {folder.name} are not used: {error}", "warning", about=ABOUT)
            return
        self._run.recall(kept)
        changed = "" if self._run.fits(self._document.graph) else " The network has changed since then."
        self._messages.say(f"{kept.sentence}{changed}", about=ABOUT)

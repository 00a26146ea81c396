"""Exports: the network leaves the program on a thread; the result is a sentence in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from cnnstudio.exchange.exporting.formats import KINDS, TRAINING_FOLDER
from cnnstudio.training.readiness import obstacle_of_export
from cnnstudio.training.runs.session import in_memory
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Jobs
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.exchange.exporting.export import Exported
    from cnnstudio.exchange.exporting.training_folder import TrainingFolder
    from cnnstudio.training.weights import Held


class Exports(QObject):
    """Asks where to, exports in the background, and says what became of it."""

    def __init__(self, document: Document, run: Run, files: Files, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._run, self._files = document, run, files
        self._jobs, self._messages = jobs, jobs.messages

    def ask(self, kind: str) -> None:
        """Ask for a file and export to it; where the network cannot be exported, say why instead."""
        if reason := self._refusal(kind):
            self._messages.say(reason, "error", about=kind)
            return
        title, suffix = KINDS[kind].title, KINDS[kind].suffix
        stem = "model" if self._document.path is None else self._document.path.stem
        self._files.choose(
            f"Export: {title}", f"{stem}{suffix}", f"{title} (*{suffix})", suffix, lambda path: self.start(kind, path)
        )

    def start(self, kind: str, path: Path) -> None:
        """Export to ``path`` in the background, with the trained weights where they fit the network."""
        graph, weights, recipe = self._document.graph, self._weights(), self._document.project.recipe
        is_untrained = kind in ("torchscript", "pt2") and weights is None and not recipe.weights

        def work(report: Report) -> Exported:
            from cnnstudio.exchange.exporting.export import export

            report(f"Writing {path.name} and comparing it with the network…", None)
            return export(graph, kind, path, weights, recipe=recipe, report=report)

        self._jobs.start(
            work, f"Exporting {path.name}…", lambda exported: self._say(kind, exported, is_untrained), about=kind
        )

    def ask_folder(self) -> None:
        """Ask for the name of a folder that trains the network elsewhere, and write it."""
        if reason := self._obstacle(TRAINING_FOLDER):
            self._messages.say(reason, "error", about=TRAINING_FOLDER)
            return
        stem = "model" if self._document.path is None else self._document.path.stem
        self._files.choose("Train elsewhere: a new folder", f"{stem} training", "Folders (*)", "", self.start_folder)

    def start_folder(self, path: Path) -> None:
        """Write the folder in the background."""
        project, title = self._document.project, self._document.title

        def work(report: Report) -> TrainingFolder:
            from cnnstudio.exchange.exporting.training_folder import write_training_folder

            return write_training_folder(project, path, title, report=report)

        def done(written: TrainingFolder) -> None:
            self._announce(written.sentence, written.path, TRAINING_FOLDER)

        self._jobs.start(work, f"Writing {path.name}…", done, about=TRAINING_FOLDER)

    def _obstacle(self, kind: str) -> str | None:
        document = self._document
        return obstacle_of_export(document.project, document.diagnostics, document.told, kind)

    def _refusal(self, kind: str) -> str | None:
        if reason := self._obstacle(kind):
            return reason
        if kind == "weights" and self._weights() is None and not self._document.project.recipe.weights:
            if self._run.is_gone and self._run.fits(self._document.graph):
                return (
                    "What this network has learned is not there any more: the files of its run were moved or deleted."
                )
            return "There are no trained weights of this network yet. Train it first, or export it in another way."
        return None

    def _weights(self) -> Path | Held | None:
        """The weights of the last run, where they are this network's: from memory, once it is over."""
        run = self._run
        if not run.fits(self._document.graph):
            return None
        if run.trained is not None and run.is_in_memory:
            return in_memory(run.trained)
        return run.weights

    def _say(self, kind: str, exported: Exported, is_untrained: bool) -> None:
        untrained = " Its weights are untrained." if is_untrained else ""
        self._announce(f"{exported.sentence}{untrained}", exported.path.parent, kind)

    def _announce(self, sentence: str, folder: Path, about: str) -> None:
        show = ("Show in folder", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self._messages.say(sentence, "success", show, about=about)

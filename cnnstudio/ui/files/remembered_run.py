"""Remembered run: the project in a window knows the run that it has its weights from, also on another day."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from cnnstudio.compiler.source import SourceError
from cnnstudio.disk import DiskError
from cnnstudio.project import ProjectError, RunReference
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.kept_run import KeptRun, folder_of, open_kept, other_places, own_folder
from cnnstudio.training.runs.queue import Entry
from cnnstudio.training.runs.weights_header import epoch_of
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.training.weights_here import lack_of_room, of_this_network, remember, take_weights
from cnnstudio.ui.widgets.messages import Messages

ABOUT = "weights"  # what messages are about that later ones replace
STAYS = "What this window trains, or has trained and no folder holds, stays here."


class RememberedRun(QObject):
    """Follows the run for the document, and brings back the run of a document that is opened.

    A run among the person's own is there at once. What else a file names is looked at when the person has said so.
    """

    def __init__(self, document: Document, run: Run, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._run, self._messages = document, run, messages
        self._task: Task[KeptRun | None] | None = None
        document.closed.connect(run.forget)
        document.opened.connect(self._recall)
        run.state_changed.connect(self._follow)
        run.advanced.connect(self._remember)
        run.queue.settled.connect(self._offer_queued)

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
            remember(self._document, folder, run.epoch if held is None else held)

    def _recall(self) -> None:
        """Bring back the weights that the project was closed with, or say why they are not there.

        What is being trained here, or is in memory alone, stays: the file was only read again.
        """
        if self._task is not None:
            self._task.stop()
            self._task = None
        reference, run = self._document.project.run, self._run
        if run.is_active or run.is_passing:
            if reference is not None:
                self._messages.say(f"The file names the run {Path(reference.folder).name} now. {STAYS}", about=ABOUT)
            return
        run.forget()
        if reference is None:
            return
        own = own_folder(reference)
        if own is not None and RunFolder(own).has_learned:
            try:
                self._take(open_kept(own))
            except (DiskError, ProjectError, SourceError) as error:
                self._refuse(str(error))
            return
        places = [str(place) for place in other_places(reference, self._document.path)]
        if all(map(self._document.places.is_chosen, places)):
            self._look_there(reference)
            return
        self._messages.say(
            f"The run {reference.folder} that this project has its weights from is not among yours. "
            "Nobody has looked elsewhere yet, as a stranger may have written that name.",
            "warning",
            ("Look there", lambda: self._choose(reference, places)),
            about=ABOUT,
        )

    def _choose(self, reference: RunReference, places: list[str]) -> None:
        self._document.places.choose(places)
        if self._document.project.run == reference and self._run.recalled is None:
            self._look_there(reference)

    def _look_there(self, reference: RunReference) -> None:
        """Look for the run where its project says, in the background: it may be on a share that is slow."""
        path = self._document.path

        def find() -> KeptRun | None:
            folder = folder_of(reference, path)
            return open_kept(folder) if folder is not None else None

        self._task = Task(lambda _: find(), "run of a project", self)
        self._task.finished.connect(lambda kept: self._take_found(reference, kept))
        self._task.failed.connect(self._refuse)

    def _take_found(self, reference: RunReference, kept: KeptRun | None) -> None:
        if self._document.project.run != reference or self._run.is_active:
            return  # another one has taken its place meanwhile
        if kept is None:
            self._messages.say(
                f"The run {reference.folder} that this project has its weights from is not there any more. "
                "The network begins with fresh weights.",
                "warning",
                about=ABOUT,
            )
            return
        self._take(kept)

    def _take(self, kept: KeptRun) -> None:
        self._run.recall(kept)
        changed = "" if self._run.fits(self._document.graph) else " The network has changed since then."
        self._messages.say(f"{kept.sentence}{changed}", about=ABOUT)

    def _refuse(self, reason: str) -> None:
        reference = self._document.project.run
        name = Path(reference.folder).name if reference is not None else ""
        self._messages.say(f"The weights of the run {name} are not used: {reason}", "warning", about=ABOUT)

    # what the queue has trained

    def _offer_queued(self, entry: Entry) -> None:
        """Have the weights of a run of the queue that has trained this network, at once where there are none yet.

        Of the runs of a sweep the person chooses one, in Runs.
        """
        is_over = entry.state in ("done", "stopped")
        if not is_over or entry.sweep or not entry.folder or lack_of_room(self._run):
            return
        kept = of_this_network(Path(entry.folder), self._document)
        if isinstance(kept, str):
            return
        if self._run.project is None and self._document.project.run is None:
            self._take_queued(kept)
            return
        best = kept.record.best
        right = f": {best.accuracy:.1%} in epoch {best.epoch}" if best is not None and best.accuracy is not None else ""
        self._messages.say(
            f"The queue has trained this network as well{right}.",
            "info",
            ("Use its weights", lambda: self._take_queued(kept)),
            ("Keep those here", lambda: None),
            about=ABOUT,
        )

    def _take_queued(self, kept: KeptRun) -> None:
        if reason := lack_of_room(self._run):
            self._messages.say(reason, "warning", about=ABOUT)
            return
        take_weights(kept, self._document, self._run)
        self._messages.say(f"{kept.sentence} The queue has trained this network.", "success", about=ABOUT)

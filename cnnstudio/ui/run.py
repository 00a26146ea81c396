"""Run: one training at a time. Starts it on a thread, keeps what it said, and tells panels from a timer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Graph
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.training.events import Finished, Remark, Started
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.session import Prepared, Progress, begin, images_key
from cnnstudio.ui.task import DRAIN_MILLISECONDS
from cnnstudio.worker import Report, Worker, sentence_of

if TYPE_CHECKING:
    from cnnstudio.insight.activations import ActivationProbe
    from cnnstudio.training.data.loading import Data
    from cnnstudio.training.layer_probe import LayerProbe

JOIN_SECONDS = 10.0


class Run(QObject):
    """The training in progress or the last one, and its ``history``.

    ``state`` is "idle", "preparing", "training", "paused", "finished" or "failed". ``advanced`` comes at most thirty
    times a second, and only when something new came.
    """

    state_changed = Signal(str)
    advanced = Signal()
    said = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "idle"
        self._worker: Worker | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)
        self._watched: tuple[str | None, int] = (None, 0)
        self._images: tuple[tuple[object, ...], Data] | None = None
        self._forget()

    def _forget(self, project: Project | None = None) -> None:
        self.project = project
        self.trained: Prepared | None = None
        self.history = History(project.recipe.batch_size if project is not None else 1)
        self.maps: FeatureMaps | None = None
        self.sentence = ""
        self.is_stopping = False

    @property
    def is_active(self) -> bool:
        """Whether a thread is at work (or waiting in a pause)."""
        return self.state in ("preparing", "training", "paused")

    @property
    def weights(self) -> Path | None:
        """The file of the best weights so far, where there is one."""
        folder = self.trained.folder if self.trained is not None else None
        return folder.weights if folder is not None else None

    def fits(self, graph: Graph) -> bool:
        """Whether ``graph`` computes what was trained, so that the weights are its weights."""
        try:
            return self.trained is not None and source(graph).text == self.trained.source.text
        except SourceError:
            return False

    # images in memory

    def images_of(self, project: Project) -> Data | None:
        """The images of this project, where they are in memory already."""
        return self._images[1] if self._images is not None and self._images[0] == images_key(project) else None

    def keep_images(self, project: Project, data: Data) -> None:
        """Keep the images of this project, and no others, for whoever wants them next."""
        self._images = images_key(project), data

    # commands

    def start(self, project: Project) -> None:
        """Train this project from fresh weights. Does nothing while another run is active."""
        if self.is_active:
            return
        self._finish_thread()
        self._forget(project)
        # a folder is read again: somebody may have put images into it
        known = self.images_of(project) if not DATASETS[project.recipe.data].is_folder else None
        destination = Destination(runs_folder(), must_keep=False)
        self._worker = Worker(lambda worker: begin(project, destination, _to(worker), known, self._probes), "training")
        self._set_state("preparing", "Preparing…")
        self._worker.start()
        self._timer.start()

    def pause(self) -> None:
        """Ask for no further steps for now."""
        if self.state == "training" and self._worker is not None:
            self._worker.pause()
            self._set_state("paused", "Paused.")

    def resume(self) -> None:
        """Go on after a pause."""
        if self.state == "paused" and self._worker is not None:
            self._worker.resume()
            self._set_state("training", "")

    def stop(self) -> None:
        """End the run after the step in progress; its best and last weights are kept."""
        if self.is_active and self._worker is not None:
            self.is_stopping = True
            self.sentence = "Stopping…"
            self._worker.stop()
            self.advanced.emit()

    def close(self, seconds: float = JOIN_SECONDS) -> bool:
        """Stop for good, and wait so long for the thread; whether it has ended."""
        self._timer.stop()
        return self._finish_thread(seconds)

    def watch(self, node: str | None, image: int) -> None:
        """Say which node's feature maps to show, of which validation image; the run sends them as it goes."""
        self._watched = (node, image)
        if self.trained is not None:
            self._look(self.trained, self.trained.probes[0])

    def _probes(self, prepared: Prepared) -> tuple[ActivationProbe, LayerProbe]:
        """What looks into the network while it trains; called on the thread that trains."""
        from cnnstudio.insight.activations import ActivationProbe
        from cnnstudio.training.layer_probe import LayerProbe

        probe = ActivationProbe()
        self._look(prepared, probe)  # here, so that no run is too short to be seen into
        return probe, LayerProbe()

    def _look(self, prepared: Prepared, probe: ActivationProbe) -> None:
        """Ask for the maps of the watched node, where the network has it, for the watched validation image."""
        node, image = self._watched
        probe.node = node if node is not None and node in prepared.project.graph else None
        probe.image = image % max(1, len(prepared.data.validation_images))

    def call(self, function: Callable[[], Any]) -> bool:
        """Run ``function`` on the training thread between two steps; False where no run is active."""
        if self._worker is None or not self.is_active:
            return False
        self._worker.call(function)
        return True

    # events

    def _drain(self) -> None:
        worker = self._worker
        if worker is None:
            self._timer.stop()
            return
        alive = worker.is_alive
        events = worker.drain()
        for event in events:
            self._take(event)
        if not alive:
            self._end(worker)
        if events or not alive:
            self.advanced.emit()

    def _take(self, event: object) -> None:
        self.history.take(event)
        match event:
            case FeatureMaps():
                self.maps = event
            case Progress() | Finished():
                self.sentence = event.sentence
            case Prepared():
                self.trained = event
                self.keep_images(event.project, event.data)
                self._look(event, event.probes[0])
            case Started() if self.state == "preparing":
                self._set_state("training", "")
            case Remark():
                self.said.emit(event.sentence)
            case Exception():  # of a look that somebody asked for between two steps
                self.said.emit(f"Looking into the network failed: {sentence_of(event)}")

    def _end(self, worker: Worker) -> None:
        self._timer.stop()
        history = self.history
        if isinstance(worker.error, DataCancelledError):
            self._set_state("idle", str(worker.error))
        elif worker.error is not None:
            self._set_state("failed", sentence_of(worker.error))
        elif history.finished is None and history.last is None:
            self._set_state("idle", history.sentence)
        else:
            is_diverged = history.finished is not None and history.finished.reason == "diverged"
            self._set_state("failed" if is_diverged else "finished", history.sentence)
        self.is_stopping = False
        if self.state != "idle":
            self.said.emit(self.sentence)

    def _set_state(self, state: str, sentence: str) -> None:
        self.state, self.sentence = state, sentence
        self.state_changed.emit(state)

    def _finish_thread(self, seconds: float = JOIN_SECONDS) -> bool:
        if self._worker is None:
            return True
        self._worker.stop()
        return self._worker.join(seconds)


def _to(worker: Worker) -> Report:
    """What long work on the worker's thread tells how far it is, and hears from whether to go on."""

    def report(sentence: str, share: float | None) -> bool:
        worker.post(Progress(sentence, share))
        return not worker.is_stopping

    return report

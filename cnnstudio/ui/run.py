"""Run: one training at a time. Starts it on a thread, keeps what it said, and tells panels from a timer."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, SourceError, source
from cnnstudio.disk import DiskError, reason
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Graph, Shape
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.training.events import EpochEnd, Finished, Remark, Started, Step
from cnnstudio.ui.task import DRAIN_MILLISECONDS
from cnnstudio.worker import Worker, sentence_of
from cnnstudio.zoo import Backbone

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

JOIN_SECONDS = 10.0
TURN_SECONDS = 0.1  # between two looks whether another window's training has ended
_turn = threading.Lock()


class Table:
    """Rows of numbers that only grow, read as columns: what the curves are drawn from."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._rows: NDArray[np.float64] = np.empty((len(names), 1024))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """A column, oldest first; a view that is only valid until the next row."""
        return self._rows[self._names.index(name), : self._count]

    def append(self, row: object) -> None:
        """Add a row from the attributes of an event."""
        if self._count == self._rows.shape[1]:
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)], axis=1)
        self._rows[:, self._count] = [getattr(row, name) for name in self._names]
        self._count += 1


@dataclass
class Prepared:
    """What a run works with, as the thread prepared it: the module with its source and its data."""

    project: Project
    source: Source
    module: Any  # an nn.Module, which only training knows
    data: Data
    watch: Any
    folder: Path | None

    def look_at(self, node: str | None, image: int) -> None:
        """Ask the run for the maps of this node, where the network has it, for this validation image."""
        self.watch.node = node if node is not None and node in self.project.graph else None
        self.watch.image = image % max(1, len(self.data.validation_images))


class Run(QObject):
    """The training in progress or the last one, and its history.

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

    def _forget(self) -> None:
        self.project: Project | None = None
        self.trained: Prepared | None = None
        self.started: Started | None = None
        self.steps = Table("step", "epoch", "loss", "accuracy", "learning_rate", "images_per_second")
        self.epochs = Table(
            "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"
        )
        self.last: Step | None = None
        self.best: EpochEnd | None = None
        self.maps: FeatureMaps | None = None
        self.notes: list[str] = []
        self.sentence = ""
        self.share: float | None = None
        self.is_stopping = False
        self._ended: Finished | None = None

    @property
    def is_active(self) -> bool:
        """Whether a thread is at work (or waiting in a pause)."""
        return self.state in ("preparing", "training", "paused")

    @property
    def weights(self) -> Path | None:
        """The file of the best weights so far, where there is one."""
        if self.trained is None or self.trained.folder is None:
            return None
        files = (self.trained.folder / f"{name}.safetensors" for name in ("best", "last"))
        return next((path for path in files if path.exists()), None)

    def fits(self, graph: Graph) -> bool:
        """Whether ``graph`` computes what was trained, so that the weights are its weights."""
        try:
            return self.trained is not None and source(graph).text == self.trained.source.text
        except SourceError:
            return False

    @property
    def remaining_seconds(self) -> float | None:
        """How long the rest will take, from the epochs' own times; None where there is nothing to go by."""
        if self.started is None or self.last is None or not self.last.images_per_second:
            return None
        left = self.started.epochs * self.started.steps_per_epoch - self.last.step
        if len(self.epochs):
            return float(self.epochs["seconds"].mean()) * left / self.started.steps_per_epoch
        batch = self.project.recipe.batch_size if self.project else 1
        return left * batch / self.last.images_per_second

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
        self._forget()
        self.project = project
        # a folder is read again: somebody may have put images into it
        known = self.images_of(project) if not DATASETS[project.recipe.data].is_folder else None
        self._worker = Worker(lambda worker: _train(project, worker, known, lambda: self._watched), "training")
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
            self.trained.look_at(node, image)

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
        match event:
            case Step():
                self.last = event
                self.steps.append(event)
            case EpochEnd():
                self.epochs.append(event)
                if event.is_best:
                    self.best = event
            case FeatureMaps():
                self.maps = event
            case Progress():
                self.sentence, self.share = event.sentence, event.share
            case Prepared():
                self.trained = event
                self.keep_images(event.project, event.data)
                self.watch(*self._watched)
            case Started():
                self.started, self.share = event, None
                self.notes += event.notes
                if self.state == "preparing":
                    self._set_state("training", "")
            case Remark():
                self.notes.append(event.sentence)
                self.said.emit(event.sentence)
            case Finished():
                self.sentence = event.sentence
                self._ended = event
        if isinstance(event, Step) and self.started is not None:
            self.share = event.step / max(1, self.started.epochs * self.started.steps_per_epoch)

    def _end(self, worker: Worker) -> None:
        self._timer.stop()
        ended, self._ended = self._ended, None
        if isinstance(worker.error, DataCancelledError):
            self._set_state("idle", str(worker.error))
        elif worker.error is not None:
            self._set_state("failed", sentence_of(worker.error))
        elif ended is not None:
            self._set_state("failed" if ended.reason == "diverged" else "finished", ended.sentence)
        elif self.last is None:
            self._set_state("idle", "Stopped before the first step.")
        else:
            best = f" The best weights are those of epoch {self.best.epoch}." if self.best is not None else ""
            self._set_state("finished", f"Stopped in epoch {self.last.epoch}.{best}")
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


@dataclass(frozen=True)
class Progress:
    """How far the preparation is: a sentence, and a share from 0 to 1 where it is known."""

    sentence: str
    share: float | None


def images_key(project: Project) -> tuple[object, ...]:
    """What the images of a project, and how they are normalised, follow from."""
    recipe, graph = project.recipe, project.graph.acting
    inputs = graph.inputs
    backbones = [node.block for node in graph if isinstance(node.block, Backbone)] if recipe.weights else []
    size = inputs[0].block if inputs else None
    return recipe.data, recipe.folder, recipe.validation_share, recipe.seed, recipe.weights, size, *backbones


def image_size(graph: Graph) -> Shape | None:
    """The size that images must have to enter this network: channels, height, width; None where it takes no images."""
    graph = graph.acting
    size = infer(graph).shape(graph.inputs[0].name) if graph.inputs else None
    return size if size is not None and size.is_map else None


def _train(
    project: Project,
    worker: Worker,
    known: Data | None = None,
    watched: Callable[[], tuple[str | None, int]] = lambda: (None, 0),
) -> Iterator[Any]:
    """Prepare and train, on the worker's thread; yields what ``Run`` takes.

    One window trains at a time. Torch has one source of chance for dropout and first weights, so that two at once would
    neither give what their seeds promise; and two on a few cores take longer than one after the other.
    """
    while not _turn.acquire(timeout=TURN_SECONDS):
        yield Progress("Waiting until the training in another window has ended…", None)
    try:
        folder, warning = _run_folder(project)
        if warning:
            yield Remark(warning)
        yield Progress("Starting PyTorch…", None)
        trained = prepare(project, lambda sentence, share: _told(worker, sentence, share), folder, known)
        trained.look_at(*watched())  # here, so that no run is too short to be seen into
        yield trained
        from cnnstudio.training.loop import train

        yield from train(trained.module, trained.data, project.recipe, folder, (trained.watch,), trained.source)
    finally:
        _turn.release()


def prepare(
    project: Project,
    progress: Callable[[str, float | None], bool],
    folder: Path | None = None,
    known: Data | None = None,
) -> Prepared:
    """The module of a project with its first weights, and its images, unless they are ``known`` already.

    Raises ``SourceError``, ``DataError`` or ``TrainingError`` with a sentence.
    """
    from cnnstudio.insight.activations import ActivationProbe
    from cnnstudio.training import preparation

    text, module, data = preparation.prepare(project, progress, known)
    return Prepared(project, text, module, data, ActivationProbe(), folder)


def _told(worker: Worker, sentence: str, share: float | None) -> bool:
    worker.post(Progress(sentence, share))
    return not worker.is_stopping


def _run_folder(project: Project) -> tuple[Path | None, str]:
    """A new folder with this project in it, for the weights of a run; and what to say where it will not be kept.

    Who has nowhere to write, or a full disk, trains all the same: until the program ends the weights are in a temporary
    folder, so that they can be looked at and exported.
    """
    try:
        folder = _new_folder()
        write(folder / "project.cnn", project)
    except (DiskError, ProjectError) as error:
        warning = f"{error} This run is gone when the program ends: export what you want to keep of it."
        try:
            passing = Path(tempfile.mkdtemp(prefix="cnnstudio-run-"))
        except OSError:
            return None, f"{error} Nothing of this run will be kept."
        atexit.register(shutil.rmtree, passing, ignore_errors=True)
        return passing, warning
    return folder, ""


def _new_folder() -> Path:
    """A folder for one run, called after the moment: runs/2026-01-31 14-05-09. Raises ``DiskError``."""
    stem = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    for number in range(1, 1000):
        folder = runs_folder() / (stem if number == 1 else f"{stem} ({number})")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise DiskError(f"The run has nowhere to keep its weights: {folder.parent}: {reason(error)}.") from error
        return folder
    raise DiskError(f"There are too many runs of {stem} in {runs_folder()}.")

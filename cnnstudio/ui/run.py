"""Run: one training at a time. Starts it on a thread, keeps what it said, and tells panels from a timer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.compiler.source import Place, Source, SourceError, source
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Graph
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.insight.subject import OwnPicture
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.rest import Rest
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.training.events import EpochEnd, Finished, Foreseen, Remark, Started, Step
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.kept_run import KeptRun, remembering
from cnnstudio.training.runs.session import Course, Past, Prepared, Progress, begin, go_on
from cnnstudio.ui.kept.kept_runs import KeptRuns
from cnnstudio.ui.kept.loaded_images import LoadedImages
from cnnstudio.ui.looked_at.cell_choice import CellChoice
from cnnstudio.ui.looked_at.picture_choice import PictureChoice
from cnnstudio.ui.task import DRAIN_MILLISECONDS, Answer, reporting
from cnnstudio.ui.training.queue_work import QueueWork
from cnnstudio.worker import Report, Worker, sentence_of

if TYPE_CHECKING:
    from cnnstudio.insight.activations import ActivationProbe
    from cnnstudio.training.layer_probe import LayerProbe

T = TypeVar("T")
JOIN_SECONDS = 10.0
APART = 100  # times as long as showing what is new takes, from one time to the next: the cores are the training's
IN_MEMORY = "They are in memory until this window closes or trains anew: export them to another disk."


@dataclass
class Coming:
    """A run that has not taken a step yet: until then the one before stays what there is."""

    project: Project
    history: History
    trained: Prepared | None = None


class Run(QObject):
    """The training in progress or the last one, with its ``history``; all runs ``kept``; the ``queue`` of all windows.

    ``state`` is "idle", "preparing", "training", "paused", "finished" or "failed". ``advanced`` comes when something is
    new, as often as the cores can spare. ``trained`` is what the last run has worked with, ``recalled`` a run of an
    earlier day that the project has its weights from. A run that fails before its first step leaves all as it was.
    """

    state_changed = Signal(str)
    advanced = Signal()
    looked = Signal()  # another network, or its images, are here to be looked into
    said = Signal(str)
    warned = Signal(str)  # of what may be lost: nothing that is said later may hide it

    def __init__(self, parent: QObject | None = None, queue: QueueWork | None = None) -> None:
        super().__init__(parent)
        self.state = "idle"
        self.kept = KeptRuns(self)
        self.state_changed.connect(self.kept.follow)
        self.queue = queue or QueueWork(self)
        self.queue.settled.connect(self.kept.look_again)
        self._worker: Worker | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)
        self._rest, self._has_news = Rest(DRAIN_MILLISECONDS / 1000, APART, most=1.0), False
        self.picture, self.cell = PictureChoice(self), CellChoice(self)
        self._watched: tuple[Place | None, int | OwnPicture] = (None, 0)
        self.loaded = LoadedImages(lambda: self.trained)
        self._coming: Coming | None = None
        self._fitting: tuple[Graph, Source, bool] | None = None
        self._forget()

    def _forget(self) -> None:
        self.project: Project | None = None
        self.trained: Prepared | None = None
        self.recalled: KeptRun | None = None
        self.looked_at: Prepared | None = None  # the last network that was looked into without training it
        self.history = History()
        self.maps: FeatureMaps | None = None
        self.sentence = ""
        self.is_stopping = False

    @property
    def is_active(self) -> bool:
        """Whether a thread is at work (or waiting in a pause)."""
        return self.state in ("preparing", "training", "paused")

    @property
    def under_way(self) -> History:
        """What was said of the run that is prepared, or else of the last one: the same, once it has taken a step."""
        return self._coming.history if self._coming is not None else self.history

    @property
    def share(self) -> float | None:
        """How much is done of the training, or of its preparation, from 0 to 1; None where nobody knows."""
        return self.under_way.share

    @property
    def folder(self) -> RunFolder | None:
        """The folder of the run, where it has one."""
        known = self.trained or self.recalled
        return known.folder if known is not None else None

    @property
    def weights(self) -> Path | None:
        """The file of the best weights so far, where there is one."""
        return self.folder.weights if self.folder is not None else None

    @property
    def is_in_memory(self) -> bool:
        """Whether a run is over whose network is still here, with the weights that count."""
        return self.trained is not None and self.history.last is not None and not self.is_active

    @property
    def is_passing(self) -> bool:
        """Whether what was trained is gone when the program ends: no folder that stays holds it, or not all of it."""
        folder = self.folder
        return self.is_in_memory and (folder is None or not folder.is_kept or bool(self.unkept) or self.is_gone)

    @property
    def unkept(self) -> str:
        """What of the run that is over is not on the disk, in a sentence; empty where all is."""
        return self.trained.end.unkept if self.trained is not None and not self.is_active else ""

    @property
    def is_gone(self) -> bool:
        """Whether the files of a run that has ended are not where they were: moved, deleted, in the bin."""
        has_learned = self.history.last is not None and not self.is_active
        return has_learned and self.folder is not None and not self.folder.has_learned

    @property
    def epoch(self) -> int:
        """The epoch of the weights that count, from 1; 0 where that is not known."""
        if self.trained is not None and self.is_in_memory:
            return self.trained.end.epoch
        if self.recalled is not None:
            return self.recalled.epoch
        if self.history.best is not None:
            return self.history.best.epoch
        return 0

    @property
    def own_project(self) -> Project | None:
        """The project as the run has it, with the weights of this very run."""
        if self.project is None or self.folder is None:
            return self.project
        return remembering(self.project, self.folder, self.epoch)

    @property
    def classes(self) -> Sequence[str]:
        """The classes that the run tells apart; none where that is not known."""
        if self.trained is not None:
            return self.trained.data.classes
        return self.recalled.classes if self.recalled is not None else ()

    @property
    def images(self) -> tuple[int, int]:
        """How many images the run has to learn from, and how many it is validated with; 0 where nobody knows."""
        if self.trained is not None:
            return self.trained.data.counts
        return self.recalled.record.images if self.recalled is not None else (0, 0)

    @property
    def has_ended_early(self) -> bool:
        """Whether the run came to its end before all its epochs, since it had waited as long as its recipe says."""
        started = self.history.started
        return self.is_at_end and started is not None and len(self.history.epochs) < started.epochs

    @property
    def is_at_end(self) -> bool:
        """Whether all epochs of the run are done."""
        return self.history.finished is not None and self.history.finished.reason == "done"

    @property
    def can_go_on(self) -> bool:
        """Whether the run can be gone on with, or be given more epochs; one that diverged would do so again."""
        finished, folder = self.history.finished, self.folder
        has_diverged = finished is not None and finished.reason == "diverged"
        return not self.is_active and not has_diverged and folder is not None and folder.checkpoint.exists()

    def fits(self, graph: Graph) -> bool:
        """Whether ``graph`` computes what was trained, so that the weights are its weights."""
        known = self.trained or self.recalled
        if known is None:
            return False
        if self._fitting is None or self._fitting[0] is not graph or self._fitting[1] is not known.source:
            try:
                self._fitting = graph, known.source, source(graph).text == known.source.text
            except SourceError:
                return False
        return self._fitting[2]

    def seems_to_fit(self, graph: Graph) -> bool:
        """What ``fits`` said last, at once: to know it of another graph is to write its whole source."""
        known = self.trained or self.recalled
        return known is not None and (self._fitting is None or self._fitting[1] is not known.source or self._fitting[2])

    # commands

    def start(self, project: Project, title: str = "") -> None:
        """Train this project, which is called so, from fresh weights. Does nothing while another run is active."""
        # what is a person's own is read again: somebody may have put images into it
        known = self.loaded.all_of(project) if not DATASETS[project.recipe.data].is_own else None
        destination = Destination(runs_folder(), must_keep=False, title=title)
        self._begin(project, lambda report: begin(project, destination, report, known, self._probes))

    def go_on(self, epochs: int | None = None) -> None:
        """Go on with the run, to its end or to so many epochs in all, where ``can_go_on``.

        One that has ended early goes on to its last epoch, whether they bring anything better or not.
        """
        known, folder = self.trained or self.recalled, self.folder
        if known is not None and folder is not None and self.can_go_on:
            images = self.loaded.all_of(known.project) if not DATASETS[known.project.recipe.data].is_own else None
            patience = 0 if self.has_ended_early else None
            self._begin(
                known.project, lambda report: go_on(folder, report, epochs, images, self._probes, patience=patience)
            )

    def _begin(self, project: Project, course: Callable[[Report], Course]) -> None:
        if self.is_active:
            return
        self._finish_thread()
        self._coming = Coming(project, History(project.recipe.batch_size))
        self._worker = Worker(lambda worker: course(reporting(worker)), "training")
        self.is_stopping = False
        self._set_state("preparing", "Preparing…")
        self._worker.start()
        self._timer.start()

    def recall(self, kept: KeptRun) -> None:
        """Have the weights of a run of an earlier day, and its curves. Does nothing while a run is active."""
        if not self.is_active:
            self._forget()
            self.project, self.recalled, self.history = kept.project, kept, kept.history
            self._set_state("finished", kept.sentence)
            self.advanced.emit()

    def settled(self) -> None:
        """Say that all of the run that is over is on the disk now."""
        self._set_state(self.state, self.history.sentence)

    def forget(self) -> None:
        """Have no weights any more: another project is open. Does nothing while a run is active."""
        if not self.is_active:
            self.loaded.let_go()
            self.cell.choose(None)
        if not self.is_active and (self.state != "idle" or self.project is not None):
            self._forget()
            self._set_state("idle", "")
            self.advanced.emit()

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
        has_ended = self._finish_thread(seconds)
        if has_ended:  # whoever still knows the run that is closed keeps no images by that
            self.loaded.let_go()
            self._coming = self.looked_at = None
            if self.trained is not None:
                self.trained = replace(self.trained, data=self.trained.data.without_images)
        return all([has_ended, self.kept.close(seconds)])

    def hear_out(self) -> None:
        """Take what the run has still said, after ``close``."""
        if self.is_active:
            self._drain()

    def watch(self, place: Place | None, picture: int | OwnPicture) -> None:
        """Say which node's feature maps to show, of which picture; the run sends them as it goes."""
        if self._watched != (place, picture):
            self._watched = (place, picture)
            if self.trained is not None:
                self.trained.probes[0].aim(self.trained, *self._watched)

    def _probes(self, prepared: Prepared) -> tuple[ActivationProbe, LayerProbe]:
        """What looks into the network while it trains; called on the thread that trains."""
        from cnnstudio.insight.activations import ActivationProbe
        from cnnstudio.training.layer_probe import LayerProbe

        probe = ActivationProbe()
        probe.aim(prepared, *self._watched)  # here, so that no run is too short to be seen into
        return probe, LayerProbe()

    def ask(self, function: Callable[[], T], take: Callable[[T], object]) -> bool:
        """Run ``function`` on the training thread between two steps, and ``take`` what it returns in the window's.

        False where no run is active. What it raises is said to the person, and ends nothing.
        """
        if self._worker is None or not self.is_active:
            return False
        self._worker.call(lambda: Answer(function(), take))
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
        self._has_news |= bool(events)
        if not alive or (self._has_news and self._rest.is_over):
            began, self._has_news = time.perf_counter(), False
            self.advanced.emit()
            self._rest.after(time.perf_counter() - began)

    def _take(self, event: object) -> None:
        if isinstance(event, Past | Step | EpochEnd) and self._coming is not None:
            self._take_over(self._coming)
        self.under_way.take(event)
        match event:
            case FeatureMaps():
                self.maps = event
            case Progress() | Finished():
                self.sentence = event.sentence
            case Foreseen() if self.state == "training":
                self.sentence = event.sentence
            case Step() if self.state == "training" and not self.is_stopping:
                self.sentence = ""
            case Prepared():
                self.loaded.keep(event.project, event.data)
                event.probes[0].aim(event, *self._watched)
                if self._coming is not None:
                    self._coming.trained, self._coming.project = event, event.project
            case Started() if self.state == "preparing":
                self._set_state("training", "")
            case Remark():
                (self.warned if event.is_grave else self.said).emit(event.sentence)
            case Answer():
                event.take(event.found)
            case Exception():  # of a look that somebody asked for between two steps
                self.said.emit(f"Looking into the network failed: {sentence_of(event)}")

    def _take_over(self, coming: Coming) -> None:
        """Let the run that has begun take the place of the one before."""
        self._coming = self.maps = self.recalled = self.looked_at = None
        self.project, self.trained, self.history = coming.project, coming.trained, coming.history
        if self.trained is not None:
            self.trained.probes[0].aim(self.trained, *self._watched)

    def _end(self, worker: Worker) -> None:
        self._timer.stop()
        history, self._coming = self.under_way, None
        is_diverged = history.finished is not None and history.finished.reason == "diverged"
        if worker.error is not None and not isinstance(worker.error, DataCancelledError):
            self._set_state("failed", sentence_of(worker.error))
        elif is_diverged:  # also before the first step, when there is no number to begin with
            self._set_state("failed", history.sentence)
        elif history.last is None:
            sentence = history.sentence if worker.error is None else str(worker.error)
            self._set_state("idle" if self.folder is None else "finished", sentence)
        else:
            self._set_state("finished", f"{history.sentence}{self._told_of_later(history)}")
        self.is_stopping = False
        if self.state != "idle":
            self.said.emit(self.sentence)
        if history is self.history and self.unkept:  # not of the run before
            self.sentence = f"{self.sentence} {self.unkept}"
            self.warned.emit(f"{self.unkept} {IN_MEMORY}")

    def _told_of_later(self, history: History) -> str:
        """That the network has better weights than the run has come to by now, since it was killed and gone on with."""
        end = self.trained.end if self.trained is not None else None
        if end is None or history.best is None or not end.is_best or end.epoch <= history.best.epoch:
            return ""
        return f" The network has those of epoch {end.epoch}, which this run had reached before the program was ended."

    def _set_state(self, state: str, sentence: str) -> None:
        self.state, self.sentence = state, sentence
        self.state_changed.emit(state)

    def _finish_thread(self, seconds: float = JOIN_SECONDS) -> bool:
        if self._worker is None:
            return True
        self._worker.stop()
        return self._worker.join(seconds)

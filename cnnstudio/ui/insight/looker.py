"""Looker: a panel's way into the network as it is now, with its images; or the sentence why there is none to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import Graph
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.readiness import obstacle_of_look
from cnnstudio.training.runs.session import Prepared, images_key, prepare
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.side_choice import Side
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.runs.kept_run import KeptRun

T = TypeVar("T")
LOAD, FETCH = "Load the images", "Fetch the weights"
PREPARING = "The run is being prepared…"
CHOOSE = "Choose an epoch of this run, or another run, to see it beside the first."
WHEN_OVER = "Other weights are looked at when the run is over."


class _Wish:
    """Whether an answer ``stands``, that is, is still wanted, and whether a run ``owes`` it."""

    stands, owes = True, False


class Looker(QObject):
    """Finds the network that is looked into: the one that is trained, that was trained, of an earlier run, or new.

    ``look`` does one piece of work with it, never on the window's thread, and only the last one asked for counts. Where
    there is nothing to look at, ``refused`` says why, with the words of a button where the person may allow what is
    lacking: ``allow`` says that they did, for this project, until another one is opened. One that ``follows_queue``
    finds what the queue trains, where it is this network and nothing was learned of it here.
    """

    refused = Signal(str, str)  # a sentence, and what can be allowed, or nothing
    progressed = Signal(str, object)  # what is done meanwhile, and how much of it, from 0 to 1, where that is known

    def __init__(
        self, document: Document, run: Run, parent: QObject, name: str, *, follows_queue: bool = False
    ) -> None:
        super().__init__(parent)
        self.document, self.run, self._name, self._follows_queue = document, run, name, follows_queue
        self._text: tuple[Graph, str] | None = None  # the source of the last network that was asked for
        self._may_load = ""  # the data set that the person allowed to be loaded only to look
        self._task: Task[Any] | None = None
        self._ending: list[Task[Any]] = []  # those that were stopped, until their threads are gone
        self._wish = _Wish()
        self.beside: Side | None = None  # whose weights are looked at in the place of this network's
        self._beside: tuple[Side, Project, Prepared] | None = None  # what was built for it last
        document.opened.connect(self._allow_nothing)

    def allow(self) -> None:
        """Let images and weights be fetched to look at this project."""
        self._may_load = self.document.project.recipe.data

    def _allow_nothing(self) -> None:
        self._may_load = ""  # that was said of another project
        self.drop()

    @property
    def reason(self) -> tuple[str, str] | None:
        """Why there is nothing to look at now, and what the person may allow, or nothing; None where there is."""
        run, document = self.run, self.document
        if self.beside is not None:
            if self.beside.folder is None:
                return CHOOSE, ""
            return (WHEN_OVER, "") if run.is_active else None
        if run.is_active:
            return (PREPARING, "") if run.trained is None or run.state == "preparing" else None
        if self.queued is not None:
            return None
        refusal = obstacle_of_look(
            document.project,
            document.diagnostics,
            document.told,
            is_built=self.ready is not None,
            seen=document.places.seen,
        )
        if refusal:
            return refusal, ""
        dataset = DATASETS[document.project.recipe.data]
        is_allowed = dataset.key == self._may_load
        if dataset.download_megabytes and not is_allowed and run.loaded.some_of(document.project) is None:
            return f"{dataset.sentence} An image is needed to look at.", LOAD
        is_fetched = self.ready is not None or run.fits(document.graph)
        if document.project.recipe.weights == "torchvision" and not is_fetched and not is_allowed:
            return "It begins with torchvision's weights, which are downloaded once. They are needed to look.", FETCH
        return None

    @property
    def queued(self) -> Prepared | None:
        """What the queue trains at this moment, where that is looked into."""
        run, queue = self.run, self.run.queue
        prepared = queue.prepared if queue.history.started is not None else None
        if prepared is None or not self._follows_queue or run.is_active or run.project is not None or self.beside:
            return None
        return prepared if self._text_of(self.document.graph) == prepared.source.text else None

    @property
    def has_learned(self) -> bool:
        """Whether a run is over that has left weights, in memory or on the disk."""
        run = self.run
        return not run.is_active and run.project is not None and (run.is_in_memory or run.weights is not None)

    @property
    def ready(self) -> Prepared | None:
        """The network that was trained or looked at last, where it still computes what the canvas shows."""
        return self._ready(self.document.project)

    def _ready(self, project: Project) -> Prepared | None:
        text, key = self._text_of(project.graph), images_key(project)
        for prepared in (self.run.trained, self.run.looked_at):
            if prepared is not None and prepared.source.text == text and images_key(prepared.project) == key:
                return prepared
        return None

    def _text_of(self, graph: Graph) -> str | None:
        """The source of a network; None where it has none."""
        if self._text is None or self._text[0] is not graph:
            try:
                self._text = graph, source(graph).text
            except SourceError:
                return None
        return self._text[1]

    def look(
        self,
        work: Callable[[Subject, Report], T],
        done: Callable[[Subject, T], object],
        *,
        all_images: bool = False,
        of_run: bool = False,
    ) -> bool:
        """Do this work with the network, and give ``done`` what it finds, in the window's thread; whether it began.

        It takes the place of what was asked for before. While a run is active the work is done on its thread between
        two steps, so it must be short; it finds the network in ``eval`` mode and random numbers of its own, and must
        leave weights and gradients as they are. ``all_images`` are needed, not only some to look at. ``of_run`` takes
        the network of the run that is over, where there is one, though the canvas shows another by now.
        """
        self.drop()
        if self.beside is not None:
            return self._look_beside(self.beside, work, done)
        own = self.run.project if of_run and self.has_learned else None
        if own is None and (reason := self.reason) is not None:
            self.refused.emit(*reason)
            return False
        if self.run.is_active or self.queued is not None:
            return self._look_into_run(work, done)
        run, project = self.run, own or self.document.project
        ready = run.trained if own is not None and run.is_in_memory else self._ready(project)
        known = run.loaded.all_of(project) if all_images else run.loaded.some_of(project)
        kept = run.weights if run.trained is None and run.fits(project.graph) else None
        recalled = run.recalled
        lacks = ready is not None and all_images and ready.data.whole is not None

        subject_of = self._subject_of(project, recalled)

        def find(report: Report) -> tuple[Subject, T]:  # a thread holds nothing of Qt's
            prepared = ready
            if prepared is None or lacks:
                prepared = prepare(project, report, known, kept, some=not all_images)
            subject = subject_of(prepared)
            return subject, work(subject, report)

        self._start(find, lambda found: self._take(done, recalled, *found))
        return True

    def _look_beside(
        self, side: Side, work: Callable[[Subject, Report], T], done: Callable[[Subject, T], object]
    ) -> bool:
        """Do this work with other weights: those of an epoch, or of another run, with the same images."""
        if (reason := self.reason) is not None:
            self.refused.emit(*reason)
            return False
        folder, project = side.folder, self.run.project or self.document.project
        assert folder is not None  # or there is a reason not to look
        known, data = self._beside, self.run.loaded.all_of(project)

        def find(report: Report) -> tuple[Prepared, Subject, T]:
            from cnnstudio.insight.evaluation.of_run import prepared_beside

            if known is not None and known[:2] == (side, project):
                prepared = known[2]
            else:
                prepared = prepared_beside(folder, project, data, report, epoch=side.epoch)
            subject = Subject(prepared, side.name, is_trained=True)
            return prepared, subject, work(subject, report)

        def take(found: tuple[Prepared, Subject, T]) -> None:
            self._beside = side, project, found[0]
            done(found[1], found[2])

        self._start(find, take)
        return True

    def _start(self, find: Callable[[Report], Any], take: Callable[[Any], object]) -> None:
        """Do this on a thread, and say what it does meanwhile."""
        self._task = Task(find, self._name, self)
        self._task.progressed.connect(self.progressed)
        self._task.progressed.connect(lambda sentence, _: self.refused.emit(sentence, "") if sentence else None)
        self._task.finished.connect(take)
        self._task.failed.connect(lambda sentence: self.refused.emit(sentence, ""))

    def _look_into_run(self, work: Callable[[Subject, Report], T], done: Callable[[Subject, T], object]) -> bool:
        queued, run = self.queued, self.run
        trained, asked = (run.trained, run) if queued is None else (queued, run.queue)
        assert trained is not None  # or there is a reason not to look
        step = asked.history.last.step if asked.history.last is not None else 0
        where = "" if queued is None else ", in the queue"
        subject = Subject(trained, f"step {step:,}{where}", step, is_trained=True)
        wish = self._wish

        def take(found: T | None) -> None:
            wish.owes = False
            if wish.stands and found is not None:
                done(subject, found)

        def between_steps() -> T | None:
            from cnnstudio.training.device import evaluated
            from cnnstudio.training.drawing import drawing

            if not wish.stands:  # it was long until the step ended
                return None
            try:
                with evaluated(subject.module), drawing(step):
                    return work(subject, lambda *_: wish.stands)
            except BaseException:
                wish.owes = False
                raise

        wish.owes = asked.ask(between_steps, take)
        return wish.owes

    def _subject_of(self, project: Project, recalled: KeptRun | None) -> Callable[[Prepared], Subject]:
        """What makes a subject of what was built for this project, as things are now."""
        run = self.run
        trained, last = run.trained, run.history.last
        of_trained = (trained.end.sentence if run.is_in_memory else f"step {last.step:,}") if trained and last else ""
        of_recalled = recalled.sentence.rstrip(".").lower() if recalled is not None and run.fits(project.graph) else ""

        def subject_of(prepared: Prepared) -> Subject:
            if prepared is trained and last is not None:
                return Subject(prepared, of_trained, last.step, is_trained=True)
            return Subject(prepared, of_recalled or "untrained weights", is_trained=bool(of_recalled))

        return subject_of

    def _take(self, done: Callable[[Subject, T], object], recalled: KeptRun | None, subject: Subject, found: T) -> None:
        if subject.prepared is not self.run.trained and recalled is self.run.recalled:
            is_other = self.run.looked_at is not subject.prepared
            self.run.looked_at = subject.prepared
            self.run.loaded.keep(subject.project, subject.data)
            if is_other:
                self.run.looked.emit()
        done(subject, found)

    def drop(self) -> None:
        """What was asked for is not needed any more; what is computed just now ends when it can."""
        self._wish.stands = False
        self._wish = _Wish()
        if self._task is not None:
            self._task.stop()
            self._ending.append(self._task)
            self._task = None
        for task in [each for each in self._ending if each.has_ended]:
            self._ending.remove(task)
            task.deleteLater()

    @property
    def is_answered(self) -> bool:
        """Whether the run that was asked between two steps has answered: who asks anew before gets no answer at all."""
        return not ((self.run.is_active or self.queued is not None) and self._wish.owes)

    @property
    def is_looking(self) -> bool:
        """Whether work outside of a run goes on."""
        return self._task is not None and self._task.is_running

    def close(self, seconds: float = 10.0) -> bool:
        """Stop for good and wait so long for what is computed; whether it has ended."""
        self._wish.stands = False
        tasks = [*self._ending, *([self._task] if self._task is not None else [])]
        ended = [task.stop(seconds) for task in tasks]
        return all(ended)

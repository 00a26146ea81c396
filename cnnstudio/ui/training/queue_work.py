"""Queue work: the queue as the windows of one program know it, and the thread on which it is worked through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.project import Project
from cnnstudio.training.diagnosis import symptoms
from cnnstudio.training.events import EpochEnd, Finished, Remark
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.queue import Entry, Queue, QueueError, QueueFile, new_entry
from cnnstudio.training.runs.queue_runner import Begun, QueueRunner, Settled
from cnnstudio.training.runs.session import Prepared, Progress
from cnnstudio.ui.task import DRAIN_MILLISECONDS, Answer, reporting
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.wording import counted
from cnnstudio.worker import Worker, sentence_of

JOIN_SECONDS = 10.0
LOOK_AGAIN = 1_000  # milliseconds between two looks at the file, while somebody watches it
QUEUE = "queue"  # what messages are about
T = TypeVar("T")


class QueueWork(QObject):
    """One for all windows: ``queue`` is as it was when the file was looked at last, ``entry`` what is trained here.

    ``history`` is what its run has said, ``sentence`` how far its preparation is, ``prepared`` what it works with, once
    that is known, and ``doubt`` what seemed wrong with it at the end of the last epoch. ``changed`` comes when the
    queue is another one, ``advanced`` when the run is further, ``settled`` with its entry when a run of it has ended.
    ``ended`` comes when no run is trained here any more, with a sentence where the queue was worked through or cannot
    go on.
    """

    changed = Signal()
    advanced = Signal()
    settled = Signal(object)
    ended = Signal(str)
    said = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.file = QueueFile()
        self.queue = Queue()
        self.is_stopping = False
        self._forget()
        self._runner = QueueRunner(self.file)
        self._worker: Worker | None = None
        self._ended_so: list[Entry] = []
        self._stamp: tuple[int, int] | None = None
        self._timer = QTimer(self, interval=DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)

    @property
    def is_working(self) -> bool:
        """Whether a thread of this program works the queue through."""
        return self._worker is not None

    @property
    def is_elsewhere(self) -> bool:
        """Whether another program trains a run of it at this moment."""
        return not self.is_working and self.queue.running is not None

    # the queue

    def look(self) -> None:
        """See what is in the file, where that has changed."""
        stamp = self.file.stamp
        if self._stamp != stamp:
            self._stamp = stamp
            self._keep(self.file.read)

    def add(self, project: Project, title: str) -> bool:
        """Queue this project as it is now; whether that could be done."""
        try:
            entry = new_entry(project, title)
        except QueueError as error:
            self.said.emit(str(error))
            return False
        return self._change(lambda queue: queue.added(entry))

    def remove(self, *ids: str) -> bool:
        """Take these out of the queue; their runs stay where they are."""
        return self._change(lambda queue: queue.without(*ids))

    def clear(self) -> bool:
        """Take those out that are over."""
        return self._change(Queue.cleared)

    def move(self, id_: str, place: int) -> bool:
        """Put an entry at another place, 0 the first."""
        return self._change(lambda queue: queue.moved(id_, place))

    def again(self, *ids: str) -> bool:
        """Queue these once more that failed or were stopped."""
        return self._change(lambda queue: queue.again(*ids))

    def _change(self, how: Callable[[Queue], Queue]) -> bool:
        return self._keep(lambda: self.file.change(how))

    def _keep(self, found: Callable[[], Queue]) -> bool:
        before = self.queue
        try:
            self.queue = found()
        except QueueError as error:
            self.said.emit(str(error))
            return False
        finally:
            if self.file.trouble:
                trouble, self.file.trouble = self.file.trouble, ""
                self.said.emit(trouble)
        if self.queue != before:
            self.changed.emit()
        return True

    # its runs

    def start(self) -> None:
        """Train what waits, one after another; does nothing where that goes on already."""
        if self.is_working or not self._change(lambda queue: queue.paused(False) if queue.is_paused else queue):
            return
        self.is_stopping = False
        self._ended_so = []
        self._worker = Worker(lambda worker: self._runner.events(reporting(worker)), "queue")
        self._worker.start()
        self._timer.start()
        self.changed.emit()

    def pause(self) -> None:
        """Begin no further run; the one in progress, here or in another program, ends after its step and waits."""
        if self._change(lambda queue: queue.paused()):
            self.stop()

    def stop(self) -> None:
        """End the run that is trained here after its step; it waits, and is gone on with the next time."""
        if self._worker is not None:
            self.is_stopping = True
            self._worker.stop()
            self.changed.emit()

    def stop_run(self) -> None:
        """End the run that is trained here for good, and go on with the next."""
        if self.entry is not None:
            self._runner.stop_run(self.entry.id)

    def close(self, seconds: float = JOIN_SECONDS) -> bool:
        """Stop, and wait so long for the step in progress; whether it has ended."""
        self._timer.stop()
        if self._worker is None:
            return True
        self._worker.stop()
        has_ended = self._worker.join(seconds)
        if has_ended:
            self._worker = None
            self._forget()
        return has_ended

    def offer(self, messages: Messages, show: Callable[[], object]) -> None:
        """Say what waits from an earlier time, with a button to go on: nothing is trained that nobody asked for."""
        self.look()
        count = len(self.queue.waiting)
        if not count or self.is_working or self.is_elsewhere:
            return
        messages.say(
            f"{counted(count, 'run')} {'is' if count == 1 else 'are'} waiting in the queue.",
            "info",
            ("Go on", self.start),
            ("Show the queue", show),
            ("Not now", lambda: None),
            about=QUEUE,
        )

    def ask(self, function: Callable[[], T], take: Callable[[T], object]) -> bool:
        """Run ``function`` between two steps of the run that is trained here, and ``take`` what it returns.

        False where none is. What it raises is said to the person, and ends nothing.
        """
        if self._worker is None or self.prepared is None:
            return False
        self._worker.call(lambda: Answer(function(), take))
        return True

    # events

    def _forget(self, sentence: str = "") -> None:
        """Know of no run that is trained here."""
        self.entry: Entry | None = None
        self.prepared: Prepared | None = None
        self.history = History()
        self.sentence, self.doubt = sentence, ""

    @property
    def _title(self) -> str:
        return (self.entry.title if self.entry is not None else "") or "Untitled"

    def _drain(self) -> None:
        worker = self._worker
        if worker is None:
            self._timer.stop()
            return
        is_alive, events = worker.is_alive, worker.drain()
        for event in events:
            self._take(event)
        if not is_alive:
            self._end(worker)
        elif events:
            self.advanced.emit()

    def _take(self, event: object) -> None:
        match event:
            case Begun():
                self._forget("Preparing…")
                self.entry = event.entry
                self.look()
            case Settled():
                self._ended_so.append(event.entry)
                self._forget()
                self.look()
                if event.entry.id in self.queue:
                    self.settled.emit(self.queue[event.entry.id])  # which knows its folder
            case Prepared():
                self.prepared, self.history = event, History(event.project.recipe.batch_size)
                self.look()
            case Progress() | Finished():
                self.sentence = event.sentence
            case Remark() if event.is_grave:
                self.said.emit(f"{self._title}: {event.sentence}")
            case Answer():
                event.take(event.found)
            case Exception():  # of a look that somebody asked for between two steps
                self.said.emit(f"Looking into the network failed: {sentence_of(event)}")
        self.history.take(event)
        if isinstance(event, EpochEnd) and self.prepared is not None:
            found = symptoms(self.history, self.prepared.project.recipe, self.prepared.data.classes)
            self.doubt = f"{found[0].sentence} {found[0].advice}" if found else ""

    def _end(self, worker: Worker) -> None:
        self._timer.stop()
        self._worker = None
        self._forget()
        was_stopped, self.is_stopping = self.is_stopping, False
        self.look()
        self.changed.emit()
        if worker.error is not None:
            self.ended.emit(sentence_of(worker.error))
        else:
            is_through = not was_stopped and not self.queue.is_paused
            self.ended.emit(_came_to(self._ended_so) if is_through else "")


def _came_to(entries: list[Entry]) -> str:
    """What a queue that was worked through has come to, in a sentence."""
    failed = [entry for entry in entries if entry.state == "failed"]
    done = sum(entry.state == "done" for entry in entries)
    if failed:
        return f"The queue is done: {counted(done, 'run')} trained, {len(failed):,} failed."
    return f"The queue is done: {counted(done, 'run')} trained."

"""Task: one job in the background, told to Qt by a timer; and Jobs, which shows the person those that take a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal
from shiboken6 import isValid

from cnnstudio.training.runs.session import Progress
from cnnstudio.ui.widgets.messages import Messages, ProgressMessage
from cnnstudio.worker import Report, Worker, sentence_of

T = TypeVar("T")

# how often a timer looks for what a thread has done; a repaint for every event would stop the window
DRAIN_MILLISECONDS = 33
FIRST_MILLISECONDS = 2  # until the first look
LATER = 4  # each later one comes after one part in so many of the time that went by
PATIENCE = 500  # milliseconds after which a job says that it goes on


def reporting(worker: Worker) -> Report:
    """What long work on this worker's thread tells how far it is, and hears from whether to go on."""

    def report(sentence: str, share: float | None) -> bool:
        worker.post(Progress(sentence, share))
        return not worker.is_stopping

    return report


@dataclass(frozen=True)
class Answer:
    """What a function found that was run on the thread of a training between two steps, and who takes it."""

    found: Any
    take: Callable[[Any], object]


class Task(QObject, Generic[T]):
    """One function run in the background; its result or its failure arrives in the window's own thread.

    The function may raise; an exception of the program's own is a sentence for the person, any other one goes to the
    log too.
    """

    progressed = Signal(str, object)  # what the function reports
    finished = Signal(object)
    failed = Signal(str)

    def __init__(self, function: Callable[[Report], T], name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = Worker(lambda worker: _steps(function, worker), name)  # a thread holds nothing of Qt's
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FIRST_MILLISECONDS)
        self._timer.timeout.connect(self._drain)
        self._since = QElapsedTimer()
        self._since.start()
        self._worker.start()
        self._timer.start()

    @property
    def is_running(self) -> bool:
        """Whether neither ``finished`` nor ``failed`` has been emitted and ``stop`` was not called."""
        return self._timer.isActive()

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes of it any more and its thread is gone: one that was stopped may take a while."""
        return not self.is_running and not self._worker.is_alive

    def stop(self, seconds: float = 0.0) -> bool:
        """Ask the function to end at its next report; nothing is emitted any more. Waits so long; whether it ended."""
        self._timer.stop()
        self._worker.stop()
        return self._worker.join(seconds)

    def _drain(self) -> None:
        alive = self._worker.is_alive
        for event in self._worker.drain():
            if isinstance(event, _Result):
                self._timer.stop()
                self.finished.emit(event.value)
                return
            self.progressed.emit(*event)
        waited = self._since.elapsed() // LATER
        self._timer.setInterval(max(FIRST_MILLISECONDS, min(waited, DRAIN_MILLISECONDS)))
        if not alive and self._timer.isActive():
            self._timer.stop()
            if self._worker.error is not None:
                self.failed.emit(sentence_of(self._worker.error))


def put_away(task: Task[Any] | None, seconds: float = 0.0) -> bool:
    """Stop a task that is of no use any more, and wait so long for it; whether it has ended, as where there is none."""
    if task is None:
        return True
    has_ended = task.stop(seconds)
    task.deleteLater()
    return has_ended


def _steps(function: Callable[[Report], T], worker: Worker) -> Iterator[Any]:
    def report(sentence: str, share: float | None = None) -> bool:
        worker.post((sentence, share))
        return not worker.is_stopping

    yield _Result(function(report))


class _Result:
    """What a task's function returned."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Jobs(QObject):
    """What is done in the background for the person of one window, as many jobs as there are at once.

    A job that takes longer than ``PATIENCE`` says what it does and how far it is, with a button to stop it. It ends in
    its result, or in a sentence among the messages; one that was stopped ends in neither.
    """

    def __init__(self, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self.messages = messages
        self._tasks: list[Task[Any]] = []

    def start(
        self,
        work: Callable[[Report], T],
        sentence: str,
        done: Callable[[T], object],
        about: object = None,
        at_once: bool = False,
    ) -> None:
        """Begin ``work``, which ``sentence`` describes; ``done`` is given what it returns, in the window's thread.

        ``about`` is what the message of a failure is about; ``at_once`` says from the beginning that it goes on.
        """
        task: Task[T] = Task(work, sentence, self)
        _Going(task, self.messages, sentence, 0 if at_once else PATIENCE)
        task.finished.connect(done)
        task.failed.connect(lambda refusal: self.messages.say(refusal, "error", about=about))
        for ended in [each for each in self._tasks if each.has_ended]:
            self._tasks.remove(ended)
            ended.deleteLater()
        self._tasks.append(task)

    def close(self, seconds: float = 10.0) -> None:
        """End every job and wait so long for what each is writing: for the end of the program."""
        for task in self._tasks:
            task.stop(seconds)


class _Going(QObject):
    """The message that a task goes on: there after ``patience`` milliseconds, gone before its result is taken."""

    def __init__(self, task: Task[Any], messages: Messages, sentence: str, patience: int) -> None:
        super().__init__(task)
        self._task, self._messages, self._sentence = task, messages, sentence
        self._share: float | None = None
        self._bar: ProgressMessage | None = None
        task.progressed.connect(self._advance)
        task.finished.connect(self._dismiss)
        task.failed.connect(self._dismiss)
        if patience:
            QTimer.singleShot(patience, self, self._show)
        else:
            self._show()

    def _show(self) -> None:
        if self._task.is_running:
            self._bar = self._messages.progress(self._sentence, ("Stop", self._task.stop))
            self._bar.advance("", self._share)

    def _advance(self, sentence: str, share: float | None) -> None:
        self._sentence, self._share = sentence or self._sentence, share
        if self._bar is not None and isValid(self._bar):  # the person may have sent it away
            self._bar.advance(sentence, share)

    def _dismiss(self) -> None:
        if self._bar is not None and isValid(self._bar):
            self._bar.dismiss()

"""Task: one job in the background, told to Qt by a timer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.worker import Worker, sentence_of

T = TypeVar("T")

# how often a timer looks for what a thread has done; a repaint for every event would stop the window
DRAIN_MILLISECONDS = 33


class Task(QObject, Generic[T]):
    """One function run in the background; its result or its failure arrives in the window's own thread.

    The function is given ``report(sentence, share)``, which says how far it is and answers whether to go on. It may
    raise; an exception whose type is in ``expected`` is a sentence for the person, any other one goes to the log too.
    """

    progressed = Signal(str, object)  # a sentence and a share from 0 to 1, or None where it is not known
    finished = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        function: Callable[[Callable[[str, float | None], bool]], T],
        name: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._worker = Worker(lambda worker: self._steps(function, worker), name)
        self._timer = QTimer(self)
        self._timer.setInterval(DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)
        self._worker.start()
        self._timer.start()

    @property
    def is_running(self) -> bool:
        """Whether neither ``finished`` nor ``failed`` has been emitted and ``stop`` was not called."""
        return self._timer.isActive()

    def stop(self, seconds: float = 0.0) -> bool:
        """Ask the function to end at its next report; nothing is emitted any more. Waits so long; whether it ended."""
        self._timer.stop()
        self._worker.stop()
        return self._worker.join(seconds)

    @staticmethod
    def _steps(function: Callable[[Callable[[str, float | None], bool]], T], worker: Worker) -> Iterator[Any]:
        def report(sentence: str, share: float | None = None) -> bool:
            worker.post((sentence, share))
            return not worker.is_stopping

        yield _Result(function(report))

    def _drain(self) -> None:
        alive = self._worker.is_alive
        for event in self._worker.drain():
            if isinstance(event, _Result):
                self._timer.stop()
                self.finished.emit(event.value)
                return
            self.progressed.emit(*event)
        if not alive and self._timer.isActive():
            self._timer.stop()
            if self._worker.error is not None:
                self.failed.emit(sentence_of(self._worker.error))


class _Result:
    """What a task's function returned."""

    def __init__(self, value: Any) -> None:
        self.value = value

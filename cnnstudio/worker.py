"""Worker: a generator pulled on a thread of its own, behind the window; how far it is, and why it failed. No Qt."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from cnnstudio.headroom import not_enough, ran_out

logger = logging.getLogger(__name__)

NICE = 5  # of 19: a third of what a thread that did not step back gets of a core that both want
_place = threading.local()

Report: TypeAlias = Callable[[str, float | None], bool]
"""What a long job is given to say how far it is: ``report(sentence, share)`` answers whether to go on.

The sentence is for the person, empty where the last one still holds; the share goes from 0 to 1, or is None where
nobody knows. After False the job ends as soon as it can and leaves nothing half done; it may raise or return what it
likes.
"""


def unheard(sentence: str, share: float | None) -> bool:
    """The report of a job that nobody watches: it goes on."""
    return True


def sparing(report: Report, every: int, seconds: float = 0.1) -> Report:
    """``report`` for work that could say a thousand times a second how far it is: it is told every so many times.

    Where that would take longer than so many seconds it is told sooner; in between the answer is to go on.
    """
    calls, told = 0, time.monotonic()

    def tell(sentence: str, share: float | None) -> bool:
        nonlocal calls, told
        calls += 1
        if calls % every and time.monotonic() - told < seconds:
            return True
        told = time.monotonic()
        return report(sentence, share)

    return tell


class Worker:
    """Pulls ``make(worker)`` on its own thread and keeps what it yields until ``drain`` takes it away.

    Commands act between two events: ``pause`` is not asking for the next one, ``stop`` closes the generator, ``call``
    runs a function on the thread, also while it is paused. All methods may be called from any thread.
    """

    def __init__(self, make: Callable[[Worker], Iterator[Any]], name: str) -> None:
        self.error: BaseException | None = None
        self._make = make
        self._events: deque[Any] = deque()
        self._calls: deque[Callable[[], Any]] = deque()
        self._changed = threading.Condition()
        self._paused = self._stopping = False
        # a daemon, so that a step that takes minutes cannot keep a closed program alive
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        """Whether ``stop`` was called; long work between two events asks this."""
        return self._stopping

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def pause(self) -> None:
        """Ask for no more events."""
        self._set(paused=True)

    def resume(self) -> None:
        """Ask for events again."""
        self._set(paused=False)

    def stop(self) -> None:
        """Close the generator as soon as it yields."""
        self._set(stopping=True)

    def call(self, function: Callable[[], Any]) -> None:
        """Run ``function`` on the thread between two events, and keep what it returns as an event unless None.

        What it raises is an event too, and ends nothing: it is no part of the work.
        """
        with self._changed:
            self._calls.append(function)
            self._changed.notify_all()

    def post(self, event: Any) -> None:
        """Add an event from within long work."""
        self._events.append(event)

    def drain(self) -> list[Any]:
        """What has come since the last time, in order."""
        taken = []
        while self._events:
            taken.append(self._events.popleft())
        return taken

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the thread to end; whether it did."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self.is_alive

    def _set(self, paused: bool | None = None, stopping: bool | None = None) -> None:
        with self._changed:
            self._paused = self._paused if paused is None else paused
            self._stopping = self._stopping if stopping is None else stopping
            self._changed.notify_all()

    def _run(self) -> None:
        step_back()
        make, self._make = self._make, _made  # it may hold images, and nobody begins twice
        try:
            events = make(self)
            del make
            try:
                while self._go_on():
                    self.post(next(events))
            except StopIteration:
                pass
            finally:
                if close := getattr(events, "close", None):
                    close()
        except BaseException as error:
            _let_go(error)
            self.error = error

    def _go_on(self) -> bool:
        """Wait while paused, run what was called; whether to ask for the next event."""
        while True:
            with self._changed:
                while self._paused and not self._stopping and not self._calls:
                    self._changed.wait()
                if self._stopping or not self._calls:
                    return not self._stopping
                call = self._calls.popleft()
            try:
                event = call()
            except Exception as error:
                event = error
            if event is not None:
                self.post(event)


def _let_go(error: BaseException) -> None:
    """Empty the frames in which an error came up: whoever keeps it would keep their images and weights, too.

    Of an error that is told in a sentence they are not needed at all.
    """
    is_told = type(error).__module__.startswith("cnnstudio.") or isinstance(error, MemoryError)
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            traceback.clear_frames(each.__traceback__)
            waiting += each.__cause__, each.__context__
    if is_told:
        error.__traceback__ = error.__cause__ = error.__context__ = None


def _made(worker: Worker) -> Iterator[Any]:
    """What there is to do once more: nothing."""
    return iter(())


def step_back() -> None:
    """Let the window go before the calling thread, and before the threads that it starts from now on.

    Linux alone takes a priority that a thread hands on to those it starts (setpriority(2)); elsewhere ``needs_room``
    asks whoever computes to leave a core to the window. A thread that has stepped back cannot step forward again.
    """
    _place.needs_room = not _lowered()


def needs_room() -> bool:
    """Whether the calling thread stands beside a window that it must leave a core to."""
    return getattr(_place, "needs_room", False)


def _lowered() -> bool:
    if sys.platform != "linux":
        return False
    try:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(NICE, os.getpriority(os.PRIO_PROCESS, thread)))
    except OSError:
        return False
    return True


def sentence_of(error: BaseException) -> str:
    """The sentence of an error of this program's own; any other error is logged whole and said shortly."""
    if type(error).__module__.startswith("cnnstudio."):
        return str(error)
    if ran_out(error):
        return not_enough()
    logger.error("unexpected error on a background thread", exc_info=error)
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return f"Something went wrong that should not: {reason}"

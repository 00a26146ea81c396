from __future__ import annotations

import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from cnnstudio import worker
from cnnstudio.training.data.errors import DataError
from cnnstudio.worker import Worker


def count(closed: list[bool] | None = None) -> Callable[[Worker], Iterator[int]]:
    """A generator without an end that notes when it is closed."""

    def make(worker: Worker) -> Iterator[int]:
        number = 0
        try:
            while True:
                number += 1
                yield number
                time.sleep(0.001)
        finally:
            if closed is not None:
                closed.append(True)

    return make


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def test_events_come_in_order_and_once() -> None:
    worker = Worker(lambda worker: iter(range(100)), "test")
    worker.start()
    assert worker.join(5)
    assert worker.drain() == list(range(100))
    assert worker.drain() == []
    assert worker.error is None


def test_a_paused_worker_asks_for_nothing_and_goes_on_where_it_was() -> None:
    worker = Worker(count(), "test")
    worker.start()
    until(lambda: bool(worker._events))
    worker.pause()
    time.sleep(0.05)
    seen = worker.drain()
    time.sleep(0.05)
    assert worker.drain() == []
    worker.resume()
    until(lambda: bool(worker._events))
    worker.stop()
    assert worker.join(5)
    numbers = seen + worker.drain()
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("pauses", [False, True])
def test_stopping_closes_the_generator_also_in_a_pause(pauses: bool) -> None:
    closed: list[bool] = []
    worker = Worker(count(closed), "test")
    worker.start()
    until(lambda: bool(worker._events))
    if pauses:
        worker.pause()
        time.sleep(0.02)
    worker.stop()
    assert worker.join(5)
    assert closed == [True]


def test_a_call_runs_between_two_events_on_the_worker_s_thread_also_in_a_pause() -> None:
    worker = Worker(count(), "the thread")
    worker.start()
    until(lambda: bool(worker._events))
    worker.pause()
    time.sleep(0.02)
    worker.drain()
    worker.call(lambda: threading.current_thread().name)
    until(lambda: bool(worker._events))
    assert worker.drain() == ["the thread"]
    worker.stop()
    assert worker.join(5)


def test_a_call_that_raises_ends_nothing() -> None:
    worker = Worker(count(), "the thread")
    worker.start()
    until(lambda: bool(worker._events))
    worker.pause()
    time.sleep(0.02)
    worker.drain()
    worker.call(lambda: 1 // 0)
    until(lambda: bool(worker._events))
    (error,) = worker.drain()
    assert isinstance(error, ZeroDivisionError) and worker.error is None and worker.is_alive
    worker.resume()
    until(lambda: bool(worker._events))
    worker.stop()
    assert worker.join(5)


def test_an_error_is_kept_and_ends_the_thread() -> None:
    def make(worker: Worker) -> Iterator[int]:
        yield 1
        raise DataError("There are no images.")

    worker = Worker(make, "test")
    worker.start()
    assert worker.join(5)
    assert worker.drain() == [1]
    assert isinstance(worker.error, DataError)


# who goes first


def apart(function: Callable[[], None]) -> None:
    """Run on a thread of its own, that stepping back stays there."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a core is left to the window")
def test_a_worker_and_the_threads_that_it_starts_let_the_window_go_first() -> None:
    here = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    found = list[int]()

    def note() -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    behind = Worker(lambda _: iter((note(), apart(note), found.append(worker.needs_room()))), "test")
    behind.start()
    assert behind.join(10.0)
    assert found == [max(here, worker.NICE)] * 2 + [False]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == here


def test_a_core_is_left_where_there_are_no_such_priorities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    found = list[bool]()

    def step_back() -> None:
        worker.step_back()
        found.append(worker.needs_room())

    apart(step_back)
    assert found == [True]
    assert not worker.needs_room()


@pytest.mark.skipif(sys.platform != "linux", reason="there are no such priorities")
def test_a_system_that_refuses_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    found = list[bool]()
    apart(lambda: (worker.step_back(), found.append(worker.needs_room()))[0])
    assert found == [True]


class Large:
    """What takes memory, and can be watched."""


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_worker_was_made_of_is_let_go_with_its_end(fails: bool) -> None:
    """Whoever keeps the worker, or the error that it ended in, keeps no images by that."""

    def begun(large: Large) -> Worker:
        def make(worker: Worker) -> Iterator[int]:
            inner = large
            yield 1
            if fails:
                try:
                    raise MemoryError
                except MemoryError as error:
                    raise DataError(repr(inner)) from error

        return Worker(make, "test")

    large = Large()
    watched, made = weakref.ref(large), begun(large)
    del large
    made.start()
    assert made.join(5)
    gc.collect()
    assert watched() is None and (made.error is not None) == fails


def test_who_says_a_thousand_times_how_far_it_is_is_heard_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: clock[0])
    heard: list[str] = []
    tell = worker.sparing(lambda sentence, share: bool(heard.append(sentence)), 10, 0.1)
    answers = [tell(str(number), None) for number in range(1, 25)]
    assert heard == ["10", "20"] and answers.count(False) == 2
    clock[0] = 1.0
    assert not tell("slow", None) and tell("soon after", None)

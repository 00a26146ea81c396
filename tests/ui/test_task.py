from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.training.data.errors import DataError
from cnnstudio.ui.task import Task


def test_a_task_reports_and_gives_its_result_in_the_window_s_thread(qtbot: QtBot) -> None:
    heard: list[tuple[str, float | None]] = []

    def work(report: Callable[[str, float | None], bool]) -> str:
        assert report("half", 0.5)
        return threading.current_thread().name

    task: Task[str] = Task(work, "the thread")
    task.progressed.connect(lambda sentence, share: heard.append((sentence, share)))
    with qtbot.waitSignal(task.finished, timeout=5000) as finished:
        pass
    assert finished.args == ["the thread"]
    assert heard == [("half", 0.5)]
    assert not task.is_running


def test_a_task_s_own_errors_are_sentences(qtbot: QtBot) -> None:
    def work(report: Callable[[str, float | None], bool]) -> None:
        raise DataError("There are no images.")

    task: Task[None] = Task(work, "test")
    with qtbot.waitSignal(task.failed, timeout=5000) as failed:
        pass
    assert failed.args == ["There are no images."]


def test_an_unexpected_error_of_a_task_is_logged_whole(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    def work(report: Callable[[str, float | None], bool]) -> None:
        raise KeyError("left")

    with caplog.at_level(logging.ERROR):
        task: Task[None] = Task(work, "test")
        with qtbot.waitSignal(task.failed, timeout=5000) as failed:
            pass
    assert failed.args is not None
    assert failed.args[0] == "Something went wrong that should not: 'left'"
    assert caplog.records[0].exc_info is not None
    caplog.clear()


def test_a_stopped_task_says_nothing_more(qtbot: QtBot) -> None:
    started, go_on = threading.Event(), threading.Event()

    def work(report: Callable[[str, float | None], bool]) -> bool:
        started.set()
        go_on.wait(5)
        return report("more", None)

    task: Task[bool] = Task(work, "test")
    assert started.wait(5)
    go_on.set()
    with qtbot.assertNotEmitted(task.finished, wait=100), qtbot.assertNotEmitted(task.progressed, wait=100):
        task.stop(5)

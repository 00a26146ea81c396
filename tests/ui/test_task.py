from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QProgressBar, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.training.data.errors import DataError
from cnnstudio.ui import task as module_under_test
from cnnstudio.ui.task import Jobs, Task, _Going
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.worker import Report


def test_a_task_reports_and_gives_its_result_in_the_window_s_thread(qtbot: QtBot) -> None:
    heard: list[tuple[str, float | None]] = []

    def work(report: Report) -> str:
        assert report("half", 0.5)
        return threading.current_thread().name

    task: Task[str] = Task(work, "the thread")
    task.progressed.connect(lambda sentence, share: heard.append((sentence, share)))
    with qtbot.waitSignal(task.finished) as finished:
        pass
    assert finished.args == ["the thread"]
    assert heard == [("half", 0.5)]
    assert not task.is_running


def test_a_task_s_own_errors_are_sentences(qtbot: QtBot) -> None:
    def work(report: Report) -> None:
        raise DataError("There are no images.")

    task: Task[None] = Task(work, "test")
    with qtbot.waitSignal(task.failed) as failed:
        pass
    assert failed.args == ["There are no images."]


def test_an_unexpected_error_of_a_task_is_logged_whole(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    def work(report: Report) -> None:
        raise KeyError("left")

    with caplog.at_level(logging.ERROR):
        task: Task[None] = Task(work, "test")
        with qtbot.waitSignal(task.failed) as failed:
            pass
    assert failed.args is not None
    assert failed.args[0] == "Something went wrong that should not: 'left'"
    assert caplog.records[0].exc_info is not None
    caplog.clear()


def test_a_stopped_task_says_nothing_more(qtbot: QtBot) -> None:
    started, go_on = threading.Event(), threading.Event()

    def work(report: Report) -> bool:
        started.set()
        go_on.wait(5)
        return report("more", None)

    task: Task[bool] = Task(work, "test")
    assert started.wait(5)
    go_on.set()
    with qtbot.assertNotEmitted(task.finished, wait=100), qtbot.assertNotEmitted(task.progressed, wait=100):
        task.stop(5)


# jobs


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    """The jobs of a window, which are ended with it."""
    host = QWidget()
    qtbot.addWidget(host)
    made = Jobs(Messages(host), host)
    yield made
    made.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every job that is not over at once is long."""
    monkeypatch.setattr(module_under_test, "PATIENCE", 1)


def said(jobs: Jobs) -> list[str]:
    return [bar.sentence for bar in jobs.messages.bars]


def test_a_short_job_gives_its_result_and_is_not_told_of(
    qtbot: QtBot, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_under_test, "PATIENCE", 100_000)
    taken: list[int] = []
    jobs.start(lambda report: 7, "Counting…", taken.append)
    qtbot.waitUntil(lambda: bool(taken))
    assert taken == [7] and said(jobs) == []


@pytest.mark.usefixtures("impatient")
def test_a_long_job_says_how_far_it_is_until_its_result_is_taken(qtbot: QtBot, jobs: Jobs) -> None:
    half, end = threading.Event(), threading.Event()
    taken: list[tuple[str, list[str]]] = []

    def work(report: Report) -> str:
        half.wait(5)
        report("Half of it is counted.", 0.5)
        report("", 0.75)
        end.wait(5)
        return "counted"

    jobs.start(work, "Counting…", lambda result: taken.append((result, said(jobs))))
    qtbot.waitUntil(lambda: said(jobs) == ["Counting…"])
    (bar,) = jobs.messages.bars
    assert list(bar.buttons) == ["Stop"]
    share = bar.findChild(QProgressBar)
    assert share is not None and share.maximum() == 0, "nobody knows how far it is"
    half.set()
    qtbot.waitUntil(lambda: share.value() == 750)
    assert said(jobs) == ["Half of it is counted."]
    end.set()
    qtbot.waitUntil(lambda: bool(taken))
    assert taken == [("counted", [])], "the message is gone before the next one comes"


def test_what_was_reported_before_the_message_came_is_in_it(
    qtbot: QtBot, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_under_test, "PATIENCE", 100_000)
    end, taken = threading.Event(), list[bool]()
    jobs.start(lambda report: report("Half of it is counted.", 0.5) and end.wait(5), "Counting…", taken.append)
    with qtbot.waitSignal(jobs._tasks[0].progressed):
        pass
    going = jobs._tasks[0].findChild(_Going)
    assert going is not None and said(jobs) == []
    going._show()
    assert said(jobs) == ["Half of it is counted."]
    assert jobs.messages.bars[0].findChild(QProgressBar).value() == 500  # type: ignore[union-attr]
    end.set()
    qtbot.waitUntil(lambda: taken == [True])


@pytest.mark.parametrize("at_once", [True, False])
def test_a_job_may_say_at_once_that_it_goes_on(qtbot: QtBot, jobs: Jobs, at_once: bool) -> None:
    end, taken = threading.Event(), list[bool]()
    jobs.start(lambda report: end.wait(5), "Counting…", taken.append, at_once=at_once)
    assert said(jobs) == ["Counting…"] * at_once
    end.set()
    qtbot.waitUntil(lambda: taken == [True])


@pytest.mark.usefixtures("impatient")
def test_a_failure_is_a_sentence_in_the_place_of_the_last_one(qtbot: QtBot, jobs: Jobs) -> None:
    def work(report: Report) -> None:
        raise DataError("There are no images.")

    jobs.messages.say("There were no images before.", "error", about="images")
    jobs.start(work, "Counting…", lambda result: pytest.fail("it has none"), about="images")
    qtbot.waitUntil(lambda: said(jobs) == ["There are no images."])
    assert jobs.messages.bars[0].kind == "error"


def test_a_stopped_job_ends_without_a_word(qtbot: QtBot, jobs: Jobs) -> None:
    ended = threading.Event()

    def work(report: Report) -> None:
        while report("", None):
            pass
        ended.set()
        raise DataError("It was stopped.")

    jobs.start(work, "Counting…", lambda result: pytest.fail("it was stopped"), at_once=True)
    jobs.messages.bars[0].buttons["Stop"].click()
    assert ended.wait(5)
    qtbot.wait(100)
    assert said(jobs) == []


def test_the_end_of_the_program_waits_also_for_what_was_stopped(qtbot: QtBot, jobs: Jobs) -> None:
    end, written, taken = threading.Event(), threading.Event(), list[int]()

    def work(report: Report) -> None:
        end.wait(5)
        written.set()

    jobs.start(work, "Writing…", lambda result: pytest.fail("it was stopped"), at_once=True)
    jobs.messages.bars[0].buttons["Stop"].click()
    jobs.start(lambda report: 7, "Counting…", taken.append)  # jobs that have ended are forgotten here
    qtbot.waitUntil(lambda: taken == [7])
    threading.Timer(0.05, end.set).start()
    jobs.close(5)
    assert written.is_set()


def test_jobs_that_have_ended_are_forgotten(qtbot: QtBot, jobs: Jobs) -> None:
    taken: list[int] = []
    for number in range(3):
        jobs.start(lambda report, number=number: number, "Counting…", taken.append)  # type: ignore[misc]
        qtbot.waitUntil(lambda number=number: taken[-1:] == [number] and jobs._tasks[-1].has_ended)  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(jobs.findChildren(Task)) == 1)


def test_a_message_that_was_sent_away_does_not_come_back(qtbot: QtBot, jobs: Jobs) -> None:
    end, taken = threading.Event(), list[bool]()
    jobs.start(lambda report: end.wait(5) and report("Half.", 0.5), "Counting…", taken.append, at_once=True)
    jobs.messages.bars[0].dismiss()
    qtbot.wait(20)  # until it is deleted
    end.set()
    qtbot.waitUntil(lambda: taken == [True])
    assert said(jobs) == []

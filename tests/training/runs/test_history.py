from __future__ import annotations

import numpy as np
import pytest

from cnnstudio.training.events import EpochEnd, Finished, Remark, Started, Step, Validating
from cnnstudio.training.runs.history import History, Table
from cnnstudio.training.runs.session import Progress

STARTED = Started(epochs=3, steps_per_epoch=4, device="CPU", notes=("One class is rare.",), parameters=10)


def step(number: int, loss: float = 1.0) -> Step:
    return Step(number, (number - 1) // 4 + 1, loss, 0.5, 0.01, 200.0)


def epoch(number: int, accuracy: float, is_best: bool, seconds: float = 2.0) -> EpochEnd:
    return EpochEnd(number, 0.9, 0.6, 0.8, accuracy, seconds, is_best)


def fed(*events: object) -> History:
    history = History(batch_size=50)
    for event in events:
        history.take(event)
    return history


def test_a_table_grows_and_is_read_by_column() -> None:
    table = Table("step", "loss")
    for number in range(3000):
        table.append(Step(number, 1, number / 2, 0.0, 0.0, 0.0))
    assert len(table) == 3000
    assert np.array_equal(table["loss"], np.arange(3000) / 2)


def test_steps_and_epochs_become_the_curves() -> None:
    events = [STARTED, *(step(number, 1 / number) for number in range(1, 5)), epoch(1, 0.7, True)]
    history = fed(*events, *(step(number, 1 / number) for number in range(5, 9)), epoch(2, 0.6, False))
    assert history.started is STARTED
    assert history.steps["step"].tolist() == list(range(1, 9))
    assert history.steps["loss"].tolist() == [1 / number for number in range(1, 9)]
    assert history.epochs["validation_accuracy"].tolist() == [0.7, 0.6]
    assert history.last == step(8, 1 / 8)
    assert history.best == epoch(1, 0.7, True)


def test_notes_are_those_of_the_beginning_and_of_the_way() -> None:
    history = fed(Remark("It waits."), STARTED, Remark("The disk is full."))
    assert history.notes == ["It waits.", "One class is rare.", "The disk is full."]


def test_the_share_is_that_of_the_preparation_and_then_that_of_the_steps() -> None:
    history = fed(Progress("Reading", 0.5))
    assert history.share == 0.5
    history.take(STARTED)
    assert history.share is None
    history.take(step(3))
    assert history.share == 0.25
    history.take(Validating(1, 5, 10))
    assert history.share == 0.25


def steps(*seconds: float) -> list[Step]:
    """The first steps of an epoch, each of which took so long."""
    ends = np.cumsum(seconds)
    return [Step(n, 1, 1.0, 0.5, 0.01, n * 50 / end) for n, end in enumerate(ends.tolist(), 1)]


def test_the_time_left_is_told_once_the_steps_are_steady_and_not_by_those_that_make_ready() -> None:
    started = Started(3, 100, "CPU", (), 10)
    assert History(50).remaining_seconds is None and fed(started).remaining_seconds is None
    assert fed(started, *steps(5.0, 0.3, *[0.1] * 7)).remaining_seconds is None, "it is measured"
    history = fed(started, *steps(5.0, 0.3, *[0.1] * 8))
    assert history.remaining_seconds == pytest.approx(290 * 0.1)
    assert fed(started, *steps(5.0, 0.3, *[0.5] * 5, *[0.1] * 5)).remaining_seconds is None, "they still become faster"
    history.take(epoch(1, 0.7, True, seconds=30.0))
    assert history.remaining_seconds == pytest.approx(290 * 30.0 / 100)


def test_the_time_left_follows_the_epochs_and_the_first_of_few_steps_is_none_of_them() -> None:
    history = fed(STARTED, step(4), epoch(1, 0.7, True, seconds=9.0), step(6))
    assert history.remaining_seconds is None
    for event in (step(8), epoch(2, 0.7, False, seconds=2.0)):
        history.take(event)
    assert history.remaining_seconds == pytest.approx(4 * 2.0 / 4)


def test_how_it_ended_is_a_sentence() -> None:
    assert fed(STARTED).sentence == "Stopped before the first step."
    assert fed(STARTED, step(5)).sentence == "Stopped in epoch 2."
    stopped = fed(STARTED, step(4), epoch(1, 0.7, True), step(5))
    assert stopped.sentence == "Stopped in epoch 2. The best weights are those of epoch 1."
    stopped.take(Finished("done", "Trained for 3 epochs.", 1))
    assert stopped.finished is not None
    assert stopped.sentence == "Trained for 3 epochs."

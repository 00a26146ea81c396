from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs import metrics_file
from cnnstudio.training.runs.metrics_file import COLUMNS, METRICS, MetricsWriter, Row, read_metrics


def step(number: int, epoch: int = 1, loss: float | None = None) -> Step:
    return Step(number, epoch, 1 / number if loss is None else loss, 0.25, 0.1, 1_000.5)


def epoch(number: int, accuracy: float = 0.5) -> EpochEnd:
    return EpochEnd(number, 0.9, 0.4, 0.8, accuracy, 1.5, number == 1)


@pytest.fixture
def every_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_file, "MOST_WINDOWS", 10)


def test_a_short_run_keeps_every_number_to_the_last_bit(tmp_path: Path) -> None:
    events = [step(1), step(2, loss=math.nan), step(3, loss=0.1 + 0.2), epoch(1), step(4, 2), epoch(2)]
    writer = MetricsWriter(tmp_path, 4)
    for event in events:
        writer.take(event)
    writer.flush()
    assert repr(list(read_metrics(tmp_path).events)) == repr(events)
    header = (tmp_path / METRICS).read_text().splitlines()[0].split(",")
    assert {field.name for kind in (Step, EpochEnd) for field in dataclasses.fields(kind)} <= set(header)


@pytest.mark.usefixtures("every_ten")
def test_a_long_run_keeps_windows_which_an_epoch_ends(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path, 100)
    assert writer.every == 10
    for number in range(1, 16):
        writer.take(step(number, loss=float(number)))
    writer.take(epoch(1))
    for number in range(16, 20):
        writer.take(step(number, 2))
    writer.flush()
    rows = read_metrics(tmp_path).rows
    assert [(row.first, row.steps) for row in rows if row.steps] == [(1, 10), (11, 5), (16, 4)]
    assert [row.event.loss for row in rows[:2] if isinstance(row.event, Step)] == pytest.approx([5.5, 13.0])


def test_nothing_is_written_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(metrics_file.time, "monotonic", lambda: now[0])
    writer = MetricsWriter(tmp_path, 1_000)
    before = (tmp_path / METRICS).stat().st_size
    for number in range(1, 500):
        writer.take(step(number))
    assert (tmp_path / METRICS).stat().st_size == before
    now[0] = metrics_file.WRITE_SECONDS
    writer.take(step(500))
    assert len(read_metrics(tmp_path).rows) == 500


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_row_is_passed_over(tmp_path: Path, cut: int) -> None:
    writer = MetricsWriter(tmp_path, 3)
    for number in (1, 2, 3):
        writer.take(step(number))
    writer.flush()
    data = (tmp_path / METRICS).read_bytes()
    (tmp_path / METRICS).write_bytes(data[:-cut])
    found = read_metrics(tmp_path)
    lines = data[:-cut].count(b"\n") - 1
    assert [row.event.step for row in found.rows if isinstance(row.event, Step)] == [1, 2, 3][:lines]
    assert found.trouble == ""


@pytest.mark.usefixtures("every_ten")
@pytest.mark.parametrize("at", [3, 10, 14, 15, 17, 30])
def test_rows_that_are_gone_on_with_are_those_of_a_run_that_was_not_interrupted(tmp_path: Path, at: int) -> None:
    losses = [math.sin(number) * 1e-3 + 1 / number for number in range(1, 41)]
    events: list[Step | EpochEnd] = []
    for number, loss in enumerate(losses, 1):
        events.append(step(number, 1 + (number - 1) // 15, loss))
        if number % 15 == 0:
            events.append(epoch(number // 15))
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    whole = MetricsWriter(one, 100)
    for event in events:
        whole.take(event)
    whole.flush()
    place = events.index(step(at, 1 + (at - 1) // 15, losses[at - 1]))
    first = MetricsWriter(other, 100)
    for event in events[: place + 1]:
        first.take(event)
    first.flush()  # as before a checkpoint
    for event in events[place + 1 : place + 5]:  # and some more, which are lost
        first.take(event)
    first.flush()
    kept = read_metrics(other, (at, (at - 1) // 15))
    second = MetricsWriter(other, 100, kept.rows)
    for event in events[place + 1 :]:
        second.take(event)
    second.flush()
    assert read_metrics(other).rows == read_metrics(one).rows


def test_damaged_rows_are_left_out_and_told_of(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path, 2)
    writer.take(step(1))
    writer.flush()
    path = tmp_path / METRICS
    good = path.read_text()
    lines = [
        "step,1," + "9" * 5_000 + "," * (len(COLUMNS) - 3),
        "run,1" + "," * (len(COLUMNS) - 2),
        "step",
        "step,0,7,1" + "," * (len(COLUMNS) - 4),
        "step,9,7,1" + "," * (len(COLUMNS) - 4),
        "\0\xff" * 20,
        "epoch,,1e999,1" + "," * (len(COLUMNS) - 4),
    ]
    path.write_text(good + "\n".join(lines) + "\n", encoding="latin-1")
    found = read_metrics(tmp_path)
    assert found.rows == (Row(step(1), 1),)
    assert found.trouble == "7 rows of metrics.csv could not be read."


def test_columns_may_be_lacking_and_unknown(tmp_path: Path) -> None:
    (tmp_path / METRICS).write_text("kind,steps,step,epoch,loss,weather\nstep,1,1,1,0.5,fine\n")
    (row,) = read_metrics(tmp_path).rows
    assert isinstance(row.event, Step)
    assert (row.event.loss, math.isnan(row.event.accuracy)) == (0.5, True)


def test_no_file_an_empty_one_and_a_folder_are_no_rows(tmp_path: Path) -> None:
    assert read_metrics(tmp_path).rows == ()
    (tmp_path / METRICS).touch()
    assert read_metrics(tmp_path).rows == ()
    (tmp_path / METRICS).unlink()
    (tmp_path / METRICS).mkdir()
    assert read_metrics(tmp_path).trouble == "metrics.csv cannot be opened: it is a folder."


def test_a_full_disk_is_told_of_and_gets_its_rows_when_there_is_room_again(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path, 2)
    writer.take(step(1))
    (tmp_path / METRICS).unlink()
    (tmp_path / METRICS).mkdir()
    writer.flush()
    assert writer.trouble == "metrics.csv was not written: it is a folder. Training goes on."
    (tmp_path / METRICS).rmdir()
    writer.take(step(2))
    writer.flush()
    assert writer.trouble == ""
    assert [row.event for row in read_metrics(tmp_path).rows] == [step(1), step(2)]


def test_of_rows_without_end_the_last_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_file, "MOST_ROWS", 3)
    rows = "".join(f"step,1,{number},1,0.5\n" for number in range(1, 9))
    (tmp_path / METRICS).write_text(f"kind,steps,step,epoch,loss\n{rows}")
    found = read_metrics(tmp_path)
    assert [row.first for row in found.rows] == [6, 7, 8]
    assert found.trouble == "metrics.csv has 8 rows; the last 3 are read."

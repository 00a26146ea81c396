from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio.project import Project, from_template, read, write
from cnnstudio.training.device import TrainingError
from cnnstudio.training.events import EpochEnd, Finished, Remark, Started, Step
from cnnstudio.training.runs.metrics_file import METRICS, read_metrics
from cnnstudio.training.runs.record import RECORD, Best, RunRecord, read_record
from cnnstudio.training.runs.record_writer import RecordWriter

STARTED = Started(2, 2, "CPU, 1 thread", ("One class is rare.",), 61_706)
STEPS = [Step(n, 1 + (n - 1) // 2, 1 / n, 0.5, 0.1, 100.0) for n in range(1, 5)]
EPOCHS = [EpochEnd(1, 1.0, 0.4, 0.9, 0.6, 1.5, True), EpochEnd(2, 0.8, 0.5, 0.95, 0.55, 2.5, False)]
EVENTS = [*STEPS[:2], EPOCHS[0], *STEPS[2:], EPOCHS[1]]


@pytest.fixture
def project() -> Project:
    return from_template("lenet5")


def record_of(folder: Path) -> RunRecord:
    record, trouble = read_record(folder)
    assert trouble == ""
    return record


def test_a_run_that_ends_is_done_and_has_all_numbers(project: Project, tmp_path: Path) -> None:
    with RecordWriter(tmp_path, project, (100, 20), "lenet") as writer:
        writer.take(Remark("before it began"))
        writer.take(STARTED)
        begun = record_of(tmp_path)
        for event in (*EVENTS, Remark("A word."), Finished("done", "Trained.", 1)):
            writer.take(event)
    assert (begun.present_state, begun.device, begun.images, begun.steps_per_epoch) == (
        "running", "CPU, 1 thread", (100, 20), 2,
    )  # fmt: skip
    record = record_of(tmp_path)
    assert (record.id, record.began, record.title) == (begun.id, begun.began, "lenet")
    assert (record.state, record.sentence, record.owner) == ("done", "Trained.", None)
    assert record.ended is not None and record.ended >= record.began
    assert (record.epochs_done, record.steps_done, record.seconds) == (2, 4, 4.0)
    assert record.best == Best(1, 0.6, 0.9)
    assert record.remarks == ("One class is rare.", "A word.")
    assert list(read_metrics(tmp_path).events) == EVENTS


@pytest.mark.parametrize("is_there", [False, True])
def test_a_run_whose_folder_is_taken_away_makes_it_anew(project: Project, tmp_path: Path, is_there: bool) -> None:
    """``is_there``: the weights were written meanwhile, and have made the folder without the rest."""
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder / "project.cnn", project)
    with RecordWriter(folder, project) as writer:
        for event in (STARTED, *EVENTS[:3]):
            writer.take(event)
        writer.flush()
        folder.rename(tmp_path / "elsewhere")
        if is_there:
            folder.mkdir()
        for event in EVENTS[3:]:
            writer.take(event)
        writer.flush()
        assert "was moved or deleted" in writer.trouble
    assert read(folder / "project.cnn") == project
    assert (record_of(folder).state, record_of(folder).epochs_done) == ("stopped", 2)
    assert list(read_metrics(folder).events) == EVENTS[3:]


def test_a_run_that_is_closed_is_stopped(project: Project, tmp_path: Path) -> None:
    with RecordWriter(tmp_path, project) as writer:
        writer.take(STARTED)
        for event in EVENTS[:4]:
            writer.take(event)
    record = record_of(tmp_path)
    assert record.state == "stopped"
    assert record.sentence == "Stopped in epoch 2. The best weights are those of epoch 1."
    assert (record.epochs_done, record.steps_done) == (1, 3)


def test_a_run_that_raises_has_failed_with_its_sentence(project: Project, tmp_path: Path) -> None:
    with pytest.raises(TrainingError), RecordWriter(tmp_path, project) as writer:
        writer.take(STARTED)
        raise TrainingError("The memory is not enough.")
    assert (record_of(tmp_path).state, record_of(tmp_path).sentence) == ("failed", "The memory is not enough.")


def test_a_run_that_never_began_leaves_nothing(project: Project, tmp_path: Path) -> None:
    with RecordWriter(tmp_path, project) as writer:
        writer.flush()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_gone_on_with_keeps_its_record_and_its_rows(project: Project, tmp_path: Path) -> None:
    with RecordWriter(tmp_path, project, title="lenet") as writer:
        writer.take(STARTED)
        for event in EVENTS[:4]:
            writer.take(event)
    first = record_of(tmp_path)
    with RecordWriter(tmp_path, project, resumed_at=(2, 1)) as writer:
        writer.take(STARTED)
        assert (record_of(tmp_path).present_state, record_of(tmp_path).steps_done) == ("running", 2)
        for event in (*EVENTS[3:], Finished("done", "Trained.", 1)):
            writer.take(event)
    record = record_of(tmp_path)
    assert (record.id, record.began, record.title, record.state) == (first.id, first.began, "lenet", "done")
    assert (record.epochs_done, record.steps_done, record.seconds, record.best) == (2, 4, 4.0, Best(1, 0.6, 0.9))
    assert list(read_metrics(tmp_path).events) == EVENTS


@pytest.mark.parametrize("name", [RECORD, METRICS])
def test_what_cannot_be_written_never_ends_the_run(project: Project, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with RecordWriter(tmp_path, project) as writer:
        writer.take(STARTED)
        assert writer.trouble == f"{name} was not written: it is a folder. Training goes on without it."
        for event in EVENTS:
            writer.take(event)

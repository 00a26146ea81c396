from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Sketch
from cnnstudio.project import Project, read
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs import queue_runner
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.queue import Entry, QueueBusyError, QueueError, QueueFile, new_entry
from cnnstudio.training.runs.queue_runner import Begun, QueueRunner, Settled
from cnnstudio.training.runs.record import read_record
from cnnstudio.training.runs.session import Past, Prepared, Progress
from cnnstudio.training.turn import turn
from cnnstudio.worker import Report, unheard

ROOT = Path(__file__).resolve().parents[3]


def project(epochs: int = 1, classes: int = 10, **values: Any) -> Project:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Flatten(), Linear(classes))
    return Project(draw.graph(), Recipe(**{"data": "digits", "epochs": epochs, "batch_size": 256, **values}))


@pytest.fixture
def file() -> QueueFile:
    return QueueFile()


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it was paused is looked for after every event."""
    monkeypatch.setattr(queue_runner, "LOOK_AGAIN", 0.0)


def queued(file: QueueFile, *projects: Project, **where: Any) -> list[Entry]:
    entries = [new_entry(each, f"run {number}", **where) for number, each in enumerate(projects, 1)]
    file.change(lambda found: found.added(*entries))
    return entries


def worked(file: QueueFile) -> list[Any]:
    return list(QueueRunner(file).events(unheard))


def states(file: QueueFile) -> list[str]:
    return [entry.state for entry in file.read().entries]


def upto(events: Iterator[Any], kind: type) -> Any:
    return next(event for event in events if isinstance(event, kind))


def test_one_after_another_in_their_order(file: QueueFile, tmp_path: Path) -> None:
    first, second = queued(file, project(), project(seed=3), place=tmp_path / "runs", name="tiny")
    file.change(lambda found: found.moved(second.id, 0))
    told = worked(file)
    assert [event.entry.title for event in told if isinstance(event, Begun)] == ["run 2", "run 1"]
    assert [event.entry.state for event in told if isinstance(event, Settled)] == ["done", "done"]
    kept = file.read()
    assert states(file) == ["done", "done"] and not kept.waiting and kept.running is None
    assert [Path(entry.folder) for entry in kept.entries] == [tmp_path / "runs" / "tiny", tmp_path / "runs" / "tiny-2"]
    assert read(RunFolder(Path(kept[second.id].folder)).project).recipe.seed == 3
    assert read_record(Path(kept[first.id].folder))[0].title == "run 1"
    prepared = [event for event in told if isinstance(event, Prepared)]
    assert prepared[0].data is not prepared[1].data  # another seed draws other images to validate with


def test_the_images_of_one_run_serve_the_next(file: QueueFile) -> None:
    queued(file, project(), project(learning_rate=0.01))
    first, second = (event for event in worked(file) if isinstance(event, Prepared))
    assert first.data is second.data
    assert Path(file.read().entries[0].folder).parent == runs_folder()


def test_after_one_that_failed_the_next_begins(file: QueueFile) -> None:
    broken = msgspec.structs.replace(new_entry(project(), "broken"), project="{")
    file.change(lambda found: found.added(broken))
    queued(file, project(classes=4), project(), project(2, learning_rate=100.0, optimizer="SGD", momentum=0.9))
    worked(file)
    kept = file.read().entries
    assert states(file) == ["failed", "failed", "done", "failed"]
    assert "JSON" in kept[0].sentence or "end" in kept[0].sentence
    assert "10 classes" in kept[1].sentence
    assert read_record(Path(kept[3].folder))[0].state == "diverged" and kept[3].sentence
    file.change(lambda found: found.again(kept[3].id))
    told = worked(file)  # it would diverge again: its sentence is said at once
    assert [type(event) for event in told] == [Begun, Settled] and states(file)[3] == "failed"


def test_to_stop_is_to_wait_and_to_go_on_later(file: QueueFile) -> None:
    queued(file, project(3), project())
    events = QueueRunner(file).events(unheard)
    upto(events, EpochEnd)
    upto(events, Step)
    events.close()
    assert states(file) == ["waiting", "waiting"] and not turn.locked()
    folder = file.read().entries[0].folder
    told = worked(file)
    assert states(file) == ["done", "done"] and file.read().entries[0].folder == folder
    (past,) = (event for event in told if isinstance(event, Past))
    assert past.epoch == 2
    first = told[: next(place for place, event in enumerate(told) if isinstance(event, Settled))]
    assert [event.epoch for event in first if isinstance(event, EpochEnd)] == [2, 3]


def test_a_pause_ends_the_run_and_begins_none(file: QueueFile) -> None:
    queued(file, project(3), project())
    events = QueueRunner(file).events(unheard)
    upto(events, EpochEnd)
    QueueFile().change(lambda found: found.paused())  # as another program does
    rest = list(events)
    assert isinstance(rest[-1], Settled) and rest[-1].entry.state == "waiting"
    assert sum(isinstance(event, EpochEnd) for event in rest) == 0
    assert states(file) == ["waiting", "waiting"] and worked(file) == []
    file.change(lambda found: found.paused(False))
    worked(file)
    assert states(file) == ["done", "done"]


def test_one_run_is_stopped_and_the_next_begins(file: QueueFile) -> None:
    first, _ = queued(file, project(3), project())
    runner = QueueRunner(file)
    events = runner.events(unheard)
    upto(events, EpochEnd)
    runner.stop_run(first.id)
    list(events)
    assert states(file) == ["stopped", "done"] and file.read()[first.id].sentence == "It was stopped."
    file.change(lambda found: found.again(first.id))
    told = list(runner.events(unheard))
    assert states(file) == ["done", "done"] and any(isinstance(event, Past) for event in told)


def test_a_judge_ends_a_run_with_its_sentence(file: QueueFile) -> None:
    first, _ = queued(file, project(3), project())

    def judge(entry: Entry, event: object) -> str:
        return "It is worse than the others." if entry.id == first.id and isinstance(event, EpochEnd) else ""

    list(QueueRunner(file, judge).events(unheard))
    assert states(file) == ["stopped", "done"] and "worse" in file.read()[first.id].sentence


def test_a_pause_is_heard_while_images_are_read(file: QueueFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def course(project: Project, destination: object, report: Report, *others: object) -> Iterator[object]:
        file.change(lambda found: found.paused())
        yield Progress("Downloading…", 0.0)
        if not report("Downloading…", 0.5):
            raise DataCancelledError("The download was stopped.")

    monkeypatch.setattr(queue_runner, "begin", course)
    queued(file, project())
    assert [type(event) for event in worked(file)] == [Begun, Progress, Settled] and states(file) == ["waiting"]


def test_in_one_program_one_works_it_through(file: QueueFile) -> None:
    queued(file, project())
    events = QueueRunner(file).events(unheard)
    assert isinstance(next(events), Begun)
    with pytest.raises(QueueBusyError, match="in another window"):
        next(QueueRunner(file).events(unheard))
    events.close()
    worked(file)
    assert states(file) == ["done"]


def test_a_run_whose_end_nobody_noted_is_not_trained_again(file: QueueFile) -> None:
    (entry,) = queued(file, project())
    worked(file)
    file.change(lambda found: found.changed(msgspec.structs.replace(found[entry.id], state="running", owner=None)))
    assert [type(event) for event in worked(file)] == [Begun, Settled] and states(file) == ["done"]


def test_a_run_with_nothing_to_go_on_from_begins_anew_in_its_folder(file: QueueFile) -> None:
    (entry,) = queued(file, project())
    folder = RunFolder(runs_folder() / "torn")
    folder.path.mkdir(parents=True)
    folder.project.write_text("torn off")
    file.settle(entry.id, "waiting", folder=str(folder.path))
    worked(file)
    assert states(file) == ["done"] and file.read().entries[0].folder == str(folder.path)
    assert [path.name for path in runs_folder().iterdir()] == ["torn"]


def test_weights_that_are_there_are_never_lost(file: QueueFile) -> None:
    (entry,) = queued(file, replace(project()))
    folder = RunFolder(runs_folder() / "good")
    folder.path.mkdir(parents=True)
    folder.best.write_bytes(b"precious")
    file.settle(entry.id, "waiting", folder=str(folder.path))
    worked(file)
    assert states(file) == ["done"] and folder.best.read_bytes() == b"precious"
    assert file.read().entries[0].folder != str(folder.path)


def test_a_queue_that_cannot_be_written_ends_with_a_sentence(file: QueueFile, monkeypatch: pytest.MonkeyPatch) -> None:
    queued(file, project())
    monkeypatch.setattr(QueueFile, "_write", lambda *_: (_ for _ in ()).throw(QueueError("The disk is full.")))
    with pytest.raises(QueueError, match="The disk is full"):
        worked(file)


KILLED = """
import os, signal, sys
from cnnstudio.training import resume
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs.queue import QueueFile
from cnnstudio.training.runs.queue_runner import QueueRunner
from cnnstudio.worker import Report, unheard

resume.SECONDS_APART = resume.TIMES_APART = 0.0  # a checkpoint at every step
for event in QueueRunner(QueueFile()).events(unheard):
    if isinstance(event, EpochEnd) and event.epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_queue_that_is_killed_goes_on_where_it_was(file: QueueFile) -> None:
    queued(file, project(3), project())
    done = subprocess.run(
        [sys.executable, "-c", KILLED], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    torn, other = file.read().entries
    assert (torn.state, torn.present_state, other.state) == ("running", "waiting", "waiting")
    told = worked(file)
    assert states(file) == ["done", "done"] and file.read().entries[0].folder == torn.folder
    assert next(event for event in told if isinstance(event, Past)).epoch >= 2
    assert len(read_record(Path(torn.folder))[0].versions) and read_record(Path(torn.folder))[0].epochs_done == 3

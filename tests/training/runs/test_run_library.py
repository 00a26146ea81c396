from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cnnstudio.folders import runs_folder
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, write
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.training.runs import run_library
from cnnstudio.training.runs.record import (
    RECORD,
    Best,
    Labels,
    RecordError,
    RunRecord,
    new_record,
    write_labels,
    write_record,
)
from cnnstudio.training.runs.record_writer import RecordWriter
from cnnstudio.training.runs.run_library import RunLibrary, of_project, opened_run, scores, usual_places

PROJECT = from_template("lenet5")


def made(folder: Path, project: Project = PROJECT, accuracy: float = 0.5, days: int = 0, **values: object) -> RunRecord:
    """The folder of a run that has ended."""
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    record = msgspec.structs.replace(
        new_record(project), state="done", owner=None, epochs_done=15, best=Best(9, accuracy, 0.3), title="net",
        began=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days), **values,
    )  # fmt: skip
    write_record(folder, record)
    for name, size in (("best", 100), ("last", 200), ("checkpoint", 300)):
        (folder / f"{name}.safetensors").write_bytes(b" " * size)
    return record


def test_runs_are_found_the_latest_first(tmp_path: Path) -> None:
    first, second = made(tmp_path / "a"), made(tmp_path / "b", days=1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").touch()
    (tmp_path / "file").touch()
    found = RunLibrary().look([tmp_path, tmp_path / "missing", tmp_path / "a"])
    assert [run.record for run in found] == [second, first]
    assert [(run.title, run.state) for run in found] == [("net", "done")] * 2
    assert found[0].values["learning_rate"] == 0.002
    assert found[0].size == sum(file.stat().st_size for file in (tmp_path / "b").iterdir())


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "a")
    made(tmp_path / "b", days=1)
    library = RunLibrary()
    before = library.look([tmp_path])
    read: list[Path] = []
    kept = run_library._kept
    monkeypatch.setattr(run_library, "_kept", lambda folder, stamp: read.append(folder) or kept(folder, stamp))
    assert library.look([tmp_path]) == before
    assert read == []
    write_labels(tmp_path / "a", Labels(("wide",), "first"))
    assert [run.labels.tags for run in library.look([tmp_path])] == [(), ("wide",)]
    assert read == [tmp_path / "a"]


def test_a_damaged_folder_hides_no_other(tmp_path: Path) -> None:
    made(tmp_path / "good")
    made(tmp_path / "damaged", days=1)
    (tmp_path / "damaged" / RECORD).write_bytes(b"{")
    (tmp_path / "worse").mkdir()
    (tmp_path / "worse" / "project.cnn").write_bytes(b"\0" * 100)
    library = RunLibrary()
    found = {run.folder.name: run for run in library.look([tmp_path])}
    assert sorted(found) == ["damaged", "good"]
    assert found["damaged"].trouble == "run.json is damaged; the rest of the run can still be used."
    assert found["damaged"].title == "damaged"
    (trouble,) = library.troubles
    assert trouble.startswith("worse holds no run: project.cnn cannot be opened: ")


def test_a_run_that_was_torn_off_says_how_far_it_came(tmp_path: Path) -> None:
    write(tmp_path / "project.cnn", PROJECT)
    writer = RecordWriter(tmp_path, PROJECT)
    writer.take(Started(15, 2, "CPU", (), 10))
    for event in (
        Step(1, 1, 1.0, 0.5, 0.1, 9.0),
        EpochEnd(1, 1.0, 0.4, 0.9, 0.6, 1.5, True),
        Step(2, 2, 0.9, 0.5, 0.1, 9.0),
    ):
        writer.take(event)
    writer.flush()
    record = writer.record
    assert record is not None and record.owner is not None
    (running,) = RunLibrary().look([tmp_path])
    assert running.state == "running" and running.spare("best") == ()
    write_record(tmp_path, msgspec.structs.replace(record, owner=gone(record)))
    (torn,) = RunLibrary().look([tmp_path])
    assert torn.state == "interrupted"
    assert (torn.record.epochs_done, torn.record.steps_done, torn.record.best) == (1, 2, Best(1, 0.6, 0.9))
    assert torn.sentence == (
        "The program ended while it trained. Stopped in epoch 2. The best weights are those of epoch 1."
    )


def gone(record: RunRecord) -> Owner:
    """The owner of a process that is gone."""
    assert record.owner is not None
    return msgspec.structs.replace(record.owner, started=1.0, birth="")


def test_what_clean_up_would_free(tmp_path: Path) -> None:
    made(tmp_path / "a")
    (tmp_path / "a" / "first_batch").mkdir()
    (tmp_path / "a" / "first_batch" / "images.safetensors").touch()
    (run,) = RunLibrary().look([tmp_path])
    assert [path.name for path in run.spare("best")] == ["checkpoint.safetensors", "last.safetensors"]
    assert [path.name for path in run.spare("last")] == ["best.safetensors", "checkpoint.safetensors"]
    (tmp_path / "a" / "best.safetensors").unlink()
    (run,) = RunLibrary().look([tmp_path])
    assert run.spare("best") == ()


def test_the_runs_of_a_project_are_those_of_its_structure_and_those_it_remembers(tmp_path: Path) -> None:
    other = from_template("vgg-small")
    made(tmp_path / "a", accuracy=0.4)
    made(tmp_path / "b", days=1, accuracy=0.6)
    made(tmp_path / "c", other, days=2)
    runs = RunLibrary().look([tmp_path])
    structure = new_record(PROJECT).structure
    assert [run.folder.name for run in of_project(runs, structure)] == ["b", "a"]
    assert [run.folder.name for run in of_project(runs, structure, {"c"})] == ["c", "b", "a"]
    assert [run.folder.name for run in of_project(runs, "", {str(tmp_path / "a")})] == ["a"]
    assert [run.record.best.accuracy for run in scores(runs, structure) if run.record.best] == [0.4, 0.6]
    assert scores(runs, "") == ()


def test_a_run_is_named_by_its_folder_its_id_and_its_name(tmp_path: Path) -> None:
    record = made(tmp_path / "runs" / "net")
    made(tmp_path / "more" / "net")
    places = [tmp_path / "runs"]
    for text in (str(tmp_path / "runs" / "net"), record.id, record.id[:5], "net"):
        assert opened_run(text, places).record == record
    with pytest.raises(RecordError, match="net is the name of 2 runs"):
        opened_run("net", [*places, tmp_path / "more"])
    with pytest.raises(RecordError, match="There is no run nothing: it is neither a folder nor"):
        opened_run("nothing", places)
    with pytest.raises(RecordError, match="holds no run"):
        opened_run(str(tmp_path / "runs"), places)


def test_runs_are_looked_for_at_home_and_beside_files(tmp_path: Path) -> None:
    assert usual_places([tmp_path / "a.cnn", None, tmp_path / "b.cnn"]) == [runs_folder(), tmp_path / "runs"]


def test_there_is_an_end_to_what_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_library, "MOST_RUNS", 2)
    for name in "abc":
        made(tmp_path / name)
    library = RunLibrary()
    assert len(library.look([tmp_path])) == 2
    assert library.troubles == ("There are more than 2 runs; the others are not listed.",)


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    made(tmp_path / "a")
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    (tmp_path / "a" / "huge").symlink_to("/dev/zero")
    (run,) = RunLibrary().look([tmp_path])
    assert run.size < 10_000


def test_a_time_without_a_zone_is_no_time(tmp_path: Path) -> None:
    made(tmp_path / "a")
    made(tmp_path / "b")
    path = tmp_path / "a" / RECORD
    path.write_text(path.read_text().replace("2026-01-01T00:00:00Z", "2026-01-01T00:00:00"))
    assert len(RunLibrary().look([tmp_path])) == 2


def test_a_recipe_is_listed_as_the_file_has_it(tmp_path: Path) -> None:
    project = dataclasses.replace(PROJECT, recipe=dataclasses.replace(PROJECT.recipe, seed=7))
    made(tmp_path / "a", project)
    (run,) = RunLibrary().look([tmp_path])
    assert run.values["seed"] == 7
    assert run.project() == project

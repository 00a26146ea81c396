"""A run is found again by the project that remembers it, also where both have moved."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest
import torch

from cnnstudio.folders import runs_folder
from cnnstudio.project import Project, ProjectError, RunReference, from_template, write
from cnnstudio.training import weights
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.kept_run import folder_of, open_kept, reference_to, remembering
from cnnstudio.training.runs.record import Best, new_record, read_record, write_record


@pytest.fixture
def project() -> Project:
    plain = from_template("lenet5")
    return dataclasses.replace(plain, recipe=dataclasses.replace(plain.recipe, epochs=3))


def made(path: Path, project: Project) -> RunFolder:
    """A folder with what a run leaves, as far as it is looked at here."""
    path.mkdir(parents=True)
    write(path / "project.cnn", project)
    (path / "best.safetensors").touch()
    return RunFolder(path, is_new=False)


def test_a_run_of_the_person_is_known_by_its_name_and_any_other_by_its_place(project: Project, tmp_path: Path) -> None:
    own, other = made(runs_folder() / "first", project), made(tmp_path / "runs" / "net", project)
    assert reference_to(own, 2) == RunReference("first", 2)
    assert reference_to(other, 1) == RunReference((tmp_path / "runs" / "net").as_posix(), 1)
    for folder in (own, other):
        assert folder_of(reference_to(folder, 0), None) == folder.path


def test_a_run_that_was_moved_with_the_project_is_found_beside_it(project: Project, tmp_path: Path) -> None:
    reference = reference_to(made(tmp_path / "old" / "runs" / "net", project), 1)
    (tmp_path / "old").rename(tmp_path / "new")
    assert folder_of(reference, None) is None
    assert folder_of(reference, tmp_path / "new" / "net.cnn") == tmp_path / "new" / "runs" / "net"
    assert folder_of(RunReference("runs/net"), tmp_path / "new" / "net.cnn") == tmp_path / "new" / "runs" / "net"
    (tmp_path / "new" / "runs" / "net" / "best.safetensors").unlink()
    assert folder_of(reference, tmp_path / "new" / "net.cnn") is None, "there are no weights to be had"


def test_what_a_run_says_of_itself(project: Project, tmp_path: Path) -> None:
    folder = made(tmp_path / "net", project)
    record = new_record(project)
    best = Best(2, 0.9, 0.1)
    write_record(folder.path, type(record)(id="a", began=record.began, state="done", sentence="Done.", best=best))
    write_record(folder.path, msgspec.structs.replace(read_record(folder.path)[0], remarks=("The images are small.",)))
    kept = open_kept(folder.path)
    assert kept.history.notes == ["The images are small."], "what was said when it began"
    assert (kept.epoch, kept.sentence, kept.project) == (2, "Weights of run net, epoch 2.", project)
    assert kept.history.finished is not None and kept.history.finished.sentence == "Done."
    (folder.path / "run.json").unlink()
    assert open_kept(folder.path).sentence == "Weights of run net.", "an old folder opens too"
    folder.project.write_text("{")
    with pytest.raises(ProjectError):
        open_kept(folder.path)


def test_a_run_that_was_torn_off_has_the_epoch_that_its_weights_say(project: Project, tmp_path: Path) -> None:
    folder = made(tmp_path / "net", project)
    write_record(folder.path, new_record(project))  # the last word of the run is lacking
    weights.save(folder.best, {"a": torch.ones(1)}, {"epoch": "6"})
    assert open_kept(folder.path).sentence == "Weights of run net, epoch 6."


def test_where_the_best_weights_are_damaged_the_last_ones_are_taken_and_it_is_said(
    project: Project, tmp_path: Path
) -> None:
    folder = made(tmp_path / "net", project)
    write_record(folder.path, new_record(project))
    for path, epoch in ((folder.best, "6"), (folder.last, "9")):
        weights.save(path, {"a": torch.ones(1)}, {"epoch": epoch})
    assert open_kept(folder.path).sentence == "Weights of run net, epoch 6."
    folder.best.write_bytes(folder.best.read_bytes()[:-2])
    assert folder.weights == folder.last
    said = "Weights of run net, epoch 9. They are the last ones: best.safetensors is damaged."
    assert open_kept(folder.path).sentence == said


def test_a_run_that_was_torn_off_in_its_first_epoch_is_found_to_be_gone_on_with(
    project: Project, tmp_path: Path
) -> None:
    folder = made(tmp_path / "net", project)
    write_record(folder.path, new_record(project))
    folder.best.rename(folder.checkpoint)
    assert folder_of(reference_to(folder, 0), None) == folder.path
    assert "first epoch" in open_kept(folder.path).sentence and "Weights of" not in open_kept(folder.path).sentence


def test_a_project_with_the_weights_of_a_run_remembers_that_run_and_no_other(project: Project, tmp_path: Path) -> None:
    folder, earlier = made(tmp_path / "net", project), dataclasses.replace(project, run=RunReference("earlier", 1))
    assert remembering(earlier, folder, 2).run == reference_to(folder, 2)
    folder.best.unlink()
    assert remembering(earlier, folder, 2) == project, "it has left nothing to begin with"


def test_a_run_that_was_stopped_in_its_first_epoch_says_after_which_step(project: Project, tmp_path: Path) -> None:
    folder = made(tmp_path / "net", project)
    weights.save(folder.last, {"a": torch.ones(1)}, {"epoch": "0", "step": "1200"})
    folder.best.unlink()
    assert open_kept(folder.path).sentence == "Weights of run net, step 1,200 of its first epoch."

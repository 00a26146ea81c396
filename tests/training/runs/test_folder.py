from __future__ import annotations

import os
import threading
from datetime import datetime
from pathlib import Path

import pytest

from cnnstudio.project import Project, ProjectError, from_template, read
from cnnstudio.training.runs.folder import Destination, FolderError, FolderInUseError, RunFolder


@pytest.fixture
def project() -> Project:
    return from_template("lenet5")


def made(destination: Destination, project: Project) -> RunFolder:
    folder, warning = destination.make(project)
    assert folder is not None and warning == ""
    return folder


def test_a_folder_has_the_project_and_the_names_of_the_weights(project: Project, tmp_path: Path) -> None:
    folder = made(Destination(tmp_path / "runs", "net"), project)
    assert folder.path == tmp_path / "runs" / "net"
    assert read(folder.project) == project
    assert [folder.best.name, folder.last.name] == ["best.safetensors", "last.safetensors"]
    assert folder.weights is None
    folder.last.touch()
    assert folder.weights == folder.last
    folder.best.touch()
    assert folder.weights == folder.best


def test_a_name_that_is_taken_gets_a_number(project: Project, tmp_path: Path) -> None:
    (tmp_path / "net-2").write_text("a file has the name as well")
    names = [made(Destination(tmp_path, "net"), project).path.name for _ in range(3)]
    assert names == ["net", "net-3", "net-4"]


def test_without_a_name_it_is_called_after_the_moment(project: Project, tmp_path: Path) -> None:
    before = datetime.now().replace(microsecond=0)
    name = made(Destination(tmp_path), project).path.name
    assert before <= datetime.strptime(name, "%Y-%m-%d %H-%M-%S") <= datetime.now()


def test_runs_that_begin_at_once_get_a_folder_each(project: Project, tmp_path: Path) -> None:
    folders: list[Path] = []
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        folders.append(made(Destination(tmp_path / "runs", "net"), project).path)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.name for path in folders) == ["net", *(f"net-{number}" for number in range(2, 9))]


def test_another_run_that_takes_the_name_in_between_keeps_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def late(path: Path, *args: object, **options: bool) -> None:
        if path.name == "net" and not path.exists():
            mkdir(path)  # as another program would, just before
        mkdir(path, **options)

    monkeypatch.setattr(Path, "mkdir", late)
    assert made(Destination(tmp_path, "net"), project).path.name == "net-2"
    assert list((tmp_path / "net").iterdir()) == []


def test_the_folder_that_was_asked_for_is_taken_as_it_is(project: Project, tmp_path: Path) -> None:
    asked = tmp_path / "a" / "b"
    assert made(Destination(asked.parent, asked.name, may_exist=True), project).is_new
    (asked / "project.cnn").unlink()
    (asked / "mine.txt").touch()
    again = made(Destination(asked.parent, asked.name, may_exist=True), project)
    assert (again.path, again.is_new) == (asked, False)
    again.settle()
    assert sorted(path.name for path in asked.iterdir()) == ["mine.txt", "project.cnn"]


def test_a_run_is_only_overwritten_where_that_is_said_and_once_the_new_one_has_begun(
    project: Project, tmp_path: Path
) -> None:
    asked, other = Destination(tmp_path, "net", may_exist=True), from_template("vgg-small")
    (first := made(asked, project)).best.write_text("good weights")
    (first.path / "mine.txt").touch()
    with pytest.raises(FolderInUseError, match="has a run already, which would be lost"):
        asked.make(other)
    overwriting = Destination(tmp_path, "net", may_exist=True, overwrites=True)
    second = made(overwriting, other)
    assert read(second.project) == other and not second.best.exists()
    second.discard()
    assert read(first.project) == project and first.best.read_text() == "good weights"
    made(overwriting, other).settle()
    assert sorted(path.name for path in first.path.iterdir()) == ["mine.txt", "project.cnn"]
    assert read(first.project) == other


@pytest.mark.parametrize("may_exist", [False, True])
def test_a_place_where_no_folder_can_be_is_a_sentence(project: Project, tmp_path: Path, may_exist: bool) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(FolderError, match=r"The folder .*runs/net cannot be made: part of its path is a file"):
        Destination(tmp_path / "runs", "net", may_exist).make(project)
    with pytest.raises(FolderError, match=r"The folder .*runs cannot be made: "):
        Destination(tmp_path, "runs", may_exist=True).make(project)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be written here")
def test_a_parent_that_may_only_be_read_is_a_sentence(project: Project, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FolderError, match="cannot be made: you have no permission for it"):
            Destination(tmp_path, "net").make(project)
    finally:
        tmp_path.chmod(0o700)


def test_a_run_that_need_not_be_kept_goes_to_a_folder_that_passes(project: Project, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    folder, warning = Destination(tmp_path / "runs", must_keep=False).make(project)
    assert warning.startswith(f"The run has nowhere to keep its weights: {tmp_path / 'runs'}: part of its path is")
    assert warning.endswith("This run is gone when the program ends: export what you want to keep of it.")
    assert folder is not None and tmp_path not in folder.path.parents
    assert read(folder.project) == project
    folder.discard()
    assert not folder.path.exists()


def test_a_project_that_cannot_be_written_leaves_no_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _: Project) -> None:
        raise ProjectError(f"{path.name} was not written: the disk is full.")

    monkeypatch.setattr("cnnstudio.training.runs.folder.write", full)
    with pytest.raises(ProjectError, match=r"project\.cnn was not written"):
        Destination(tmp_path, "net").make(project)
    folder, warning = Destination(tmp_path, "net", must_keep=False).make(project)
    assert warning.startswith("project.cnn was not written: the disk is full. This run is gone when")
    assert folder is not None
    folder.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_else_is_in_a_folder_stays(project: Project, tmp_path: Path) -> None:
    folder = made(Destination(tmp_path, "net"), project)
    folder.last.write_text("weights")
    folder.discard()
    assert [path.name for path in folder.path.iterdir()] == ["last.safetensors"]


def test_no_two_programs_train_in_one_folder(tmp_path: Path) -> None:
    release = RunFolder(tmp_path).hold()
    with pytest.raises(FolderInUseError, match="is being trained at this moment, in another program"):
        RunFolder(tmp_path).hold()
    release()
    assert list(tmp_path.iterdir()) == []
    RunFolder(tmp_path).hold()()

"""What a program that was killed has left is cleared away, and nothing that is not ours, or may still be used."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec
import pytest

from cnnstudio.disk import marked, replacing
from cnnstudio.folders import data_folder, home, library_folder, runs_folder
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, read
from cnnstudio.training.runs.folder import OF_A_RUN, Destination, RunFolder, mend
from cnnstudio.training.runs.leftovers import clear

HERE = Owner.here()
GONE = msgspec.structs.replace(HERE, pid=2**22 + 1)  # no process has this number
ELSEWHERE = "0" * 8 + HERE.mark[8:]


def renamed(folder: Path) -> None:
    """Let what this process has made be that of a dead one."""
    for path in [*folder.rglob(f"*{HERE.mark}*")]:
        path.rename(path.with_name(path.name.replace(HERE.mark, GONE.mark)))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for what passes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp"


def test_what_a_killed_program_was_writing_is_cleared_from_beside_the_project(tmp_path: Path, temporary: Path) -> None:
    beside = tmp_path / "lessons"
    with replacing(_folder(beside) / "net.cnn") as new:
        mine = new.name
        for folder in (beside, _folder(home()), _folder(library_folder()), _folder(runs_folder() / "a")):
            for mark in (GONE.mark, ELSEWHERE):
                _old(folder / f".new-{mark}-1f.cnn")
            for other in (".new-0123456789ab.cnn", f"new-{GONE.mark}-1f", f".new-{GONE.mark}", "net.txt"):
                _old(folder / other)
            (folder / f".new-{GONE.mark}-fresh.cnn").touch()  # a computer of the same name may be writing it
            (folder / f".new-{GONE.mark}-link.cnn").symlink_to(folder / "net.txt")
        clear([beside])
        for folder in (beside, home(), library_folder(), runs_folder() / "a"):
            left = {name for name in names(folder) if "new-" in name} - {mine}
            assert f".new-{GONE.mark}-1f.cnn" not in left and len(left) == 6, left


def test_a_download_that_was_cut_off_is_cleared(temporary: Path) -> None:
    half = _folder(data_folder("mnist") / "MNIST" / "raw") / f".new-{GONE.mark}-train-images-idx3-ubyte.gz"
    _old(half)
    _old(half.with_name("train-images-idx3-ubyte.gz"))
    clear()
    assert names(half.parent) == {"train-images-idx3-ubyte.gz"}


def test_temporary_folders_of_the_dead_are_cleared_and_those_of_the_living_are_not(temporary: Path) -> None:
    from cnnstudio.training.runs.folder import passing

    mine, _ = passing(Project(), "It is gone.")
    assert mine is not None and mine.path.parent == temporary
    dead = temporary / f"cnnstudio-{GONE.mark}-x1"
    for folder in (dead, temporary / f"cnnstudio-{ELSEWHERE}-x1", temporary / "cnnstudio-notes"):
        _old(_folder(folder / "deep") / "file")
    clear()
    assert names(temporary) == {mine.path.name, f"cnnstudio-{ELSEWHERE}-x1", "cnnstudio-notes"}


def test_a_run_that_never_began_is_gone_with_the_program_that_made_it(temporary: Path) -> None:
    folder, _ = Destination(runs_folder(), "half").make(from_template("lenet5"))
    assert folder is not None
    clear()
    assert folder.project.exists(), "its program lives"
    renamed(folder.path)
    (folder.path / ".lock").touch()
    clear()
    assert not folder.path.exists()


@pytest.mark.parametrize("name", [*(name for name in OF_A_RUN if name != "project.cnn"), "notes.txt"])
def test_what_else_stands_in_it_stays(temporary: Path, name: str) -> None:
    folder, _ = Destination(runs_folder(), "half").make(from_template("lenet5"))
    assert folder is not None
    renamed(folder.path)
    (folder.path / name).touch()
    clear()
    assert names(folder.path) == {"project.cnn", name}


def test_a_run_that_began_is_no_half_made_one(temporary: Path) -> None:
    folder, _ = Destination(runs_folder(), "whole").make(from_template("lenet5"))
    assert folder is not None
    folder.settle()
    clear()
    assert names(folder.path) == {"project.cnn"}


def test_a_run_is_put_back_that_a_killed_program_was_to_replace(tmp_path: Path) -> None:
    folder, _ = Destination(tmp_path, "run").make(from_template("lenet5"))
    assert folder is not None
    folder.settle()
    folder.last.write_text("weights")
    (folder.path / "run.json").write_text("{}")
    again = Destination(tmp_path, "run", may_exist=True, overwrites=True)
    made, _ = again.make(Project())
    assert made is not None and not made.last.exists()
    mend(folder.path)
    assert not made.last.exists(), "its program lives"
    renamed(folder.path)
    mend(folder.path)
    assert names(folder.path) == {"project.cnn", "last.safetensors", "run.json"}
    assert read(folder.project) == from_template("lenet5") and folder.last.read_text() == "weights"


def test_a_run_that_was_replaced_is_not_brought_back(tmp_path: Path) -> None:
    folder, _ = Destination(tmp_path, "run").make(from_template("lenet5"))
    assert folder is not None
    folder.settle()
    folder.last.write_text("weights")
    made, _ = Destination(tmp_path, "run", may_exist=True, overwrites=True).make(Project())
    assert made is not None
    made._end_making()  # as far as it came before it was killed
    renamed(folder.path)
    mend(folder.path)
    assert names(folder.path) == {"project.cnn"} and read(made.project) == Project()


def test_who_trains_where_another_was_killed_finds_the_run_that_was_there(tmp_path: Path) -> None:
    folder, _ = Destination(tmp_path, "run").make(from_template("lenet5"))
    assert folder is not None
    renamed(folder.path)
    made, _ = Destination(tmp_path, "run", may_exist=True).make(Project())
    assert made is not None and read(made.project) == Project(), "a half made one is none"
    assert isinstance(made, RunFolder)
    made.discard()


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _old(path: Path) -> None:
    path.write_text("half")
    os.utime(path, (1e9, 1e9))


def test_the_name_of_what_passes_begins_as_it_is_asked_for() -> None:
    assert marked(".new-") == f".new-{HERE.mark}-"


def test_with_no_place_for_temporary_files_the_rest_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", full)
    clear(beside=[tmp_path])

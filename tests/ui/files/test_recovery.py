"""Unsaved work outlives the program: whose a copy is, what is offered, and that none is deleted unseen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.disk import DiskError, replacing
from cnnstudio.folders import recovery_folder
from cnnstudio.owner import Owner
from cnnstudio.project import Project, ProjectError, from_template, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.files import recovery_copy
from cnnstudio.ui.files.recovery import Recovery
from cnnstudio.ui.files.recovery_copy import About, Copy, left_behind
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets.messages import MessageBar

GONE = 2**22 + 1  # no process has this number: it is beyond what Linux gives out by default
DEAD = Owner(Owner.here().host, GONE, 1.0)


def left(project: Project, path: Path | None = None, owner: Owner = DEAD) -> Copy:
    """A copy as this owner has left it."""
    copy = Copy.new()
    copy.save(project, path)
    (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(owner, str(path or ""))))
    return copy


def left_before(name: str, project: Project, path: Path | None = None) -> Path:
    """The folder of a copy as an earlier CNN Studio has left it."""
    folder = recovery_folder() / name
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    (folder / "path.txt").write_text(str(path or ""))
    return folder


def offered(qtbot: QtBot, window: MainWindow) -> list[MessageBar]:
    """What is said of what was left behind."""
    window.files.offer_recovery()
    task = window.files._left._task
    assert task is not None
    qtbot.waitUntil(lambda: not task.is_running)
    return list(window.messages.bars)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Lets the disk of the copies be full, or have room again."""
    is_full = [False]

    def full_or_not(path: Path) -> AbstractContextManager[Path]:
        if is_full[0] and recovery_folder() in path.parents:
            raise DiskError(f"{path.name} was not written: the disk is full.")
        return replacing(path)

    for module in ("project.writing", "ui.files.recovery_copy"):
        monkeypatch.setattr(f"cnnstudio.{module}.replacing", full_or_not)
    return lambda now: is_full.__setitem__(0, now)


# making the copy


def test_unsaved_changes_are_copied_and_the_copy_goes_once_they_are_saved(
    qtbot: QtBot, tiny: Project, tmp_path: Path
) -> None:
    document = Document()
    recovery = Recovery(document, document)
    document.edit("Change", tiny)
    recovery.keep()
    (copy,) = recovery_folder().glob("*/project.cnn")
    assert read(copy) == tiny
    document.set_path(tmp_path / "mine.cnn")
    recovery.keep()
    assert not copy.exists()
    recovery.close()
    assert not list(recovery_folder().iterdir())


def test_the_copy_is_written_beside_the_work(qtbot: QtBot, window: MainWindow) -> None:
    begun = Project(recipe=Recipe(epochs=3))  # of which nothing is computed
    window.document.edit("Change", begun)
    qtbot.waitUntil(lambda: bool(list(recovery_folder().glob("*/project.cnn"))))
    (copy,) = recovery_folder().glob("*/project.cnn")
    assert read(copy) == begun
    window.document.undo_stack.setClean()
    window.close()
    assert not copy.exists()


def test_where_no_copy_can_be_made_it_is_said_once_until_one_can_be(
    window: MainWindow, tiny: Project, full: Callable[[bool], None]
) -> None:
    full(True)
    window.document.edit("Change", tiny)
    for _ in range(2):
        window.files.keep()
    (bar,) = window.messages.bars
    assert "the disk is full" in bar.sentence and "Save your work" in bar.sentence and "Save" in bar.buttons
    full(False)
    window.files.keep()
    assert window.messages.bars == [] and list(recovery_folder().glob("*/project.cnn"))


# offering it


def test_what_a_dead_program_left_is_offered_and_opened_as_unsaved(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    copy = left(tiny, tmp_path / "mine.cnn")
    (bar,) = offered(qtbot, window)
    assert "mine" in bar.sentence
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny
    assert window.document.path == tmp_path / "mine.cnn"
    assert window.document.is_modified
    assert copy.about is not None and copy.about.owner == Owner.here() and copy.load() == tiny
    window.files.save()
    window.files.keep()
    assert copy.file is None


def test_a_copy_takes_the_place_of_its_file_where_nothing_is_lost(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    """Else it could not be saved where it belongs: its file is open in the window that offers it."""
    write(tmp_path / "mine.cnn", from_template("lenet5"))
    window.files.open(tmp_path / "mine.cnn")
    left(tiny, tmp_path / "mine.cnn")
    offered(qtbot, window)[-1].buttons["Open the copy"].click()
    assert window.windows.all == [window] and window.document.project == tiny and window.document.is_modified
    window.files.save()
    assert read(tmp_path / "mine.cnn") == tiny


def test_a_copy_leaves_alone_what_is_edited_in_the_window_of_its_file(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "mine.cnn", from_template("lenet5"))
    window.files.open(tmp_path / "mine.cnn")
    window.document.edit("Change", Project())
    left(tiny, tmp_path / "mine.cnn")
    offered(qtbot, window)[-1].buttons["Open the copy"].click()
    assert window.document.project == Project() and window.windows.all[-1].document.project == tiny


def test_the_only_copy_stays_where_opening_it_finds_a_full_disk(
    qtbot: QtBot, window: MainWindow, tiny: Project, full: Callable[[bool], None]
) -> None:
    copy = left(tiny)
    (bar,) = offered(qtbot, window)
    full(True)
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny and copy.load() == tiny
    assert any("the disk is full" in each.sentence for each in window.messages.bars)
    window.document.edit("Change", from_template("lenet5"))
    window.files.keep()
    assert copy.load() == tiny, "the last one that there was room for"
    full(False)
    window.files.keep()
    assert copy.load() == from_template("lenet5")


def test_copies_that_cannot_be_read_are_kept_and_told_of(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.project.reading.LARGEST_COPY", 2**20)
    spoilt = {
        "cannot be read: project.cnn": b"{",
        "larger than 1 MB": b" " * (2**20 + 1),
        "newer": b'{"format": "cnnstudio", "version": 999}',
    }
    copies = [left(tiny, Path(f"mine{number}.cnn")) for number in range(len(spoilt))]
    for copy, data in zip(copies, spoilt.values(), strict=True):
        (copy.folder / "project.cnn").write_bytes(data)
    bars = offered(qtbot, window)
    for number, (words, data) in enumerate(spoilt.items()):
        (bar,) = (bar for bar in bars if bar.sentence.startswith(f"mine{number} was not saved"))
        assert words in bar.sentence and "is kept" in bar.sentence
        assert list(bar.buttons) == ["Show in folder", "Not now"]
        bar.buttons["Not now"].click()
        assert (copies[number].folder / "project.cnn").read_bytes() == data
    copy = left(tiny)
    with monkeypatch.context() as patch:
        patch.setattr(Copy, "file", property(lambda _: (_ for _ in ()).throw(PermissionError(13, "denied"))))
        found = left_behind()
    assert len(found) == 4 and all("no permission" in one.trouble for one in found) and copy.load() == tiny


def test_a_copy_never_takes_the_place_of_what_was_saved_after_it(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    copy = left(tiny, tmp_path / "mine.cnn")
    os.utime(copy.folder / "project.cnn", (1e9, 1e9))
    write(tmp_path / "mine.cnn", from_template("lenet5"))
    (bar,) = offered(qtbot, window)
    assert "Its file was changed since it was opened" in bar.sentence
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny and window.document.path is None and window.document.is_modified


def test_a_copy_never_takes_the_place_of_what_another_program_wrote_before_it(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    path = tmp_path / "mine.cnn"
    write(path, from_template("lenet5"))
    known = recovery_copy.stamp_of(path)
    write(path, from_template("vgg-small"))
    os.utime(path, (1e9, 1e9))  # as a program leaves it that restores an older one
    copy = left(tiny, path)
    (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(DEAD, str(path), known)))
    (bar,) = offered(qtbot, window)
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny and window.document.path is None


def test_a_copy_says_which_file_it_knew(window: MainWindow, tiny: Project, tmp_path: Path) -> None:
    path = tmp_path / "mine.cnn"
    write(path, tiny)
    window.files.open(path)
    window.document.edit("Change", Project())
    window.files.keep()
    (copy,) = [Copy(folder) for folder in recovery_folder().iterdir()]
    assert copy.about is not None and copy.about.stamp == recovery_copy.stamp_of(path) and not copy.is_outdated
    write(path, from_template("lenet5"))
    assert copy.is_outdated


def test_an_offer_that_was_left_standing_looks_again(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    path = tmp_path / "mine.cnn"
    left(tiny, path)
    (bar,) = offered(qtbot, window)
    write(path, from_template("lenet5"))
    os.utime(path, (4e9, 4e9))
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny and window.document.path is None


def test_a_home_that_is_away_for_a_moment_is_said(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(tiny)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", lambda _: (_ for _ in ()).throw(OSError(116, "Stale file handle")))
        (bar,) = offered(qtbot, window)
    assert "stale file handle" in bar.sentence
    bar.buttons["Look again"].click()
    qtbot.waitUntil(lambda: any("Open the copy" in each.buttons for each in window.messages.bars))


def test_one_strange_name_hides_no_others(tiny: Project, tmp_path: Path) -> None:
    folder = recovery_folder()
    left(tiny, tmp_path / "mine.cnn")
    for name in ("0", "99999999999999999999", "\u0664\u0667", "copy-", "what is this", "4711-2"):
        (folder / name).mkdir()
    (folder / "12").write_text("no folder")
    (folder / "13").symlink_to(folder / "13")
    (folder / "14").mkdir()
    (folder / "14" / "copy.json").write_text("[" * 2_000)
    (folder / "15").symlink_to(tmp_path)
    (tmp_path / "path.txt").write_text("mine")
    (found,) = left_behind()
    assert found.name == "mine" and found.project == tiny
    assert (tmp_path / "path.txt").exists() and (folder / "what is this").exists()
    assert not (folder / "4711-2").exists(), "a dead program has left nothing in it"


# whose it is


@pytest.fixture(scope="module")
def living() -> Iterator[Owner]:
    """Another process that lives as long as these tests."""
    code = "from cnnstudio.owner import Owner; import msgspec, sys; "
    code += "print(msgspec.json.encode(Owner.here()).decode(), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield msgspec.json.decode(process.stdout.readline(), type=Owner)
        process.communicate()


def test_the_copy_of_a_program_that_runs_is_left_alone(tiny: Project, living: Owner) -> None:
    left(tiny, owner=living)
    left(tiny, owner=Owner.here())
    assert left_behind() == []


def test_the_copy_of_another_computer_is_opened_beside_and_never_deleted(
    qtbot: QtBot, window: MainWindow, tiny: Project, living: Owner
) -> None:
    copy = left(tiny, owner=msgspec.structs.replace(living, host="lab-7"))
    (bar,) = offered(qtbot, window)
    assert "on the computer lab-7" in bar.sentence and "may still be running" in bar.sentence
    assert set(bar.buttons) == {"Open a copy of it", "Not now"}
    before = (copy.folder / "copy.json").read_bytes()
    bar.buttons["Open a copy of it"].click()
    assert window.document.project == tiny and copy.load() == tiny
    assert (copy.folder / "copy.json").read_bytes() == before
    assert offered(qtbot, window) == [], "it was opened here"
    write(copy.folder / "project.cnn", from_template("lenet5"))
    assert len(offered(qtbot, window)) == 1, "it has gone on there"


def test_two_that_offer_the_same_copy_open_it_once_and_delete_it_not_at_all(
    qtbot: QtBot, window: MainWindow, tiny: Project, living: Owner
) -> None:
    copy = left(tiny)
    (bar,) = offered(qtbot, window)
    (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(living)))
    bar.buttons["Delete it"].click()
    assert copy.load() == tiny and "meanwhile" in window.messages.bars[-1].sentence
    (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(DEAD)))
    (bar,) = (each for each in offered(qtbot, window) if "Delete it" in each.buttons)
    bar.buttons["Delete it"].click()
    assert not copy.folder.exists()


# copies of an earlier CNN Studio


def test_a_copy_of_an_earlier_time_is_offered(qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path) -> None:
    folder = left_before(str(GONE), tiny, tmp_path / "mine.cnn")
    (bar,) = offered(qtbot, window)
    assert bar.sentence.startswith("mine was not saved")
    bar.buttons["Open the copy"].click()
    assert window.document.path == tmp_path / "mine.cnn" and read(folder / "project.cnn") == tiny


def test_a_copy_without_the_name_of_its_file_is_offered_all_the_same(tiny: Project) -> None:
    (left_before(str(GONE), tiny) / "path.txt").unlink()
    (found,) = left_behind()
    assert found.name == "An untitled project" and found.project == tiny and found.is_certain


@pytest.mark.parametrize("number", [os.getpid(), os.getppid()])
def test_the_copy_of_a_dead_program_is_offered_though_another_has_its_number_now(tiny: Project, number: int) -> None:
    folder = left_before(str(number), tiny)
    assert left_behind() == []
    for path in (*folder.iterdir(), folder):
        os.utime(path, (1e9, 1e9))  # long before the process with this number began
    assert len(left_behind()) == 1


def test_a_copy_is_whole_or_it_raises(tiny: Project) -> None:
    with pytest.raises(ProjectError):
        Copy.new().load()

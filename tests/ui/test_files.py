from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project, read
from cnnstudio.ui.document import Document
from cnnstudio.ui.files import Copy, Recovery
from cnnstudio.ui.preferences import Preferences, home
from cnnstudio.ui.window import Window

GONE = 2**22 + 1  # no process has this number: it is beyond what Linux gives out by default


def test_unsaved_changes_are_copied_and_the_copy_goes_once_they_are_saved(
    qtbot: QtBot, tiny: Project, tmp_path: Path
) -> None:
    document = Document()
    recovery = Recovery(document, document)
    document.edit("Change", tiny)
    recovery.keep()
    copy = home() / "recovery" / str(os.getpid()) / "project.cnn"
    assert read(copy) == tiny
    document.set_path(tmp_path / "mine.cnn")
    recovery.keep()
    assert not copy.exists()
    recovery.close()


def test_what_a_dead_program_left_is_offered_and_opened_as_unsaved(
    qtbot: QtBot, window: Window, tiny: Project, tmp_path: Path
) -> None:
    folder = home() / "recovery" / str(GONE)
    Copy(folder).save(tiny, tmp_path / "mine.cnn")
    window.files.offer_recovery()
    bar = window.messages.bars[-1]
    assert "mine" in bar.sentence
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny
    assert window.document.path == tmp_path / "mine.cnn"
    assert window.files.is_modified
    assert not folder.exists()


def test_a_spoiled_copy_is_not_offered(window: Window) -> None:
    folder = home() / "recovery" / str(GONE)
    folder.mkdir(parents=True)
    (folder / "project.cnn").write_text("{")
    window.files.offer_recovery()
    assert window.messages.bars == []


def test_the_copy_of_a_program_that_runs_is_left_alone(window: Window, tiny: Project) -> None:
    Copy(home() / "recovery" / str(os.getppid())).save(tiny, None)
    window.files.offer_recovery()
    assert window.messages.bars == []


def test_saving_writes_what_is_open(window: Window, tiny: Project, tmp_path: Path) -> None:
    window.document.edit("Change", tiny)
    window.document.set_path(tmp_path / "mine.cnn")
    window.commands.run("save")
    assert read(tmp_path / "mine.cnn") == tiny
    assert not window.files.is_modified
    assert window.messages.bars[-1].sentence == "Saved mine.cnn."


@pytest.mark.parametrize("spoiled", ["scheme=pink", "text_scale=huge", "recent=7", "text_scale=1e9"])
def test_spoiled_settings_are_the_defaults(spoiled: str) -> None:
    home().mkdir(parents=True, exist_ok=True)
    (home() / "settings.ini").write_text(f"[General]\n{spoiled}\n")
    preferences = Preferences()
    assert preferences.scheme == "system"
    assert preferences.text_scale == 1.0
    assert all(isinstance(path, Path) for path in preferences.recent)


def test_the_latest_files_come_first_and_once(tmp_path: Path) -> None:
    preferences = Preferences()
    for name in ("a", "b", "a", *"cdefghijkl"):
        preferences.remember(tmp_path / name)
    names = [path.name for path in Preferences().recent]
    assert names == list("lkjihgfedc")


def test_the_copy_is_written_beside_the_work(qtbot: QtBot, window: Window, tiny: Project) -> None:
    window.document.edit("Change", tiny)
    copy = home() / "recovery" / str(os.getpid()) / "project.cnn"
    qtbot.waitUntil(copy.exists, timeout=10_000)
    assert read(copy) == tiny
    window.document.undo_stack.setClean()
    window.close()
    assert not copy.exists()


def test_preferences_without_a_place_to_write_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "file" / "home"))
    preferences = Preferences()
    preferences.scheme = "dark"
    preferences.sync()
    assert Preferences().text_scale == 1.0

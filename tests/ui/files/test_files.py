from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.folders import home, recovery_folder, settings_file
from cnnstudio.project import Project, from_template, read, write
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.recovery import Copy, Recovery
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences

GONE = 2**22 + 1  # no process has this number: it is beyond what Linux gives out by default


def test_unsaved_changes_are_copied_and_the_copy_goes_once_they_are_saved(
    qtbot: QtBot, tiny: Project, tmp_path: Path
) -> None:
    document = Document()
    recovery = Recovery(document, document)
    document.edit("Change", tiny)
    recovery.keep()
    copy = recovery_folder() / str(os.getpid()) / "project.cnn"
    assert read(copy) == tiny
    document.set_path(tmp_path / "mine.cnn")
    recovery.keep()
    assert not copy.exists()
    recovery.close()


def test_what_a_dead_program_left_is_offered_and_opened_as_unsaved(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    folder = recovery_folder() / str(GONE)
    Copy(folder).save(tiny, tmp_path / "mine.cnn")
    window.files.offer_recovery()
    bar = window.messages.bars[-1]
    assert "mine" in bar.sentence
    bar.buttons["Open the copy"].click()
    assert window.document.project == tiny
    assert window.document.path == tmp_path / "mine.cnn"
    assert window.document.is_modified
    assert not folder.exists()


def test_a_copy_takes_the_place_of_its_file_where_nothing_is_lost(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    """Else it could not be saved where it belongs: its file is open in the window that offers it."""
    write(tmp_path / "mine.cnn", from_template("lenet5"))
    window.files.open(tmp_path / "mine.cnn")
    Copy(recovery_folder() / str(GONE)).save(tiny, tmp_path / "mine.cnn")
    window.files.offer_recovery()
    window.messages.bars[-1].buttons["Open the copy"].click()
    assert window.windows.all == [window] and window.document.project == tiny and window.document.is_modified
    window.files.save()
    assert read(tmp_path / "mine.cnn") == tiny


def test_a_copy_leaves_alone_what_is_edited_in_the_window_of_its_file(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "mine.cnn", from_template("lenet5"))
    window.files.open(tmp_path / "mine.cnn")
    window.document.edit("Change", Project())
    Copy(recovery_folder() / str(GONE)).save(tiny, tmp_path / "mine.cnn")
    window.files.offer_recovery()
    window.messages.bars[-1].buttons["Open the copy"].click()
    assert window.document.project == Project() and window.windows.all[-1].document.project == tiny


@pytest.mark.parametrize("number", [os.getpid(), os.getppid()])
def test_the_copy_of_a_dead_program_is_offered_though_another_has_its_number_now(
    window: MainWindow, tiny: Project, number: int
) -> None:
    folder = recovery_folder() / str(number)
    Copy(folder).save(tiny, None)
    for path in (*folder.iterdir(), folder):
        os.utime(path, (1e9, 1e9))  # long before the process with this number began
    window.files.offer_recovery()
    assert len(window.messages.bars) == 1


def test_a_spoiled_copy_is_not_offered(window: MainWindow) -> None:
    folder = recovery_folder() / str(GONE)
    folder.mkdir(parents=True)
    (folder / "project.cnn").write_text("{")
    window.files.offer_recovery()
    assert window.messages.bars == []


def test_the_copy_of_a_program_that_runs_is_left_alone(window: MainWindow, tiny: Project) -> None:
    Copy(recovery_folder() / str(os.getppid())).save(tiny, None)
    window.files.offer_recovery()
    assert window.messages.bars == []


def test_saving_writes_what_is_open(window: MainWindow, tiny: Project, tmp_path: Path) -> None:
    window.document.edit("Change", tiny)
    window.document.set_path(tmp_path / "mine.cnn")
    window.commands.run("save")
    assert read(tmp_path / "mine.cnn") == tiny
    assert not window.document.is_modified
    assert window.messages.bars[-1].sentence == "Saved mine.cnn."


def test_what_another_program_has_saved_is_not_replaced_unasked(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    path = tmp_path / "mine.cnn"
    write(path, tiny)
    window.files.open(path)
    window.document.edit("Change", Project())
    other = from_template("lenet5")
    write(path, other)
    window.files.save()
    bar = window.messages.bars[-1]
    assert "was changed by another program" in bar.sentence and read(path) == other and window.document.is_modified
    bar.buttons["Cancel"].click()
    window.files.save()
    window.messages.bars[-1].buttons["Replace it"].click()
    assert read(path) == Project() and not window.document.is_modified
    window.document.edit("Change", tiny)
    path.unlink()
    window.files.save()
    window.document.edit("Change back", Project())
    window.files.save()
    assert read(path) == Project(), "what was saved here, or is gone, asks nothing"


@pytest.mark.parametrize("spoiled", ["scheme=pink", "text_scale=huge", "recent=7", "text_scale=1e9"])
def test_spoiled_settings_are_the_defaults(spoiled: str) -> None:
    home().mkdir(parents=True, exist_ok=True)
    settings_file().write_text(f"[General]\n{spoiled}\n")
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


def test_the_copy_is_written_beside_the_work(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.edit("Change", tiny)
    copy = recovery_folder() / str(os.getpid()) / "project.cnn"
    qtbot.waitUntil(copy.exists)
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


def test_a_new_network_has_the_keyboard_on_the_canvas_at_its_own_size(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("lesson-sizes")
    qtbot.mouseClick(window.quiz.end, Qt.MouseButton.LeftButton)
    assert window.quiz.isAncestorOf(window.focusWidget())
    window.files.new("small-resnet")
    assert window.canvas.zoom < 1.0
    window.show_panel("quiz")
    window.messages.say("Saved old.cnn.")
    window.messages.say("A copy was kept.", "warning", ("Open the copy", lambda: None))
    going_on = window.messages.progress("Reading…")
    qtbot.keyClick(window.quiz.begin, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.canvas.hasFocus() and window.canvas.zoom == 1.0
    assert [bar.sentence for bar in window.messages.bars] == ["A copy was kept.", "Reading…"]
    going_on.dismiss()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Tab)
    qtbot.keyClicks(window.canvas.popup.field, "input")
    qtbot.keyClick(window.canvas.popup.field, Qt.Key.Key_Return)
    assert len(window.document.graph.inputs) == 1


def test_a_project_that_is_opened_has_the_keyboard_on_the_canvas(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", tiny)
    window.show_panel("quiz")
    window.files.open(tmp_path / "tiny.cnn")
    assert window.canvas.hasFocus()


def test_an_error_of_saving_goes_when_the_project_is_saved(window: MainWindow, tiny: Project, tmp_path: Path) -> None:
    window.document.open(tiny, None)
    window.files._save(tmp_path / "no such folder" / "net.cnn")
    (bar,) = window.messages.bars
    assert bar.kind == "error" and not bar.passes
    window.files._save(tmp_path / "net.cnn")
    assert [bar.sentence for bar in window.messages.bars] == ["Saved net.cnn."]

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThread
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import ConvBNReLU, Input
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.folders import home, settings_file
from cnnstudio.graph import Graph, Interrupted, Node
from cnnstudio.graph.composite import _parts
from cnnstudio.project import Project, examined, from_template, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui import document as document_module
from cnnstudio.ui.document import Document
from cnnstudio.ui.files import files
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences


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


def test_what_a_thread_has_found_of_a_large_project_is_not_found_again(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.cnn"
    project = Project(from_template("vgg16").graph, Recipe(data="digits"))
    write(path, project)
    monkeypatch.setattr(files, "QUICK", 1)
    at = []
    monkeypatch.setattr(examined, "diagnose", lambda *given: at.append(QThread.isMainThread()) or diagnose(*given))
    window.files.open(path)
    qtbot.waitUntil(lambda: window.document.path == path)
    told, anew = ([each.sentence for each in document.diagnostics] for document in (window.document, Document(project)))
    assert told == anew != [] and at == [False, True], "the second by the other document"
    assert window.document.analysis == infer(project.graph)
    fields = receptive_fields(window.document.analysis)
    monkeypatch.setattr(document_module, "receptive_fields", lambda _: pytest.fail("found once more"))
    assert window.document.view_receptive_fields == fields and "memory" in vars(window.document.analysis)


def test_a_large_project_that_is_stopped_is_looked_into_no_further(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = tmp_path / "large.cnn", window.document.project
    blocks = [Node(f"n{n}", ConvBNReLU(4_001 + n), (f"n{n - 1}" if n else "image",)) for n in range(9)]
    write(path, Project(Graph.of([Node("image", Input((3, 8, 8))), *blocks])))
    monkeypatch.setattr(files, "QUICK", 1)
    at_it, was_stopped, ends = threading.Event(), threading.Event(), []

    def waiting(*given):
        at_it.set()
        assert was_stopped.wait(60)
        _parts.cache_clear()  # as where there are more than are kept
        try:
            return diagnose(*given)
        except BaseException as error:
            ends.append(type(error))
            raise

    monkeypatch.setattr(examined, "diagnose", waiting)
    monkeypatch.setattr(examined, "TOLD_EVERY", 1)
    window.files.open(path)
    assert at_it.wait(60)
    told = "Opening large.cnn: what may be wrong with it…"
    qtbot.waitUntil(lambda: any(bar.sentence == told for bar in window.messages.bars))
    window.messages.bars[-1].buttons["Stop"].click()
    was_stopped.set()
    qtbot.waitUntil(lambda: ends == [Interrupted])
    assert window.document.project is before and window.document.path is None


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

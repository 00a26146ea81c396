"""What other programs do to the file that is open is noticed and said in place, and nothing is replaced in silence."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Linear
from cnnstudio.graph import Graph
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, read, write
from cnnstudio.ui.files import file_watch
from cnnstudio.ui.files.recovery_copy import About, Copy
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets.messages import MessageBar

LENET = from_template("lenet5")


@pytest.fixture
def opened(window: MainWindow, tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is open in the window, which looks often."""
    monkeypatch.setattr(file_watch, "LOOK_MILLISECONDS", 20)
    monkeypatch.setattr(file_watch, "SETTLE_MILLISECONDS", 10)
    path = tmp_path / "work" / "net.cnn"
    path.parent.mkdir()
    write(path, tiny)
    window.files.open(path)
    return path


def said(window: MainWindow) -> list[MessageBar]:
    return [bar for bar in window.messages.bars if bar.about == file_watch.FILE]


def told(qtbot: QtBot, window: MainWindow, words: str) -> MessageBar:
    """The message with these words, once it is there."""
    qtbot.waitUntil(lambda: any(words in bar.sentence for bar in said(window)))
    (bar,) = said(window)
    return bar


def test_a_file_that_another_program_replaces_is_told_of_each_time_and_can_be_reloaded_and_undone(
    qtbot: QtBot, window: MainWindow, tiny: Project, tiny_graph: Graph, opened: Path
) -> None:
    window.document.edit("Change", tiny.with_graph(tiny_graph.rename("conv1", "mine")))
    mine = window.document.project
    for other in (LENET, from_template("vgg-small")):  # the second time as well: each is another file of that name
        write(opened, other)
        told(qtbot, window, "net.cnn was changed by another program").buttons["Reload"].click()
        assert window.document.project == other and not window.document.is_modified and said(window) == []
    window.document.undo_stack.undo()
    window.document.undo_stack.undo()
    assert window.document.project == mine and window.document.is_modified
    window.files.save()
    assert read(opened) == mine, "it was seen, and is replaced unasked"


def test_who_keeps_his_own_replaces_what_he_has_been_told_of_and_nothing_later(
    qtbot: QtBot, window: MainWindow, tiny: Project, opened: Path
) -> None:
    write(opened, LENET)
    bar = told(qtbot, window, "was changed")
    assert window.document.is_modified, "no file holds it"
    bar.buttons["Keep mine"].click()
    assert said(window) == [] and window.document.project == tiny and window.document.is_modified
    write(opened, Project())
    window.files.save()
    assert "was changed by another program" in window.messages.bars[-1].sentence and read(opened) == Project()
    window.messages.bars[-1].buttons["Cancel"].click()
    told(qtbot, window, "was changed").buttons["Keep mine"].click()
    window.files.save()
    assert read(opened) == tiny and not window.document.is_modified


def test_what_is_written_anew_and_is_the_same_is_no_news(qtbot: QtBot, window: MainWindow, opened: Path) -> None:
    stamps = [file_watch.stamp_of(opened)]
    os.utime(opened, (1e9, 1e9))
    watch = window.files._watch
    qtbot.waitUntil(lambda: watch._stamp not in stamps)
    assert said(window) == [] and not window.document.is_modified
    window.document.edit("Change", LENET)
    window.files.save()
    looked = watch._last
    qtbot.waitUntil(lambda: watch._last is not looked and watch._last.state == "same")
    assert said(window) == [], "what is saved here is known"


def test_a_file_that_is_deleted_is_told_of_and_written_anew(
    qtbot: QtBot, window: MainWindow, tiny: Project, opened: Path
) -> None:
    opened.unlink()
    bar = told(qtbot, window, "is not in its folder any more")
    assert window.document.is_modified
    bar.buttons["Save it again"].click()
    assert read(opened) == tiny and not window.document.is_modified and said(window) == []


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_away_and_comes_back_is_as_before(
    qtbot: QtBot, window: MainWindow, opened: Path, is_folder: bool
) -> None:
    moved = opened.parent if is_folder else opened
    moved.rename(moved.with_name("elsewhere"))
    told(qtbot, window, "cannot be reached" if is_folder else "is not in its folder any more")
    moved.with_name("elsewhere").rename(moved)
    qtbot.waitUntil(lambda: said(window) == [])
    assert not window.document.is_modified


def test_a_file_that_another_program_spoils_leaves_what_is_open(
    qtbot: QtBot, window: MainWindow, tiny: Project, opened: Path
) -> None:
    opened.write_text("{")
    bar = told(qtbot, window, "cannot be read now")
    assert "Reload" not in bar.buttons and window.document.project == tiny
    write(opened, LENET)
    assert "Reload" in told(qtbot, window, "Undo brings yours back").buttons


def test_a_disk_that_does_not_answer_holds_nobody_up(
    qtbot: QtBot, window: MainWindow, tiny: Project, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered, looks = threading.Event(), threading.Event(), []

    def silent(*_: object) -> file_watch.Look:
        looks.append(threading.current_thread())
        asked.set()
        answered.wait(60)
        return file_watch.Look("gone")

    monkeypatch.setattr(file_watch, "_look", silent)
    try:
        qtbot.waitUntil(asked.is_set)
        window.files.look_again()
        qtbot.wait(60)
        assert len(looks) == 1 and looks[0] is not threading.main_thread()
        window.document.edit("Change", LENET)
        window.document.open(tiny, None)  # and what it answers at last is of another file
    finally:
        answered.set()
    looks[0].join(10)
    qtbot.wait(60)
    assert said(window) == []


def test_the_same_file_in_another_program_is_told_of(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "net.cnn", tiny)
    living = msgspec.structs.replace(Owner.here(), host="lab-7")
    for owner, path in ((living, tmp_path / "net.cnn"), (Owner.here(), tmp_path / "net.cnn"), (living, "")):
        copy = Copy.new()
        copy.folder.mkdir(parents=True)
        (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(owner, str(path))))
    window.files.open(tmp_path / "net.cnn")
    qtbot.waitUntil(lambda: bool(window.messages.bars))
    (bar,) = window.messages.bars
    assert bar.sentence.startswith("net.cnn is open in another CNN Studio as well, on the computer lab-7.")


def test_a_window_says_on_the_disk_which_file_it_has_open(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    from cnnstudio.ui.files.recovery_copy import others_with

    write(tmp_path / "net.cnn", tiny)
    window.files.open(tmp_path / "net.cnn")
    window.files.keep()
    copy = window.files._recovery._copy
    assert copy.about == About(Owner.here(), str(tmp_path / "net.cnn"))
    assert others_with(tmp_path / "net.cnn") == [], "it is our own"
    window.close()
    assert not copy.folder.exists()


def test_what_is_open_in_another_window_comes_to_the_front_and_says_so(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "net.cnn", tiny)
    window.files.open(tmp_path / "net.cnn")
    beside = window.windows.new(window)
    beside.files.open(tmp_path / "net.cnn")
    assert window.messages.bars[-1].sentence == "net.cnn is open already, in this window."
    assert beside.document.path is None


def test_a_reload_follows_the_network(qtbot: QtBot, window: MainWindow, tiny_graph: Graph, opened: Path) -> None:
    window.document.select(("linear1",))
    changed = window.document.project.with_graph(tiny_graph.replace("linear1", Linear(10, bias=False)))
    write(opened, changed)
    told(qtbot, window, "was changed").buttons["Reload"].click()
    assert window.document.selection == ("linear1",) and window.canvas.scene() is not None
    assert window.document.undo_stack.undoText() == "Reload net"

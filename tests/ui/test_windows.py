"""Several windows, a project in each: which one a file takes, what they share, how all of them close."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from cnnstudio.blocks import Dropout, Input
from cnnstudio.blocks.group import Group
from cnnstudio.folders import recovery_folder
from cnnstudio.graph import Graph, Node
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, read, write
from cnnstudio.ui.files.recovery_copy import About, Copy
from cnnstudio.ui.main_window import MainWindow

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier  # which asks to move what is dropped


def change(window: MainWindow, name: str = "input1") -> None:
    window.document.edit_graph("Add Input", Graph.of([Node(name, Input())]))


def other(window: MainWindow) -> MainWindow:
    """The one window beside this one."""
    (found,) = (each for each in window.windows.all if each is not window)
    return found


def gone() -> None:
    """Let what was asked to be deleted be so."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def drop(window: MainWindow, *paths: Path) -> bool:
    """Drop files on the window, as a file manager does that would move them; whether it takes them, as copies."""
    mime, actions = QMimeData(), Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    enter, move = (kind(QPoint(5, 5), actions, mime, LEFT, SHIFT) for kind in (QDragEnterEvent, QDragMoveEvent))
    fall = QDropEvent(QPointF(5, 5), actions, mime, LEFT, SHIFT)
    for event, take in ((enter, window.dragEnterEvent), (move, window.dragMoveEvent), (fall, window.dropEvent)):
        assert event.proposedAction() == Qt.DropAction.MoveAction
        event.ignore()
        take(event)
        assert event.isAccepted() == enter.isAccepted()
        assert not event.isAccepted() or event.dropAction() == Qt.DropAction.CopyAction
    return enter.isAccepted()


@pytest.fixture
def file(tmp_path: Path, tiny: Project) -> Path:
    write(tmp_path / "tiny.cnn", tiny)
    return tmp_path / "tiny.cnn"


# which window a project takes


def test_a_file_takes_a_window_where_nothing_would_be_lost(window: MainWindow, file: Path, tiny: Project) -> None:
    window.commands.run("new-lenet5")  # looked at, not changed
    window.files.open(file)
    assert window.windows.all == [window]
    assert window.document.project == tiny
    assert window.preferences.recent == [file]


def test_a_file_leaves_unsaved_work_alone(window: MainWindow, file: Path, tiny: Project) -> None:
    change(window)
    window.files.open(file)
    assert len(window.document.graph) == 1 and window.document.is_modified
    assert window.messages.bars == []
    assert other(window).document.project == tiny
    assert other(window).document.path == file
    assert other(window).isVisible()


def test_a_file_leaves_another_file_alone(window: MainWindow, file: Path, tiny: Project, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path / "copy.cnn")
    window.files.open(file)
    window.files.open(tmp_path / "copy.cnn")
    assert window.document.path == file
    assert other(window).document.path == tmp_path / "copy.cnn"


def test_a_file_that_is_open_comes_to_the_front(window: MainWindow, file: Path, tmp_path: Path) -> None:
    window.files.open(file)
    (tmp_path / "inner").mkdir()
    window.files.open(tmp_path / "inner" / ".." / "tiny.cnn")
    window.windows.new(window)
    other(window).files.open(file)
    assert len(window.windows.all) == 2
    assert other(window).document.path is None


def test_a_window_that_trained_is_left_alone(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.commands.run("train")
    window.commands.run("new")
    assert window.document.project == tiny
    assert len(other(window).document.graph) == 0
    window.run.stop()
    qtbot.waitUntil(lambda: not window.run.is_active)


def test_a_new_window_is_empty_and_stands_a_step_away(window: MainWindow) -> None:
    window.move(40, 40)
    window.docks["palette"].hide()
    window.commands.run("window-new")
    made = other(window)
    assert len(made.document.graph) == 0
    assert made.docks["palette"].isHidden()
    made.commands.run("window-new")
    places = [each.pos() for each in window.windows.all]
    assert len(set(places)) == 3
    screen: QRect = window.screen().availableGeometry()
    for each in window.windows.all[1:]:
        assert screen.contains(each.pos())
        assert each.geometry().bottom() <= screen.bottom()  # in its width, the screen of the tests is too small


def test_a_new_window_is_as_large_where_there_is_room(window: MainWindow) -> None:
    window.setMinimumSize(100, 100)
    window.resize(300, 200)
    window.move(10, 10)
    made = window.windows.new(window)
    assert made.pos() - window.pos() == QPoint(32, 32)
    assert made.size() == made.minimumSize()  # as small as that one, but for what every window needs


def test_open_in_a_new_window_asks_and_never_takes_this_one(qtbot: QtBot, window: MainWindow, file: Path) -> None:
    window.commands.run("open-in-window")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.filesSelected.emit([str(file)])
    dialog.reject()
    assert window.document.path is None
    assert other(window).document.path == file


def test_a_broken_file_opens_no_window(window: MainWindow, tmp_path: Path) -> None:
    change(window)
    (tmp_path / "bad.cnn").write_text("{")
    window.files.open(tmp_path / "bad.cnn")
    assert window.windows.all == [window]
    assert window.messages.bars[-1].kind == "error"


def test_one_file_can_be_dropped_on_any_window(window: MainWindow, file: Path, tiny: Project) -> None:
    window.windows.new(window)
    assert drop(other(window), file)
    assert other(window).document.project == tiny
    assert len(window.document.graph) == 0


def test_several_files_that_are_dropped_open_several_windows(window: MainWindow, file: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.cnn" for name in "abc"]
    for path in paths:
        shutil.copy(file, path)
    assert drop(window, *paths)
    assert [each.document.path for each in window.windows.all] == paths


def test_of_what_is_no_project_it_is_said_where_it_is_dropped(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"")
    assert drop(window, tmp_path / "cat.png")
    assert window.messages.bars[-1].sentence.startswith("cat.png is no project of CNN Studio")
    assert window.document.path is None and window.windows.all == [window]


def test_a_folder_that_is_dropped_shows_what_is_in_it(window: MainWindow, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
    assert drop(window, tmp_path / "pets")
    recipe = window.document.project.recipe
    assert (recipe.data, recipe.folder) == ("folder", str(tmp_path / "pets"))
    assert not window.docks["data"].isHidden() and not window.messages.bars


def test_a_file_of_another_window_is_not_written_over(window: MainWindow, file: Path, tiny: Project) -> None:
    window.files.open(file)
    window.windows.new(window)
    made = other(window)
    change(made)
    made.files._save(file)
    assert "open in another window" in made.messages.bars[-1].sentence
    assert read(file) == tiny
    assert made.document.is_modified


# what they share


def test_the_list_of_windows_ticks_the_present_one_and_shows_another(
    qtbot: QtBot, window: MainWindow, file: Path, tmp_path: Path
) -> None:
    window.files.open(file)
    (tmp_path / "inner").mkdir()
    shutil.copy(file, tmp_path / "inner" / "tiny.cnn")
    window.files.open(tmp_path / "inner" / "tiny.cnn")
    change(other(window), "input2")
    menu = QMenu(window)
    window._fill_windows(menu)
    entries = [entry for entry in menu.actions() if entry.isCheckable()]
    assert [entry.isChecked() for entry in entries] == [True, False]
    assert [entry.text() for entry in entries] == [f"tiny    {tmp_path}", f"tiny *    {tmp_path / 'inner'}"]
    other(window).showMinimized()
    entries[1].trigger()
    assert not other(window).isMinimized()
    assert not window.windows.all[1].windowState() & Qt.WindowState.WindowMinimized


def test_nodes_are_copied_from_one_window_to_another(window: MainWindow, file: Path, tiny: Project) -> None:
    window.files.open(file)
    window.windows.new(window)
    made = other(window)
    window.canvas.select_all()
    window.commands.run("copy")
    made.commands.run("paste")
    assert [node.block for node in made.document.graph] == [node.block for node in tiny.graph]
    assert [node.inputs for node in made.document.graph] == [node.inputs for node in tiny.graph]
    made.commands.run("undo")
    assert len(made.document.graph) == 0
    assert window.document.project == tiny
    QApplication.clipboard().clear()  # what Python put there must not outlive it


def test_the_wheel_and_the_map_change_in_all_windows(window: MainWindow) -> None:
    window.windows.new(window)
    made = other(window)
    made.commands.run("wheel-pans")
    made.commands.run("minimap")
    assert window.canvas.wheel == made.canvas.wheel == "pan"
    assert not window.canvas.minimap_wanted and not made.canvas.minimap_wanted
    assert window.preferences is made.preferences


def test_a_block_of_ones_own_is_in_the_library_of_all_windows(window: MainWindow, tiny_graph: Graph) -> None:
    window.windows.new(window)
    body = tiny_graph.remove("flatten1", "linear1")
    window.document.library.keep(Group("Mine", body))
    assert [kept.label for kept in other(window).document.library.groups] == ["Mine"]


def test_a_file_opened_in_one_window_is_recent_in_the_other(window: MainWindow, file: Path) -> None:
    window.windows.new(window)
    other(window).files.open(file)
    menu = QMenu(window)
    window.windows.recent.fill_menu(menu, window.files.open)
    assert menu.actions()[0].text().startswith("tiny")
    menu.actions()[0].trigger()
    assert window.document.path is None  # it is open in the other one
    assert len(window.windows.all) == 2


def test_unsaved_work_of_each_window_is_kept_apart(window: MainWindow, tiny: Project) -> None:
    window.windows.new(window)
    window.document.edit("Change", tiny)
    change(other(window))
    for each in (window, other(window)):
        each.files._recovery.keep()
    copies = {read(path) for path in recovery_folder().glob("*/project.cnn")}
    assert copies == {window.document.project, other(window).document.project}
    other(window).document.undo_stack.setClean()
    other(window).files._recovery.keep()
    (left,) = recovery_folder().glob("*/project.cnn")
    assert read(left) == tiny


def test_the_copies_of_both_windows_of_a_dead_program_are_offered(
    qtbot: QtBot, window: MainWindow, tiny: Project
) -> None:
    dead = Owner(Owner.here().host, 2**22 + 1, 1.0)
    for number, project in enumerate((tiny, from_template("lenet5"))):
        copy = Copy(recovery_folder() / f"copy-{number}")
        copy.save(project, None)
        (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(dead)))
    window.files.offer_recovery()
    qtbot.waitUntil(lambda: len(window.messages.bars) == 2)
    bars = list(window.messages.bars)
    for bar in bars:
        bar.buttons["Open the copy"].click()
    assert window.document.project == tiny
    assert other(window).document.project == from_template("lenet5")
    assert all(each.document.is_modified for each in window.windows.all)
    assert len(list(recovery_folder().glob("*/project.cnn"))) == 2


# training in two of them


def test_two_windows_train_in_turn_and_each_as_if_alone(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    # dropout draws from the one source of chance that torch has
    project = Project(tiny.graph.insert(tiny.graph["linear1"].edges[0], Node("dropout1", Dropout(0.5))), tiny.recipe)
    window.windows.new(window)
    made = other(window)
    window.document.open(project, None)
    made.document.open(project, None)
    window.commands.run("train")
    made.commands.run("train")
    qtbot.waitUntil(lambda: made.run.sentence.startswith("Waiting") or not window.run.is_active)
    qtbot.waitUntil(lambda: made.run.state == "finished" and window.run.state == "finished", timeout=120_000)
    losses = [each.run.history.steps["loss"].tolist() for each in (window, made)]
    assert losses[0] == losses[1] and len(losses[0]) > 4
    folders = {each.run.weights.parent for each in (window, made) if each.run.weights is not None}
    assert len(folders) == 2


def test_who_waits_for_another_training_can_stop_or_begin_after_it(
    qtbot: QtBot, window: MainWindow, tiny: Project
) -> None:
    window.windows.new(window)
    made = other(window)
    made.document.open(tiny, None)
    window.document.open(dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, epochs=10_000)), None)
    window.commands.run("train")
    qtbot.waitUntil(lambda: window.run.state == "training")
    window.run.pause()
    made.commands.run("train")
    qtbot.waitUntil(lambda: "another training" in made.run.sentence)
    made.run.stop()
    qtbot.waitUntil(lambda: made.run.state == "idle")
    made.commands.run("train")
    qtbot.waitUntil(lambda: "another training" in made.run.sentence)
    window.run.stop()
    qtbot.waitUntil(lambda: made.run.state == "finished", timeout=120_000)


# closing


def test_closing_one_window_leaves_the_other_and_nothing_of_it(window: MainWindow, file: Path) -> None:
    window.files.open(file)
    window.windows.new(window)
    made = other(window)
    made.commands.run("new-small-resnet")
    made.commands.run("window-close")
    assert window.windows.all == [window]
    gone()
    assert not isValid(made) and not isValid(made.canvas) and not isValid(made.run)
    window.commands.run("theme-dark")  # nobody who is gone is told of it
    assert window.isVisible()


def test_closing_a_window_closes_its_floating_panels(qtbot: QtBot, window: MainWindow) -> None:
    """One that was left over hid itself as it was deleted, and told a document that was gone."""
    window.windows.new(window)
    made = other(window)
    made.commands.run("new-lenet5")
    for name in ("quiz", "feature-maps", "inspector"):
        made.docks[name].setFloating(True)
        made.docks[name].show()
    made.quiz.start()
    assert made.document.concealed
    made.close()
    assert not any(dock.isVisible() for dock in made.docks.values())
    assert not made.document.concealed
    qtbot.wait(5)
    gone()
    assert window.isVisible() and not isValid(made)


def long_step(qtbot: QtBot, window: MainWindow, project: Project) -> threading.Event:
    """Have a window train, in the middle of a step that ends when this is set."""
    end, begun = threading.Event(), threading.Event()
    recipe = dataclasses.replace(project.recipe, epochs=10_000)
    window.document.open(dataclasses.replace(project, recipe=recipe), None)
    window.commands.run("train")
    qtbot.waitUntil(lambda: len(window.run.history.steps) > 0)

    def step() -> None:
        begun.set()
        end.wait(30.0)

    window.run.ask(step, lambda _: None)
    qtbot.waitUntil(begun.is_set)
    window.document.undo_stack.setClean()
    return end


def close_training(qtbot: QtBot, window: MainWindow) -> None:
    """Close a window that trains, and keep nothing."""
    window.commands.run("window-close")
    for choice in ("Stop and close", "Do not save"):
        qtbot.waitUntil(lambda choice=choice: any(choice in bar.buttons for bar in window.messages.bars))
        next(bar for bar in window.messages.bars if choice in bar.buttons).buttons[choice].click()


def test_a_window_that_closes_in_the_middle_of_a_step_holds_the_others_up_for_nothing(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.ui.files.closing.LAST_STEP", 20)
    window.windows.new(window)
    made = other(window)
    end = long_step(qtbot, made, tiny)
    close_training(qtbot, made)  # returns although the step goes on
    assert not end.is_set() and not made.isVisible() and window.windows.all == [window]
    qtbot.wait(250)
    assert isValid(made), "it waits out of sight"
    end.set()
    qtbot.waitUntil(lambda: not isValid(made))
    assert "training" not in [thread.name for thread in threading.enumerate()]
    assert window.isVisible()


def test_the_end_of_the_program_waits_for_the_steps_of_all_windows(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.ui.files.closing.LAST_STEP", 20)
    window.windows.new(window)
    made = other(window)
    end = long_step(qtbot, made, tiny)
    close_training(qtbot, made)
    threading.Timer(0.3, end.set).start()
    window.commands.run("window-close")
    assert end.is_set()
    assert "training" not in [thread.name for thread in threading.enumerate()]


def test_quitting_closes_all_windows(window: MainWindow, file: Path) -> None:
    window.files.open(file)
    window.windows.new(window)
    made = other(window)
    window.commands.run("quit")
    assert not window.isVisible() and not made.isVisible()
    assert window.windows.all == []


def test_quitting_asks_each_window_for_its_unsaved_work(window: MainWindow, tmp_path: Path) -> None:
    for _ in range(2):
        window.windows.new(window)
    _, first, second = window.windows.all
    change(first)
    change(second)
    second.document.path = tmp_path / "mine.cnn"
    window.commands.run("quit")
    assert len(window.windows.all) == 3, "nothing closes before the first answer"
    first.messages.bars[-1].buttons["Do not save"].click()
    assert window.windows.all == [window, second]
    second.messages.bars[-1].buttons["Save"].click()
    assert window.windows.all == []
    assert "input1" in read(tmp_path / "mine.cnn").graph


def test_quitting_stops_where_one_window_is_to_stay(window: MainWindow) -> None:
    window.windows.new(window)
    made = other(window)
    change(made)
    window.commands.run("quit")
    made.messages.bars[-1].buttons["Cancel"].click()
    assert window.windows.all == [window, made]
    made.document.undo_stack.setClean()
    made.commands.run("window-close")
    assert window.windows.all == [window], "closing one later does not go on with quitting"
    assert window.isVisible()

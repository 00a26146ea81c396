from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Residual
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, dumps, loads
from cnnstudio.project.project import MOST_BOOKMARKS
from cnnstudio.ui.canvas.bookmark_list import NAME, BookmarkList
from cnnstudio.ui.main_window import MainWindow


@pytest.fixture
def wide(window: MainWindow, tiny_graph: Graph) -> MainWindow:
    """The tiny network with its nodes far apart and a residual block that can be looked into."""
    graph = Graph.of((*tiny_graph, Node("res1", Residual(), ("input1",), (2_000.0, 3_000.0))))
    window.document.open(Project(graph), None)
    return window


def names(window: MainWindow) -> list[str]:
    return [mark.name for mark in window.document.project.bookmarks]


def look(window: MainWindow, node: str, zoom: float = 1.0) -> None:
    window.canvas.look_from(zoom, window.canvas.scene_item(node).body.center())


def is_near(window: MainWindow, node: str) -> bool:
    return bool((window.canvas.middle - window.canvas.scene_item(node).body.center()).manhattanLength() < 4.0)


def bookmark(window: MainWindow, *nodes: str) -> None:
    for node in nodes:
        look(window, node)
        window.commands.run("bookmark-add")


def test_a_view_is_bookmarked_and_come_back_to(qtbot: QtBot, wide: MainWindow) -> None:
    look(wide, "conv1", 1.5)
    qtbot.keyClick(wide, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert names(wide) == ["conv1"]
    assert "Alt+1" in wide.messages.bars[-1].sentence
    bookmark(wide, "linear1")
    wide.canvas.fit()
    qtbot.waitUntil(wide.commands.bound["bookmark-go-1"].isEnabled)
    qtbot.keyClick(wide, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert wide.canvas.zoom == pytest.approx(1.5, rel=1e-3)
    assert is_near(wide, "conv1")
    qtbot.keyClick(wide, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert is_near(wide, "linear1")


def test_setting_is_a_step_of_undo_and_going_there_is_not(wide: MainWindow) -> None:
    before = wide.document.project
    bookmark(wide, "conv1")
    assert wide.document.undo_stack.count() == 1
    wide.commands.run("bookmark-go-1")
    assert wide.document.undo_stack.count() == 1
    wide.document.undo_stack.undo()
    assert wide.document.project == before


def test_it_is_kept_in_the_file(wide: MainWindow) -> None:
    bookmark(wide, "conv1")
    assert loads(dumps(wide.document.project)).bookmarks == wide.document.project.bookmarks


def test_it_leads_into_the_block_that_was_open(wide: MainWindow) -> None:
    wide.canvas.enter("res1")
    inner = next(iter(wide.canvas.scene().nodes))
    look(wide, inner)
    wide.commands.run("bookmark-add")
    wide.canvas.leave()
    bookmark(wide, "conv1")
    wide.commands.run("bookmark-go-1")
    assert wide.document.scope == ("res1",)
    assert is_near(wide, inner)
    wide.commands.run("bookmark-go-2")
    assert wide.document.scope == ()
    assert is_near(wide, "conv1")


def test_a_block_that_is_gone_is_said(wide: MainWindow) -> None:
    wide.canvas.enter("res1")
    wide.commands.run("bookmark-add")
    wide.canvas.leave()
    wide.document.edit_graph("Delete", wide.document.graph.remove("res1"))
    wide.commands.run("bookmark-go-1")
    assert wide.document.scope == ()
    assert "res1" in wide.messages.bars[-1].sentence


def test_it_leads_into_a_group_whatever_that_is_called_by_then(wide: MainWindow) -> None:
    document = wide.document
    document.select(("conv1", "flatten1"))
    wide.commands.run("group")
    for _ in range(2):  # group1 in group1
        document.select(tuple(document.view_graph.nodes))
        wide.commands.run("group")
        document.select(("group1",))
        wide.commands.run("enter")
    wide.commands.run("bookmark-add")
    inside, count = document.scope, document.undo_stack.count()
    assert len(inside) == 2
    wide.commands.run("leave")
    document.rename("group1", "inner")
    wide.commands.run("leave")
    document.rename("group1", "stem")
    assert document.undo_stack.count() == count + 2
    wide.commands.run("bookmark-go-1")
    assert document.scope == ("stem", "inner")
    document.undo_stack.undo()
    assert document.scope == ("group1", "inner"), "who is inside stays there"
    wide.commands.run("leave")
    wide.commands.run("leave")
    document.undo_stack.undo()
    wide.commands.run("bookmark-go-1")
    assert document.scope == inside
    assert loads(dumps(document.project)) == document.project


def test_the_same_view_is_bookmarked_once_and_names_differ(wide: MainWindow) -> None:
    bookmark(wide, "conv1", "conv1")
    assert names(wide) == ["conv1"]
    assert "already" in wide.messages.bars[-1].sentence
    look(wide, "conv1", 0.5)
    wide.commands.run("bookmark-add")
    assert names(wide) == ["conv1", "conv1 2"]


def test_there_are_no_more_than_keys(wide: MainWindow) -> None:
    for step in range(MOST_BOOKMARKS + 1):
        wide.canvas.look_from(1.0, QPointF(900.0 * step, 0.0))
        wide.commands.run("bookmark-add")
    assert len(names(wide)) == MOST_BOOKMARKS
    assert "Remove one first" in wide.messages.bars[-1].sentence


def test_the_menu_names_those_that_there_are(qtbot: QtBot, wide: MainWindow) -> None:
    bookmark(wide, "conv1", "linear1")
    actions = [wide.commands.bound[f"bookmark-go-{number}"] for number in range(1, MOST_BOOKMARKS + 1)]
    qtbot.waitUntil(lambda: [each.text() for each in actions if each.isVisible()] == ["conv1", "linear1"])
    assert actions[0].shortcut().toString() == "Alt+1"


def test_the_list_of_commands_knows_them_by_name(wide: MainWindow) -> None:
    bookmark(wide, "conv1")
    wide.commands.run("commands")
    QTest.keyClicks(wide.command_list.field, "bookmark conv1")
    assert wide.command_list.list.topLevelItemCount() == 1
    wide.canvas.fit()
    QTest.keyClick(wide.command_list.field, Qt.Key.Key_Return)
    assert is_near(wide, "conv1")


# the list


@pytest.fixture
def marks(qtbot: QtBot, wide: MainWindow) -> Iterator[BookmarkList]:
    bookmark(wide, "conv1", "flatten1", "linear1")
    wide.commands.run("bookmark-list")
    made = wide.findChild(BookmarkList)
    assert made is not None
    qtbot.waitExposed(made)
    yield made
    for left in wide.findChildren(BookmarkList):
        left.close()


def choose(marks: BookmarkList, row: int) -> None:
    item = marks.list.topLevelItem(row)
    assert item is not None
    marks.list.setCurrentItem(item)


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def write(marks: BookmarkList, name: str) -> None:
    """Type over the name that is being edited."""
    QTest.keyClick(marks.list, Qt.Key.Key_F2)
    line = marks.list.focusWidget()
    assert isinstance(line, QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_enter_goes_there(qtbot: QtBot, wide: MainWindow, marks: BookmarkList) -> None:
    choose(marks, 1)
    qtbot.keyClick(marks.list, Qt.Key.Key_Return)
    assert is_near(wide, "flatten1")


def test_it_is_renamed_in_place(wide: MainWindow, marks: BookmarkList) -> None:
    choose(marks, 1)
    write(marks, "The flat part & more")
    assert names(wide) == ["conv1", "The flat part & more", "linear1"]
    assert wide.document.undo_stack.undoText() == "Rename a bookmark"
    write(marks, "   ")
    assert names(wide)[1] == "The flat part & more"
    assert marks.sentence.isVisible()
    assert marks.list.topLevelItem(1).text(NAME) == "The flat part & more"  # type: ignore[union-attr]


def test_it_is_moved_set_anew_and_removed(qtbot: QtBot, wide: MainWindow, marks: BookmarkList) -> None:
    choose(marks, 0)
    press(qtbot, marks.down)
    assert names(wide) == ["flatten1", "conv1", "linear1"]
    press(qtbot, marks.up)
    assert names(wide) == ["conv1", "flatten1", "linear1"]
    assert not marks.up.isEnabled()
    look(wide, "res1")
    press(qtbot, marks.reset)
    wide.canvas.fit()
    press(qtbot, marks.go)
    assert is_near(wide, "res1")
    qtbot.keyClick(marks.list, Qt.Key.Key_Delete)
    assert names(wide) == ["flatten1", "linear1"]
    while wide.document.undo_stack.canUndo():
        wide.document.undo_stack.undo()
    assert names(wide) == []
    assert marks.empty.isVisible()


def test_a_view_is_added_from_the_list(qtbot: QtBot, wide: MainWindow, marks: BookmarkList) -> None:
    look(wide, "res1")
    press(qtbot, marks.add)
    assert marks.list.topLevelItem(3).text(NAME) == "res1"  # type: ignore[union-attr]

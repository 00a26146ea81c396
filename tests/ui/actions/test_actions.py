from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from cnnstudio.graph import Graph, Note
from cnnstudio.project import Project
from cnnstudio.project.project import MOST_BOOKMARKS
from cnnstudio.ui.actions.menu_tree import MENUS, TOOLBAR
from cnnstudio.ui.docking.docks import PANELS
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.outline import OutlinePanel
from cnnstudio.ui.window_actions import ACTIONS, show_action

SPECIAL = {"recent", "panels", "windows"}  # filled by the window


def entries(menus: Any) -> Iterator[str]:
    for _, content in menus:
        for entry in content:
            if isinstance(entry, tuple):
                yield from entries((entry,))
            elif entry is not None:
                yield entry


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(action.id for action in ACTIONS).items() if count > 1] == []


def test_every_action_stands_in_a_menu() -> None:
    patterns = list(entries(MENUS))
    assert [action.id for action in ACTIONS if not any(fnmatch(action.id, pattern) for pattern in patterns)] == []


@pytest.mark.parametrize("name", sorted({*entries(MENUS), *(name for name in TOOLBAR if name)} - SPECIAL))
def test_menus_and_toolbar_name_actions_that_exist(name: str) -> None:
    assert [action for action in (*ACTIONS, *map(show_action, PANELS)) if fnmatch(action.id, name)]


def test_no_shortcut_means_two_things(window: MainWindow) -> None:
    keys = [keys.toString() for action in window.commands.bound.values() for keys in action.shortcuts()]
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert all(keys)


def test_single_letters_belong_to_the_canvas(window: MainWindow) -> None:
    for name, action in window.commands.declared.items():
        for keys in filter(None, action.shortcut.split("|")):
            with_modifier = "+" in keys or (keys.startswith("F") and len(keys) > 1)
            assert action.on_canvas or with_modifier, f"{name} would take {keys} away from every text field"


@pytest.mark.parametrize("where", ["list", "title", "note", "filter of the outline", "name in the outline"])
def test_no_command_of_the_canvas_is_called_while_one_types(window: MainWindow, tiny: Project, where: str) -> None:
    window.document.open(tiny, None)
    window.document.edit_graph("Frame", window.document.graph.frame(("conv1",), "Frame", 0))
    commands, called = window.commands, list[str]()
    for name, action in commands.bound.items():
        if commands.declared[name].on_canvas:
            action.triggered.connect(lambda _=False, name=name: called.append(name))
    outline = window.docks["outline"].widget()
    assert isinstance(outline, OutlinePanel)

    def begin() -> None:
        window.canvas.setFocus()
        window.document.select(("conv1",))
        if where == "list":
            window.canvas.quick_add()
        elif where == "title":
            window.canvas.edit_title()
        elif where == "note":
            window.canvas.ask_note()
        else:
            window.show_panel("outline")
            QApplication.processEvents()
            outline.search.setFocus()
            if where.startswith("name"):
                outline.tree.setFocus()
                QTest.keyClick(outline.tree, Qt.Key.Key_F2)

    of_canvas = [action for name, action in commands.bound.items() if commands.declared[name].on_canvas]
    for action in commands.chords if "outline" in where else of_canvas:
        for keys in action.shortcuts():
            field = QApplication.focusWidget()
            if not isinstance(field, QLineEdit | QPlainTextEdit):
                begin()
                field = QApplication.focusWidget()
                assert isinstance(field, QLineEdit | QPlainTextEdit)
            QTest.keySequence(field, keys)
            QApplication.processEvents()
            assert not called, keys.toString()
    window.canvas.setFocus()
    window.document.select(window.document.graph.order[:1])
    QApplication.processEvents()
    QTest.keyClick(window.canvas, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert called == ["duplicate"]


def test_text_fields_leave_the_shortcuts_alone() -> None:
    """On X11 a text field with the keyboard takes these for itself: end of line, delete to the end, delete the line."""
    taken = {"Ctrl+E", "Ctrl+K", "Ctrl+U"}
    assert [a.id for a in ACTIONS if not a.on_canvas and taken & set(a.shortcut.split("|"))] == []


def test_shortcuts_are_ones_that_qt_knows() -> None:
    for action in ACTIONS:
        for keys in filter(None, action.shortcut.split("|")):
            assert QKeySequence(keys).toString(), f"{action.id}: {keys}"


def test_a_shortcut_of_the_person_s_own_is_used(qtbot: QtBot, window: MainWindow) -> None:
    window.preferences.set_shortcut("train", "Ctrl+Alt+T")
    again = MainWindow(window.preferences)
    qtbot.addWidget(again)
    assert again.commands.bound["train"].shortcut().toString() == "Ctrl+Alt+T"


def test_an_action_that_cannot_be_done_does_nothing(window: MainWindow) -> None:
    window.commands.run("undo")
    window.commands.run("train")
    assert not window.commands.bound["undo"].isEnabled()
    assert window.run.state == "idle"


def test_every_command_is_in_the_list_and_can_be_run_by_typing(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("commands")
    commands = window.command_list
    assert commands.isVisible()
    there = [action for action in window.commands.bound.values() if action.isVisible()]
    assert commands.list.topLevelItemCount() == len(there) - 1
    assert len(window.commands.bound) - len(there) == MOST_BOOKMARKS
    qtbot.keyClicks(commands.field, "small resnet")
    assert commands.list.topLevelItemCount() == 1
    qtbot.keyClick(commands.field, "\r")
    assert not commands.isVisible()
    assert any(node.block.title for node in window.document.graph)
    assert len(window.document.graph) > 5


def test_escape_closes_the_list_of_commands(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("commands")
    qtbot.keyClick(window.command_list.field, Qt.Key.Key_Escape)
    assert not window.command_list.isVisible()
    assert len(window.document.graph) == 0


def test_a_note_alone_can_be_copied_and_deleted(qtbot: QtBot, window: MainWindow) -> None:
    window.document.edit_graph("Add a note", Graph().add_note(Note("a note")))
    window.commands.refresh()
    assert not window.commands.bound["copy"].isEnabled()
    window.canvas.select_all()
    qtbot.waitUntil(window.commands.bound["copy"].isEnabled)
    assert window.commands.bound["note-color"].isEnabled()
    window.commands.run("delete")
    assert window.document.graph == Graph()

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Input
from cnnstudio.graph import Graph, Node
from cnnstudio.ui.actions.shortcut_editor import ShortcutEditor
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.widgets.foreign_text import tip

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def editor(qtbot: QtBot, window: MainWindow) -> Iterator[ShortcutEditor]:
    window.commands.run("shortcuts")
    made = window.findChild(ShortcutEditor)
    assert made is not None
    qtbot.waitExposed(made)
    yield made
    for left in window.findChildren(ShortcutEditor):
        left.close()


def look_for(qtbot: QtBot, editor: ShortcutEditor, words: str) -> None:
    editor.field.clear()
    qtbot.keyClicks(editor.field, words)


def press(
    qtbot: QtBot,
    editor: ShortcutEditor,
    key: Qt.Key,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    slot: int = 0,
) -> None:
    editor.keys[slot].setFocus()
    qtbot.keyClick(editor.keys[slot], key, held)


def rows(editor: ShortcutEditor) -> dict[str, tuple[str, str]]:
    items = [editor.list.topLevelItem(row) for row in range(editor.list.topLevelItemCount())]
    return {
        item.text(0): (item.text(1), item.text(2))
        for item in items
        if item is not None and item.data(0, Qt.ItemDataRole.UserRole)
    }


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_every_command_is_listed(window: MainWindow, editor: ShortcutEditor) -> None:
    ids = [editor.list.topLevelItem(row).data(0, 256) for row in range(editor.list.topLevelItemCount())]  # type: ignore[union-attr]
    assert sorted(filter(None, ids)) == sorted(window.commands.declared)
    assert rows(editor)["Train or pause"] == ("F5  or  Ctrl+R", "")


def test_it_is_searched_by_name_and_by_keys(qtbot: QtBot, editor: ShortcutEditor) -> None:
    look_for(qtbot, editor, "ctrl+d")
    assert list(rows(editor)) == ["Duplicate"]
    look_for(qtbot, editor, "wheel moves")
    assert list(rows(editor)) == ["Wheel moves instead of zooming"]
    look_for(qtbot, editor, "no such thing")
    assert not rows(editor)
    assert not editor.keys[0].isEnabled()


def test_new_keys_act_at_once_in_every_window_and_at_the_next_start(
    qtbot: QtBot, window: MainWindow, editor: ShortcutEditor
) -> None:
    other = MainWindow()
    qtbot.addWidget(other)
    look_for(qtbot, editor, "arrange")
    press(qtbot, editor, Qt.Key.Key_K, CTRL)
    for each in (window, other):
        assert [keys.toString() for keys in each.commands.bound["arrange"].shortcuts()] == ["Ctrl+K"]
        assert each.commands.bound["arrange"].toolTip() == tip("Arrange (Ctrl+K)")
    assert rows(editor)["Arrange"] == ("Ctrl+K", "changed")
    window.command_list.ask()
    assert any(
        window.command_list.list.topLevelItem(row).text(1) == "Ctrl+K"  # type: ignore[union-attr]
        for row in range(window.command_list.list.topLevelItemCount())
    )
    assert Preferences().shortcut("arrange") == "Ctrl+K"


def test_the_keys_do_what_they_were_given_to(qtbot: QtBot, window: MainWindow, editor: ShortcutEditor) -> None:
    look_for(qtbot, editor, "select all")
    press(qtbot, editor, Qt.Key.Key_E)
    editor.close()
    window.document.edit_graph("Add", Graph.of([Node("input1", Input())]))
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.canvas.hasFocus())
    qtbot.keyClick(window.canvas, Qt.Key.Key_A, CTRL)
    assert window.document.selection == ()
    qtbot.keyClick(window.canvas, Qt.Key.Key_E)
    assert window.document.selection == ("input1",)


def test_a_second_shortcut_stands_beside_the_first(qtbot: QtBot, window: MainWindow, editor: ShortcutEditor) -> None:
    look_for(qtbot, editor, "arrange")
    press(qtbot, editor, Qt.Key.Key_K, CTRL, slot=1)
    assert window.commands.shortcuts.keys("arrange") == ("L", "Ctrl+K")
    qtbot.mouseClick(editor.removes[0], Qt.MouseButton.LeftButton)
    assert window.commands.shortcuts.keys("arrange") == ("Ctrl+K",)
    qtbot.mouseClick(editor.removes[0], Qt.MouseButton.LeftButton)
    assert window.commands.shortcuts.keys("arrange") == ()
    click(qtbot, editor.reset)
    assert window.commands.shortcuts.keys("arrange") == ("L",)
    assert not editor.reset.isEnabled()


def test_taking_keys_from_another_command_is_asked_in_place(
    qtbot: QtBot, window: MainWindow, editor: ShortcutEditor
) -> None:
    look_for(qtbot, editor, "arrange")
    press(qtbot, editor, Qt.Key.Key_G, CTRL)
    assert editor.question.isVisible()
    assert "Group" in editor.question.sentence.text()
    assert window.commands.shortcuts.keys("arrange") == ("L",), "nothing happens before the answer"
    click(qtbot, editor.question.no)
    assert window.commands.shortcuts.holder("Ctrl+G") == "group"
    press(qtbot, editor, Qt.Key.Key_G, CTRL)
    click(qtbot, editor.question.yes)
    assert window.commands.shortcuts.holder("Ctrl+G") == "arrange"
    assert window.commands.shortcuts.keys("group") == ()
    look_for(qtbot, editor, "group")
    click(qtbot, editor.reset)
    assert "Arrange" in editor.question.sentence.text(), "what was taken is not taken back without a word"
    click(qtbot, editor.question.yes)
    assert window.commands.shortcuts.keys("group") == ("Ctrl+G",)
    assert window.commands.shortcuts.keys("arrange") == ()


def test_keys_of_the_canvas_are_refused_in_a_sentence(qtbot: QtBot, window: MainWindow, editor: ShortcutEditor) -> None:
    look_for(qtbot, editor, "arrange")
    press(qtbot, editor, Qt.Key.Key_Y)
    assert editor.sentence.isVisible()
    assert "knife" in editor.sentence.text()
    assert window.commands.shortcuts.keys("arrange") == ("L",)
    assert editor.keys[0].keySequence().toString() == "L", "the field shows what is in force"


def test_escape_leaves_a_field_and_then_the_window(qtbot: QtBot, editor: ShortcutEditor) -> None:
    look_for(qtbot, editor, "arrange")
    press(qtbot, editor, Qt.Key.Key_Escape)
    assert editor.isVisible()
    assert editor.keys[0].keySequence().toString() == "L"
    qtbot.keyClick(editor.list, Qt.Key.Key_Escape)
    assert not editor.isVisible()


def test_the_keyboard_alone_is_enough(qtbot: QtBot, window: MainWindow, editor: ShortcutEditor) -> None:
    look_for(qtbot, editor, "arrange")
    qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    assert editor.keys[0].hasFocus()
    qtbot.keyClick(editor.keys[0], Qt.Key.Key_K, CTRL)
    assert window.commands.shortcuts.keys("arrange") == ("Ctrl+K",)
    qtbot.keyClick(editor.keys[0], Qt.Key.Key_Tab)
    assert not editor.keys[0].hasFocus()
    assert editor.keys[0].accessibleName() == "First shortcut of Arrange"


def test_all_are_reset_after_a_question(qtbot: QtBot, window: MainWindow, editor: ShortcutEditor) -> None:
    window.commands.shortcuts.set("train", ("F9",))
    window.commands.shortcuts.set("arrange", ())
    click(qtbot, editor.reset_all)
    assert window.commands.shortcuts.keys("train") == ("F9",)
    click(qtbot, editor.question.yes)
    assert window.commands.shortcuts.keys("train") == ("F5", "Ctrl+R")
    assert all(changed == "" for _, changed in rows(editor).values())


def test_a_second_call_brings_the_same_window_to_the_front(window: MainWindow, editor: ShortcutEditor) -> None:
    window.commands.run("shortcuts")
    assert window.findChildren(ShortcutEditor) == [editor]

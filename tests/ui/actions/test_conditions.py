"""What cannot be done now says why, when its key is pressed and in the list of commands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Residual
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.inspector import InspectorPanel

CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def opened(window: MainWindow, tiny_graph: Graph) -> MainWindow:
    """The tiny network with a residual block, and the keyboard on the canvas."""
    window.document.open(Project(tiny_graph.add(Node("res1", Residual(), ("input1",), (0.0, 300.0)))), None)
    window.activateWindow()
    window.canvas.setFocus()
    return window


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> str:
    """Press a key on the canvas, and what is said."""
    said: list[str] = []
    window.commands.refresh()
    window.document.said.connect(said.append)
    qtbot.keyClick(window.canvas, key, held)
    window.document.said.disconnect(said.append)
    return " ".join(said)


KEYS_THAT_CHANGE = (
    (Qt.Key.Key_M, NONE), (Qt.Key.Key_R, NONE), (Qt.Key.Key_L, NONE), (Qt.Key.Key_Delete, NONE),
    (Qt.Key.Key_Backspace, NONE), (Qt.Key.Key_F2, NONE), (Qt.Key.Key_G, CTRL), (Qt.Key.Key_V, CTRL),
    (Qt.Key.Key_C, NONE), (Qt.Key.Key_U, NONE), (Qt.Key.Key_N, NONE), (Qt.Key.Key_B, NONE), (Qt.Key.Key_J, CTRL),
    (Qt.Key.Key_D, CTRL), (Qt.Key.Key_X, CTRL), (Qt.Key.Key_Tab, NONE),
)  # fmt: skip


@pytest.mark.parametrize("chosen", [True, False])
def test_what_would_change_the_inside_of_a_block_says_why_it_does_not(
    qtbot: QtBot, opened: MainWindow, chosen: bool
) -> None:
    opened.document.enter(("res1",))
    selected = (next(iter(opened.document.view_graph.nodes)),) if chosen else ()
    before = opened.document.project
    for key, held in KEYS_THAT_CHANGE:
        opened.document.select(selected)
        why = "This is the inside of res1. Ungroup res1 to change its parts."
        assert press(qtbot, opened, key, held) == why, key
        assert opened.document.project == before, key


def test_what_needs_something_selected_says_so(qtbot: QtBot, opened: MainWindow) -> None:
    assert press(qtbot, opened, Qt.Key.Key_M) == "Select a block first."
    assert press(qtbot, opened, Qt.Key.Key_B) == "Select one wire first."
    assert press(qtbot, opened, Qt.Key.Key_Delete) == "Select a block, a note or a wire first."
    opened.document.select(("conv1",))
    assert press(qtbot, opened, Qt.Key.Key_M) == ""
    assert opened.document.graph["conv1"].bypassed


def test_a_key_that_is_quicker_than_the_menus_is_not_lost(qtbot: QtBot, opened: MainWindow) -> None:
    opened.commands.refresh()
    opened.document.select(("conv1",))
    assert not opened.commands.bound["bypass"].isEnabled(), "the menus follow in a moment"
    qtbot.keyClick(opened.canvas, Qt.Key.Key_M)
    assert opened.document.graph["conv1"].bypassed


def test_in_a_field_no_key_is_refused(qtbot: QtBot, opened: MainWindow) -> None:
    said: list[str] = []
    opened.document.said.connect(said.append)
    opened.canvas.find_node()
    qtbot.keyClicks(opened.canvas.popup.field, "mrl")
    assert opened.canvas.popup.field.text() == "mrl"
    assert said == []


def test_the_list_of_commands_says_why_one_is_grey(opened: MainWindow) -> None:
    opened.command_list.ask()
    opened.command_list.field.setText("mute")
    item = opened.command_list.list.topLevelItem(0)
    assert item is not None and item.isDisabled()
    assert item.text(0) == "Bypass – Select a block first."


def test_it_is_the_outermost_declared_block_that_has_to_be_ungrouped(opened: MainWindow) -> None:
    document = opened.document
    document.select(("res1",))
    opened.commands.run("group")
    document.enter(("group1",))
    assert document.declared is None
    document.enter(("group1", "res1"))
    assert document.declared == "res1"


def test_the_empty_inspector_says_what_can_be_done_inside_a_block(opened: MainWindow) -> None:
    panel = opened.docks["inspector"].widget()
    assert isinstance(panel, InspectorPanel)
    opened.document.enter(("res1",))
    panel.refresh()
    text = panel.theory.text.text()
    assert "Drag" not in text and "leads back out" in text
    opened.document.enter(())
    panel.refresh()
    assert "Drag a block" in panel.theory.text.text()

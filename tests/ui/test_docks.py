"""What a mouse does to the title and the edges of a panel, without one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.window import Window

Area = Qt.DockWidgetArea


def run(window: Window, words: str) -> None:
    """Call a command from the list of all commands, as somebody without a mouse does."""
    window.commands.run("commands")
    QTest.keyClicks(window.command_list.field, words)
    QTest.keyClick(window.command_list.field, Qt.Key.Key_Return)
    QApplication.processEvents()


@pytest.fixture
def dock(qtbot: QtBot, window: Window) -> QDockWidget:
    """The inspector, which had the keyboard last."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_panel("inspector")
    qtbot.waitUntil(lambda: window.panel_in_hand.dock is window.docks["inspector"])
    return window.docks["inspector"]


def test_a_panel_is_made_larger_and_smaller(window: Window, dock: QDockWidget) -> None:
    before = dock.width()
    run(window, "panel keyboard larger")
    assert dock.width() > before
    run(window, "panel keyboard smaller")
    assert dock.width() == before


def test_a_panel_floats_and_is_docked_again(window: Window, dock: QDockWidget) -> None:
    run(window, "panel keyboard float")
    assert dock.isFloating()
    width = dock.width()
    run(window, "panel keyboard larger")
    assert dock.width() > width
    run(window, "panel keyboard float")
    assert not dock.isFloating()


def test_a_panel_goes_round_the_sides_of_the_window(window: Window, dock: QDockWidget) -> None:
    seen = []
    for _ in range(3):
        run(window, "panel keyboard side")
        assert not dock.visibleRegion().isEmpty(), "it is in front of the others there"
        seen.append(window.dockWidgetArea(dock))
    assert seen == [Area.LeftDockWidgetArea, Area.BottomDockWidgetArea, Area.RightDockWidgetArea]
    assert window.tabifiedDockWidgets(dock)


def test_a_panel_closes_and_the_canvas_has_the_keyboard(qtbot: QtBot, window: Window, dock: QDockWidget) -> None:
    run(window, "panel keyboard close")
    assert dock.isHidden()
    qtbot.waitUntil(window.canvas.hasFocus)
    run(window, "panel keyboard larger")
    assert "F6" in window.messages.bars[-1].sentence

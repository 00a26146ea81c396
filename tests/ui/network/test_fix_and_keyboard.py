"""After a click on a way out the keyboard stays where it was, though the button is gone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Input, Linear
from cnnstudio.graph import Sketch
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets.fix_button import FixButton


@pytest.mark.parametrize("panel", ["inspector", "problems", "training"])
def test_the_keyboard_stays_where_it_was_after_insert_flatten(qtbot: QtBot, window: MainWindow, panel: str) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(2), Linear(10))
    window.activateWindow()
    window.document.open(Project(draw.graph()), None)
    window.document.select(("fc1",))
    window.show_panel(panel)
    window.canvas.setFocus()

    def buttons() -> list[FixButton]:
        found = window.docks[panel].widget().findChildren(FixButton)
        return [button for button in found if button.text() == "Insert Flatten" and button.isVisible()]

    qtbot.waitUntil(lambda: bool(buttons()))
    qtbot.mouseClick(buttons()[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not buttons())
    assert any(node.block.title == "Flatten" for node in window.document.graph)
    assert window.focusWidget() is window.canvas

"""Ctrl+Z in a field of the real window: what was taken is the project's to undo, what is being typed the field's."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Input
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.inspector import InspectorPanel
from cnnstudio.ui.widgets.editors import TextEditor

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def inspector(qtbot: QtBot, window: MainWindow) -> InspectorPanel:
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Conv2d(8), Conv2d(16))
    window.document.open(Project(draw.graph()), None)
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    panel = window.docks["inspector"].widget()
    assert isinstance(panel, InspectorPanel)
    return panel


def typed(qtbot: QtBot, panel: InspectorPanel, text: str) -> TextEditor:
    panel.update_now()
    assert panel.form is not None
    field = panel.form.editor("out_channels")
    assert isinstance(field, TextEditor)
    field.field.setFocus()
    field.line.selectAll()
    qtbot.keyClicks(field.line, text)
    return field


def channels(graph: Graph) -> list[object]:
    return [graph[name].block.values["out_channels"] for name in ("conv1", "conv2")]


@pytest.mark.parametrize("selection", [("conv1", "conv2"), ("conv1",)])
def test_one_undo_brings_back_what_the_field_showed(
    qtbot: QtBot, window: MainWindow, inspector: InspectorPanel, selection: tuple[str, ...]
) -> None:
    document = window.document
    document.select(selection)
    inspector.update_now()
    field = typed(qtbot, inspector, "12")
    qtbot.waitUntil(lambda: channels(document.graph)[: len(selection)] == [12] * len(selection))
    qtbot.waitUntil(window.commands.bound["undo"].isEnabled)
    qtbot.keyClick(field.line, Qt.Key.Key_Z, CTRL)
    assert channels(document.graph) == [8, 16]
    qtbot.wait(900)  # longer than the field waits before it says what is wrong
    assert inspector.form is not None and not inspector.form.rows["out_channels"].sentence.isVisible()
    shown = (field.line.text(), field.line.placeholderText())
    assert shown == (("", "—") if len(selection) > 1 else ("8", ""))
    qtbot.keyClick(field.line, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert channels(document.graph)[0] == 12
    qtbot.waitUntil(lambda: field.line.text() == "12")


def test_the_field_takes_back_what_is_not_taken_yet_and_no_more(
    qtbot: QtBot, window: MainWindow, inspector: InspectorPanel
) -> None:
    document = window.document
    document.select(("conv1", "conv2"))
    field = typed(qtbot, inspector, "12")
    qtbot.waitUntil(lambda: channels(document.graph) == [12, 12])
    assert field.line.cursorPosition() == 2
    qtbot.keyClicks(field.line, "x")
    qtbot.waitUntil(lambda: field.is_bad)
    qtbot.keyClick(field.line, Qt.Key.Key_Z, CTRL)
    assert field.line.text() == "12"
    qtbot.waitUntil(lambda: not field.is_bad)
    assert channels(document.graph) == [12, 12]
    qtbot.keyClick(field.line, Qt.Key.Key_Z, CTRL)
    assert channels(document.graph) == [8, 16] and not field.is_bad

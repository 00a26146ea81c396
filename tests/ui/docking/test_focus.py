from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from cnnstudio.project import Project
from cnnstudio.resources import resource
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.zoo import small_resnet

SHIFT = Qt.KeyboardModifier.ShiftModifier


def where(window: MainWindow) -> str:
    """The part that has the keyboard."""
    focus = QApplication.focusWidget()
    assert focus is not None
    for bar in window.messages.bars:
        if bar.isAncestorOf(focus):
            return "message"
    if focus is window.canvas:
        return "canvas"
    return next(name for name, dock in window.docks.items() if dock.isAncestorOf(focus))


@pytest.fixture
def open_window(qtbot: QtBot, window: MainWindow, tiny: Project) -> MainWindow:
    window.document.open(tiny, None)
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.canvas)
    qtbot.wait(10)
    return window


def test_f6_goes_round_what_is_seen_and_back(qtbot: QtBot, open_window: MainWindow) -> None:
    window, seen = open_window, []
    for _ in range(4):
        window.commands.run("next-part")
        seen.append(where(window))
    assert seen[:2] == ["palette", "inspector"]
    assert "canvas" in seen
    window.canvas.setFocus()
    window.commands.run("previous-part")
    window.commands.run("next-part")
    assert where(window) == "canvas"


def test_a_message_is_a_part_and_can_be_answered(qtbot: QtBot, open_window: MainWindow) -> None:
    window, answers = open_window, []
    window.messages.say("The file changed.", "error", ("Read it again", lambda: answers.append(1)))
    qtbot.waitUntil(window.messages.bars[0].isVisible)
    window.canvas.setFocus()
    window.commands.run("next-part")
    assert where(window) == "message"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert answers == [1]


def test_a_panel_that_is_shown_has_the_keyboard_in_it_where_something_can_be_done(open_window: MainWindow) -> None:
    for name in ("palette", "outline", "training", "summary", "source"):
        open_window.commands.run(f"show-{name}")
        focus = QApplication.focusWidget()
        panel = open_window.docks[name].widget()
        assert focus is not panel
        assert panel.isAncestorOf(focus), name


def test_layouts_outlive_that_their_panel_was_given_the_keyboard(window: MainWindow) -> None:
    window.files.open(resource("examples", "lenet5.cnn"))
    window.document.select(("conv2",))
    QApplication.processEvents()
    gc.collect()
    window.show_panel("curves")
    QApplication.processEvents()
    flows = window.findChildren(FlowLayout)
    items = [flow.itemAt(index) for flow in flows for index in range(flow.count())]
    assert len(items) > 5
    assert all(isValid(item) for item in items)


def tabbed(window: MainWindow, key: Qt.Key, times: int) -> list[QWidget]:
    """What has the keyboard after each press of a key."""
    seen = []
    for _ in range(times):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key, SHIFT if key == Qt.Key.Key_Backtab else Qt.KeyboardModifier.NoModifier)
        seen.append(QApplication.focusWidget())
    return seen


def test_tab_goes_through_a_panel_as_it_is_read(qtbot: QtBot, open_window: MainWindow) -> None:
    window = open_window
    window.document.select(("conv1",))
    window.show_panel("inspector")
    panel = window.docks["inspector"].widget()
    qtbot.waitUntil(lambda: panel.form is not None and panel.form.isVisible())
    qtbot.wait(30)  # until everything stands in its place
    panel.header.name.setFocus()
    fields = [row.editor.focusProxy() or row.editor for row in panel.form.rows.values()]
    words = panel.form.editor("padding").findChildren(QToolButton)[-1]
    fields.insert(fields.index(panel.form.editor("padding").focusProxy()) + 1, words)
    seen = tabbed(window, Qt.Key.Key_Tab, 1 + len(fields))
    assert seen[1:] == fields, "its fields were made long after the rest of the window"
    assert tabbed(window, Qt.Key.Key_Backtab, len(fields)) == [*fields[-2::-1], seen[0]]
    assert all(isinstance(each, QWidget) and each.isVisible() for each in seen)


@pytest.mark.parametrize("name", ["palette", "outline", "inspector", "training", "summary", "source"])
def test_tab_leaves_a_panel_after_its_last_field_and_stops_at_nothing_unseen(
    qtbot: QtBot, open_window: MainWindow, name: str
) -> None:
    window = open_window
    window.document.select(("conv1",))
    window.show_panel(name)
    qtbot.wait(20)
    for _ in range(40):
        (focus,) = tabbed(window, Qt.Key.Key_Tab, 1)
        assert not isinstance(focus, QScrollArea), "it only scrolls"
        if where(window) != name:
            return
    pytest.fail("the keyboard never leaves it")


def test_escape_gives_the_keyboard_from_the_inspector_back_to_the_canvas(qtbot: QtBot, open_window: MainWindow) -> None:
    window = open_window
    window.document.select(("conv1",))
    window.show_panel("inspector")
    panel = window.docks["inspector"].widget()
    qtbot.waitUntil(lambda: panel.form is not None and panel.form.isVisible())
    editor = panel.form.editor("out_channels")
    switch = panel.form.editor("bias").focusProxy()
    for field in (panel.header.name, editor.focusProxy(), switch):
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert where(window) == "canvas"
    for field, line in ((panel.header.name, panel.header.name), (editor.focusProxy(), editor.line)):
        field.setFocus()
        before = line.text()
        QTest.keyClick(field, Qt.Key.Key_X)
        assert line.text() != before
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert line.text() == before and where(window) == "inspector"
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert where(window) == "canvas"
    assert window.document.selection == ("conv1",)


def test_escape_leaves_a_name_that_cannot_be_changed(qtbot: QtBot, window: MainWindow) -> None:
    window.document.open(Project(small_resnet()), None)
    window.document.enter(("stage2_1",))
    window.document.select((window.document.view_graph.order[1],))
    window.activateWindow()
    window.show_panel("inspector")
    name = window.docks["inspector"].widget().header.name
    assert name.isReadOnly()
    name.setFocus()
    qtbot.waitUntil(name.hasFocus)
    QTest.keyClick(name, Qt.Key.Key_Escape)
    assert where(window) == "canvas" and window.document.scope == ("stage2_1",)

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTabBar, QWidget
from pytestqt.qtbot import QtBot

import cnnstudio.ui.main_window
from cnnstudio.blocks import Input
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, read
from cnnstudio.ui.docking.docks import PANELS
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.theme import DARK, LIGHT, theme
from cnnstudio.zoo import small_resnet

DELETED = Qt.WidgetAttribute.WA_DeleteOnClose


def sentences(window: MainWindow) -> list[str]:
    return [bar.sentence for bar in window.messages.bars]


def choose(qtbot: QtBot, window: MainWindow, title: str) -> None:
    """Press a button of the latest message."""
    qtbot.mouseClick(window.messages.bars[-1].buttons[title], Qt.MouseButton.LeftButton)


def change(window: MainWindow) -> None:
    window.document.edit_graph("Add Input", Graph.of([Node("input1", Input())]))


def test_the_window_is_a_short_file() -> None:
    assert len(Path(str(cnnstudio.ui.main_window.__file__)).read_text().splitlines()) < 400


def test_a_tab_carries_the_title_and_a_panel_alone_has_one(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.docks["palette"].titleBarWidget().property("text") == "Blocks")
    assert window.docks["inspector"].titleBarWidget().property("text") is None


def test_the_layout_is_remembered_and_can_be_undone(qtbot: QtBot, window: MainWindow) -> None:
    window.docks["palette"].hide()
    window.close()
    again = MainWindow(Preferences())
    qtbot.addWidget(again)
    again.show()
    assert again.docks["palette"].isHidden()
    again.commands.run("default-layout")
    assert not again.docks["palette"].isHidden()


def test_the_title_names_the_file_and_marks_changes(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    qtbot.waitUntil(lambda: window.windowTitle().startswith("Untitled"))
    assert not window.isWindowModified()
    change(window)
    qtbot.waitUntil(window.isWindowModified)
    window.document.set_path(tmp_path / "mine.cnn")
    qtbot.waitUntil(lambda: window.windowTitle().startswith("mine"))
    assert not window.isWindowModified()


def test_totals_are_shown_and_blank_while_there_are_errors(window: MainWindow, tiny: Project) -> None:
    status = window.statusBar()
    window.document.open(tiny, None)
    assert f"{window.document.analysis.totals.parameters:,} parameters" in status.totals.text()
    broken = tiny.graph.disconnect(tiny.graph["linear1"].edges[0])
    window.document.edit_graph("Cut", broken)
    assert "parameters" not in status.totals.text()
    assert status.problems.text() != "No problems"


def test_the_theme_changes_everything_and_is_remembered(window: MainWindow) -> None:
    before = window.grab().toImage()
    window.commands.run("theme-dark")
    assert theme.palette is DARK
    after = window.grab().toImage()
    corner = QPoint(4, 4)
    assert before.pixelColor(corner).lightness() > 200
    assert after.pixelColor(corner).lightness() < 60
    assert Preferences().scheme == "dark"
    window.commands.run("theme")
    assert theme.palette is LIGHT


def test_text_can_be_larger(window: MainWindow) -> None:
    height = window.fontMetrics().height()
    for _ in range(4):
        window.commands.run("text-larger")
    assert QApplication.font().pixelSize() > 13
    assert Preferences().text_scale == pytest.approx(1.4)
    window.commands.run("text-normal")
    assert window.fontMetrics().height() == height


def test_closing_asks_in_place_and_cancel_keeps_everything(qtbot: QtBot, window: MainWindow) -> None:
    change(window)
    window.close()
    assert window.isVisible()
    assert "not saved" in sentences(window)[-1]
    choose(qtbot, window, "Cancel")
    assert window.isVisible()
    assert len(window.document.graph) == 1


def test_closing_without_saving_closes(qtbot: QtBot, window: MainWindow) -> None:
    change(window)
    window.close()
    choose(qtbot, window, "Do not save")
    assert not window.isVisible()


def test_closing_with_saving_saves_first(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.cnn"
    window.document.set_path(path)
    change(window)
    window.close()
    choose(qtbot, window, "Save")
    assert not window.isVisible()
    assert "input1" in read(path).graph


def test_a_saving_that_fails_keeps_the_window_open(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.document.set_path(tmp_path / "nowhere" / "mine.cnn")
    change(window)
    window.close()
    choose(qtbot, window, "Save")
    assert window.isVisible()
    assert window.messages.bars[-1].kind == "error"
    assert window.document.is_modified


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 99}', b"\x00\xff\xfe", b"[" * 100_000, b'{"nodes": []}'])
def test_a_bad_file_is_a_sentence_and_the_open_project_is_untouched(
    window: MainWindow, tiny: Project, tmp_path: Path, content: bytes
) -> None:
    window.document.open(tiny, None)
    bad = tmp_path / "bad.cnn"
    bad.write_bytes(content)
    window.files.open(bad)
    assert window.document.project is tiny
    assert window.document.path is None
    assert window.messages.bars[-1].kind == "error"
    assert "Traceback" not in sentences(window)[-1]


def test_a_file_that_is_gone_leaves_the_list_of_recent_ones(window: MainWindow, tmp_path: Path) -> None:
    window.preferences.remember(tmp_path / "gone.cnn")
    window.files.open(tmp_path / "gone.cnn")
    assert window.preferences.recent == []


def test_a_template_brings_its_images_along(window: MainWindow) -> None:
    window.commands.run("new-small-resnet")
    assert window.document.project.recipe.data == "shapes"
    assert window.document.analysis.totals is not None
    assert not [found for found in window.document.diagnostics if found.severity == "error"]


def test_closing_while_training_stops_cleanly(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    import dataclasses

    recipe = dataclasses.replace(tiny.recipe, epochs=1000)
    window.document.open(dataclasses.replace(tiny, recipe=recipe), None)
    window.commands.run("train")
    qtbot.waitUntil(lambda: len(window.run.history.steps) > 0)
    window.close()
    choose(qtbot, window, "Stop and close")
    qtbot.waitUntil(lambda: any("Do not save" in bar.buttons for bar in window.messages.bars))
    choose(qtbot, window, "Do not save")
    assert not window.isVisible()
    assert "training" not in [thread.name for thread in threading.enumerate()]
    assert window.run.weights is not None


def test_an_idle_window_does_not_lose_references_to_none(qtbot: QtBot, window: MainWindow) -> None:
    # PySide6 6.12.0 loses one at every void call and dies within a minute on Python 3.11
    app = QApplication.instance()
    assert app is not None
    for _ in range(100):
        app.processEvents()
    before = sys.getrefcount(None)
    for _ in range(500):
        app.processEvents()
    assert abs(sys.getrefcount(None) - before) <= 100


def test_the_keyboard_reaches_every_part(qtbot: QtBot, window: MainWindow) -> None:
    for panel in PANELS:
        window.commands.run(f"show-{panel.id}")
        assert window.docks[panel.id].widget().isVisible()


def test_the_menu_of_the_canvas_has_what_can_be_done_and_nothing_else(
    qtbot: QtBot, window: MainWindow, tiny: Project
) -> None:
    def menu() -> list[str]:
        window.canvas.ask_menu()
        (shown,) = (each for each in window.findChildren(QMenu) if each.isVisible() and each.testAttribute(DELETED))
        shown.close()
        actions = [each for each in shown.actions() if not each.isSeparator()]
        assert all(each.isEnabled() for each in actions)
        return [each.objectName() for each in actions]

    window.document.open(tiny, None)
    for_all = {"quick-add", "paste", "note", "arrange", "fit", "fit-selection", "help"}
    assert set(menu()) == for_all
    window.document.select(("conv1",))
    assert set(menu()) == for_all | {
        "cut",
        "rename",
        "copy",
        "duplicate",
        "delete",
        "delete-heal",
        "group",
        "replace",
        "bypass",
        "frame",
    }
    window.document.select(("conv1", "flatten1"))
    window.commands.run("frame")
    window.commands.run("group")
    assert {"enter", "ungroup", "keep"} <= set(menu())
    window.document.undo_stack.undo()
    window.document.select(("conv1",))
    assert {"unframe", "frame-title", "frame-color"} <= set(menu()) and "ungroup" not in menu()
    window.canvas.step_wire(1)
    assert set(menu()) == for_all | {"delete", "bend"}


def test_double_clicking_a_node_without_an_inside_shows_its_form(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.show_panel("source")
    window.canvas.activated.emit("conv1")
    assert isinstance(window.docks["inspector"].widget(), QWidget)
    assert not window.docks["inspector"].visibleRegion().isEmpty()


def test_a_run_brings_its_panels_to_the_front_as_it_begins(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.show_panel("problems")
    window.show_panel("summary")
    window.commands.run("train")
    qtbot.waitUntil(lambda: not window.docks["training"].visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: not window.docks["curves"].visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: window.run.state == "finished")


def test_no_tab_bar_of_an_earlier_layout_lies_over_the_window(qtbot: QtBot, window: MainWindow) -> None:
    def bars() -> list[list[str]]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        every = window.findChildren(QTabBar, options=direct)
        shown = [bar for bar in every if not bar.visibleRegion().isEmpty()]  # Qt moves that of one tab off the window
        return sorted([bar.tabText(index) for index in range(bar.count())] for bar in shown)

    first = [["Curves", "Feature maps", "Problems"], ["Inspector", "Training", "Summary", "Source"]]
    qtbot.waitUntil(lambda: bars() == first)
    window.tabifyDockWidget(window.docks["palette"], window.docks["inspector"])
    qtbot.waitUntil(lambda: ["Blocks", "Inspector"] in bars())
    window.panels.place_anew()
    qtbot.waitUntil(lambda: bars() == first)


def test_the_foot_of_the_window_says_what_else_a_gesture_can_do(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    viewport, bar, left = window.canvas.viewport(), window.statusBar(), Qt.MouseButton.LeftButton
    height = bar.height()
    QTest.mousePress(viewport, left, pos=QPoint(30, 30))
    assert not bar.currentMessage(), "a click is none"
    for step in (40, 60, 80):
        QTest.mouseMove(viewport, QPoint(30 + step, 30 + step))
    assert bar.currentMessage() == "Shift adds to the selection; Ctrl and Shift take away from it."
    assert bar.height() == height
    QTest.mouseRelease(viewport, left, pos=QPoint(110, 110))
    assert not bar.currentMessage()


def test_what_was_said_of_the_inside_of_a_block_goes_when_it_is_left(window: MainWindow) -> None:
    document = window.document
    document.open(Project(small_resnet()), None)
    document.enter(("stage3_2",))
    document.edit_graph("Add a block", document.view_graph)
    document.said.emit("This is true anywhere.")
    assert sentences(window) == [document.refusal, "This is true anywhere."] and "stage3_2" in document.refusal
    document.enter(())
    assert sentences(window) == ["This is true anywhere."]

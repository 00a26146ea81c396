"""The window in front of a class, and with fewer blocks, panels and commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QStatusBar, QToolBar
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import BLOCKS
from cnnstudio.project import Project
from cnnstudio.ui.docking import simple
from cnnstudio.ui.docking.panel_places import PANELS
from cnnstudio.ui.docking.presenting import LARGE
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme

if TYPE_CHECKING:
    from cnnstudio.ui.lessons.microscope import MicroscopePanel
    from cnnstudio.ui.network.palette import PalettePanel


@pytest.fixture(autouse=True)
def _text_as_before() -> Iterator[None]:
    yield
    theme.set_scale(1.0)


def seen(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.items() if not dock.isHidden()}


def test_presenting_shows_one_part_in_large_type_and_ends_as_it_began(
    qtbot: QtBot, window: MainWindow, tiny: Project
) -> None:
    window.document.open(tiny, None)
    before, scale, bars = seen(window), theme.scale, window.findChildren(QToolBar)
    window.commands.run("present")
    assert window.presenting.is_on and window.isFullScreen() and theme.scale == LARGE
    assert seen(window) == set() and window.canvas.isVisible() and window.presenting.spot.isVisible()
    assert not any(bar.isVisible() for bar in (*bars, *window.findChildren(QStatusBar)))
    assert window.preferences.text_scale == scale, "nothing of it is remembered"
    parts = []
    for _ in range(len(before)):
        qtbot.keyClick(window, Qt.Key.Key_PageDown)
        assert len(seen(window)) == 1 and not window.canvas.isVisible()
        parts += seen(window)
    assert set(parts) == before
    qtbot.keyClick(window, Qt.Key.Key_PageDown)
    assert seen(window) == set() and window.canvas.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_PageUp)
    assert seen(window) == {parts[-1]}
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.presenting.is_on and seen(window) == before and not window.isFullScreen()
    assert theme.scale == scale and window.canvas.isVisible() and not window.presenting.spot.isVisible()
    assert all(bar.isVisible() for bar in (*bars, window.statusBar(), window.menuBar()))
    assert not window.document.is_modified


def test_keys_go_through_the_steps_of_the_microscope_before_the_next_part(qtbot: QtBot, window: MainWindow) -> None:
    window.show_panel("microscope")
    panel = cast("MicroscopePanel", window.docks["microscope"].widget())
    panel.go_to(0)
    panel.stage.setFocus()
    window.presenting.begin()
    assert seen(window) == {"microscope"}
    qtbot.keyClick(window, Qt.Key.Key_PageDown)
    assert panel.stepper.step == 1 and seen(window) == {"microscope"}
    qtbot.keyClick(window, Qt.Key.Key_PageUp)
    assert panel.stepper.step == 0
    panel.go_to(panel.stepper.steps - 1)
    qtbot.keyClick(window, Qt.Key.Key_PageDown)
    assert seen(window) != {"microscope"}


def test_the_spot_stands_at_the_pointer_and_lets_the_mouse_through(window: MainWindow) -> None:
    window.presenting.begin()
    spot = window.presenting.spot
    spot.follow()
    assert spot.geometry().contains(window.mapFromGlobal(QCursor.pos()), proper=False)
    assert spot.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def test_a_size_that_is_chosen_while_presenting_stays(window: MainWindow) -> None:
    window.presenting.begin()
    window.preferences.scale_text(1.3)
    window.presenting.end()
    assert theme.scale == 1.3 and window.preferences.text_scale == 1.3


def test_what_was_arranged_is_remembered_and_not_what_was_presented(window: MainWindow) -> None:
    before = seen(window)
    window.presenting.begin()
    window.document.mark_saved()
    window.close()
    assert not window.presenting.is_on
    again = MainWindow(window.preferences, window.windows)
    assert seen(again) == before
    again.close()


def test_what_a_first_course_needs_is_there() -> None:
    known = {place.id for place in PANELS}
    assert known > simple.PANELS and BLOCKS.keys() > simple.BLOCKS
    assert not simple.put_away(f"show-{name}" for name in simple.PANELS)
    assert not simple.put_away(("train", "stop", "save", "open", "hand-in", "undo", "quick-add", "simple", "help"))


def test_one_switch_puts_away_and_brings_back(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    palette = cast("PalettePanel", window.docks["palette"].widget())
    before, many = seen(window), palette.tree.topLevelItemCount()
    window.commands.run("simple")
    assert window.preferences.simple and window.commands.bound["simple"].isChecked()
    assert "source" in before and "source" not in seen(window) and seen(window) == before & simple.PANELS
    assert palette.tree.topLevelItemCount() < many
    exported = window.commands.bound["export-onnx"]
    assert not exported.isVisible() and not exported.isEnabled()
    assert not window.commands.bound["show-source"].isEnabled() and window.commands.bound["train"].isVisible()
    window.canvas.quick_add()
    assert {entry.title for entry in window.canvas.popup.entries} <= {BLOCKS[name].title for name in simple.BLOCKS}
    window.canvas.popup.hide()
    palette.search.setText("SelfAttention")
    assert "not offered here" in palette.nothing.text()
    other = window.windows.new(window)
    assert isinstance(other, MainWindow) and "source" not in seen(other)
    palette.search.clear()
    window.commands.run("simple")
    assert seen(window) == before and palette.tree.topLevelItemCount() == many
    assert exported.isVisible() and "source" in seen(other)
    assert not window.document.undo_stack.count(), "the network is not touched"


def test_a_network_may_hold_what_the_palette_does_not_offer(window: MainWindow, tiny: Project) -> None:
    window.commands.run("simple")
    window.files.new("mobilenet_v2")
    window.document.open(tiny, None)
    window.document.edit_graph("Change", window.document.graph.replace("conv1", Conv2d(5)))
    assert window.document.undo_stack.count() == 1

"""The smallest window with the largest text: nothing lies over anything else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from cnnstudio.project import read
from cnnstudio.resources import resource
from cnnstudio.ui.docking.docks import PANELS
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme


@pytest.fixture
def small(qtbot: QtBot, window: MainWindow) -> Iterator[MainWindow]:
    theme.set_scale(1.6)
    window.document.open(read(resource("examples", "lenet5.cnn")), None)
    window.resize(960, 600)
    QApplication.processEvents()
    yield window
    theme.set_scale(1.0)


def lying_over(window: MainWindow) -> list[tuple[str, str]]:
    """The parts of the window that share a place with another."""
    seen = {name: dock for name, dock in window.docks.items() if not dock.visibleRegion().isEmpty()}
    places = {"canvas": window.canvas.geometry()} | {name: dock.geometry() for name, dock in seen.items()}
    return [(one, other) for one, other in combinations(places, 2) if places[one].intersects(places[other])]


def test_the_parts_keep_clear_of_one_another(qtbot: QtBot, small: MainWindow) -> None:
    for panel in PANELS:
        small.show_panel(panel.id)
        for selection in (("conv1",), ()):
            small.document.select(selection)
            qtbot.wait(5)
            assert lying_over(small) == [], panel.id
            widget = small.docks[panel.id].widget()
            assert widget.minimumSizeHint().width() <= widget.width(), f"{panel.id} has no room"
            assert QRect(0, 0, 960, 600).contains(small.docks[panel.id].geometry()), panel.id
    assert small.canvas.width() >= 240


def test_a_tab_that_is_cut_short_says_its_title(qtbot: QtBot, small: MainWindow) -> None:
    def says_its_titles(bar: QTabBar) -> bool:
        return all(bar.tabToolTip(index) == bar.tabText(index) for index in range(bar.count()))

    bars = [bar for bar in small.findChildren(QTabBar) if bar.isVisible()]
    assert bars
    qtbot.waitUntil(lambda: all(map(says_its_titles, bars)))

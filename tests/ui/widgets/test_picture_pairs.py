"""Pictures and what became of them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.picture_pairs import LEAST, MOST, PicturePairs, places


@pytest.mark.parametrize("count", [1, 7, 64, 256])
@pytest.mark.parametrize("room", [(900, 120), (300, 500), (1900, 900), (60, 40)])
def test_pairs_are_as_large_as_they_can_be_and_stay_in_their_room(count: int, room: tuple[int, int]) -> None:
    found = places(count, room, 2, 14)
    assert 1 <= found.count <= count and LEAST <= found.side <= MOST
    rows = -(-found.count // found.columns)
    if found.side > LEAST:
        assert rows * (2 * found.side + 2 + 14 + 8) - 8 <= room[1] + rows
    if found.columns > 1:
        assert found.columns * (found.side + 8) - 8 <= room[0]


def test_keyboard_and_mouse_choose_a_pair(qtbot: QtBot) -> None:
    grid = PicturePairs()
    qtbot.addWidget(grid)
    grid.resize(400, 120)
    pictures = list(np.random.default_rng(0).integers(0, 255, (30, 1, 8, 8), dtype=np.uint8))
    grid.set_pictures(pictures, pictures, names=[f"class {n}" for n in range(30)])
    grid.show()
    assert 0 < grid.shown < 30
    chosen: list[int] = []
    said: list[str] = []
    grid.chosen.connect(chosen.append)
    grid.hovered.connect(said.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(grid, key)
    assert chosen == [1] and said[-1] == "class 1" and grid.accessibleDescription() == "2 of 30: class 1"
    qtbot.keyClick(grid, Qt.Key.Key_End)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert said[-1] == f"class {grid.shown - 1}", "what is not seen is not chosen"
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert chosen == [1, 0]


@pytest.mark.parametrize("width", [60, 300, 900])
def test_all_find_a_place_where_a_page_scrolls(qtbot: QtBot, width: int) -> None:
    grid = PicturePairs(all_at=64)
    qtbot.addWidget(grid)
    pictures = list(np.zeros((64, 1, 8, 8), np.uint8))
    grid.set_pictures(pictures, pictures, names=["one"] * 64)
    grid.resize(width, 100)
    grid.show()  # what is not shown is not told of its size
    grid.resize(width, grid.minimumHeight())
    assert grid.shown == 64

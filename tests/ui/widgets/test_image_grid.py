from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from cnnstudio.compiler.ending import Making
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.bars import Bars
from cnnstudio.ui.widgets.image_grid import GAP, ImageGrid, Scrolled, tiling
from cnnstudio.ui.widgets.large_map import LargeMap
from cnnstudio.ui.widgets.map_colours import MapColours, Maps, colour_table, ends, flat, normalised, said_of


@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 64), st.integers(60, 900), st.integers(60, 400))
def test_maps_never_leave_the_room(count: int, height: int, width: int, across: int, down: int) -> None:
    plan = tiling(count, (height, width), (across, down))
    assert 1 <= plan.count <= count
    assert plan.rows * plan.columns >= plan.count
    assert plan.columns * (plan.cell[0] + GAP) - GAP <= across
    assert plan.rows * (plan.cell[1] + GAP) - GAP <= down


def test_maps_are_enlarged_by_whole_numbers() -> None:
    plan = tiling(6, (24, 24), (550, 150))
    assert plan.scale == int(plan.scale) == 3
    assert plan.count == 6


def test_a_wide_layer_shows_only_its_first_maps() -> None:
    plan = tiling(2048, (7, 7), (300, 100))
    assert plan.count < 2048
    assert min(plan.cell) >= 7


def test_brightness_is_of_each_map_or_of_all_together() -> None:
    maps = np.array([[[0.0, 1.0]], [[0.0, 10.0]]], np.float32)
    assert normalised(maps, together=False).tolist() == [[[0, 255]], [[0, 255]]]
    assert normalised(maps, together=True).tolist() == [[[0, 25]], [[0, 255]]]


def test_a_flat_map_and_values_that_are_no_numbers_are_drawn() -> None:
    assert normalised(np.full((1, 2, 2), 5.0, np.float32), together=False).tolist() == [[[0, 0], [0, 0]]]
    assert normalised(np.array([[[np.nan, np.inf]]], np.float32), together=False).tolist() == [[[0, 0]]]


def test_the_brightest_pixel_is_yellow_where_it_belongs(qtbot: QtBot) -> None:
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.resize(100, 100)
    maps = np.zeros((1, 2, 2), np.float32)
    maps[0, 1, 0] = 1.0
    grid.set_maps(maps)
    image = grid.grab().toImage()
    bright, dark = image.pixelColor(20, 80), image.pixelColor(80, 20)
    assert bright.red() > 200
    assert bright.blue() < 100
    assert dark.lightness() < 60


def test_the_mouse_reads_the_value_under_it(qtbot: QtBot) -> None:
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.resize(203, 100)
    maps = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    grid.set_maps(maps)
    grid.show()
    grid.grab()
    heard: list[str] = []
    grid.hovered.connect(heard.append)
    qtbot.mouseMove(grid, QPoint(103 + 20, 80))
    assert heard[-1].startswith("map 2, row 2, column 1: 6")
    with qtbot.waitSignal(grid.cell_chosen) as chosen:
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(103 + 20, 80))
    assert chosen.args == [1, 1, 0]


@pytest.mark.parametrize("count", [0, 1, 10, 5000])
def test_bars_draw_vectors_of_any_length(qtbot: QtBot, count: int) -> None:
    bars = Bars()
    qtbot.addWidget(bars)
    bars.resize(300, 100)
    bars.set_values(np.linspace(-1, 1, count).astype(np.float32), tuple("0123456789"), "3")
    bars.grab()


@pytest.mark.parametrize(
    ("making", "told"),
    [
        (Making.SOFTMAX, "dog: -0.6931   (after softmax 33.3%)"),
        (Making.SIGMOID, "dog: -0.6931   (after sigmoid 33.3%)"),
        (Making.EXP, "dog: -0.6931   (after exp 50.0%)"),
        (Making.NOTHING, "dog: -0.6931"),
        (None, "dog: -0.6931"),
    ],
)
def test_a_bar_tells_its_name_and_its_probability(qtbot: QtBot, making: Making | None, told: str) -> None:
    bars = Bars()
    qtbot.addWidget(bars)
    bars.resize(300, 100)
    bars.set_values(np.array([0.0, -math.log(2)], np.float32), ("cat", "dog"), "cat", making)
    bars.show()
    heard: list[str] = []
    bars.hovered.connect(heard.append)
    for x in (10, 120):  # a mouse that stands where it was says nothing
        qtbot.mouseMove(bars, QPoint(x, 50))
    assert heard[-1] == told


def grid_of(qtbot: QtBot, maps: Maps) -> ImageGrid:
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.resize(203, 100)
    grid.set_maps(maps)
    grid.show()
    grid.grab()
    return grid


def test_the_most_active_maps_come_first_where_they_are_ranked(qtbot: QtBot) -> None:
    maps = np.zeros((4, 2, 2), np.float32)
    maps[1], maps[2], maps[3] = [[0, 1], [0, 0]], [[-9, 0], [0, 0]], [[3, 3], [3, 3]]
    grid = grid_of(qtbot, maps)
    assert grid.order == [0, 1, 2, 3]
    grid.set_ranked(True)
    assert grid.order == [3, 2, 1, 0]
    with qtbot.waitSignal(grid.cell_chosen) as chosen:
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert chosen.args == [3, 0, 0]  # the channel, not where it stands


def test_maps_without_a_difference_are_crossed_out_and_said(qtbot: QtBot) -> None:
    maps = np.zeros((2, 2, 2), np.float32)
    maps[1, 0, 0] = 1.0
    grid = grid_of(qtbot, maps)
    assert grid.flat == 1
    image = grid.grab().toImage()
    assert image.pixelColor(10, 60) == theme.color("panel")
    assert said_of(maps[0]) == "zero everywhere on this picture"
    assert said_of(np.full((2, 2), 0.25, np.float32)) == "0.25 everywhere on this picture"
    assert said_of(np.array([[np.nan, 1.0]], np.float32)) == "1 of 2 values are no numbers"
    assert flat(np.array([[[0.0]], [[2.0]]], np.float32)).tolist() == [True, False]  # one number is not a flat map


def test_zero_is_in_the_middle_of_a_scale_around_it() -> None:
    maps = np.array([[[-1.0, 0.0, 2.0]]], np.float32)
    low, middle, high = normalised(maps, together=False, around_zero=True)[0, 0].tolist()
    assert middle == 127 and high == 255 and 60 <= low <= 66
    assert normalised(np.zeros((1, 1, 2), np.float32), False, around_zero=True).tolist() == [[[127, 127]]]
    assert ends(maps, MapColours.ZERO) == (-2.0, 2.0) and ends(maps, MapColours.GREY) == (-1.0, 2.0)
    blue, red = (QColor.fromRgb(int(colour)) for colour in colour_table(MapColours.ZERO)[[0, -1]])
    assert blue.blue() > blue.red() and red.red() > red.blue()
    assert all(QColor.fromRgb(int(colour)).saturation() <= 5 for colour in colour_table(MapColours.GREY)[80:])


def test_the_grid_is_used_by_keyboard(qtbot: QtBot) -> None:
    grid = grid_of(qtbot, np.arange(16, dtype=np.float32).reshape(4, 2, 2))
    heard: list[str] = []
    grid.hovered.connect(heard.append)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert heard[-1] == grid.accessibleDescription() == "map 2: from 4 to 7"
    with qtbot.waitSignal(grid.opened) as opened:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert opened.args == [1]
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert heard[-1].startswith("map 4")
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert heard[-1].startswith("map 4")  # there are no more


def test_a_zoom_shows_all_maps_however_many_and_scrolls(qtbot: QtBot) -> None:
    grid = ImageGrid()
    scrolled = Scrolled(grid)
    qtbot.addWidget(scrolled)
    scrolled.resize(300, 100)
    scrolled.show()
    grid.set_maps(np.random.default_rng(0).random((512, 7, 7)).astype(np.float32))
    assert grid.shown < 512
    before = grid._layout().cell
    grid.zoom(2)
    assert grid.shown == 512 and grid._layout().cell > before
    qtbot.waitUntil(lambda: grid.height() > 400)
    assert grid._layout().columns * (grid._layout().cell[0] + GAP) - GAP <= scrolled.viewport().width()
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert scrolled.verticalScrollBar().value() > 0
    grid.grab()
    grid.zoom(-9)
    assert grid.zoom_steps == 0 and grid.shown < 512


def test_one_map_large_tells_its_values_and_is_walked_by_keyboard(qtbot: QtBot) -> None:
    large = LargeMap()
    qtbot.addWidget(large)
    large.resize(300, 200)
    maps = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    large.set_maps(maps)
    large.show_channel(1)
    large.show()
    large.grab()
    heard: list[str] = []
    large.hovered.connect(heard.append)
    spot = large._spot(large._place(), (2, 3)).center().toPoint()
    with qtbot.waitSignal(large.cell_chosen) as chosen:
        qtbot.mouseClick(large, Qt.MouseButton.LeftButton, pos=spot)
    assert chosen.args == [1, 2, 3]
    assert heard[-1].startswith("map 2, row 3, column 4: 23 ")
    qtbot.keyClick(large, Qt.Key.Key_Up)
    qtbot.keyClick(large, Qt.Key.Key_Right)  # there are no more
    assert heard[-1].startswith("map 2, row 2, column 4: 19 ")
    with qtbot.waitSignal(large.stepped) as stepped:
        qtbot.keyClick(large, Qt.Key.Key_PageDown)
    assert stepped.args == [1]
    with qtbot.waitSignal(large.closed):
        qtbot.keyClick(large, Qt.Key.Key_Escape)

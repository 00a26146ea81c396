from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from cnnstudio.compiler.ending import Making
from cnnstudio.ui.widgets.bars import Bars
from cnnstudio.ui.widgets.image_grid import GAP, ImageGrid, normalised, tiling


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
    with qtbot.waitSignal(grid.chosen) as chosen:
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert chosen.args == [0]


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

from __future__ import annotations

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.plot import MOST_POINTS, Plot, RunningMean, thinned


def test_the_running_mean_of_a_constant_is_the_constant_from_the_start() -> None:
    assert np.allclose(RunningMean().over(np.full(50, 3.0)), 3.0)


def test_the_running_mean_costs_what_is_new_and_gives_the_same() -> None:
    values = np.random.default_rng(0).random(300)
    growing = RunningMean()
    for count in (1, 7, 150, 300):
        found = growing.over(values[:count])
    assert np.array_equal(found, RunningMean().over(values))
    assert len(growing.over(values[:5])) == 5


def test_a_value_that_is_no_number_leaves_the_mean_where_it_is() -> None:
    found = RunningMean().over(np.array([math.nan, 1.0, math.inf, 1.0]))
    assert math.isnan(found[0])
    assert np.allclose(found[1:], 1.0)


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 12_345])
def test_a_thinned_curve_keeps_its_peaks_and_its_order(count: int) -> None:
    x, y = np.arange(float(count)), np.random.default_rng(count).random(count)
    few_x, few_y = thinned(x, y)
    assert len(few_x) <= 2 * MOST_POINTS
    assert (np.diff(few_x) >= 0).all()
    assert few_y.max() == y.max()
    assert few_y.min() == y.min()
    assert few_x[-1] == x[-1]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_plot_survives_losses_of_any_kind(qtbot: QtBot, logarithmic: bool) -> None:
    plot = Plot("Loss", "loss")
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.set_logarithmic(logarithmic)
    plot.draw_steps(np.arange(5.0), np.array([1e9, 0.0, math.nan, math.inf, 2.0]))
    plot.draw_epochs(np.array([1.0]), np.array([math.nan]), np.array([1.0]))
    plot.set_range(3)
    plot.grab()

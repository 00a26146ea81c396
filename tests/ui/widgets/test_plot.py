from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QPainter, QPicture
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from cnnstudio.ui.widgets.plot import MOST_BINS, Plot, plot_widget


def test_a_long_curve_is_drawn_in_bins_with_its_peaks(qtbot: QtBot) -> None:
    plot = Plot("Loss", "loss")
    qtbot.addWidget(plot)
    y = np.random.default_rng(0).random(50_000)
    y[12_345] = 9.0
    plot.draw_steps(np.arange(1.0, 50_001.0), y, 500.0)
    x, drawn = plot.curves["steps"].getData()
    assert len(x) <= 2 * MOST_BINS
    assert drawn.max() == 9.0 and drawn.min() == y.min()
    assert x[int(drawn.argmax())] == pytest.approx(12_346 / 500, abs=50_000 / MOST_BINS / 500)


def test_the_cross_hair_says_the_number_where_it_stands(qtbot: QtBot) -> None:
    plot = Plot("Accuracy", "accuracy", scale=100.0)
    qtbot.addWidget(plot)
    plot.draw_steps(np.arange(11.0), np.linspace(0.0, 1.0, 11))
    plot.point_at(2.5)
    assert plot._level.isVisible() and plot._level.label.format == "25"
    plot.point_at(42.0)
    assert not plot._level.isVisible() and plot._upright.isVisible()
    plot.point_at(math.nan)
    assert not plot._upright.isVisible()


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


@pytest.mark.parametrize("top", [1e-8, 3e-7, 0.0004, 0.05, 2.3, 250.0, 3e6, 4.2e17, 1e30])
def test_the_loss_axis_has_numbers_with_room_at_any_size(qtbot: QtBot, top: float) -> None:
    plot = Plot("Loss", "loss")
    qtbot.addWidget(plot)
    plot.resize(420, 170)
    plot.show()
    y = np.linspace(top, top / 10, 50)
    plot.draw_steps(np.linspace(0, 6, 50), y)
    plot.draw_epochs(np.array([1.0]), y[8:9], y[8:9])
    plot.set_range(6)
    axis = plot._item.getAxis("left")
    picture = QPicture()
    painter = QPainter(picture)
    painter.setFont(axis.style["tickFont"])
    drawn = axis.generateDrawSpecs(painter)[2]
    painter.end()
    left = axis.boundingRect().left() - 1
    numbers = [float(text) for rect, _, text in drawn if rect.left() >= left]
    assert len([number for number in numbers if number]) >= 2 and len(set(numbers)) == len(numbers)
    assert max(numbers) <= 1.2 * top


def test_no_menu_outlives_its_plot(qtbot: QtBot) -> None:
    before = set(QApplication.topLevelWidgets())
    view = plot_widget("A loss")
    view.show()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any(isinstance(each, QMenu) for each in set(QApplication.topLevelWidgets()) - before)
    delete(view)
    assert set(QApplication.topLevelWidgets()) <= before

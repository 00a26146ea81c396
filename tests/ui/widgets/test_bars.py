"""Names below bars: whole, clear of one another, and of the highest bar first."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.bars import Bars


@pytest.mark.parametrize("scale", [1.0, 1.4])
@pytest.mark.parametrize("width", [120, 200, 700])
def test_names_are_written_whole_where_they_have_room(qtbot: QtBot, width: int, scale: float) -> None:
    theme.set_scale(scale)
    try:
        bars = Bars()
        qtbot.addWidget(bars)
        bars.resize(width, 80)
        names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
        values = np.linspace(0.0, 0.5, 10, dtype=np.float32)
        values[1] = 0.9
        bars.set_values(values, names, "dog")
        written = bars.written()
        assert [names[index] for index, _, _ in written][:1] == ["automobile"]
        if width == 700:
            assert 5 in [index for index, _, _ in written], "the right answer has its name"
        for index, room, text in written:
            assert text == names[index]
            assert room.left() >= 0 and room.right() <= width and room.bottom() <= bars.height() + 1
            assert room.height() >= QFontMetricsF(theme.font("small")).height()
        edges = sorted((room.left(), room.right()) for _, room, _ in written)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(edges))
        bars.set_values(values, tuple("0123456789"), "5")
        assert len(bars.written()) == 10 or width == 120
    finally:
        theme.set_scale(1.0)


def test_a_name_that_is_wider_than_the_chart_ends_in_an_ellipsis(qtbot: QtBot) -> None:
    bars = Bars()
    qtbot.addWidget(bars)
    bars.resize(120, 80)
    bars.set_values(np.ones(2, np.float32), ("a name that is far wider than all of this chart", "b"))
    [(index, room, text)] = bars.written()
    assert index == 0 and text.endswith("…") and room.width() <= 120

"""A bar that moves only while nobody knows how far it is."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPaintEvent
from pytestqt.qtbot import QtBot

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.progress_bar import ProgressBar


class Counted(ProgressBar):
    """Counts how often it is painted."""

    painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted += 1
        super().paintEvent(event)


def paintings(bar: Counted) -> int:
    """How often the bar is painted while nothing changes, when it has come to rest."""
    found = []
    for _ in range(2):
        before, end = bar.painted, time.monotonic() + 0.15
        while time.monotonic() < end:
            QCoreApplication.processEvents()
            time.sleep(0.005)
        found.append(bar.painted - before)
    return found[-1]


@pytest.mark.parametrize("value", [0, 1, 500])
def test_a_bar_moves_by_itself_only_while_its_share_is_not_known(qtbot: QtBot, value: int) -> None:
    theme.install("light")
    bar = Counted()
    qtbot.addWidget(bar)
    bar.resize(300, 6)
    bar.show()
    bar.setRange(0, 0)
    assert paintings(bar)
    bar.setRange(0, 1000)
    bar.setValue(value)
    assert not paintings(bar)
    bar.setRange(0, 0)
    assert paintings(bar)

"""The first start: how many actions it takes until a trained network judges an own drawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cnnstudio.project import project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.app import show_first_tour
from cnnstudio.ui.docking.docks import panel_in
from cnnstudio.ui.insight.try_panel import TryPanel
from cnnstudio.ui.main_window import MainWindow

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SEVEN = ((0.25, 0.2), (0.75, 0.2), (0.45, 0.85))
MOST = 6


def test_from_the_first_start_to_a_judged_drawing_in_at_most_six_actions_and_nothing_typed(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(project._RECIPES, "lenet5", Recipe(data="digits", epochs=2))  # as many actions, in less time
    done: list[str] = []

    def act(what: str, do: Callable[[], object]) -> None:
        done.append(what)
        do()

    window.activateWindow()
    show_first_tour(window)
    act("leave the tour", window.reading.tour.leave_button.click)
    lenet = next(card for card in window.start_page.cards if card.title == "LeNet-5")
    act("choose LeNet-5", lambda: QTest.mouseClick(lenet, LEFT))
    act("train", window.commands.bound["train"].trigger)
    qtbot.waitUntil(lambda: window.run.state == "finished")
    after = window.training.after
    qtbot.waitUntil(after.buttons["show-try"].isVisible)
    act("try it", after.buttons["show-try"].click)
    panel = panel_in(window.docks["try"], TryPanel)
    qtbot.waitUntil(panel.pad.isVisible)

    def draw() -> None:
        pad = panel.pad
        places = [QPointF(x * pad.width(), y * pad.height()).toPoint() for x, y in SEVEN]
        QTest.mousePress(pad, LEFT, NONE, places[0])
        for place in places[1:]:
            QTest.mouseMove(pad, place)
            pad.draw_to(QPointF(place.x() / pad.width(), place.y() / pad.height()))  # offscreen no button is held
        QTest.mouseRelease(pad, LEFT, NONE, places[-1])

    act("draw a seven", draw)
    qtbot.waitUntil(lambda: panel.told is not None)
    assert len(done) <= MOST, done
    best = window.run.history.best
    assert best is not None and best.score[0] > 0.3, "it has learned"

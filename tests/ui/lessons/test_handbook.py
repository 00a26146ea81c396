from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from pytestqt.qtbot import QtBot

from cnnstudio.compiler.diagnostics.rules import RULES
from cnnstudio.ui.canvas.tools.help import GESTURES
from cnnstudio.ui.lessons.handbook import Handbook
from cnnstudio.ui.main_window import MainWindow


def test_the_help_explains_every_problem_once_and_goes_with_escape(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.bound["handbook"].trigger()
    window.commands.bound["handbook"].trigger()
    (page,) = window.findChildren(Handbook)
    qtbot.waitUntil(page.isVisible)
    text = page.page.toPlainText()
    assert all(text.count(rule.documentation) == 1 for rule in RULES.values())
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not window.findChildren(Handbook)


def test_the_help_says_how_a_box_adds_and_takes_away(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.bound["handbook"].trigger()
    window.commands.bound["gestures"].trigger()
    window.commands.bound["gestures"].trigger()
    _, page = window.findChildren(Handbook)
    qtbot.waitUntil(page.isVisible)
    lines = page.page.toPlainText().splitlines()
    assert "Ctrl + Shift + drag takes what the box touches out of the selection." in lines
    assert len([line for line in lines if line.endswith(".")]) == sum(map(len, GESTURES.values()))

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.question_bar import QuestionBar


def test_it_asks_first_and_leaving_it_is_the_easy_answer(qtbot: QtBot) -> None:
    host = QWidget()
    bar = QuestionBar(host)
    QVBoxLayout(host).addWidget(bar)
    qtbot.addWidget(host)
    with qtbot.waitActive(host):
        host.show()
    done: list[str] = []
    assert not bar.isVisible()
    bar.ask("Remove <b>it</b>?", "Remove", lambda: done.append("removed"))
    assert bar.isVisible() and bar.no.hasFocus() and bar.sentence.textFormat() == Qt.TextFormat.PlainText
    qtbot.keyClick(bar.no, Qt.Key.Key_Space)
    assert not bar.isVisible() and not done
    bar.ask("Remove it?", "Remove", lambda: done.append("removed"))
    qtbot.mouseClick(bar.yes, Qt.MouseButton.LeftButton)
    assert not bar.isVisible() and done == ["removed"]

"""A part of a panel that folds says in its line what is in it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.fold import Fold


def test_it_folds_by_its_title_by_the_keyboard_and_by_a_click_beside_it(qtbot: QtBot) -> None:
    fold, content = Fold("Recipe"), QLabel("inside")
    fold.body.addWidget(content)
    fold.tell("15 epochs")
    fold.resize(300, 80)
    qtbot.addWidget(fold)
    fold.show()
    assert content.isVisible() and not fold.summary.text() and fold.head.accessibleDescription() == "15 epochs"
    with qtbot.waitSignal(fold.toggled) as turned:
        qtbot.mouseClick(fold.head, Qt.MouseButton.LeftButton)
    assert turned.args == [False] and not content.isVisible() and fold.summary.text() == "15 epochs"
    qtbot.mouseClick(fold, Qt.MouseButton.LeftButton, pos=QPoint(290, 12))
    assert content.isVisible()
    fold.head.setFocus()
    qtbot.keyClick(fold.head, Qt.Key.Key_Space)
    assert not content.isVisible()
    qtbot.mouseClick(fold, Qt.MouseButton.LeftButton, pos=QPoint(290, fold.height() - 1))
    assert not content.isVisible(), "only the line of the title folds"


def test_what_is_at_the_end_of_the_line_stays_when_it_is_folded(qtbot: QtBot) -> None:
    fold, corner = Fold("Images", is_open=False), QLabel("Digits")
    fold.set_corner(corner, 1)
    fold.tell("Digits")
    qtbot.addWidget(fold)
    fold.show()
    assert corner.isVisible() and not fold.summary.isVisible(), "it says so already"

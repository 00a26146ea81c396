from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.message_bar import MOST_BARS, Messages


@pytest.fixture
def messages(qtbot: QtBot) -> Iterator[Messages]:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 400)
    host.show()
    yield Messages(host)
    host.close()  # and keep a reference to it until then


def test_a_message_stands_over_its_host_and_goes_when_it_is_closed(qtbot: QtBot, messages: Messages) -> None:
    bar = messages.say("The file is saved.")
    qtbot.wait(5)
    assert messages.isVisible()
    assert bar.isVisible()
    assert messages.geometry().right() < 800
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not messages.isVisible())
    assert messages.bars == []


def test_the_same_sentence_is_not_shown_twice(messages: Messages) -> None:
    for _ in range(3):
        messages.say("The disk is full.", "error")
    assert [bar.sentence for bar in messages.bars] == ["The disk is full."]


def test_many_messages_push_out_those_that_pass_by_themselves(messages: Messages) -> None:
    messages.say("Save?", "warning", ("Save", lambda: None))
    for number in range(12):
        messages.say(f"Message {number}")
    assert len(messages.bars) <= MOST_BARS + 1
    assert messages.bars[0].sentence == "Save?"
    assert messages.bars[-1].sentence == "Message 11"


def test_of_many_errors_the_latest_stay_and_questions_with_them(messages: Messages) -> None:
    messages.say("Save?", "warning", ("Save", lambda: None))
    for number in range(5):
        messages.say(f"{number}.cnn cannot be opened.", "error")
    assert [bar.sentence for bar in messages.bars] == ["Save?", "3.cnn cannot be opened.", "4.cnn cannot be opened."]


def test_a_choice_is_made_once_and_the_message_goes(qtbot: QtBot, messages: Messages) -> None:
    chosen: list[str] = []
    bar = messages.say("Save?", "warning", ("Save", lambda: chosen.append("save")), ("Cancel", lambda: None))
    qtbot.mouseClick(bar.buttons["Save"], Qt.MouseButton.LeftButton)
    assert chosen == ["save"]
    assert messages.bars == []


def test_enter_chooses_and_the_keyboard_goes_back(qtbot: QtBot, messages: Messages) -> None:
    host, chosen = messages.parentWidget(), list[str]()
    assert host is not None
    QLineEdit(host).show()  # the next in the chain, which must not get the keyboard
    host.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    host.activateWindow()
    shortcut = QShortcut(QKeySequence(Qt.Key.Key_Return), host)  # as the canvas has one, which enters a block
    shortcut.activated.connect(lambda: chosen.append("shortcut"))
    bar = messages.say("Save?", "warning", ("Save", lambda: chosen.append("save")), ("Cancel", lambda: None))
    qtbot.waitUntil(bar.buttons["Save"].hasFocus)
    qtbot.keyClick(bar.buttons["Save"], Qt.Key.Key_Return)
    assert chosen == ["save"]
    assert host.hasFocus()


def test_tab_goes_round_the_choices(qtbot: QtBot, messages: Messages) -> None:
    host = messages.parentWidget()
    assert host is not None
    host.activateWindow()
    bar = messages.say("Save?", "warning", ("Save", lambda: None), ("Cancel", lambda: None))
    save, cancel = bar.buttons.values()
    qtbot.waitUntil(save.hasFocus)
    for button, follower in ((save, cancel), (cancel, bar.close_button), (bar.close_button, save)):
        qtbot.keyClick(button, Qt.Key.Key_Tab)
        assert follower.hasFocus()
    qtbot.keyClick(save, Qt.Key.Key_Backtab)
    assert bar.close_button.hasFocus()


def test_escape_gives_up_a_question(qtbot: QtBot, messages: Messages) -> None:
    bar = messages.say("Save?", "warning", ("Save", lambda: None))
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert messages.bars == []


def test_a_long_sentence_is_shown_whole(qtbot: QtBot, messages: Messages) -> None:
    bar = messages.say("A sentence of many words. " * 20, "error")
    qtbot.wait(10)
    label = next(label for label in bar.findChildren(QLabel) if label.text().startswith("A sentence"))
    assert label.height() >= label.heightForWidth(label.width())


def test_progress_is_shown_until_it_is_over(qtbot: QtBot, messages: Messages) -> None:
    bar = messages.progress("Exporting…")
    assert not bar.passes
    bar.advance("Writing…", 0.5)
    assert bar.sentence == "Writing…"
    bar.dismiss()
    assert messages.bars == []


def test_messages_stand_below_what_comes_after_them(qtbot: QtBot) -> None:
    """As the way back out of a block does, that was entered while a message was there."""
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 600)
    above = QWidget(host)
    above.setGeometry(12, 12, 300, 40)
    above.hide()
    messages = Messages(host, below=above)
    host.show()
    messages.say("Something happened.")
    top = messages.y()
    above.show()
    assert messages.y() > above.geometry().bottom()
    above.hide()
    assert messages.y() == top

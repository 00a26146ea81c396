from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.messages import AWAY, MOST, WIDEST, Choice, MessageBar, Messages


@pytest.fixture
def messages(qtbot: QtBot) -> Iterator[Messages]:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 400)
    host.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    host.setFocus()  # or what is shown first in it would have the keyboard
    host.show()
    qtbot.mouseMove(host, QPoint(400, 5))  # away from where they appear
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


def test_messages_that_stand_are_not_placed_again_and_again(qtbot: QtBot, messages: Messages) -> None:
    messages.say("Save?", "warning", ("Save", lambda: None), ("A choice with a rather long name", lambda: None))
    messages.say("The file is saved.", "error")
    qtbot.wait(50)
    placed: list[None] = []
    messages._soon.timeout.connect(lambda: placed.append(None))
    qtbot.wait(100)
    assert len(placed) <= 1


def test_the_same_sentence_is_not_shown_twice(messages: Messages) -> None:
    for _ in range(3):
        messages.say("The disk is full.", "error")
    assert [bar.sentence for bar in messages.bars] == ["The disk is full."]


def test_many_messages_push_out_those_that_pass_by_themselves(messages: Messages) -> None:
    messages.say("Save?", "warning", ("Save", lambda: None))
    for number in range(12):
        messages.say(f"Message {number}")
    assert [bar.sentence for bar in messages.bars] == ["Save?", "Message 11"]


def test_of_many_errors_the_latest_stay_and_questions_with_them(messages: Messages) -> None:
    messages.say("Save?", "warning", ("Save", lambda: None))
    for number in range(5):
        messages.say(f"{number}.cnn cannot be opened.", "error")
    assert [bar.sentence for bar in messages.bars] == ["Save?", "4.cnn cannot be opened."]


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


def test_no_more_than_two_are_seen_and_what_asks_or_goes_on_waits_for_its_turn(messages: Messages) -> None:
    writing, question = messages.progress("Writing…"), messages.say("Replace?", "warning", ("Replace", lambda: None))
    reading = messages.progress("Reading…")
    error = messages.say("The disk is full.", "error")
    assert [bar.isVisible() for bar in (writing, question, reading, error)] == [False, True, False, True]
    error.dismiss()
    reading.dismiss()
    messages._place()
    assert writing.isVisible() and question.isVisible()
    assert len([bar for bar in messages.bars if bar.isVisible()]) == MOST


@pytest.mark.parametrize("kind", ["info", "success", "warning", "error"])
@pytest.mark.parametrize("choices", [(), (("Save under another name…", lambda: None),)])
def test_what_was_just_said_is_seen_however_many_questions_stand(
    messages: Messages, kind: str, choices: tuple[Choice, ...]
) -> None:
    questions = [messages.say(f"{name} was not saved.", "warning", ("Open", lambda: None)) for name in "abc"]
    last = messages.say("lenet5.cnn was not written: the disk is full.", kind, *choices)
    assert [bar.isVisible() for bar in (*questions, last)] == [False, False, True, True]
    last.dismiss()
    messages._place()
    assert [bar.isVisible() for bar in questions] == [False, True, True]


def test_what_goes_on_is_seen_however_many_questions_stand(messages: Messages) -> None:
    questions = [messages.say(f"{name} was not saved.", "warning", ("Open", lambda: None)) for name in "ab"]
    writing = messages.progress("Writing…")
    assert [bar.isVisible() for bar in (*questions, writing)] == [False, True, True]


@pytest.mark.parametrize("choices", [(), (("Show in folder", lambda: None),)])
@pytest.mark.parametrize("kind", ["info", "success"])
def test_what_went_well_is_said_for_a_while(
    qtbot: QtBot, messages: Messages, kind: str, choices: tuple[Choice, ...]
) -> None:
    bar = messages.say("out.svg is written.", kind, *choices)
    assert bar._timer.isActive() and bar._timer.interval() < 12_000
    bar._timer.setInterval(1)
    qtbot.waitUntil(lambda: messages.bars == [])


def test_what_failed_asks_or_is_offered_stays(messages: Messages) -> None:
    stay = [
        messages.say("The disk is full.", "error"),
        messages.say("Replace it?", "warning", ("Replace", lambda: None)),
        messages.say("It is here.", "success", ("Load its weights…", lambda: None), passes=False),
        messages.progress("Exporting…"),
    ]
    assert not any(bar._timer.isActive() for bar in stay)


def test_nothing_goes_from_under_the_pointer_or_the_keyboard(
    qtbot: QtBot, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = messages.parentWidget()
    assert host is not None
    host.activateWindow()
    bar = messages.say("out.svg is written.", "success", ("Show in folder", lambda: None))
    bar.buttons["Show in folder"].setFocus()
    qtbot.waitUntil(bar.buttons["Show in folder"].hasFocus)
    bar._timer.timeout.emit()
    assert messages.bars == [bar]
    host.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    host.setFocus()
    monkeypatch.setattr(MessageBar, "underMouse", lambda bar: True)
    bar._timer.timeout.emit()
    assert messages.bars == [bar] and bar._timer.isActive()
    monkeypatch.setattr(MessageBar, "underMouse", lambda bar: False)
    bar._timer.timeout.emit()
    assert messages.bars == []


def test_a_message_takes_the_place_of_those_about_the_same(messages: Messages) -> None:
    messages.say("net.cnn cannot be written.", "error", about="saving")
    messages.say("The run failed.", "error", about="run")
    messages.say("Saved net.cnn.", about="saving")
    assert [bar.sentence for bar in messages.bars] == ["The run failed.", "Saved net.cnn."]
    messages.withdraw("run")
    assert [bar.sentence for bar in messages.bars] == ["Saved net.cnn."]


@pytest.mark.parametrize("is_left", [False, True])
def test_messages_stand_at_the_foot_and_beside_what_is_there(qtbot: QtBot, is_left: bool) -> None:
    def taken() -> QRect:
        return QRect(14 if is_left else host.width() - 202, host.height() - 138, 188, 124)

    host = QWidget()
    qtbot.addWidget(host)
    host.resize(1000, 600)
    messages = Messages(host, taken)
    host.show()
    messages.say("Something happened.")
    for width, is_beside in ((1000, True), (620, True), (500, False)):
        host.resize(width, 600)
        place = messages.geometry()
        assert not place.intersects(taken()) and place.left() >= AWAY and place.right() <= width - AWAY
        assert (place.bottom() > taken().top()) == is_beside, width


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("width", [320, 420, 900])
def test_nothing_of_a_message_is_cut(qtbot: QtBot, messages: Messages, width: int, scale: float) -> None:
    host = messages.parentWidget()
    assert host is not None
    theme.set_scale(scale)
    host.resize(width, 500)
    choices = (("Cancel", lambda: None), ("Run it and import ResidualNet", lambda: None))
    messages.progress("Exporting a_network_of_mine.onnx…", ("Stop", lambda: None))
    messages.say("Importing runs resnet_for_cifar_10.py, with your rights.", "warning", *choices)
    qtbot.wait(10)
    for bar in messages.bars:
        for part in (bar._label, *bar.buttons.values(), bar.close_button):
            place = part.rect().translated(part.mapTo(bar, QPoint(0, 0)))
            assert part.isHidden() or bar.rect().contains(place), part
            assert part.isHidden() or part.width() >= part.minimumSizeHint().width()
        assert bar._label.height() >= bar._label.heightForWidth(bar._label.width())
        assert bar._label.width() > bar.width() // 3
    assert messages.geometry().right() < width
    theme.set_scale(1.0)


def test_the_keyboard_stays_where_it_went_when_a_message_goes(qtbot: QtBot, messages: Messages) -> None:
    host = messages.parentWidget()
    assert host is not None
    host.activateWindow()
    field = QLineEdit(host)
    field.show()
    bar = messages.say("Save?", "warning", ("Save", lambda: None))
    qtbot.waitUntil(bar.buttons["Save"].hasFocus)
    field.setFocus()
    bar.dismiss()
    assert field.hasFocus()


def test_a_message_is_no_wider_than_what_it_says(qtbot: QtBot, messages: Messages) -> None:
    bar = messages.say("Saved net.cnn.")
    qtbot.wait(10)
    assert messages.width() < 260 and bar._label.height() < 2 * bar._label.fontMetrics().height()
    bar = messages.say("out.svg is written.", "success", ("Show in folder", lambda: None))
    qtbot.wait(10)
    button = bar.buttons["Show in folder"]
    assert button.x() + button.parentWidget().x() > bar._label.x() and button.text() == "Show in folder"
    assert bar._label.height() < 2 * bar._label.fontMetrics().height()
    messages.say("A sentence of many words. " * 9, "error")
    qtbot.wait(10)
    assert messages.width() == WIDEST


def test_words_beside_buttons_take_three_lines_at_most(messages: Messages) -> None:
    short = "The file was changed by another program."
    long = "The file was changed by another program, and its copy was kept. " * 3
    for words in (short, long):
        bar = messages.say(words, "warning", ("Open the copy", lambda: None), ("Delete it", lambda: None))
        QApplication.processEvents()
        label = next(each for each in bar.findChildren(QLabel) if each.text() == words)
        is_beside = bar.buttons["Open the copy"].mapTo(bar, QPoint()).x() > label.geometry().right()
        assert is_beside == (words is short)
        assert label.height() <= 4 * label.fontMetrics().lineSpacing()
        bar.dismiss()

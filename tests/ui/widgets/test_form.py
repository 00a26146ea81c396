from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Input, MaxPool2d
from cnnstudio.graph import BLOCKS, Block, Declaration, parameters
from cnnstudio.graph.notation import can_type
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.widgets.editors import ChoiceEditor, SwitchEditor, TextEditor
from cnnstudio.ui.widgets.fields import StepField
from cnnstudio.ui.widgets.form import Form

Shown = Callable[..., tuple[Form, list[tuple[str, Any]]]]


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    def show(*declarations: Declaration) -> tuple[Form, list[tuple[str, Any]]]:
        form = Form(type(declarations[0]))
        qtbot.addWidget(form)
        form.set_values(*declarations)
        edits: list[tuple[str, Any]] = []
        form.edited.connect(lambda name, value: edits.append((name, value)))
        with qtbot.waitActive(form):
            form.show()
            form.activateWindow()
        return form, edits

    return show


def text_editor(form: Form, name: str) -> TextEditor:
    found = form.editor(name)
    assert isinstance(found, TextEditor)
    return found


def type_into(qtbot: QtBot, form: Form, name: str, text: str) -> TextEditor:
    field = text_editor(form, name)
    field.field.setFocus()
    field.line.selectAll()
    qtbot.keyClicks(field.field, text)
    return field


def test_every_parameter_has_a_row_with_its_help(shown: Shown) -> None:
    form, edits = shown(Conv2d())
    assert list(form.rows) == list(Conv2d().values)
    assert "how many filters" in form.rows["out_channels"].editor.toolTip().lower()
    assert form.editor("stride").focusProxy().accessibleName() == "stride"
    assert edits == []


def test_typing_counts_shortly_after_the_last_key(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    type_into(qtbot, form, "out_channels", "64")
    assert edits == []
    qtbot.waitUntil(lambda: edits == [("out_channels", 64)])


def test_enter_commits_at_once_and_writes_it_well(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    field = type_into(qtbot, form, "kernel_size", "3x5")
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert edits == [("kernel_size", (3, 5))]
    assert field.line.text() == "3 × 5"


def test_leaving_the_field_commits(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    field = type_into(qtbot, form, "padding", "same")
    qtbot.keyClick(field.field, Qt.Key.Key_Tab)
    assert edits == [("padding", "same")]
    assert not field.field.hasFocus()


def test_what_does_not_fit_stays_with_its_sentence_until_escape(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d(stride=2))
    refusals: list[tuple[str, str]] = []
    form.refused.connect(lambda name, sentence: refusals.append((name, sentence)))
    field = type_into(qtbot, form, "stride", "0")
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    sentence = form.rows["stride"].sentence
    assert edits == [] and refusals[-1][0] == "stride"
    assert sentence.isVisible() and sentence.text() == "stride must be from 1 to 1,024, not 0."
    assert field.line.text() == "0"
    qtbot.keyClick(field.field, Qt.Key.Key_Escape)
    assert field.line.text() == "2" and not sentence.isVisible() and refusals[-1] == ("stride", "")


def test_a_half_typed_number_is_not_refused_while_typing(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Recipe())
    field = type_into(qtbot, form, "learning_rate", "1e-")
    qtbot.wait(250)
    assert not form.rows["learning_rate"].sentence.isVisible()
    qtbot.keyClicks(field.field, "3")
    qtbot.waitUntil(lambda: edits == [("learning_rate", 0.001)])
    assert field.line.text() == "1e-3"  # left as it is being typed


def test_putting_it_right_takes_the_sentence_away(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    field = type_into(qtbot, form, "groups", "x")
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert form.rows["groups"].sentence.isVisible()
    type_into(qtbot, form, "groups", "2")
    qtbot.waitUntil(lambda: edits == [("groups", 2)])
    assert not form.rows["groups"].sentence.isVisible()


def test_arrows_step_the_entry_under_the_cursor(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Input((1, 28, 28)))
    field = text_editor(form, "size")
    field.field.setFocus()
    field.line.setCursorPosition(len(field.line.text()))
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    qtbot.keyClick(field.field, Qt.Key.Key_PageUp)
    assert edits == [("size", (1, 28, 29)), ("size", (1, 28, 39))]


def test_the_link_sets_height_and_width_apart_and_together(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d(kernel_size=3))
    field = text_editor(form, "kernel_size")
    assert field.link is not None
    qtbot.mouseClick(field.link, Qt.MouseButton.LeftButton)
    assert field.line.text() == "3 × 3" and edits == []
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    assert edits == [("kernel_size", (3, 4))]
    qtbot.keyClick(field.field, Qt.Key.Key_Down)
    assert field.line.text() == "3 × 3"
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    qtbot.mouseClick(field.link, Qt.MouseButton.LeftButton)
    assert edits[-1] == ("kernel_size", 3) and field.line.text() == "3"


def test_words_can_be_picked(shown: Shown) -> None:
    form, edits = shown(Conv2d())
    (menu,) = [button.menu() for button in form.editor("padding").findChildren(QWidget) if hasattr(button, "menu")][-1:]
    next(action for action in menu.actions() if action.text() == "valid").trigger()
    assert edits == [("padding", "valid")]


def test_a_switch_and_a_choice(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    switch, choice = form.editor("bias"), form.editor("padding_mode")
    assert isinstance(switch, SwitchEditor) and isinstance(choice, ChoiceEditor)
    switch.box.setFocus()
    qtbot.keyClick(switch.box, Qt.Key.Key_Space)
    choice.box.setFocus()
    qtbot.keyClick(choice.box, Qt.Key.Key_Down)
    assert edits == [("bias", False), ("padding_mode", "reflect")]


def test_new_values_do_not_disturb_what_is_being_typed(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d(out_channels=16))
    field = type_into(qtbot, form, "out_channels", "12")
    form.set_values(Conv2d(out_channels=16, stride=2))
    assert field.line.text() == "12" and text_editor(form, "stride").line.text() == "2"
    qtbot.keyClicks(field.field, "8")
    qtbot.waitUntil(lambda: edits == [("out_channels", 128)])
    form.set_values(Conv2d(out_channels=16))  # undone
    assert field.line.text() == "16"


def test_different_values_show_a_dash_and_take_one(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d(8, bias=True, padding_mode="zeros"), Conv2d(9, bias=False, padding_mode="reflect"))
    field = text_editor(form, "out_channels")
    choice = form.editor("padding_mode")
    assert isinstance(choice, ChoiceEditor)
    assert field.line.text() == "" and field.line.placeholderText() == "—"
    assert choice.box.currentIndex() == -1
    assert text_editor(form, "stride").line.text() == "1"
    field.field.setFocus()
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert edits == []
    type_into(qtbot, form, "out_channels", "16")
    qtbot.waitUntil(lambda: edits == [("out_channels", 16)])


def test_a_burst_ends_with_enter(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    field = text_editor(form, "out_channels")
    field.field.setFocus()
    first = form.burst
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    assert len(edits) == 2 and form.burst == first
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert form.burst > first


def test_settling_takes_what_fits_and_forgets_the_rest(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    type_into(qtbot, form, "out_channels", "32")
    form.settle()
    assert edits == [("out_channels", 32)]
    field = type_into(qtbot, form, "groups", "none")
    form.settle()
    assert len(edits) == 1 and field.line.text() == "1" and not form.rows["groups"].sentence.isVisible()


def test_the_wheel_belongs_to_the_page_until_a_field_has_the_focus(shown: Shown) -> None:
    form, edits = shown(Conv2d())
    form.editor("bias").focusProxy().setFocus()

    def turn(widget: QWidget) -> None:
        middle = QPointF(widget.rect().center())
        event = QWheelEvent(
            middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)

    turn(text_editor(form, "out_channels").field)
    turn(form.editor("padding_mode").focusProxy())
    assert edits == []
    text_editor(form, "out_channels").field.setFocus()
    turn(text_editor(form, "out_channels").field)
    assert edits == [("out_channels", 17)]


def test_read_only_shows_and_does_not_change(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    form.set_read_only(True)
    field = type_into(qtbot, form, "out_channels", "5")
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert edits == [] and field.line.text() == "16"
    assert not form.editor("bias").isEnabled()


def test_rows_can_be_hidden(shown: Shown) -> None:
    form, _ = shown(Recipe())
    form.show_only({"data", "epochs"})
    assert form.editor("data").isVisible() and not form.editor("folder").isVisible()


def test_a_field_has_an_undo_of_its_own(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d())
    field = type_into(qtbot, form, "out_channels", "64")
    qtbot.keyClick(field.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert edits == [] and field.line.text() == "16"


def test_the_label_brings_the_default_back(shown: Shown) -> None:
    form, edits = shown(Conv2d(stride=2, bias=False))
    for name in ("stride", "bias", "groups"):
        (action,) = form.rows[name].label.menu().actions()
        action.trigger()
    assert edits == [("stride", 1), ("bias", True)]  # groups has its default already
    form.set_read_only(True)
    form.set_values(Conv2d(stride=3))
    assert not form.rows["stride"].label.menu().actions()[0].isEnabled()


def test_what_is_not_the_default_stands_out(shown: Shown) -> None:
    form, _ = shown(Conv2d(stride=2))
    assert [name for name, row in form.rows.items() if row.label.property("role") != "muted"] == ["stride"]


def test_none_is_a_word(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(MaxPool2d(2, stride=1))
    field = type_into(qtbot, form, "stride", "")
    qtbot.keyClick(field.field, Qt.Key.Key_Delete)
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert edits == [("stride", None)]
    assert field.line.text() == "" and field.line.placeholderText() == "automatic"


HOSTILE = ("", " ", "-1", "0", "1e999", "nan", "9" * 5_000, "3x", "x", "(1, 2, 3, 4)", "⅗", "'; import os", "\0", "1.5")


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS.values() if any(map(can_type, parameters(b)))], ids=lambda block: block.__name__
)
def test_whatever_is_typed_is_taken_or_refused_in_words(qtbot: QtBot, block: type[Block]) -> None:
    form = Form(block)
    qtbot.addWidget(form)
    form.set_values(block())
    taken: list[tuple[str, Any]] = []
    form.edited.connect(lambda name, value: taken.append((name, value)))
    for row in form.rows.values():
        if isinstance(row.editor, TextEditor):
            for text in HOSTILE:
                row.editor.line.setText(text)
                row.editor.line.textEdited.emit(text)
                row.editor.line.returnPressed.emit()
                if isinstance(row.editor.field, StepField):
                    row.editor.field.stepBy(1)
                assert len(row.sentence.text()) < 300
    parameters_ = {parameter.name: parameter for parameter in parameters(block)}
    assert all(parameters_[name].coerce(value) == value for name, value in taken)


def test_a_field_that_was_emptied_to_type_anew_stays_empty(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Conv2d(out_channels=512))
    field = text_editor(form, "out_channels")
    field.field.setFocus()
    field.line.selectAll()
    qtbot.keyClick(field.field, Qt.Key.Key_Delete)
    form.set_values(Conv2d(out_channels=int("512"), stride=2))  # another int object of the same value
    assert field.line.text() == ""
    qtbot.keyClicks(field.field, "7")
    qtbot.waitUntil(lambda: edits == [("out_channels", 7)])


def test_a_folder_that_is_dropped_on_a_field_is_written_and_stays_where_it_is(shown: Shown, qtbot: QtBot) -> None:
    form, edits = shown(Recipe(data="folder", folder="somewhere/else"))
    line, mime = text_editor(form, "folder").line, QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/my images")])
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    button, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    event = QDropEvent(QPointF(5, 5), actions, mime, button, shift)
    assert event.proposedAction() == Qt.DropAction.MoveAction
    event.ignore()
    line.dropEvent(event)
    assert event.isAccepted() and event.dropAction() == Qt.DropAction.CopyAction
    qtbot.waitUntil(lambda: edits == [("folder", "/tmp/my images")])

"""A list of declarations in a form: what a person does with the cards is one new value and one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.graph import Declaration, declaration
from cnnstudio.graph.parameter import Fraction, Length, Range
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import DARK, LIGHT, Palette, theme
from cnnstudio.ui.widgets.declaration_list import DeclarationCard
from cnnstudio.ui.widgets.editors import SwitchEditor, TextEditor
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form, ListEditor

LEFT, NONE, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
Key = Qt.Key


@declaration
class RandomCrop(Declaration):
    """Cut a piece out & move it.

    padding: how far beyond the edge it may reach
    """

    padding: Annotated[int, Range(0, 16)] = 4
    mode: Literal["zeros", "reflect"] = "zeros"


@declaration
class HorizontalFlip(Declaration):
    """Mirror it."""


@declaration
class ARandomlyChosenTransformationOfSeveralWithAVeryLongName(Declaration):
    """Do one of several."""

    of: tuple[RandomCrop | HorizontalFlip, ...] = ()
    a_parameter_with_a_very_long_name: Fraction = 0.5
    always: bool = False


Choice = ARandomlyChosenTransformationOfSeveralWithAVeryLongName


@declaration
class Augmented(Recipe):
    """A recipe.

    transforms: what is done to each image
    """

    transforms: Annotated[tuple[RandomCrop | HorizontalFlip | Choice, ...], Length(0, 4)] = ()


@declaration
class Steps(Declaration):
    """A list that is never empty."""

    crops: Annotated[tuple[RandomCrop, ...], Length(1, 3)] = (RandomCrop(),)


class Shown:
    """A form in a window, and what it has emitted."""

    def __init__(self, qtbot: QtBot, *declarations: Declaration, name: str = "transforms") -> None:
        self.form = Form(type(declarations[0]), plain=True, names=[name])
        qtbot.addWidget(self.form)
        self.form.resize(320, 600)
        self.form.set_values(*declarations)
        self.edits: list[Any] = []
        self.bursts: list[int] = []
        self.form.edited.connect(self._note)
        with qtbot.waitActive(self.form):
            self.form.show()
            self.form.activateWindow()
        found = self.form.editor(name)
        assert isinstance(found, ListEditor)
        self.editor = found

    def _note(self, _: str, value: Any) -> None:
        self.edits.append(value)
        self.bursts.append(self.form.burst)

    @property
    def cards(self) -> list[DeclarationCard]:
        return self.editor.list.cards

    @property
    def values(self) -> tuple[Declaration, ...]:
        return tuple(card.value for card in self.cards)

    @property
    def seen(self) -> list[str]:
        """The titles, from top to bottom."""
        return [card.title.text() for card in sorted(self.cards, key=DeclarationCard.y)]

    def text(self, place: int, name: str) -> TextEditor:
        found = self.editor.forms[self.cards[place]].editor(name)
        assert isinstance(found, TextEditor)
        return found

    def type(self, qtbot: QtBot, place: int, text: str) -> TextEditor:
        field = self.text(place, "padding")
        field.field.setFocus()
        field.line.selectAll()
        qtbot.keyClicks(field.field, text)
        return field

    def add(self, title: str) -> None:
        next(action for action in self.editor.list.menu.actions() if action.text() == title).trigger()


Show = Callable[..., Shown]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(*transforms: Declaration) -> Shown:
        return Shown(qtbot, Augmented(transforms=transforms))

    return made


# what is seen


def test_each_entry_is_a_card_with_a_form(show: Show) -> None:
    shown = show(RandomCrop(2), HorizontalFlip())
    assert shown.seen == ["RandomCrop", "HorizontalFlip"]
    assert [card.accessibleName() for card in shown.cards] == ["RandomCrop, 1 of 2", "HorizontalFlip, 2 of 2"]
    assert shown.cards[0].accessibleDescription().startswith("Cut a piece out & move it. Alt+Up and Alt+Down")
    assert shown.cards[0].toolTip() == "<p>Cut a piece out &amp; move it.</p>"
    assert shown.cards[0].remove.accessibleName() == "Remove RandomCrop"
    assert shown.text(0, "padding").line.text() == "2"
    assert list(shown.editor.forms) == [shown.cards[0]]
    assert shown.editor.list.add.accessibleName() == "Add to transforms"
    assert shown.editor.accessibleName() == "Transforms"
    assert "Default: nothing." in shown.editor.toolTip()
    assert shown.edits == []


def test_an_empty_list_says_so(show: Show) -> None:
    shown = show()
    assert shown.editor.list.empty.isVisible() and shown.editor.list.empty.text() == "Nothing yet."
    shown.add("HorizontalFlip")
    assert not shown.editor.list.empty.isVisible()


@pytest.fixture(params=[1.0, 1.6])
def scale(request: pytest.FixtureRequest) -> Iterator[None]:
    theme.install("light", request.param)
    yield
    theme.set_scale(1.0)


def test_it_fits_into_a_narrow_panel(qtbot: QtBot, scale: None) -> None:
    page, area = QWidget(), QScrollArea()
    qtbot.addWidget(area)
    form = Form(Augmented, plain=True)
    QVBoxLayout(page).addWidget(form)
    form.set_values(Augmented(transforms=(Choice((RandomCrop(), HorizontalFlip())), RandomCrop())))
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.resize(280, 600)
    area.show()
    qtbot.waitUntil(lambda: page.width() == area.viewport().width())
    width = area.viewport().width()
    inside = [child for child in page.findChildren(QWidget) if child.isVisible()]
    assert {DeclarationCard} & {type(child) for child in inside}
    assert [c for c in inside if c.mapTo(page, QPoint(c.width(), 0)).x() > width] == []
    editor = form.editor("transforms")
    assert isinstance(editor, ListEditor)
    title = editor.list.cards[0].title
    assert title.is_cut and title.text() in title.told


def test_the_fields_of_all_cards_begin_at_one_place(show: Show) -> None:
    shown = show(RandomCrop(), Choice())
    x = [
        form.rows[name].editor.mapTo(shown.editor, QPoint(0, 0)).x()
        for form, name in zip(shown.editor.forms.values(), ("padding", "always"), strict=True)
    ]
    assert x[0] == x[1]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_card_wears_the_colours_of_the_theme(show: Show, palette: Palette) -> None:
    theme.install("light")
    shown = show(HorizontalFlip(), RandomCrop())
    try:
        theme.use(palette)
        shown.cards[1].setFocus()
        image = shown.cards[1].grab().toImage()
        other = shown.cards[0].grab().toImage()
        middle = image.height() // 2
        assert image.pixelColor(2, middle).name() == palette.raised
        assert image.pixelColor(0, middle).name() == palette.accent  # it has the keyboard
        assert other.pixelColor(0, other.height() // 2).name() == palette.line
    finally:
        theme.use(LIGHT)


# adding and removing


def test_the_menu_adds_one_at_the_end(show: Show) -> None:
    shown = show(HorizontalFlip())
    actions = shown.editor.list.menu.actions()
    assert [action.text() for action in actions] == ["RandomCrop", "HorizontalFlip", Choice.__name__]
    assert actions[0].toolTip() == "<p>Cut a piece out &amp; move it.</p>"
    shown.add("RandomCrop")
    assert shown.edits == [(HorizontalFlip(), RandomCrop())]
    assert shown.cards[1].hasFocus() and shown.seen == ["HorizontalFlip", "RandomCrop"]


def test_a_full_list_takes_no_more(show: Show) -> None:
    shown = show(*[HorizontalFlip()] * 3)
    assert shown.editor.list.add.isEnabled()
    shown.add("HorizontalFlip")
    assert not shown.editor.list.add.isEnabled()
    assert shown.editor.list.add.toolTip() == tip("There may be 4 at most.")
    shown.editor.set_value((HorizontalFlip(),))
    assert shown.editor.list.add.isEnabled() and shown.editor.list.add.toolTip() == ""


def test_the_cross_removes(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), RandomCrop(2), RandomCrop(3))
    last = shown.cards[2]
    qtbot.mouseClick(shown.cards[1].remove, LEFT)
    assert shown.edits == [(RandomCrop(1), RandomCrop(3))] and shown.values == shown.edits[-1]
    assert last is shown.cards[1] and last.hasFocus()
    shown.editor.list.add.setFocus()
    shown.cards[0].remove.click()  # as a screen reader does
    assert shown.edits[-1] == (RandomCrop(3),) and shown.editor.list.add.hasFocus()


def test_delete_removes_and_the_keyboard_goes_to_the_next(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip(), RandomCrop(3))
    shown.cards[1].setFocus()
    qtbot.keyClick(shown.cards[1], Key.Key_Delete)
    assert shown.edits == [(RandomCrop(1), RandomCrop(3))]
    assert shown.cards[1].hasFocus()
    qtbot.keyClick(shown.cards[1], Key.Key_Backspace)
    assert shown.cards[0].hasFocus()
    qtbot.keyClick(shown.cards[0], Key.Key_Delete)
    assert shown.edits[-1] == () and shown.editor.list.add.hasFocus()


def test_delete_in_a_field_removes_no_card(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(12), Choice())
    field = shown.type(qtbot, 0, "3")
    qtbot.keyClick(field.field, Key.Key_Delete)
    switch = shown.editor.forms[shown.cards[1]].editor("always")
    assert isinstance(switch, SwitchEditor)
    switch.box.setFocus()
    for key, held in ((Key.Key_Delete, NONE), (Key.Key_Down, ALT)):
        qtbot.keyClick(switch.box, key, held)  # which the box has no use for
    assert shown.seen == ["RandomCrop", Choice.__name__] and shown.edits == [(RandomCrop(3), Choice())]


def test_a_list_that_is_never_empty_keeps_its_last(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Steps((RandomCrop(1), RandomCrop(2))), name="crops")
    shown.cards[0].setFocus()
    qtbot.keyClick(shown.cards[0], Key.Key_Delete)
    assert not shown.cards[0].remove.isEnabled()
    qtbot.keyClick(shown.cards[0], Key.Key_Delete)
    assert shown.edits == [(RandomCrop(2),)] and shown.values == (RandomCrop(2),)


def test_keys_of_a_card_do_not_reach_the_commands_of_the_window(qtbot: QtBot) -> None:
    window, form = QMainWindow(), Form(Augmented, names=["transforms"])
    qtbot.addWidget(window)
    window.setCentralWidget(form)
    form.set_values(Augmented(transforms=(HorizontalFlip(), RandomCrop())))
    done: list[bool] = []
    for keys in ("Del", "Alt+Down"):
        action = QAction(window, shortcut=keys)
        action.triggered.connect(lambda: done.append(True))
        window.addAction(action)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    editor = form.editor("transforms")
    assert isinstance(editor, ListEditor)
    editor.list.cards[0].setFocus()
    qtbot.keyClick(editor.list.cards[0], Key.Key_Down, ALT)
    qtbot.keyClick(editor.list.cards[1], Key.Key_Delete)
    assert editor.value == (RandomCrop(),) and done == []
    editor.list.add.setFocus()
    qtbot.keyClick(editor.list.add, Key.Key_Delete)
    assert done == [True]


# order


def test_alt_and_arrows_move_a_card_and_the_keyboard_with_it(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip(), RandomCrop(3))
    first = shown.cards[0]
    first.setFocus()
    qtbot.keyClick(first, Key.Key_Up, ALT)
    assert shown.edits == []
    qtbot.keyClick(first, Key.Key_Down, ALT)
    qtbot.keyClick(first, Key.Key_Down, ALT)
    qtbot.keyClick(first, Key.Key_Down, ALT)
    assert shown.edits == [
        (HorizontalFlip(), RandomCrop(1), RandomCrop(3)),
        (HorizontalFlip(), RandomCrop(3), RandomCrop(1)),
    ]
    assert first.hasFocus() and first is shown.cards[2] and first.accessibleName() == "RandomCrop, 3 of 3"
    qtbot.waitUntil(lambda: shown.seen == ["HorizontalFlip", "RandomCrop", "RandomCrop"])
    qtbot.keyClick(first, Key.Key_Up, ALT)
    assert shown.edits[-1] == shown.edits[0]
    assert len(set(shown.bursts)) == 3


def test_among_equals_the_keyboard_moves_alone(show: Show, qtbot: QtBot) -> None:
    shown = show(HorizontalFlip(), HorizontalFlip())
    shown.cards[0].setFocus()
    qtbot.keyClick(shown.cards[0], Key.Key_Down, ALT)
    assert shown.edits == [] and shown.cards[1].hasFocus()


def test_arrows_go_from_card_to_card(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    shown.cards[0].setFocus()
    qtbot.keyClick(shown.cards[0], Key.Key_Down)
    assert shown.cards[1].hasFocus()
    qtbot.keyClick(shown.cards[1], Key.Key_Down)
    assert shown.cards[1].hasFocus()
    qtbot.keyClick(shown.cards[1], Key.Key_Up)
    assert shown.cards[0].hasFocus() and shown.edits == []


def drag(qtbot: QtBot, card: DeclarationCard, to: int) -> None:
    """Take a card at its dots and hold it at this height of the list."""
    start = QPoint(8, 12)
    end = QPoint(8, to - card.y())
    qtbot.mousePress(card, LEFT, pos=start)
    qtbot.mouseMove(card, (start + end) / 2)
    qtbot.mouseMove(card, end)


def line(shown: Shown) -> int | None:
    """At which height the list shows where the card would be dropped."""
    listed = shown.editor.list
    image = listed.grab().toImage()
    heights = [
        y for y in range(image.height()) if image.pixelColor(image.width() // 2, y) == theme.color("accent")
        and not any(card.geometry().contains(card.x(), y) for card in shown.cards)
    ]  # fmt: skip
    return heights[0] if heights else None


def test_a_card_is_dragged_to_another_place(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip(), RandomCrop(3))
    first = shown.cards[0]
    below = shown.cards[1].geometry().bottom() - 1
    drag(qtbot, first, below)
    assert first.is_dragged and shown.edits == []
    found = line(shown)
    assert found is not None and shown.cards[1].geometry().bottom() < found < shown.cards[2].y()
    qtbot.mouseRelease(first, LEFT, pos=QPoint(8, below - first.y()))
    assert shown.edits == [(HorizontalFlip(), RandomCrop(1), RandomCrop(3))]
    assert not first.is_dragged and line(shown) is None and first.hasFocus()
    qtbot.waitUntil(lambda: shown.seen[0] == "HorizontalFlip")
    last = shown.cards[2]
    drag(qtbot, last, -5)
    assert line(shown) in (0, 1, 2)
    qtbot.mouseRelease(last, LEFT, pos=QPoint(8, -5 - last.y()))
    assert shown.edits[-1] == (RandomCrop(3), HorizontalFlip(), RandomCrop(1))
    qtbot.waitUntil(lambda: shown.cards[0].y() < shown.cards[1].y())
    drag(qtbot, last, shown.editor.list.height() + 50)
    qtbot.mouseRelease(last, LEFT, pos=QPoint(8, shown.editor.list.height() + 50 - last.y()))
    assert shown.edits[-1] == (HorizontalFlip(), RandomCrop(1), RandomCrop(3))


def test_a_drag_that_changes_nothing_is_no_edit(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    card = shown.cards[0]
    qtbot.mousePress(card, LEFT, pos=QPoint(8, 12))
    qtbot.mouseMove(card, QPoint(9, 13))  # a hand that trembles
    assert not card.is_dragged
    qtbot.mouseRelease(card, LEFT, pos=QPoint(9, 13))
    drag(qtbot, card, shown.cards[1].y() + 2)
    assert card.is_dragged and line(shown) is None
    qtbot.mouseRelease(card, LEFT, pos=QPoint(8, shown.cards[1].y() + 2 - card.y()))
    assert shown.edits == []


def test_escape_gives_a_drag_up(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    card, below = shown.cards[0], shown.cards[1].geometry().bottom() - 1
    drag(qtbot, card, below)
    assert line(shown) is not None
    qtbot.keyClick(card, Key.Key_Escape)
    assert not card.is_dragged and line(shown) is None
    qtbot.mouseMove(card, QPoint(8, below))
    qtbot.mouseRelease(card, LEFT, pos=QPoint(8, below))
    assert shown.edits == [] and shown.values == (RandomCrop(1), HorizontalFlip())


def test_a_long_list_scrolls_under_what_is_dragged(qtbot: QtBot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    form = Form(Augmented, names=["transforms"])
    form.set_values(Augmented(transforms=(RandomCrop(1), RandomCrop(2), RandomCrop(3), HorizontalFlip())))
    area.setWidget(form)
    area.setWidgetResizable(True)
    area.resize(300, 150)
    with qtbot.waitActive(area):
        area.show()
        area.activateWindow()
    editor = form.editor("transforms")
    assert isinstance(editor, ListEditor) and area.verticalScrollBar().maximum() > 100
    drag(qtbot, editor.list.cards[0], 140)
    assert area.verticalScrollBar().value() > 0
    drag(qtbot, editor.list.cards[0], editor.list.height())
    qtbot.mouseRelease(editor.list.cards[0], LEFT)
    editor.list.cards[0].setFocus(Qt.FocusReason.TabFocusReason)
    assert area.verticalScrollBar().value() <= editor.list.cards[0].mapTo(form, QPoint(0, 0)).y()


def test_the_menu_of_a_card_does_the_same(show: Show) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    up, down, remove = shown.cards[0].menu().actions()
    assert (up.isEnabled(), down.isEnabled(), remove.isEnabled()) == (False, True, True)
    down.trigger()
    assert shown.edits == [(HorizontalFlip(), RandomCrop(1))]
    remove.trigger()
    assert shown.edits[-1] == (HorizontalFlip(),)


# values


def test_what_is_typed_in_one_field_is_one_burst(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), RandomCrop(2))
    field = shown.text(0, "padding")
    field.field.setFocus()
    qtbot.keyClick(field.field, Key.Key_Up)
    qtbot.keyClick(field.field, Key.Key_Up)
    assert shown.edits == [(RandomCrop(2), RandomCrop(2)), (RandomCrop(3), RandomCrop(2))]
    assert shown.bursts[0] == shown.bursts[1]
    other = shown.text(1, "padding")
    other.field.setFocus()
    qtbot.keyClick(other.field, Key.Key_Down)
    assert shown.edits[-1] == (RandomCrop(3), RandomCrop(1)) and shown.bursts[2] > shown.bursts[1]
    qtbot.keyClick(other.field, Key.Key_Return)
    qtbot.keyClick(other.field, Key.Key_Down)
    assert shown.bursts[3] > shown.bursts[2]


def test_two_fields_are_two_bursts_wherever_the_keyboard_is(show: Show) -> None:
    shown = show(RandomCrop(1))
    for name, value in (("padding", 2), ("padding", 3), ("mode", "reflect")):
        shown.editor.forms[shown.cards[0]].edited.emit(name, value)
    assert shown.edits[-1] == (RandomCrop(3, "reflect"),)
    assert shown.bursts[0] == shown.bursts[1] < shown.bursts[2]


def test_what_is_being_typed_counts_before_another_gesture(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    shown.type(qtbot, 0, "7")
    assert shown.edits == []
    qtbot.mouseClick(shown.cards[1].remove, LEFT)
    assert shown.edits == [(RandomCrop(7), HorizontalFlip()), (RandomCrop(7),)]
    assert shown.bursts[0] < shown.bursts[1]
    shown.type(qtbot, 0, "8")
    shown.add("HorizontalFlip")
    assert shown.edits[2:] == [(RandomCrop(8),), (RandomCrop(8), HorizontalFlip())]


def test_a_value_that_cannot_be_has_its_sentence_in_the_card(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1))
    field = shown.type(qtbot, 0, "17")
    qtbot.keyClick(field.field, Key.Key_Return)
    sentence = shown.editor.forms[shown.cards[0]].rows["padding"].sentence
    assert sentence.isVisible() and sentence.text() == "padding must be from 0 to 16, not 17."
    assert shown.edits == []
    shown.form.settle()
    assert not sentence.isVisible() and field.line.text() == "1"


def test_new_values_leave_what_is_being_typed_and_the_keyboard(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    field = shown.type(qtbot, 0, "1")
    shown.form.set_values(Augmented(transforms=(HorizontalFlip(), RandomCrop(9), RandomCrop(1))))
    assert field is shown.text(2, "padding") and field.field.hasFocus() and field.line.text() == "1"
    assert shown.text(1, "padding").line.text() == "9"
    qtbot.keyClicks(field.field, "2")
    qtbot.waitUntil(lambda: shown.edits == [(HorizontalFlip(), RandomCrop(9), RandomCrop(12))])


def test_what_is_typed_in_a_card_that_goes_is_forgotten(show: Show, qtbot: QtBot) -> None:
    shown = show(HorizontalFlip(), RandomCrop(1))
    shown.type(qtbot, 1, "5")
    shown.form.set_values(Augmented(transforms=(HorizontalFlip(),)))
    qtbot.wait(200)
    assert shown.edits == [] and shown.values == (HorizontalFlip(),)


def test_a_list_in_a_list(show: Show, qtbot: QtBot) -> None:
    shown = show(Choice((RandomCrop(1), HorizontalFlip())), HorizontalFlip())
    inner = shown.editor.forms[shown.cards[0]].editor("of")
    assert isinstance(inner, ListEditor)
    inner.list.cards[1].setFocus()
    qtbot.keyClick(inner.list.cards[1], Key.Key_Down, ALT)  # it is the last: the card around it stays where it is
    assert shown.edits == []
    qtbot.keyClick(inner.list.cards[1], Key.Key_Up, ALT)
    assert shown.edits == [(Choice((HorizontalFlip(), RandomCrop(1))), HorizontalFlip())]
    qtbot.keyClick(inner.list.cards[0], Key.Key_Delete)
    assert shown.edits[-1] == (Choice((RandomCrop(1),)), HorizontalFlip())
    field = inner.forms[inner.list.cards[0]].editor("padding")
    assert isinstance(field, TextEditor)
    field.field.setFocus()
    qtbot.keyClick(field.field, Key.Key_Up)
    assert shown.edits[-1] == (Choice((RandomCrop(2),)), HorizontalFlip())
    assert len(set(shown.bursts)) == 3


def test_read_only_shows_and_does_not_change(show: Show, qtbot: QtBot) -> None:
    shown = show(RandomCrop(1), HorizontalFlip())
    shown.form.set_read_only(True)
    card = shown.cards[0]
    card.setFocus()
    for key, held in ((Key.Key_Delete, NONE), (Key.Key_Down, ALT)):
        qtbot.keyClick(card, key, held)
    qtbot.mouseClick(card.remove, LEFT)
    drag(qtbot, card, shown.cards[1].geometry().bottom())
    qtbot.mouseRelease(card, LEFT)
    shown.type(qtbot, 0, "5")
    qtbot.keyClick(shown.text(0, "padding").field, Key.Key_Return)
    assert shown.edits == [] and not shown.editor.list.add.isEnabled()
    assert not any(action.isEnabled() for action in card.menu().actions())
    shown.form.set_values(Augmented(transforms=(RandomCrop(1), RandomCrop(2))))  # a new card is no other
    assert shown.text(1, "padding").line.isReadOnly()
    shown.form.set_read_only(False)
    assert shown.editor.list.add.isEnabled() and not shown.text(1, "padding").line.isReadOnly()


def test_lists_that_differ_show_a_dash_and_take_one(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Augmented(transforms=(RandomCrop(),)), Augmented(transforms=(HorizontalFlip(),)))
    assert shown.cards == [] and shown.editor.list.empty.text() == "—"
    shown.add("HorizontalFlip")
    assert shown.edits == [(HorizontalFlip(),)] and shown.seen == ["HorizontalFlip"]


def test_the_label_brings_the_default_back(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Steps((RandomCrop(7), RandomCrop(8))), name="crops")
    (action,) = shown.form.rows["crops"].label.menu().actions()
    assert action.text() == "Set to the default: RandomCrop"
    shown.type(qtbot, 1, "9")
    action.trigger()
    assert shown.edits == [(RandomCrop(7), RandomCrop(9)), (RandomCrop(),)]
    assert shown.values == (RandomCrop(),) and shown.bursts[0] < shown.bursts[1]


# undo


class Edited(Shown):
    """A form of a document's recipe, as the training panel has it: each value is an edit, and each change is shown."""

    def __init__(self, qtbot: QtBot, document: Document) -> None:
        self.document = document
        super().__init__(qtbot, document.project.recipe)
        self.form.edited.connect(self._edit)
        document.changed.connect(lambda old, new: self.form.set_values(new.recipe))

    def _edit(self, name: str, value: Any) -> None:
        recipe = replace(self.document.project.recipe, **{name: value})
        self.document.edit_recipe(f"Change {name}", recipe, merge=f"recipe {name} {self.form.burst}")

    @property
    def held(self) -> Any:
        recipe = self.document.project.recipe
        assert isinstance(recipe, Augmented)
        return recipe.transforms


def test_each_gesture_is_a_step_of_undo(qtbot: QtBot) -> None:
    document = Document(Project(recipe=Augmented()))
    shown, stack = Edited(qtbot, document), document.undo_stack
    steps: list[tuple[Declaration, ...]] = [()]

    def did(*transforms: Declaration) -> None:
        steps.append(transforms)
        assert shown.held == transforms and stack.count() == len(steps) - 1

    shown.add("RandomCrop")
    did(RandomCrop())
    shown.add("HorizontalFlip")
    did(RandomCrop(), HorizontalFlip())
    field = shown.type(qtbot, 0, "1")
    qtbot.waitUntil(lambda: shown.held[0] == RandomCrop(1))
    qtbot.keyClicks(field.field, "2")
    qtbot.waitUntil(lambda: shown.held[0] == RandomCrop(12))
    qtbot.keyClick(field.field, Key.Key_Up)
    did(RandomCrop(13), HorizontalFlip())
    qtbot.keyClick(field.field, Key.Key_Return)
    qtbot.keyClick(field.field, Key.Key_Down)
    did(RandomCrop(12), HorizontalFlip())
    shown.cards[1].setFocus()
    qtbot.keyClick(shown.cards[1], Key.Key_Up, ALT)
    did(HorizontalFlip(), RandomCrop(12))
    qtbot.keyClick(shown.cards[0], Key.Key_Down, ALT)
    did(RandomCrop(12), HorizontalFlip())
    qtbot.waitUntil(lambda: shown.cards[0].y() < shown.cards[1].y())
    below = shown.cards[1].geometry().bottom()
    drag(qtbot, shown.cards[0], below)
    qtbot.mouseRelease(shown.cards[0], LEFT, pos=QPoint(8, below - shown.cards[0].y()))
    did(HorizontalFlip(), RandomCrop(12))
    qtbot.mouseClick(shown.cards[0].remove, LEFT)
    did(RandomCrop(12))
    shown.cards[0].setFocus()
    qtbot.keyClick(shown.cards[0], Key.Key_Delete)
    did()

    for step in reversed(steps[:-1]):
        stack.undo()
        assert shown.held == step == shown.values and hash(shown.held) == hash(step)
        assert [
            shown.text(n, "padding").line.text() for n, each in enumerate(step) if isinstance(each, RandomCrop)
        ] == [str(each.padding) for each in step if isinstance(each, RandomCrop)]
    assert not stack.canUndo()
    for step in steps[1:]:
        stack.redo()
        assert shown.held == step == shown.values
    assert not stack.canRedo()
    assert shown.editor.list.empty.isVisible()


def test_a_value_that_is_put_back_leaves_no_step(qtbot: QtBot) -> None:
    document = Document(Project(recipe=Augmented(transforms=(RandomCrop(4),))))
    shown = Edited(qtbot, document)
    field = shown.text(0, "padding")
    field.field.setFocus()
    qtbot.keyClick(field.field, Key.Key_Up)
    assert document.undo_stack.count() == 1
    qtbot.keyClick(field.field, Key.Key_Down)
    assert document.undo_stack.count() == 0 and shown.held == (RandomCrop(4),)


def test_undo_leaves_the_keyboard_with_its_card(qtbot: QtBot) -> None:
    document = Document(Project(recipe=Augmented(transforms=(RandomCrop(1), HorizontalFlip()))))
    shown = Edited(qtbot, document)
    card = shown.cards[1]
    card.setFocus()
    qtbot.keyClick(card, Key.Key_Up, ALT)
    document.undo_stack.undo()
    assert card.hasFocus() and shown.cards[1] is card and QApplication.focusWidget() is card

"""A lesson in the window: opened, worked at, kept, handed in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from PySide6.QtCore import QBuffer, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QTextBrowser
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, MaxPool2d, Tanh
from cnnstudio.graph import Graph, Node
from cnnstudio.lessons.desk import Desk
from cnnstudio.lessons.file_names import TEXT
from cnnstudio.lessons.handed_in import read_path
from cnnstudio.lessons.header import joined
from cnnstudio.lessons.lesson_file import made, members_of, released, write
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project, dumps
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.lessons.lesson_panel import LessonPanel
from cnnstudio.ui.lessons.lesson_text import LessonText
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import Scheme, theme

if TYPE_CHECKING:
    from cnnstudio.ui.lessons.experiments import ExperimentsPanel
    from cnnstudio.ui.lessons.microscope import MicroscopePanel
    from cnnstudio.ui.network.palette import PalettePanel

TASKS = [
    {
        "kind": "number", "name": "count", "asks": "How many?", "answer": "9 * c + c", "points": 2,
        "hints": [{"says": "Nine each.", "costs": 0.5}, {"says": "And a bias."}],
        "wrong": [{"answer": "9 * c", "says": "That leaves out the biases."}],
    },
    {"kind": "choice", "name": "why", "asks": "Why?", "options": ["Large", "Shared"], "answer": 2},
    {"kind": "predict", "name": "guess", "node": "conv1", "what": "shape"},
    {"kind": "sentence", "name": "tell", "asks": "Tell."},
    {"kind": "uses", "name": "pool", "asks": "Pool.", "block": "MaxPool2d"},
]  # fmt: skip
HEADER = {
    "title": "A lab", "id": "lab-1", "start": "start.cnn", "vary": {"c": [4, 6]}, "task": TASKS,
    "set": {"conv1.out_channels": "c"},
}  # fmt: skip


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    graph = Graph.of(
        [
            Node("image", Input((1, 8, 8))), Node("conv1", Conv2d(4, 3), ("image",), (300, 0)),
            Node("flatten1", Flatten(), ("conv1",), (600, 0)), Node("fc1", Linear(10), ("flatten1",), (900, 0)),
        ]
    )  # fmt: skip
    start = dumps(Project(graph, Recipe(data="digits"))).encode()
    text = "## Kernels\n\n![x](file:///etc/passwd) ![y](gone.png) <b>{c}</b> of them.\n\n[task: count]\n"
    write(tmp_path / "lab.lesson", members_of(made({TEXT: joined(HEADER, text).encode(), "start.cnn": start})))
    return tmp_path / "lab.lesson"


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, lab: Path) -> Callable[[], LessonPanel]:
    def open_lab() -> LessonPanel:
        window.files.open(lab)
        qtbot.waitUntil(lambda: window.classroom.desk is not None)
        return window.classroom.panel

    return open_lab


def begin(qtbot: QtBot, panel: LessonPanel, student: str = "ada") -> int:
    """Say who sits here; how many channels this student has."""
    qtbot.keyClicks(panel.who.student, student)
    qtbot.keyClick(panel.who.student, Qt.Key.Key_Return)
    assert panel.desk is not None
    qtbot.waitUntil(lambda: all(card.isVisible() for card in panel.cards.values()))  # Qt shows them in its next turn
    return int(panel.desk.sheet.values.get("c", 0))


def said(window: MainWindow) -> str:
    return " ".join(bar.sentence for bar in window.messages.bars)


def says(panel: LessonPanel, name: str) -> str:
    return panel.cards[name].verdict.text()


def test_a_lesson_is_opened_and_asks_who_sits_there(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    assert panel.isVisible() and panel.title.text() == "A lab" and panel.who.student.isVisible() and not panel.cards
    count = begin(qtbot, panel)
    block = window.document.graph["conv1"].block
    assert isinstance(block, Conv2d) and block.out_channels == count and not panel.who.student.isVisible()
    assert list(panel.cards) == ["count", "why", "guess", "tell", "pool"]
    assert f"<b>{count}</b> of them" in panel.texts[0].toPlainText()
    assert panel.caller.text() == "ada"


def test_a_lesson_is_worked_at_by_keyboard_and_says_what_is_right(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    count = begin(qtbot, panel)
    panel.setFocus()
    card = panel.cards["count"]
    assert card.field.hasFocus()
    qtbot.keyClicks(card.field, str(9 * count))
    qtbot.keyClick(card.field, Qt.Key.Key_Return)
    assert says(panel, "count") == "That leaves out the biases." and card.sign.accessibleName() == "open"
    card.hint.setFocus()
    qtbot.keyClick(card.hint, Qt.Key.Key_Return)
    assert card.hints.text() == "Nine each." and card.hint.text() == "Next hint"
    card.field.setFocus()
    card.field.clear()
    qtbot.keyClicks(card.field, str(10 * count))
    qtbot.keyClick(card.field, Qt.Key.Key_Return)
    assert says(panel, "count") == f"Right: {10 * count}." and card.sign.accessibleName() == "done"
    why = panel.cards["why"]
    why.options.button(1).click()
    why.check.click()
    assert says(panel, "why") == "Not “Large”."
    why.options.button(2).click()
    why.check.click()
    assert why.sign.accessibleName() == "done"
    tell = panel.cards["tell"]
    qtbot.keyClicks(tell.field, "It slides over all of it")
    qtbot.keyClick(tell.field, Qt.Key.Key_Return)
    assert tell.sign.accessibleName() == "for your teacher" and says(panel, "tell") == "Your teacher reads this."
    assert panel.count.text() == "3 of 5 tasks"


def test_a_prediction_is_hidden_everywhere_until_it_is_made(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    count = begin(qtbot, panel)
    document = window.document
    assert document.conceals("conv1") and "Hidden" in says(panel, "pool")
    window.show_panel("summary")  # behind a tab the question is still open
    assert document.conceals("conv1")
    window.show_panel("lesson")
    guess = panel.cards["guess"]
    qtbot.keyClicks(guess.field, f"{count} × 8 × 8")
    qtbot.keyClick(guess.field, Qt.Key.Key_Return)
    assert f"It is {count}" in says(panel, "guess").replace("\u00a0", " ") and guess.field.isReadOnly()
    assert not document.concealed and "no MaxPool2d" in says(panel, "pool")


def test_what_is_drawn_is_looked_at_and_undo_takes_the_tick_back(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    begin(qtbot, panel)
    panel.cards["guess"].field.setText("1")
    panel.cards["guess"].field.setText("1 × 1 × 1")
    panel.cards["guess"].submit()
    document = window.document
    nodes = document.graph.nodes | {
        "pool1": Node("pool1", MaxPool2d(2), ("conv1",)), "flatten1": Node("flatten1", Flatten(), ("pool1",)),
    }  # fmt: skip
    document.edit_graph("Pool", Graph.of(nodes.values()))
    qtbot.waitUntil(lambda: panel.cards["pool"].sign.accessibleName() == "done")
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.cards["pool"].sign.accessibleName() == "open")


def test_it_goes_on_where_it_was_left(qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]) -> None:
    panel = opened()
    count = begin(qtbot, panel)
    panel.cards["count"].field.setText(str(10 * count))
    panel.cards["count"].submit()
    window.document.open(Project(), None)  # which writes down how far it is
    assert window.classroom.desk is None and panel.nothing.isVisible() and not panel.cards
    again = opened()
    qtbot.waitUntil(lambda: bool(again.cards))
    assert says(again, "count") == f"Right: {10 * count}." and again.cards["count"].field.text() == str(10 * count)
    again.start_again()
    assert again.cards["count"].field.text() == "" and again.count.text() == "0 of 5 tasks"


def test_what_was_written_and_not_given_is_kept_and_handed_in(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    count = begin(qtbot, panel)
    qtbot.keyClicks(panel.cards["tell"].field, "It slides")
    desk = panel.desk
    assert desk is not None and desk.work.answers["tell"].text == "It slides" and not desk.work.attempts
    qtbot.keyClicks(panel.cards["count"].field, str(10 * count))
    qtbot.keyClicks(panel.cards["guess"].field, f"{count} × 8 × 8")
    panel.write_down()
    assert {*desk.work.answers} == {"tell", "count"}, "of a prediction the first counts"
    window.classroom.hand_in()
    assert {*desk.work.answers} == {"tell", "count", "guess"}


def test_who_hands_in_is_asked_where_nobody_has_said_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without numbers of one's own a lesson begins at once, and its work would belong to nobody."""
    header = {"title": "A lab", "id": "lab-2", "start": "start.cnn", "task": TASKS[1:]}
    write(tmp_path / "same.lesson", {TEXT: joined(header, "").encode(), "start.cnn": dumps(tiny).encode()})
    window.files.open(tmp_path / "same.lesson")
    qtbot.waitUntil(lambda: window.classroom.desk is not None)
    panel, asked = window.classroom.panel, list[str]()
    monkeypatch.setattr(window.files, "choose", lambda _, name, *__: asked.append(name))
    assert panel.cards and not panel.who.isVisible()
    panel.cards["why"].options.button(2).click()
    panel.hand_in.click()
    assert not asked and panel.who.isVisible() and panel.who.student.hasFocus()
    qtbot.keyClick(panel.who.student, Qt.Key.Key_Return)
    assert not asked and panel.who.isVisible(), "an id is needed"
    qtbot.keyClicks(panel.who.student, "s 12")
    qtbot.keyClicks(panel.who.name, "Ada L.")
    qtbot.keyClick(panel.who.name, Qt.Key.Key_Return)
    assert asked == ["A-lab-s-12.handin"] and not panel.who.isVisible() and panel.caller.text() == "Ada L."
    assert panel.desk is not None and panel.desk.work.answers["why"].choice == 2, "what was done stays"
    assert (panel.desk.work.student, panel.desk.work.name) == ("s 12", "Ada L.")
    panel.hand_in.click()
    assert len(asked) == 2, "it is asked once"
    panel.caller.click()  # it was mistyped
    assert panel.who.isVisible() and panel.who.student.text() == "s 12"
    panel.who.student.setText("s 13")
    panel.who.go.click()
    assert panel.desk.work.student == "s 13" and panel.desk.work.answers["why"].choice == 2 and len(asked) == 2


def test_somebody_else_at_the_same_computer_has_numbers_of_their_own(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    count = begin(qtbot, panel)
    panel.cards["count"].put(Answer("1"))
    panel.cards["count"].submit()
    desk = panel.desk
    assert desk is not None and desk.work.answers
    other = next(name for name in map(str, range(50)) if desk.lesson.sheet(name).values["c"] != count)
    panel.caller.click()
    panel.who.student.setText(other)
    panel.who.go.click()
    block = window.document.graph.nodes["conv1"].block
    assert isinstance(block, Conv2d) and block.out_channels != count
    assert not desk.work.answers and panel.cards["count"].field.text() == "" and not panel.who.isVisible()


def test_what_was_drawn_while_the_lesson_was_not_seen_is_kept(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    begin(qtbot, panel)
    assert panel.desk is not None
    window.docks["lesson"].hide()
    drawn = window.document.graph.replace("fc1", Linear(7))
    window.document.edit_graph("Draw", drawn)
    assert not window.close()
    press = next(bar.buttons["Do not save"] for bar in window.messages.bars if "Do not save" in bar.buttons)
    press.click()
    assert Desk.resume(panel.desk.lesson).work.project.graph == drawn


def test_a_lesson_is_open_once_and_gives_its_window_to_nobody(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel], lab: Path
) -> None:
    begin(qtbot, opened())
    window.document.mark_saved()
    window.files.new("lenet5")
    assert window.lesson == "lab-1" and len(window.windows.all) == 2
    window.windows.all[1].files.open(lab)
    qtbot.waitUntil(lambda: "A lab is open already, in this window." in said(window))
    assert [each.lesson for each in window.windows.all] == ["lab-1", ""]


def test_a_lesson_that_cannot_be_kept_says_so_and_is_not_closed_away(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel = opened()
    count = begin(qtbot, panel)
    panel.write_down()
    assert panel.desk is not None
    place = panel.desk.place
    kept = place.read_bytes()
    place.unlink()
    place.mkdir()
    panel.cards["count"].field.setText(str(10 * count))
    panel.cards["count"].submit()
    window.document.mark_saved()
    assert not window.close() and "It is gone with this window." in said(window)
    assert "not kept" in said(window) and panel._keep.isActive()
    next(bar for bar in window.messages.bars if "Lose it" in bar.buttons).buttons["Cancel"].click()
    place.rmdir()
    place.write_bytes(kept)
    assert window.close() and Desk.resume(panel.desk.lesson).work.answers["count"].text == str(10 * count)


def test_it_is_handed_in_as_one_file(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel], tmp_path: Path
) -> None:
    action = window.commands.bound["hand-in"]
    assert not action.isEnabled()
    panel = opened()
    begin(qtbot, panel)
    qtbot.waitUntil(action.isEnabled)
    assert window.classroom.desk is not None
    window.classroom.start(window.classroom.desk, tmp_path / "ada.handin")
    qtbot.waitUntil((tmp_path / "ada.handin").exists)
    qtbot.waitUntil(lambda: "give it to your teacher" in said(window))
    work = read_path(tmp_path / "ada.handin")
    assert (work.student, work.lesson, work.project.graph) == ("ada", "lab-1", window.document.graph)


def test_a_released_lesson_keeps_what_it_cannot_mark(qtbot: QtBot, window: MainWindow, lab: Path) -> None:
    from cnnstudio.lessons.lesson_file import read

    write(lab, members_of(released(read(lab))))
    window.files.open(lab)
    qtbot.waitUntil(lambda: window.classroom.desk is not None)
    panel = window.classroom.panel
    begin(qtbot, panel)
    panel.cards["count"].field.setText("7")
    panel.cards["count"].submit()
    assert says(panel, "count") == "This is marked by your teacher."
    assert panel.cards["count"].sign.accessibleName() == "for your teacher"


def test_a_file_that_is_no_lesson_is_a_sentence(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "bad.lesson").write_bytes(b"PK nothing")
    window.files.open(tmp_path / "bad.lesson")
    qtbot.waitUntil(lambda: "bad.lesson cannot be opened" in said(window))
    assert window.classroom.desk is None


def test_a_text_reaches_for_nothing_outside_of_its_lesson(qtbot: QtBot) -> None:
    text = LessonText("![a](/etc/hostname) <img src='/etc/hostname'> [link](file:///etc)", {})
    qtbot.addWidget(text)
    assert text.loadResource(2, "/etc/hostname").isNull() and text.loadResource(2, "file:///etc/hostname").isNull()
    assert isinstance(text, QTextBrowser) and not text.openLinks() and "<img" in text.toPlainText()


def test_what_a_lesson_locks_stays_and_what_it_puts_away_comes_back(
    qtbot: QtBot, window: MainWindow, lab: Path
) -> None:
    from cnnstudio.lessons.lesson_file import read

    whole = read(lab)
    head = dataclasses.replace(
        whole.head, locked=("image",), palette=("MaxPool2d", "Conv2d"), hidden_panels=("source",),
        hidden_commands=("arrange",),
    )  # fmt: skip
    write(lab, members_of(dataclasses.replace(whole, head=head)))
    window.files.open(lab)
    qtbot.waitUntil(lambda: window.classroom.desk is not None)
    begin(qtbot, window.classroom.panel)
    document = window.document
    before = document.graph
    document.edit_graph("Change", before.replace("image", Input((1, 9, 9))))
    assert document.graph is before and "image is locked" in said(window)
    document.edit_graph("Change", before.replace("fc1", Tanh()))
    assert document.graph is before and "Tanh is not among the blocks" in said(window)
    document.edit_graph("Change", before.replace("conv1", Conv2d(9, 3)))
    assert document.graph is not before
    tree = cast("PalettePanel", window.docks["palette"].widget()).tree
    headings = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    titles = [heading.child(number).text(0) for heading in headings for number in range(heading.childCount())]
    assert titles == ["Conv2d", "MaxPool2d"]
    window.commands.refresh()
    assert window.docks["source"].isHidden() and not window.commands.bound["arrange"].isEnabled()
    document.mark_saved()
    document.open(Project(), None)
    window.commands.refresh()
    assert not window.docks["source"].isHidden() and "arrange" not in window.classroom.withheld
    document.edit_graph("Free again", Graph.of([Node("tanh1", Tanh())]))
    assert len(document.graph) == 1


def test_what_is_to_be_evaluated_is_not_done_before(qtbot: QtBot, window: MainWindow) -> None:
    from cnnstudio.lessons.shipped import shipped

    window.files.open(shipped()[-1].path)
    qtbot.waitUntil(lambda: window.classroom.desk is not None)
    panel = window.classroom.panel
    assert panel.count.text() == "1 of 5 tasks" and "Train the network" in says(panel, "good")
    panel.cards["good"].submit()
    assert "no weights of this network yet" in says(panel, "good")


def test_a_link_opens_the_microscope_and_an_experiment_as_the_lesson_says(
    qtbot: QtBot, window: MainWindow, lab: Path
) -> None:
    from cnnstudio.lessons.lesson_file import read

    text = "[a](microscope:max-pooling?stride=1)\n\n[b](experiment:field?convolutions=5)\n\n[c](https://example.org)\n"
    write(lab, members_of(dataclasses.replace(read(lab), text=text)))
    window.files.open(lab)
    qtbot.waitUntil(lambda: window.classroom.desk is not None)
    panel = window.classroom.panel
    begin(qtbot, panel)
    page = panel.texts[0]
    assert page.focusPolicy() == Qt.FocusPolicy.TabFocus
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Tab)
    qtbot.keyClick(page, Qt.Key.Key_Return)
    microscope = cast("MicroscopePanel", window.docks["microscope"].widget())
    assert microscope.isVisible() and microscope.microscope.setting.operation == "max pooling"
    assert microscope.microscope.setting.stride == 1 and microscope.example is None
    page.anchorClicked.emit(QUrl("experiment:field?convolutions=5"))
    experiments = cast("ExperimentsPanel", window.docks["experiments"].widget())
    assert experiments.isVisible() and experiments.experiment.key == "field"
    assert experiments.knobs["Convolutions"].chosen == 5 and experiments.knobs["Kernel"].chosen == 3
    page.anchorClicked.emit(QUrl("https://example.org"))
    assert "leads nowhere" in said(window)


def test_a_whole_step_is_undone_and_undo_takes_that_back(
    qtbot: QtBot, window: MainWindow, opened: Callable[[], LessonPanel]
) -> None:
    panel, document = opened(), window.document
    begin(qtbot, panel)
    panel.cards["guess"].put(Answer("1 × 1 × 1"))
    panel.cards["guess"].submit()
    before = document.project
    assert not panel.step_back.isEnabled()
    document.edit_graph("Widen", document.graph.replace("conv1", Conv2d(9, 3)))
    nodes = document.graph.nodes | {
        "pool1": Node("pool1", MaxPool2d(2), ("conv1",)), "flatten1": Node("flatten1", Flatten(), ("pool1",)),
    }  # fmt: skip
    document.edit_graph("Pool", Graph.of(nodes.values()))
    qtbot.waitUntil(lambda: panel.cards["pool"].sign.accessibleName() == "done")
    pooled = document.project
    document.edit_graph("Widen", document.graph.replace("fc1", Linear(20)))
    qtbot.waitUntil(panel.step_back.isEnabled)
    panel.step_back.click()
    assert document.project == pooled
    panel.step_back.click()
    assert document.project == before
    document.undo_stack.undo()
    assert document.project == pooled


def test_a_picture_is_as_wide_as_there_is_room(qtbot: QtBot) -> None:
    picture = png(0x102030, 600)
    text = LessonText("![a](a.png)", {"a.png": picture})
    qtbot.addWidget(text)
    text.show()
    for width in (330, 480, 900):
        text.resize(width, text.height())
        shown = text.document().resource(2, QUrl("a.png"))
        assert shown.width() == min(600, width - 8) and text.height() >= shown.height()


def png(color: int, width: int = 4) -> bytes:
    data = QBuffer()
    image = QImage(width, max(4, width // 3), QImage.Format.Format_RGB32)
    image.fill(color)
    image.save(data, "PNG")  # type: ignore[call-overload]
    return bytes(data.data().data())


def test_a_picture_for_dark_windows_takes_the_place_of_the_other(qtbot: QtBot) -> None:
    text = LessonText("![a](a.png)", {"a.png": png(0xFFFFFF), "a.dark.png": png(0x102030)})
    qtbot.addWidget(text)
    before = theme.scheme
    try:
        for scheme, color in (("light", 0xFFFFFF), ("dark", 0x102030)):
            theme.set_scheme(cast("Scheme", scheme))
            assert text.loadResource(2, "a.png").pixel(1, 1) & 0xFFFFFF == color
    finally:
        theme.set_scheme(before)

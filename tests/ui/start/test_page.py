"""The start page, by mouse and by keyboard: what it offers, and how it gives way to the canvas."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Input
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.project import Project, from_template, write
from cnnstudio.ui.lessons.quiz import CHANGED, WAITING
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.palette import BLOCK_ROLE, PalettePanel
from cnnstudio.ui.start.page import StartPage, _folder, _moment
from cnnstudio.ui.theme import theme
from cnnstudio.zoo import TEMPLATES

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow) -> StartPage:
    window.activateWindow()
    qtbot.waitUntil(window.canvas.hasFocus)
    return window.start_page


@pytest.fixture
def file(tmp_path: Path, tiny: Project) -> Path:
    write(tmp_path / "tiny.cnn", tiny)
    return tmp_path / "tiny.cnn"


def titles(page: StartPage) -> list[str]:
    return [entry.title for entry in page.entries]


def test_a_new_project_shows_templates_lessons_and_ways_in(page: StartPage) -> None:
    assert page.isVisible()
    assert page.size() == page.parentWidget().size()
    for title in (*(each.title for each in TEMPLATES.values()), *(each.title for each in LESSONS.values())):
        assert title in titles(page)
    assert all(entry.accessibleName() and entry.isVisible() for entry in page.entries)
    assert page.nothing.isVisible() and not page.clear.isVisible()


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_click_on_a_template_opens_it_and_the_page_is_gone(
    qtbot: QtBot, window: MainWindow, page: StartPage, key: str
) -> None:
    card = page.cards[list(TEMPLATES).index(key)]
    qtbot.mouseClick(card, LEFT)
    assert window.document.project == from_template(key)
    assert not page.isVisible()


def test_an_arrow_goes_to_the_page_and_arrows_enter_and_escape_do_the_rest(
    qtbot: QtBot, window: MainWindow, page: StartPage
) -> None:
    qtbot.keyClick(window.canvas, Qt.Key.Key_Down)
    assert page.cards[0].hasFocus()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Right)
    assert page.cards[1].hasFocus()
    qtbot.keyClick(page.cards[1], Qt.Key.Key_Left)
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Up)
    assert page.links[0].hasFocus()
    qtbot.keyClick(page.links[0], Qt.Key.Key_Down)
    assert page.cards[0].hasFocus()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Return)
    assert window.document.project == from_template("lenet5")
    assert window.canvas.hasFocus()


def test_tab_goes_round_the_parts_of_the_page_and_escape_leaves_an_empty_canvas(
    qtbot: QtBot, window: MainWindow, page: StartPage
) -> None:
    page.links[0].setFocus()
    qtbot.keyClick(page.links[0], Qt.Key.Key_Tab)
    assert page.cards[0].hasFocus()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Tab)
    assert page.labs[0].hasFocus()
    qtbot.keyClick(page.labs[0], Qt.Key.Key_Tab)
    assert page.lessons[0].hasFocus()
    qtbot.keyClick(page.lessons[0], Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.labs[0], Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert page.cards[0].hasFocus()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Escape)
    assert not page.isVisible() and window.canvas.hasFocus()
    assert len(window.document.graph) == 0


def test_tab_still_adds_a_block_while_the_page_shows(qtbot: QtBot, window: MainWindow, page: StartPage) -> None:
    qtbot.keyClick(window.canvas, Qt.Key.Key_Tab)
    popup = window.canvas.popup
    assert popup.isVisible() and page.isVisible()
    assert not popup.visibleRegion().isEmpty()
    over = window.canvas.childAt(popup.geometry().center())
    assert over is not None and (over is popup or popup.isAncestorOf(over)), "the list lies over the page"
    qtbot.keyClicks(popup.field, "input")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert len(window.document.graph) == 1
    assert not page.isVisible()


def test_a_double_click_beside_everything_adds_a_block_there(qtbot: QtBot, window: MainWindow, page: StartPage) -> None:
    qtbot.mouseDClick(page, LEFT, pos=QPoint(4, 4))
    assert window.canvas.popup.isVisible()
    qtbot.keyClick(window.canvas.popup.field, Qt.Key.Key_Escape)
    assert page.isVisible()


def test_a_block_is_dragged_onto_the_canvas_through_the_page(qtbot: QtBot, window: MainWindow, page: StartPage) -> None:
    palette = window.docks["palette"].widget()
    assert isinstance(palette, PalettePanel)
    found = palette.tree.findItems("Input", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    mime = palette.tree.mimeData([next(item for item in found if item.data(0, BLOCK_ROLE))])
    place = QPoint(200, 150)

    def enter() -> None:
        event = QDragEnterEvent(place, Qt.DropAction.CopyAction, mime, LEFT, NONE)
        page.dragEnterEvent(event)
        assert not event.isAccepted()

    enter()
    assert not page.isVisible()
    viewport = window.canvas.viewport()
    QApplication.sendEvent(viewport, QDragEnterEvent(place, Qt.DropAction.CopyAction, mime, LEFT, NONE))
    QApplication.sendEvent(viewport, QDragLeaveEvent())
    qtbot.waitUntil(page.isVisible)  # it went back to the palette
    enter()
    QApplication.sendEvent(viewport, QDragEnterEvent(place, Qt.DropAction.CopyAction, mime, LEFT, NONE))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(place), Qt.DropAction.CopyAction, mime, LEFT, NONE))
    assert len(window.document.graph) == 1
    qtbot.wait(10)
    assert not page.isVisible()


def test_undoing_the_first_block_does_not_bring_the_page_back_but_new_does(window: MainWindow, page: StartPage) -> None:
    window.canvas.add_block(Input(), QPointF(0, 0))
    window.commands.run("undo")
    assert len(window.document.graph) == 0
    assert not page.isVisible()
    window.document.undo_stack.clear()
    window.commands.run("new")
    assert page.isVisible()


def test_the_menu_brings_the_page_back_over_a_network_and_puts_it_away(
    qtbot: QtBot, window: MainWindow, page: StartPage
) -> None:
    window.commands.run("new-lenet5")
    window.commands.run("start-page")
    assert page.isVisible() and page.cards[0].hasFocus()
    assert window.commands.bound["start-page"].isChecked()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert window.document.project == from_template("lenet5")
    window.commands.run("start-page")
    window.commands.run("start-page")
    assert not page.isVisible()


def test_over_a_network_the_page_has_a_way_back_and_escape_takes_it_from_the_canvas_too(
    qtbot: QtBot, window: MainWindow, page: StartPage
) -> None:
    back = page.links[-1]
    assert back.title == "Empty canvas"
    window.commands.run("new-lenet5")
    window.commands.run("start-page")
    assert back.title == back.accessibleName() == "Back to the network" and "(Esc)" in back.toolTip()
    qtbot.mouseClick(back, LEFT)
    assert not page.isVisible()
    window.commands.run("start-page")
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not page.isVisible() and window.document.project == from_template("lenet5")


def test_ctrl_n_gives_an_empty_network_as_the_readme_says(qtbot: QtBot, window: MainWindow, page: StartPage) -> None:
    window.commands.run("new-lenet5")
    assert window.commands.bound["new"].shortcut().toString() == "Ctrl+N"
    window.commands.run("new")
    assert not len(window.document.graph) and window.canvas.hasFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Tab)
    qtbot.keyClicks(window.canvas.popup.field, "input")
    qtbot.keyClick(window.canvas.popup.field, Qt.Key.Key_Return)
    assert [str(node.block.size) for node in window.document.graph.inputs] == ["(1, 28, 28)"]
    assert not page.isVisible()


def test_the_empty_canvas_is_asked_for_with_a_link(qtbot: QtBot, window: MainWindow, page: StartPage) -> None:
    qtbot.mouseClick(page.links[-1], LEFT)
    assert not page.isVisible()
    assert window.canvas.hasFocus()


@pytest.mark.parametrize(("number", "seen"), [(1, "gallery"), (2, "popup")])
def test_famous_networks_and_models_are_asked_for(
    qtbot: QtBot, window: MainWindow, page: StartPage, number: int, seen: str
) -> None:
    qtbot.mouseClick(page.links[number], LEFT)
    asked = window.gallery if seen == "gallery" else window.canvas.popup
    assert asked.isVisible()
    asked.hide()


def test_recent_files_have_pictures_and_open(qtbot: QtBot, window: MainWindow, page: StartPage, file: Path) -> None:
    window.files.open(file)
    window.commands.run("start-page")
    (row,) = page.recent
    qtbot.waitUntil(lambda: row.picture is not None)
    assert (row.title, row.sentence) == ("tiny", str(file.parent))
    assert _folder(Path.home() / "course" / "net.cnn") == str(Path("~", "course"))
    window.document.open(Project(), None)
    qtbot.mouseClick(page.recent[0], LEFT)
    assert window.document.path == file


def test_a_file_that_is_gone_is_grey_and_leaves_the_list_by_delete(
    qtbot: QtBot, window: MainWindow, page: StartPage, file: Path
) -> None:
    window.windows.recent.remember(file.with_name("other.cnn"), Project().graph)
    window.windows.recent.remember(file, Project().graph)
    window.windows.recent.look()
    qtbot.waitUntil(lambda: page.recent[1].is_grey)
    assert page.recent[1].word == "gone" and not page.recent[0].is_grey
    page.recent[1].setFocus()
    qtbot.keyClick(page.recent[1], Qt.Key.Key_Delete)
    assert window.preferences.recent == [file]
    assert page.recent[0].hasFocus()
    qtbot.mouseClick(page.clear, LEFT)
    assert window.preferences.recent == [] and page.recent == []
    assert page.nothing.isVisible() and file.exists()


LOOKS = [(960, 600, 1.0), (960, 600, 1.6), (1100, 720, 1.6), (1213, 768, 1.0), (1280, 720, 1.0), (1280, 720, 1.6)]


def test_nothing_lies_over_anything_or_beyond_the_edge(
    qtbot: QtBot, window: MainWindow, page: StartPage, file: Path
) -> None:
    window.windows.recent.remember(file, Project().graph)
    for width, height, scale in LOOKS:
        theme.set_scale(scale)
        window.resize(width, height)
        qtbot.wait(30)
        parts = [*page.entries, page.footer, page.clear]
        places = [part.rect().translated(part.mapTo(page.inside, QPoint(0, 0))) for part in parts]
        seen = page.inside.parentWidget()
        assert seen is not None
        for number, place in enumerate(places):
            assert place.left() >= 0 and place.right() < seen.width()
            wrapped = parts[number].heightForWidth(place.width())
            assert place.height() >= (wrapped if wrapped > 0 else parts[number].sizeHint().height())
            assert not any(place.intersects(other) for other in places[:number]), parts[number]
        last = page.lessons[-1]
        page._go_to(last)
        assert not last.visibleRegion().isEmpty(), "the page scrolls to what has the keyboard"
    theme.set_scale(1.0)


def test_when_a_file_was_written_is_said_in_few_words() -> None:
    today = date(2026, 3, 10)
    moments = [datetime(2026, 3, 10, 9, 5), datetime(2026, 3, 9), datetime(2026, 1, 2), datetime(2024, 1, 2)]
    assert [_moment(each, today) for each in moments] == ["09:05", "yesterday", "2 Jan", "2 Jan 2024"]


# lessons


def answer(qtbot: QtBot, window: MainWindow, text: str) -> None:
    window.quiz.field.setFocus()
    qtbot.keyClicks(window.quiz.field, text)
    qtbot.keyClick(window.quiz.field, Qt.Key.Key_Return)


def test_a_lesson_opens_its_network_and_asks_through_to_the_end(
    qtbot: QtBot, window: MainWindow, page: StartPage
) -> None:
    lesson = LESSONS["dilation"]
    qtbot.mouseClick(page.lessons[list(LESSONS).index("dilation")], LEFT)
    quiz = window.quiz
    assert window.document.project == lesson.project()
    assert quiz.isVisible() and quiz.header.title.text() == lesson.title
    for number, (name, kind) in enumerate(lesson.asked):
        question = quiz.question
        assert question is not None and (question.node.name, question.kind) == (name, kind)
        assert quiz.header.bar.value() == number
        assert window.document.selection == (name,)
        answer(qtbot, window, question.written)
        assert quiz.mark is not None and quiz.mark.is_right
        assert quiz.header.count.text() == f"{number + 1} of {len(lesson.asked)}"
        qtbot.mouseClick(quiz.next_button, LEFT)
    assert quiz.question is None
    assert "5 of 5 right" in quiz.note.text()
    assert not quiz.header.isVisible()


def test_a_lesson_opens_beside_unsaved_work(window: MainWindow, tiny: Project) -> None:
    window.document.edit("Draw", tiny)
    window.commands.run("lesson-stacks")
    (made,) = window.windows.all[1:]
    assert window.document.project == tiny
    assert made.document.project == LESSONS["stacks"].project()
    assert made.quiz.lesson is LESSONS["stacks"] and window.quiz.lesson is None


def test_a_lesson_waits_while_nothing_of_it_can_be_asked(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("lesson-sizes")
    quiz, document = window.quiz, window.document
    for _ in range(2):
        assert quiz.question is not None
        answer(qtbot, window, quiz.question.written)
        qtbot.mouseClick(quiz.next_button, LEFT)
    assert quiz.question is not None and quiz.question.node.name == "conv2"
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert "conv2" not in document.graph
    assert quiz.question is None and quiz.note.text() == WAITING and quiz.note.isVisible()
    assert not quiz.begin.isVisible() and quiz.end.isVisible() and quiz.header.count.text() == "2 of 7"
    qtbot.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    again = quiz.question
    assert again is not None and again.node.name == "conv2" and quiz.is_open
    assert quiz.score.text() == "2 of 2 right" and quiz.note.text() == ""
    assert window.canvas.hasFocus()  # where the next key is meant for


def test_what_a_lesson_could_not_ask_it_asks_once_it_can(window: MainWindow) -> None:
    window.commands.run("lesson-dilation")
    quiz, document = window.quiz, window.document

    def asked() -> str:
        return quiz.question.node.name if quiz.question is not None else ""

    quiz.go_on()
    assert asked() == "wide"
    document.edit_graph("Delete wide", document.graph.remove("wide", heal=True))
    assert asked() == "far" and quiz.note.text() == CHANGED
    quiz.go_on()
    quiz.go_on()
    assert quiz.header.count.text() == "3 of 5"
    document.undo_stack.undo()
    quiz.go_on()
    assert asked() == "wide"
    quiz.go_on()
    quiz.go_on()
    assert quiz.lesson is None and quiz.note.text() == f"{LESSONS['dilation'].title}: every question was skipped."


def test_another_project_ends_a_lesson(window: MainWindow) -> None:
    window.commands.run("lesson-sizes")
    window.commands.run("new-lenet5")
    assert window.quiz.lesson is None and window.quiz.quiz is None and window.document.concealed == frozenset()
    assert window.document.selection == ()


def test_ending_the_quiz_ends_the_lesson(qtbot: QtBot, window: MainWindow) -> None:
    window.commands.run("lesson-sizes")
    assert not window.quiz.difficulty.isVisible()
    qtbot.mouseClick(window.quiz.end, LEFT)
    assert window.quiz.lesson is None and window.document.concealed == frozenset()
    window.quiz.start()
    assert window.quiz.difficulty.isVisible() and not window.quiz.header.isVisible()

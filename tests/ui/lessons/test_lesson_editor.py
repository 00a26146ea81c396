"""A teacher makes a lesson in the window: text, tasks, network, rules; checked, seen, undone, kept, released."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, Qt
from PySide6.QtGui import QImage, QKeySequence
from pytestqt.qtbot import QtBot

from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask
from cnnstudio.lessons.lesson_edits import parts
from cnnstudio.lessons.lesson_file import read
from cnnstudio.lessons.network_tasks import UsesTask
from cnnstudio.lessons.tasks import Hint
from cnnstudio.project import Project
from cnnstudio.ui.lessons.lesson_editor import PREVIEW, PROBLEMS, WHOLE, LessonEditorPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return tmp_path / "lab.lesson"


@pytest.fixture
def editor(qtbot: QtBot, window: MainWindow, tiny: Project, lab: Path) -> LessonEditorPanel:
    window.document.open(tiny, None)
    window.show_panel("lesson-editor")
    window.classroom.authoring.begin(lab)
    qtbot.waitUntil(lambda: window.classroom.authoring.lesson is not None)
    return window.classroom.authoring.panel


def press(qtbot: QtBot, editor: LessonEditorPanel, keys: QKeySequence.StandardKey) -> None:
    qtbot.keySequence(editor.parts.list, QKeySequence(keys))


def add(editor: LessonEditorPanel, title: str) -> None:
    """Choose a kind of task in the menu, as a person does."""
    action = next(each for each in editor.parts.add.menu().actions() if each.text() == title)
    action.trigger()


def test_a_lesson_begins_with_the_network_that_is_open(
    window: MainWindow, editor: LessonEditorPanel, tiny: Project, lab: Path
) -> None:
    assert read(lab).sheet().start.graph == tiny.graph
    assert editor.parts.list.count() == 4 and editor.tabs.isVisible() and not editor.nothing.isVisible()
    assert not window.document.is_modified, "the lesson is kept in its own file"


def test_what_is_typed_is_a_step_of_its_own_and_is_kept_in_the_file(
    qtbot: QtBot, window: MainWindow, editor: LessonEditorPanel, lab: Path
) -> None:
    window.document.edit_graph("Remove", window.document.graph.remove("linear1"))
    editor.parts.choose(0)
    field = editor.parts.text
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "## Kernels")
    field.settle()
    assert parts(editor.lesson or read(lab))[0] == "## Kernels" and editor.steps.count() == 1
    qtbot.waitUntil(lambda: read(lab).text.startswith("## Kernels"))
    assert "kept in" in editor.head.kept.text()
    qtbot.keyClicks(field, ", and more")
    press(qtbot, editor, QKeySequence.StandardKey.Undo)
    assert field.toPlainText().startswith("# A new lesson") or field.toPlainText() == "## Kernels"
    while editor.steps.canUndo():
        press(qtbot, editor, QKeySequence.StandardKey.Undo)
    assert field.toPlainText().startswith("# A new lesson")
    assert "linear1" not in window.document.graph, "the network has steps of its own"
    press(qtbot, editor, QKeySequence.StandardKey.Redo)
    assert field.toPlainText().startswith("## Kernels")


def test_tasks_are_added_filled_in_moved_and_removed(qtbot: QtBot, editor: LessonEditorPanel, lab: Path) -> None:
    editor.parts.choose(1)
    add(editor, "Uses a block")
    form = editor.parts.form
    assert form is not None and editor.parts.chosen == 2 and isinstance(form.task, UsesTask)
    form.asks.setPlainText("Put a pool in.")
    form.asks.settle()
    form.own.editor("block").give("MaxPool2d")
    form.common.editor("hints").give((Hint("Look under Pooling.", 0.5),))
    assert editor.lesson is not None
    task = editor.lesson.tasks[1]
    assert isinstance(task, UsesTask) and (task.asks, task.block) == ("Put a pool in.", "MaxPool2d")
    assert task.hints == (Hint("Look under Pooling.", 0.5),)
    qtbot.keyClick(editor.parts.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [each.name for each in editor.lesson.tasks] == ["uses1", "size", "smaller"] and editor.parts.chosen == 1
    qtbot.keyClick(editor.parts.list, Qt.Key.Key_Delete)
    assert [each.name for each in editor.lesson.tasks] == ["size", "smaller"]
    press(qtbot, editor, QKeySequence.StandardKey.Undo)
    assert [each.name for each in editor.lesson.tasks] == ["uses1", "size", "smaller"]
    assert editor.keep() == "" and read(lab).tasks == editor.lesson.tasks


def test_the_options_of_a_choice_are_written_a_line_each(editor: LessonEditorPanel) -> None:
    editor.parts.choose(0)
    add(editor, "Choice")
    form = editor.parts.form
    assert form is not None
    form.lists["options"].setPlainText("A kernel\n\n  A picture, with a comma ")
    form.lists["options"].settle()
    form.own.editor("answer").give(2)
    assert editor.lesson is not None and isinstance(task := editor.lesson.tasks[0], ChoiceTask)
    assert task.options == ("A kernel", "A picture, with a comma") and task.answer == 2


def test_what_is_wrong_is_said_in_its_place_and_keeps_it_from_students(qtbot: QtBot, editor: LessonEditorPanel) -> None:
    editor.parts.choose(1)
    form = editor.parts.form
    assert form is not None and isinstance(form.task, NumberTask)
    form.own.editor("answer").give("24 *")
    qtbot.waitUntil(lambda: not editor.head.release.isEnabled())
    assert len(form.problems.rows) == 1 and form.problems.isVisible()
    editor.tabs.setCurrentIndex(PROBLEMS)
    assert editor.tabs.tabText(PROBLEMS).startswith("Problems: ")
    editor.problems.rows[0].buttons[0].click()
    assert editor.parts.isVisible() and editor.parts.chosen == 1
    form.own.editor("answer").give("24")
    qtbot.waitUntil(editor.head.release.isEnabled)
    form.common.editor("name").give("smaller")
    assert "another task" in form.common.rows["name"].sentence.text()
    assert editor.lesson is not None and editor.lesson.tasks[0].name == "size"


def test_the_rules_of_a_lesson_are_ticked_and_its_network_is_what_is_open(
    window: MainWindow, editor: LessonEditorPanel, tiny: Project
) -> None:
    editor.tabs.setCurrentIndex(WHOLE)
    rules = editor.rules
    rules.form.editor("seed").give(7)
    for name, key in (("locked", "conv1"), ("palette", "MaxPool2d"), ("hidden_panels", "source")):
        ticks = rules.ticks[name]
        row = next(n for n in range(ticks.count()) if ticks.item(n).data(Qt.ItemDataRole.UserRole) == key)
        ticks.item(row).setCheckState(Qt.CheckState.Checked)
    assert editor.lesson is not None
    head = editor.lesson.head
    assert (head.seed, head.locked, head.palette, head.hidden_panels) == (7, ("conv1",), ("MaxPool2d",), ("source",))
    window.document.edit_graph("Remove", window.document.graph.remove("conv1"))
    rules.take.click()
    assert editor.lesson.head.locked == () and "conv1" not in editor.lesson.sheet().start.graph
    rules.solve.click()
    assert editor.lesson.head.solution and rules.drop.isEnabled()
    rules.drop.click()
    assert not editor.lesson.head.solution
    for _ in range(7):
        editor.steps.undo()
    assert not editor.steps.canUndo() and editor.lesson.head.seed == -1
    assert editor.lesson.sheet().start.graph == tiny.graph


def test_the_preview_answers_as_the_marking_would(qtbot: QtBot, editor: LessonEditorPanel) -> None:
    editor.tabs.setCurrentIndex(PREVIEW)
    card = editor.preview.cards["size"]
    card.field.setText("28")
    card.submit()
    assert card.verdict.text() == "That would be right with a padding of 2."
    card.hint.click()
    assert "kernel begin" in card.hints.text()
    card.field.setText("24")
    card.submit()
    assert card.sign.accessibleName() == "done"
    assert editor.preview.cards["smaller"].sign.accessibleName() == "done", "of the network that is open"
    assert not any("remark" in text.toPlainText() for text in editor.preview.texts)


def test_it_is_released_and_opened_as_a_student_would(
    qtbot: QtBot, window: MainWindow, editor: LessonEditorPanel, lab: Path
) -> None:
    out = lab.with_name("students.lesson")
    window.classroom.authoring.start(lab)
    assert "your own lesson" in window.messages.bars[0].sentence and not read(lab).head.released
    window.classroom.authoring.start(out)
    qtbot.waitUntil(out.exists)
    given = read(out)
    assert given.head.released and given.tasks[0].is_withheld and given.head.id == read(lab).head.id
    qtbot.waitUntil(lambda: any("what students get" in bar.sentence for bar in window.messages.bars))


def test_a_picture_of_the_text_comes_into_the_file(
    qtbot: QtBot, window: MainWindow, editor: LessonEditorPanel, tmp_path: Path
) -> None:
    buffer = QBuffer()
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.save(buffer, "PNG")
    (tmp_path / "my kernel.png").write_bytes(buffer.data().data())
    editor.parts.choose(0)
    window.classroom.authoring.add_picture(tmp_path / "my kernel.png")
    assert editor.lesson is not None and editor.lesson.pictures == {"my-kernel.png"}
    window.classroom.authoring.add_picture(tmp_path / "none.png")
    assert "none.png" in window.messages.bars[0].sentence


def test_what_another_program_wrote_is_not_written_over_unasked(
    qtbot: QtBot, editor: LessonEditorPanel, lab: Path
) -> None:
    from cnnstudio.lessons.draft import Draft
    from cnnstudio.lessons.lesson_edits import with_head

    other = Draft(lab)
    other.write(with_head(other.read(), title="Theirs"))
    editor.tabs.setCurrentIndex(WHOLE)
    editor.rules.form.editor("title").give("Mine")
    assert "another program" in editor.keep() and read(lab).head.title == "Theirs"
    editor.trouble.rows[0].buttons[0].click()
    assert editor.lesson is not None and editor.lesson.head.title == "Theirs" and editor.keep() == ""
    editor.steps.undo()
    assert editor.lesson.head.title == "Mine" and editor.keep() == "" and read(lab).head.title == "Mine"


def test_a_window_that_closes_keeps_the_lesson_first(window: MainWindow, editor: LessonEditorPanel, lab: Path) -> None:
    editor.tabs.setCurrentIndex(WHOLE)
    editor.rules.form.editor("title").give("Late")
    assert window.classroom.authoring.keep() == "" and read(lab).head.title == "Late"


def test_the_board_of_a_class_is_followed_until_it_is_stopped(
    qtbot: QtBot, window: MainWindow, editor: LessonEditorPanel, lab: Path, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    assert editor.head.board.isEnabled()
    window.classroom.authoring.follow(tmp_path / "shared")
    page = lab.with_name("lab-board.html")
    qtbot.waitUntil(page.exists)
    assert "0 students" in page.read_text()
    going = next(bar for bar in window.messages.bars if "follows shared" in bar.sentence)
    going.buttons["Stop"].click()
    assert going not in window.messages.bars


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_narrow_editor_asks_for_no_more_room(
    qtbot: QtBot, window: MainWindow, editor: LessonEditorPanel, scale: float
) -> None:
    theme.set_scale(scale)
    try:
        dock = window.docks["lesson-editor"]
        dock.setFloating(True)
        editor.setFixedWidth(280)
        dock.resize(280, 620)
        for page in range(editor.tabs.count()):
            editor.tabs.setCurrentIndex(page)
            for place in range(editor.parts.list.count()):
                editor.parts.choose(place)
                qtbot.wait(1)
                assert editor.minimumSizeHint().width() <= 280, (page, place)
    finally:
        theme.set_scale(1.0)

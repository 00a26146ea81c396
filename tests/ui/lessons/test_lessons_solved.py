"""Every lesson that ships, solved by a scripted student in one window, who makes each foreseen mistake first."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.lessons.shipped import KEYS, shipped
from cnnstudio.lessons.soundness import right_answers
from cnnstudio.lessons.variation import worked_out
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project
from cnnstudio.ui.lessons.lesson_panel import LessonPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.run import Run


def test_every_lesson_is_solved_and_ticked_on_the_start_page(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(shipped()) == len(KEYS) >= 14
    weights = tmp_path / "weights.safetensors"
    monkeypatch.setattr(Run, "fits", lambda *_: weights.exists())
    monkeypatch.setattr(Run, "weights", property(lambda _: weights if weights.exists() else None))
    page, told = window.start_page, 0
    for lab, row in zip(shipped(), page.labs, strict=True):
        assert row.title == lab.title and row.word == "", lab.id
        row.click()
        qtbot.waitUntil(lambda: window.classroom.desk is not None)
        panel = window.classroom.panel
        begin(qtbot, panel, "grace")
        assert panel.desk is not None and panel.desk.lesson.head.id == lab.id
        lesson = panel.desk.lesson
        told += mistakes_of(panel, lab.id)
        solve(qtbot, window, lesson, weights)
        count = len(panel.cards)
        assert panel.count.text() == f"{count} of {count} tasks", lab.id
        weights.unlink(missing_ok=True)
        window.document.mark_saved()
        window.document.open(Project(), None)
    page.call()
    assert {row.word for row in page.labs} == {"✓ done"}
    assert told > 120


def begin(qtbot: QtBot, panel: LessonPanel, student: str) -> None:
    assert panel.desk is not None
    if panel.desk.lesson.is_varied:
        qtbot.keyClicks(panel.who.student, student)
        qtbot.keyClick(panel.who.student, Qt.Key.Key_Return)
    assert panel.cards


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2060", "")


def mistakes_of(panel: LessonPanel, lesson: str) -> int:
    """Make every mistake that is foreseen; how many there were."""
    assert panel.desk is not None
    count = 0
    for task in panel.desk.sheet.tasks:
        card = panel.cards[task.name]
        for wrong in task.wrong if isinstance(task, NumberTask | ChoiceTask) else ():
            if isinstance(task, NumberTask):
                given = Answer(str(worked_out(str(wrong.answer), panel.desk.sheet.values)))
            else:
                given = Answer(choice=int(wrong.answer), reason="1")
            card.put(given)
            card.submit()
            assert plain(card.verdict.text()) == wrong.says, (lesson, task.name, wrong.answer)
            assert card.sign.accessibleName() == "open"
            count += 1
        while not card.hint.isHidden():
            card.hint.click()
        assert all(hint.says in plain(card.hints.text()) for hint in task.hints), (lesson, task.name)
    return count


def solve(qtbot: QtBot, window: MainWindow, lesson: LessonFile, weights: Path) -> None:
    """Answer everything, draw the network, and evaluate its weights where that is asked for."""
    panel = window.classroom.panel
    assert panel.desk is not None
    solution = lesson.project(lesson.head.solution)
    for name, given in right_answers(panel.desk.sheet, solution):
        card = panel.cards[name]
        card.put(given)
        card.submit()
        assert card.sign.accessibleName() in ("done", "for your teacher"), (lesson.head.id, name, card.verdict.text())
    window.document.edit("Solve", dataclasses.replace(solution, recipe=window.document.project.recipe))
    panel.update_now()
    if lesson.head.solution_weights:
        weights.write_bytes(lesson.members[lesson.head.solution_weights])
        card = next(card for card in panel.cards.values() if card.task.answered_by == "weights")
        card.submit()
        qtbot.waitUntil(lambda: card.sign.accessibleName() == "done" or "are asked for" in card.verdict.text())
        assert card.sign.accessibleName() == "done", card.verdict.text()

"""The lessons that come with the program: a scripted student solves them, and each foreseen mistake has its words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnnstudio.cli import main
from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask
from cnnstudio.lessons.desk import Desk
from cnnstudio.lessons.handed_in import HandedIn
from cnnstudio.lessons.lesson_file import LessonFile, read, released
from cnnstudio.lessons.marking import evaluation
from cnnstudio.lessons.network_tasks import AccuracyTask
from cnnstudio.lessons.shipped import KEYS, shipped
from cnnstudio.lessons.soundness import findings, right_answers
from cnnstudio.lessons.variation import every, worked_out
from cnnstudio.lessons.work import Accuracy, Answer
from cnnstudio.project import dumps
from cnnstudio.resources import resource


@pytest.fixture(params=KEYS)
def lesson(request: pytest.FixtureRequest) -> LessonFile:
    return read(resource("lessons", request.param))


def test_they_are_listed_in_the_order_in_which_they_are_taught() -> None:
    assert [each.path.name for each in shipped()] == list(KEYS)
    assert all(each.title and each.sentence.endswith(".") and each.id for each in shipped())


def solved(lesson: LessonFile) -> Accuracy | None:
    head = lesson.head
    if not head.solution_weights:
        return None
    work = HandedIn(head.id, "", lesson.project(head.solution), weights=lesson.members[head.solution_weights])
    with evaluation(lesson) as accuracy:
        return accuracy(work)


def test_it_can_be_passed_and_does_not_pass_untouched(lesson: LessonFile) -> None:
    assert [each.sentence for each in findings(lesson, solved(lesson)) if each.severity == "error"] == []
    assert not any("nothing shows" in each.sentence.lower() for each in findings(lesson, solved(lesson)))


def test_a_student_who_knows_everything_has_all_points(lesson: LessonFile) -> None:
    for number in range(6):
        desk = Desk.begin(lesson, student=f"student {number}")
        solution = lesson.project(lesson.head.solution)
        for task in desk.sheet.tasks:
            given = dict(right_answers(desk.sheet, solution)).get(task.name)
            if given is not None:
                desk.answer(task, given)
        desk.draw(solution)
        found = desk.marks(lambda: Accuracy(1.0, "All."))
        assert [mark.task.name for mark in found.tasks if mark.points not in (None, mark.task.points)] == []


def test_every_foreseen_mistake_gets_its_own_words(lesson: LessonFile) -> None:
    told: set[str] = set()
    for values in every(lesson.vary, 10):
        desk = Desk.begin(lesson)
        desk.sheet = lesson.sheet(values=values)
        for task in desk.sheet.tasks:
            for wrong in task.wrong if isinstance(task, NumberTask | ChoiceTask) else ():
                is_number = isinstance(task, NumberTask)
                text = str(worked_out(str(wrong.answer), values)) if is_number else ""
                desk.answer(task, Answer(text) if is_number else Answer(choice=int(wrong.answer), reason="1"))
                mark = next(mark for mark in desk.marks().tasks if mark.task.name == task.name)
                assert mark.verdict.sentence == wrong.says and mark.points == 0
                told.add(f"{task.name} {wrong.answer}")
    assert len(told) > 2


def test_it_can_be_released(lesson: LessonFile) -> None:
    given = released(lesson)
    assert "solution.cnn" not in given.members and "solution.safetensors" not in given.members
    assert any(task.is_withheld for task in given.tasks)
    assert given.sheet("x").start == lesson.sheet("x").start


def test_forty_digits_pass_with_augmentation_and_not_without_it(tmp_path: Path) -> None:
    """The threshold stands between what was measured: with the lesson's seed 69.6 to 71.6 % of the digits kept apart
    without augmentation (150 and 500 epochs, with and without Dropout, best and last weights), 74.9 to 84.4 % with it.

    Of the seeds 0 to 4 the same is 69.6 to 81.6 and 74.9 to 86.4 %: which 32 of the 40 pictures are learned from, and
    how the weights begin, counts for as much as augmentation does. That is why the lesson sets its seed.
    """
    place = resource("lessons", "overfitting")
    lesson = read(place)
    least = next(task.least for task in lesson.tasks if isinstance(task, AccuracyTask))
    passes = solved(lesson)
    assert passes is not None and passes.share is not None and passes.share >= least + 0.05
    start = lesson.sheet().start
    plain = replace(start, recipe=replace(start.recipe, data="folder", folder=str(place / "pictures")))
    (tmp_path / "plain.cnn").write_text(dumps(plain), encoding="utf-8")
    assert main(["train", str(tmp_path / "plain.cnn"), "--out", str(tmp_path / "run")]) == 0
    for name in ("best.safetensors", "last.safetensors"):
        work = HandedIn("overfitting", "", plain, weights=(tmp_path / "run" / name).read_bytes())
        with evaluation(lesson) as accuracy:
            found = accuracy(work).share
        assert found is not None and found < least - 0.02

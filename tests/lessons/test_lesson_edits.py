"""What a teacher does to a lesson in the editor, on the lesson as a value."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask
from cnnstudio.lessons.draft import ChangedError, Draft
from cnnstudio.lessons.lesson_edits import (
    for_students,
    new_lesson,
    new_task,
    parts,
    picture_name,
    with_file,
    with_head,
    with_part,
    with_parts,
    with_solution,
    with_start,
)
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, made, members_of, read, released
from cnnstudio.lessons.soundness import findings
from cnnstudio.lessons.tasks import TASKS
from cnnstudio.project import Project, from_template


@pytest.fixture(scope="module")
def fresh() -> LessonFile:
    return new_lesson(from_template("lenet5"))


def again(lesson: LessonFile) -> LessonFile:
    """The lesson as it is read from its own bytes."""
    return made(members_of(lesson))


def test_a_new_lesson_is_read_again_and_can_be_released(fresh: LessonFile) -> None:
    assert [each.severity for each in findings(again(fresh))] == ["warning"]
    given = for_students(fresh)
    assert given.head.released and given.tasks[0].is_withheld and "remark" not in given.text
    with pytest.raises(LessonError, match="already"):
        for_students(given)
    assert new_lesson(Project()).head.id != fresh.head.id


def test_the_parts_of_a_lesson_are_what_a_student_is_shown_in_that_order(lesson: LessonFile) -> None:
    shown = [part if isinstance(part, str) else part.name for part in lesson.sheet().parts]
    raw = [part if isinstance(part, str) else part.name for part in parts(lesson)]
    assert [each for each in raw if "echidna" not in each and "{" not in each] == [
        each for each in shown if "echidna" not in each and "First" not in each
    ]


def test_parts_that_are_put_back_are_the_same_lesson(lesson: LessonFile) -> None:
    back = again(with_parts(lesson, parts(lesson)))
    assert parts(back) == parts(lesson) and back.head == lesson.head and back.vary == lesson.vary
    assert with_parts(back, parts(back)).text == back.text


def test_a_place_for_no_task_stays_a_text(fresh: LessonFile) -> None:
    lesson = dataclasses.replace(fresh, text="One\n\n[task: gone]\n\n[task: size]\n\n[task: size]\n")
    found = parts(lesson)
    assert found[0] == "One\n\n[task: gone]" and found[1] == fresh.tasks[0]
    assert found[2] == "[task: size]" and found[3] == fresh.tasks[1]


def test_tasks_are_moved_taken_out_and_renamed_with_their_places(fresh: LessonFile) -> None:
    first, size, smaller, last = parts(fresh)
    moved = again(with_parts(fresh, (smaller, first, size, last)))
    assert [task.name for task in moved.tasks] == ["smaller", "size"] and parts(moved)[0] == smaller
    gone = again(with_parts(fresh, (first, smaller, last)))
    assert [task.name for task in gone.tasks] == ["smaller"] and "size" not in gone.text
    assert isinstance(size, NumberTask)
    renamed = again(with_part(fresh, 1, dataclasses.replace(size, name="height")))
    assert "[task: height]" in renamed.text and parts(renamed)[1] == renamed.tasks[0]
    with pytest.raises(LessonError, match="another task"):
        with_part(fresh, 1, dataclasses.replace(size, name="smaller"))
    for bad in ("", "a b", "ö", "-x"):
        with pytest.raises(LessonError, match="letters, digits"):
            with_part(fresh, 1, dataclasses.replace(size, name=bad))


@pytest.mark.parametrize("kind", TASKS.values(), ids=lambda kind: str(kind.kind))
def test_a_task_of_every_kind_can_be_added_and_is_read_again(fresh: LessonFile, kind: type) -> None:
    lesson = fresh
    for _ in range(2):
        lesson = again(with_parts(lesson, (*parts(lesson), new_task(lesson, kind))))
    assert [type(task) for task in lesson.tasks[2:]] == [kind, kind]
    assert [task.name for task in lesson.tasks[2:]] == [f"{kind.kind}1", f"{kind.kind}2"]
    assert not isinstance(lesson.tasks[2], ChoiceTask) or lesson.tasks[2].answer == 1


def test_the_network_to_begin_with_takes_along_what_no_longer_fits(lesson: LessonFile) -> None:
    assert lesson.head.locked == ("image",) and lesson.settings
    network = from_template("lenet5")
    network = network.with_graph(network.graph.rename("conv1", "first"))
    other = with_start(lesson, network)
    assert other.head.locked == () and not other.settings
    assert again(other).sheet().start.graph == network.graph
    same = with_start(lesson, lesson.project("start.cnn"))
    assert same.head.locked == ("image",) and same.settings == lesson.settings


def test_a_solution_comes_and_goes_and_students_never_get_it(fresh: LessonFile) -> None:
    solved = again(with_solution(fresh, from_template("lenet5"), b"\x02" + bytes(7) + b"{}"))
    assert solved.head.solution == "solution.cnn" and solved.head.solution_weights in solved.members
    assert not released(solved).members.keys() & {"solution.cnn", "solution.safetensors"}
    assert any("fails smaller" in each.sentence for each in findings(solved))
    with pytest.raises(LessonError, match="smaller"):
        for_students(with_solution(fresh, from_template("lenet5")))
    assert members_of(with_solution(solved, None)) == members_of(fresh)


def test_pictures_with_one_name_do_not_take_each_others_place(fresh: LessonFile) -> None:
    lesson = with_file(fresh, "a-b.png", b"1")
    assert picture_name(lesson, "a b.PNG", b"1") == "a-b.png"
    assert picture_name(lesson, "a b.png", b"2") == "a-b-2.png"
    assert picture_name(lesson, "…", b"3").startswith("picture")


def test_a_value_that_cannot_be_is_refused_in_a_sentence(fresh: LessonFile) -> None:
    with pytest.raises(LessonError, match="seed"):
        with_head(fresh, seed=-2)


def test_a_draft_is_kept_and_never_over_what_another_program_wrote(fresh: LessonFile, tmp_path: Path) -> None:
    draft = Draft(tmp_path / "lab.lesson")
    draft.write(fresh)
    other = Draft(tmp_path / "lab.lesson")
    changed = with_head(other.read(), title="Changed")
    other.write(changed)
    with pytest.raises(ChangedError, match="another program"):
        draft.write(fresh)
    assert read(tmp_path / "lab.lesson").head.title == "Changed"
    draft.write(fresh, over_others=True)
    assert read(tmp_path / "lab.lesson").head.title == "A new lesson"
    draft.write(with_head(fresh, title="Again"))
    assert draft.read().head.title == "Again"


def test_what_is_no_lesson_of_a_teacher_is_not_edited(fresh: LessonFile, tmp_path: Path) -> None:
    path = tmp_path / "lab.lesson"
    Draft(path).write(for_students(fresh))
    with pytest.raises(LessonError, match="what students get"):
        Draft(path).read()
    path.write_bytes(b"no zip")
    with pytest.raises(LessonError, match="cannot be opened"):
        Draft(path).read()
    with pytest.raises(LessonError, match="folder"):
        Draft(tmp_path).read()

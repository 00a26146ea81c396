"""A student at a lesson: what is done stays done, also on another day."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.folders import lessons_folder
from cnnstudio.lessons.begun import begun
from cnnstudio.lessons.desk import Desk, weights_bytes
from cnnstudio.lessons.handed_in import HandInError
from cnnstudio.lessons.handed_in import read as read_work
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, released
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.work import Accuracy, Answer
from cnnstudio.project import Project


def task(desk: Desk, name: str) -> Task:
    return next(each for each in desk.sheet.tasks if each.name == name)


def test_what_was_done_is_there_on_another_day(lesson: LessonFile, solution: Project, tmp_path: Path) -> None:
    desk = Desk.begin(lesson, tmp_path / "x.lesson")
    desk.call("ada", "Ada")
    desk.answer(task(desk, "why"), Answer(choice=2, reason="Shared"))
    desk.take_hint(task(desk, "count"))
    desk.draw(solution)
    assert desk.keep() == ""
    again = Desk.resume(lesson)
    assert (again.work.student, again.work.project, again.sheet.values) == ("ada", solution, desk.sheet.values)
    assert again.given(task(again, "why")).choice == 2 and len(again.hints(task(again, "count"))[0]) == 1
    (entry,) = begun()
    assert (entry.id, entry.title, entry.path) == (lesson.head.id, "Everything at once", str(tmp_path / "x.lesson"))
    assert entry.done == sum(mark.is_done for mark in desk.marks().tasks) > 4
    assert entry.tasks == 12


def test_a_damaged_memory_is_a_new_beginning(lesson: LessonFile) -> None:
    desk = Desk.begin(lesson)
    desk.keep()
    for path in lessons_folder().iterdir():
        path.write_bytes(b"damaged")
    again = Desk.resume(lesson)
    assert not begun() and again.work.answers == {} and "cannot be read" in again.told
    assert again.keep() == ""
    aside = again.place.with_name(f"{again.place.stem} (2).handin")
    assert aside.read_bytes() == b"damaged" and str(aside.parent) in again.told and aside.name in again.told


def test_what_cannot_be_looked_at_now_is_not_begun_anew(lesson: LessonFile) -> None:
    desk = Desk.begin(lesson)
    desk.answer(task(desk, "why"), Answer(choice=2))
    desk.keep()
    kept = desk.place.read_bytes()
    desk.place.unlink()
    desk.place.mkdir()
    with pytest.raises(LessonError, match="cannot be opened now"):
        Desk.resume(lesson)
    desk.place.rmdir()
    desk.place.write_bytes(kept)
    assert Desk.resume(lesson).given(task(desk, "why")).choice == 2


def test_two_programs_at_one_lesson_write_over_nothing(lesson: LessonFile) -> None:
    one, other = Desk.begin(lesson), Desk.begin(lesson)
    one.answer(task(one, "why"), Answer(choice=2))
    other.answer(task(other, "why"), Answer(choice=1))
    assert one.keep() == ""
    assert "open in another CNN Studio" in (told := other.keep()) and other.place.name in told
    assert other.keep() == "" and one.keep() == "", "it is said once"
    for desk, choice in ((one, 2), (other, 1)):
        work = read_work(io.BytesIO(desk.place.read_bytes()))
        assert work.answers["why"].choice == choice


def test_the_list_of_lessons_is_kept_where_it_cannot_be_opened(lesson: LessonFile) -> None:
    lessons_folder().mkdir(parents=True)
    (lessons_folder() / "begun.json").mkdir()
    desk = Desk.begin(lesson)
    assert desk.keep().startswith("The list of your lessons is not kept: ") and desk.is_kept and begun() == []


def test_who_begins_again_is_kept_in_the_same_place(lesson: LessonFile) -> None:
    desk = Desk.begin(lesson)
    desk.answer(task(desk, "why"), Answer(choice=2))
    desk.keep()
    anew = Desk.begin(lesson)
    anew.instead_of(desk)
    assert anew.keep() == "" and anew.place == desk.place and not Desk.resume(lesson).work.answers


def test_who_has_nowhere_to_write_is_told(lesson: LessonFile) -> None:
    lessons_folder().parent.mkdir(parents=True, exist_ok=True)
    lessons_folder().write_text("a file in the way")
    assert Desk.begin(lesson).keep().startswith("What you did in this lesson is not kept: ")


def test_of_a_prediction_the_first_answer_stays(lesson: LessonFile) -> None:
    desk = Desk.begin(lesson, student="ada")
    assert [question.node.name for question in desk.open_questions()] == ["conv1"]
    desk.answer(task(desk, "guess"), Answer("1 × 1 × 1"))
    desk.answer(task(desk, "guess"), Answer("2 × 2 × 2"))
    assert desk.given(task(desk, "guess")).text == "1 × 1 × 1" and not list(desk.open_questions())


def test_another_student_begins_without_the_answers_of_the_first(lesson: LessonFile) -> None:
    desk = Desk.begin(lesson, student="ada")
    desk.answer(task(desk, "why"), Answer(choice=2))
    other = next(f"s{n}" for n in range(20) if lesson.sheet(f"s{n}").values != desk.sheet.values)
    desk.call(other, "")
    assert desk.work.answers == {} and desk.sheet.values == lesson.sheet(other).values


def test_what_is_handed_in_is_what_was_done(lesson: LessonFile, solution: Project, trained: bytes) -> None:
    desk = Desk.begin(released(lesson), student="ada")
    desk.answer(task(desk, "count"), Answer("40"))
    desk.answer(task(desk, "count"), Answer("60"))
    desk.draw(solution)
    found = read_work(io.BytesIO(desk.handed_in(trained)))
    assert (found.student, found.lesson, found.project) == ("ada", lesson.head.id, solution)
    assert [each.answer.text for each in found.attempts] == ["40", "60"] and found.answers["count"].text == "60"
    assert found.weights == trained and found.written.startswith("20")


def test_weights_come_from_a_file_or_from_memory(trained: bytes, tmp_path: Path) -> None:
    from cnnstudio.training.weights import Held, read

    (tmp_path / "w.safetensors").write_bytes(trained)
    assert weights_bytes(tmp_path / "w.safetensors") == trained and weights_bytes(None) is None
    tensors, told = read(tmp_path / "w.safetensors")
    made = weights_bytes(Held(tensors, told))
    assert made is not None
    (tmp_path / "again.safetensors").write_bytes(made)
    assert read(tmp_path / "again.safetensors")[1] == told
    with pytest.raises(HandInError, match="does not exist"):
        weights_bytes(tmp_path / "gone.safetensors")


def test_nothing_of_a_desk_is_shared_between_two(lesson: LessonFile) -> None:
    one, other = Desk.begin(lesson, student="ada"), Desk.begin(lesson, student="ada")
    one.take_hint(task(one, "count"))
    assert other.work.hints == {}


def test_a_lesson_brings_the_pictures_to_learn_from(
    lesson_of: Callable[..., LessonFile], header: dict[str, Any]
) -> None:
    whole = lesson_of(header | {"training": "train"})
    whole = replace(whole, members={**whole.members, "train/a/1.png": b"one", "train/b/2.png": b"two"})
    desk = Desk.begin(whole, student="ada")
    assert desk.unpack() == ""
    recipe = desk.work.project.recipe
    assert recipe.data == "folder" and desk.start == desk.work.project
    folder = Path(recipe.folder)
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}
    assert found == {"a/1.png": b"one", "b/2.png": b"two"}
    (folder / "a" / "1.png").unlink()
    assert desk.unpack() == "" and (folder / "a" / "1.png").read_bytes() == b"one"


def test_a_lesson_brings_the_weights_to_begin_with(
    lesson_of: Callable[..., LessonFile], header: dict[str, Any]
) -> None:
    whole = lesson_of(header | {"weights": "a.safetensors"}, a__safetensors=b"numbers")
    desk = Desk.begin(whole, student="ada")
    assert desk.unpack() == "" and Path(desk.work.project.recipe.weights).read_bytes() == b"numbers"
    assert released(whole).members["a.safetensors"] == b"numbers"


def test_what_is_known_of_the_weights_counts_as_done(lesson: LessonFile, solution: Project) -> None:
    desk = Desk.begin(lesson, student="ada")
    desk.draw(solution)
    assert desk.keep() == ""
    before = begun()[0].done
    assert desk.keep(lambda: Accuracy(0.99, "")) == "" and begun()[0].done == before + 1

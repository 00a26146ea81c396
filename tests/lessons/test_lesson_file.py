"""Lesson files: read, varied by student, checked before anybody sits down to them, and released."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Group, Input, Linear, Tanh
from cnnstudio.graph import Graph, Node
from cnnstudio.lessons.archive import packed
from cnnstudio.lessons.header import HeaderError, joined, parted
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, members_of, read, read_bytes, released, write
from cnnstudio.lessons.soundness import findings
from cnnstudio.lessons.tasks import TASKS, help_of, purpose, read_task, written_task
from cnnstudio.lessons.variation import VariationError, chosen, every, filled, worked_out
from cnnstudio.lessons.work import Work
from cnnstudio.project import Project, dumps

Maker = Callable[..., LessonFile]


# header


def test_a_header_that_is_written_is_read_again() -> None:
    header = {
        "title": 'Quotes "and" \\ back\nslash\x7f', "n": 3, "x": 0.5, "is": True, "list": ["a", "ü"], "empty": [],
        "table": {"a.b": 1, "inner": {"deep": "x"}}, "task": [{"name": "one", "hints": [{"says": "h"}]}, {}],
    }  # fmt: skip
    assert parted(joined(header, "# Text\n")) == (header, "# Text\n")


@pytest.mark.parametrize(
    "text",
    ["", "no header", "+++\ntitle = 1", "+++\ntitle = \n+++\n", "+++\n" + "[" * 5_000 + "\n+++\n",
     "+++\nx = " + "9" * 5_000 + "\n+++\n", "x" * 600_000],
)  # fmt: skip
def test_a_text_without_a_header_is_a_sentence(text: str) -> None:
    with pytest.raises(HeaderError) as caught:
        parted(text)
    assert len(str(caught.value)) < 400


def test_a_mistake_in_the_header_is_placed_where_it_stands_in_the_file() -> None:
    with pytest.raises(HeaderError, match="line 3"):
        parted("+++\na = 1\nb = \n+++\n")


# variation


def test_a_student_always_has_the_same_numbers_and_students_have_different_ones() -> None:
    vary = {"channels": (4, 6, 8), "word": ("a", "b")}
    assert chosen(vary, "l", " Ada  Lovelace") == chosen(vary, "l", "ada lovelace ")
    assert {chosen(vary, "l", str(number))["channels"] for number in range(40)} == {4, 6, 8}
    assert chosen(vary, "l", "") == {"channels": 4, "word": "a"}


def test_every_variant_is_gone_through_or_each_choice_in_turn() -> None:
    vary = {"a": tuple(range(5)), "b": tuple(range(5))}
    assert len({tuple(each.values()) for each in every(vary, 100)}) == 25
    some = list(every(vary, 10))
    assert len(some) == 10 and {each["a"] for each in some} == {each["b"] for each in some} == set(range(5))


def test_names_are_filled_in_and_other_braces_stay() -> None:
    assert filled("{channels} of {other} {0}", {"channels": 8}) == "8 of {other} {0}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9 * k + 1", 28),
        ("(32 - k) // 2 + 1", 15),
        ("1 / k", Fraction(1, 3)),
        ("0.79", Fraction(79, 100)),
        ("-2 ** 2", -4),
    ],
)
def test_a_sum_is_worked_out(text: str, value: Fraction) -> None:
    assert worked_out(text, {"k": 3}) == value


@pytest.mark.parametrize(
    "text", ["", "k +", "open('x')", "__import__", "1 / 0", "9 ** 9 ** 9", "1e400", "'a'", "n", "(" * 300]
)
def test_what_is_no_sum_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(VariationError):
        worked_out(text, {"k": 3})


# tasks


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_of_task_is_read_written_and_explained(kind: str) -> None:
    made = read_task({"kind": kind, "name": "x", "points": 3})
    assert read_task(written_task(made)) == made
    assert purpose(TASKS[kind]).endswith(".")
    assert all(text for _, text in help_of(TASKS[kind]).values())


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({}, "kind is missing"), ({"kind": "shap"}, "do you mean shape|shape"), ({"kind": "shape", "nod": "x"}, "nod"),
        ({"kind": "parameters", "most": -1}, "most must be from 0"), ({"kind": "number", "hints": ["x"]}, "Hint"),
        ({"kind": "number", "wrong": [{"answer": 1, "sayz": "x"}]}, "sayz"),
    ],
)  # fmt: skip
def test_a_task_that_is_none_is_a_sentence(lesson_of: Maker, header: dict[str, Any], entry: Any, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        lesson_of(header | {"task": [entry]})


# reading


def test_a_lesson_comes_back_from_its_file_and_from_a_folder(lesson: LessonFile, tmp_path: Path) -> None:
    write(tmp_path / "a.lesson", members_of(lesson))
    for name, data in members_of(lesson).items():
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(data)
    for found in (read(tmp_path / "a.lesson"), read(tmp_path / "folder")):
        assert (found.head, found.tasks, found.text, found.vary) == (
            lesson.head,
            lesson.tasks,
            lesson.text,
            lesson.vary,
        )


def test_a_sheet_has_a_student_s_own_numbers_and_network(lesson: LessonFile) -> None:
    sheets = [lesson.sheet(f"student {number}") for number in range(20)]
    assert {sheet.values["channels"] for sheet in sheets} == {4, 6, 8}
    for sheet in sheets:
        count = sheet.values["channels"]
        assert sheet.start.graph["conv1"].block.values["out_channels"] == count
        assert f"First {count} channels" in sheet.text and f"{count} filters" in sheet.tasks[0].asks
        assert sheet.start.recipe.seed == 3
        assert "echidna" not in sheet.text


def test_tasks_stand_where_the_text_has_a_place_for_them_and_the_others_behind(lesson: LessonFile) -> None:
    parts = list(lesson.sheet().parts)
    names = [part if isinstance(part, str) else part.name for part in parts]
    assert names[0].startswith("# Everything") and names[1] == "count" and names[2] == "Then." and names[3] == "why"
    assert sorted(name for name in names if name in {task.name for task in lesson.tasks}) == sorted(
        task.name for task in lesson.tasks
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"palette": ["Conv3d"]}, "Conv3d"), ({"vary": {"x": []}}, "x is a list"), ({"set": {"conv1": 1}}, "conv1"),
        ({"titel": "x"}, "titel"), ({"task": "x"}, "tables"), ({"seed": -2}, "seed"),
        ({"task": [{"kind": "uses", "name": "a b"}]}, "letters, digits"),
        ({"task": [{"kind": "uses", "name": "a"}, {"kind": "uses", "name": "a"}]}, "another task"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_is_a_sentence(
    lesson_of: Maker, header: dict[str, Any], change: Any, says: str
) -> None:
    with pytest.raises(LessonError, match=says):
        lesson_of(header | change)


def test_a_network_that_is_not_there_or_damaged_is_a_sentence(lesson_of: Maker, header: dict[str, Any]) -> None:
    with pytest.raises(LessonError, match=r"no file other\.cnn"):
        lesson_of(header | {"start": "other.cnn"}).sheet()
    with pytest.raises(LessonError, match="cannot be opened"):
        lesson_of(header | {"start": "bad.cnn"}, bad__cnn=b"{}").sheet()
    with pytest.raises(LessonError, match="no such node"):
        lesson_of(header | {"set": {"conv9.out_channels": 3}}).sheet()
    with pytest.raises(LessonError, match="out_channels"):
        lesson_of(header | {"set": {"conv1.out_channels": "many"}}).sheet()


def test_a_hostile_file_is_a_sentence(lesson: LessonFile, tmp_path: Path) -> None:
    whole = packed(members_of(lesson))
    for at in range(0, len(whole), 97):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            try:
                read_bytes(damaged).sheet("x")
            except LessonError as error:
                assert len(str(error)) < 1_000
    with pytest.raises(LessonError, match="is no lesson"):
        read_bytes(packed({"other.md": b""}))
    with pytest.raises(LessonError, match="does not exist"):
        read(tmp_path / "nowhere.lesson")


# soundness


def sentences(lesson: LessonFile, severity: str = "error") -> str:
    return "\n".join(each.sentence for each in findings(lesson) if each.severity == severity)


def test_a_lesson_that_can_be_passed_has_no_errors(lesson: LessonFile) -> None:
    assert not sentences(lesson)
    assert "good: nothing shows that so much can be reached" in sentences(lesson, "warning")
    assert "passes sees" in sentences(lesson, "warning") or "sees" in sentences(lesson, "warning")


def changed(header: dict[str, Any], name: str, **words: Any) -> dict[str, Any]:
    for task in header["task"]:
        if task["name"] == name:
            task.update(words)
    return header


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("small", {"most": 10}, "cannot be passed: the solution fails small"),
        ("small", {"least": 2_000}, "cannot both be"),
        ("pool", {"block": "Pool"}, "there is no block"),
        ("count", {"answer": ""}, "it has no answer"),
        ("count", {"answer": "9 * chanels"}, "no sum"),
        ("count", {"wrong": [{"answer": "10 * channels", "says": "x"}]}, "foreseen as wrong, and it is right"),
        ("count", {"wrong": [{"answer": "60", "says": "x"}]}, "foreseen as wrong, and it is right"),  # for 6 channels
        ("why", {"answer": 4}, "number of an option"),
        ("why", {"options": ["one"]}, "two options"),
        ("guess", {"node": "conv9"}, "no node conv9"),
        ("guess", {"node": "relu1"}, "cannot be asked for its shape"),
        ("tell", {"asks": ""}, "it asks nothing"),
    ],
)
def test_a_lesson_that_cannot_be_passed_is_found(
    lesson_of: Maker, header: dict[str, Any], name: str, words: Any, says: str
) -> None:
    assert says in sentences(lesson_of(changed(header, name, **words)))


def test_a_lesson_that_passes_untouched_is_found(lesson_of: Maker, header: dict[str, Any]) -> None:
    header["task"] = [each for each in header["task"] if each["name"] in ("ten", "notanh")]
    assert "passes untouched" in sentences(lesson_of(header))


def test_what_the_beginning_passes_needs_no_solution_to_show_it(header: dict[str, Any], lesson_of: Maker) -> None:
    del header["solution"], header["vary"], header["set"]
    header["task"] = [each for each in header["task"] if each["name"] in ("notanh", "pool", "good")]
    said = sentences(lesson_of(header), "warning").splitlines()
    assert said == [
        "The network at the beginning passes notanh as it is.",
        "Nothing shows that pool and good can be passed: name a solution.",
    ]


def test_files_that_a_header_names_and_a_lesson_lacks_are_found(lesson_of: Maker, header: dict[str, Any]) -> None:
    assert "no folder train" in sentences(lesson_of(header | {"training": "train"}))
    assert "no such file" in sentences(lesson_of(header | {"weights": "w.safetensors"}))
    assert "numbers alone" in sentences(lesson_of(header | {"weights": "w.pth"}, w__pth=b"x"))


def test_pictures_for_dark_windows_come_along(lesson_of: Maker, header: dict[str, Any]) -> None:
    given = released(lesson_of(header, "![k](k.png)", k__png=b"x", **{"k__dark__png": b"y", "other__dark__png": b"z"}))
    assert {"k.png", "k.dark.png"} <= given.members.keys() and "other.dark.png" not in given.members


def test_parameters_that_are_frozen_need_not_count(lesson_of: Maker, header: dict[str, Any]) -> None:
    head = Node("fc1", Linear(10), ("flatten1",))
    body = Graph.of([Node("input1", Input()), Node("conv1", Conv2d(4, 3), ("input1",))])
    found = []
    for frozen in (False, True):
        group = Node("group1", Group("Body", body, frozen=frozen), ("image",))
        nodes = [Node("image", Input((1, 8, 8))), group, Node("flatten1", Flatten(), ("group1",)), head]
        sheet = lesson_of(header | {"locked": [], "palette": []}).sheet()
        task = read_task({"kind": "parameters", "name": "p", "most": 1450, "frozen": False})
        found.append(task.verdict(Work(Project(Graph.of(nodes)), sheet.start)))
    assert [each.is_right for each in found] == [False, True]
    assert found[1].sentence == "The network has 1,450 parameters that are not frozen."


def test_other_faults_of_a_lesson_are_found(lesson_of: Maker, header: dict[str, Any]) -> None:
    assert "no id" in sentences(lesson_of(header | {"id": ""}))
    assert "locked" in sentences(lesson_of(header | {"locked": ["conv7"]}))
    assert "held_out" in sentences(lesson_of(header | {"held_out": ""}))
    assert "no such file" in sentences(lesson_of(header, "![x](kernel.png)"))
    assert "place for a task" in sentences(lesson_of(header, "[task: nothing]"))
    tanh = Project(Graph.of([Node("image", Input((1, 8, 8))), Node("tanh1", Tanh(), ("image",))]))
    assert "Tanh is not among" in sentences(lesson_of(header, solution__cnn=dumps(tanh).encode()))
    says = lesson_of(changed(header, "count", answer=417, wrong=[], hints=[{"says": "It is 417.", "costs": 9}]))
    assert "says the answer" in sentences(says, "warning") and "cost more" in sentences(says, "warning")


# releasing


SECRETS = (b"70123", b"quokka", b"wombat", b"echidna", b"platypus", b"731", b"solution", b"Secretly")


def test_nobody_finds_an_answer_in_what_students_get_by_reading_its_bytes(lesson: LessonFile) -> None:
    def everything(data: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = b"".join(archive.read(name) for name in archive.namelist())
            about = b"".join(info.comment + info.extra for info in archive.infolist()) + archive.comment
        return data + inside + about

    teachers = everything(packed(members_of(lesson) | {"notes.txt": b"echidna"}))
    assert all(secret in teachers for secret in SECRETS)  # else the test below could not fail
    students = everything(packed(members_of(released(lesson))))
    assert not [secret for secret in SECRETS if secret in students]


def test_what_students_get_can_be_worked_at_and_says_what_is_kept(lesson: LessonFile) -> None:
    given = read_bytes(packed(members_of(released(lesson))))
    assert given.head.released and given.head.id == lesson.head.id
    assert given.points == lesson.points and given.head.kept_points == 1
    assert "platypus" not in {task.name for task in given.tasks} and "[task: platypus]" not in given.text
    assert {task.name for task in given.tasks if task.is_withheld} == {"count", "why"}
    assert given.sheet("ada").start.graph == lesson.sheet("ada").start.graph
    assert given.sheet("ada").values == lesson.sheet("ada").values


def test_a_task_for_practice_keeps_its_answer(lesson_of: Maker, header: dict[str, Any]) -> None:
    given = released(lesson_of(changed(header, "count", practice=True)))
    assert not next(task for task in given.tasks if task.name == "count").is_withheld


def test_only_files_that_students_need_come_along(lesson_of: Maker, header: dict[str, Any]) -> None:
    header |= {"held_out": "kept", "training": "train", "start": "start-{channels}.cnn", "set": {}}
    start = dumps(lesson_of(header, start__cnn=b"").project("solution.cnn")).encode()
    files = {f"start-{n}.cnn": start for n in (4, 6, 8)} | {"kept/a/1.png": b"x", "train/a/1.png": b"y", "k.png": b"z"}
    whole = lesson_of(header, "![k](k.png) {channels}")
    whole = type(whole)(whole.head, whole.tasks, whole.text, whole.vary, whole.settings, {**whole.members, **files})
    assert set(members_of(released(whole))) == {
        "lesson.md", "start-4.cnn", "start-6.cnn", "start-8.cnn", "train/a/1.png", "k.png",
    }  # fmt: skip

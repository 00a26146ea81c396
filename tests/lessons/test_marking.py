"""Marking: every task by what the work is, not by what it says; and works handed in, whatever they are."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cnnstudio.blocks import AvgPool2d, Conv2d, Flatten, Input, Linear, Tanh
from cnnstudio.graph import Graph, Node
from cnnstudio.lessons.answers import number_readings
from cnnstudio.lessons.archive import packed, unpacked
from cnnstudio.lessons.handed_in import BOUNDS, WEIGHTS, WORK, Attempt, HandedIn, HandInError, dumped
from cnnstudio.lessons.handed_in import read as read_work
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.lessons.marking import Marks, evaluation, marks
from cnnstudio.lessons.work import Accuracy, Answer
from cnnstudio.project import Project

Maker = Callable[..., HandedIn]


def marked(lesson: LessonFile, work: HandedIn, share: float | None = 0.9) -> Marks:
    return marks(lesson.sheet(work.student), work, lambda: Accuracy(share, "Evaluated."))


def points(found: Marks) -> dict[str, float | None]:
    return {mark.task.name: mark.points for mark in found.tasks}


def says(found: Marks, name: str) -> str:
    return next(mark.verdict.sentence for mark in found.tasks if mark.task.name == name)


@pytest.mark.parametrize("student", ["ada", "grace", "alan", "kurt", "emmy"])
def test_a_student_who_knows_everything_has_all_points_but_the_teacher_s(
    lesson: LessonFile, work: Maker, student: str
) -> None:
    found = marked(lesson, work(student))
    assert [mark.task.name for mark in found.undecided] == ["tell"]
    assert found.points == found.most - 1 == lesson.points - 1


def test_another_student_s_answer_is_wrong(lesson: LessonFile, work: Maker) -> None:
    names = [f"s{number}" for number in range(20)]
    one = next(name for name in names if lesson.sheet(name).values["channels"] == 4)
    other = next(name for name in names if lesson.sheet(name).values["channels"] == 8)
    assert points(marked(lesson, replace(work(one), student=other)))["count"] == 0


def test_the_network_is_looked_at_and_not_what_is_said_of_it(lesson: LessonFile, work: Maker) -> None:
    graph = Graph.of(
        [
            Node("image", Input((1, 8, 8))), Node("conv1", Conv2d(8, 3), ("image",)),
            Node("pool1", AvgPool2d(2), ("conv1",)), Node("flatten1", Flatten(), ("pool1",)),
            Node("fc1", Linear(20), ("flatten1",)),
        ]
    )  # fmt: skip
    lesson = replace(lesson, head=replace(lesson.head, palette=()))
    found = marked(lesson, work(project=Project(graph)))
    assert points(found) | {"tell": 1} == points(marked(lesson, work())) | {
        "ten": 0,
        "small": 0,
        "pool": 0,
        "tell": 1,
    } | {"cheap": points(found)["cheap"]}
    assert says(found, "ten") == "the output, fc1, gives 20; 10 is asked for." or "20" in says(found, "ten")
    assert "1,540 parameters; 1,000 are allowed: 540 too many" in says(found, "small")
    assert "no MaxPool2d" in says(found, "pool")


def test_a_bypassed_block_does_not_count(lesson: LessonFile, work: Maker, solution: Project) -> None:
    nodes = [replace(node, bypassed=node.name == "pool1") for node in solution.graph]
    assert points(marked(lesson, work(project=Project(Graph.of(nodes)))))["pool"] == 0


def test_a_network_that_is_not_whole_earns_nothing(lesson: LessonFile, work: Maker, solution: Project) -> None:
    loose = solution.graph.nodes | {"conv2": Node("conv2", Conv2d(2, 3), ("image",))}
    for graph, sentence in (
        (Graph.of(loose.values()), "loose ends"),
        (Graph.of([Node("image", Input((1, 8, 8))), Node("conv1", Conv2d(8, 9), ("image",))]), "error at conv1"),
        (Graph.of([Node("image", Input((1, 8, 8))), Node("conv1", Conv2d(8, 3), (None,))]), "not whole"),
    ):
        found = marked(lesson, work(project=Project(graph)))
        assert points(found)["ten"] == points(found)["notanh"] == points(found)["good"] == 0
        assert sentence in says(found, "ten")


def test_a_rule_that_is_broken_costs_the_tasks_of_the_network(
    lesson: LessonFile, work: Maker, solution: Project
) -> None:
    for graph, sentence in (
        (solution.graph.replace("image", Input((1, 9, 9))), "image is locked"),
        (solution.graph.replace("relu1", Tanh()), "Tanh is not among the blocks"),
    ):
        found = marked(lesson, work(project=Project(graph)))
        assert points(found)["ten"] == 0 and sentence in says(found, "ten") and found.broken
        assert points(found)["count"] == 2  # an answer is an answer


@pytest.mark.parametrize(("share", "earned"), [(0.5, 5), (0.499, 0), (None, None)])
def test_accuracy_is_what_was_evaluated(
    lesson: LessonFile, work: Maker, share: float | None, earned: float | None
) -> None:
    assert points(marked(lesson, work(), share))["good"] == earned


def test_a_foreseen_wrong_answer_gets_its_own_words(lesson: LessonFile, work: Maker) -> None:
    for student in ("ada", "grace", "alan", "kurt"):
        count = int(lesson.sheet(student).values["channels"])
        plain = work(student)
        found = marked(lesson, replace(plain, answers={**plain.answers, "count": Answer(str(9 * count))}))
        assert (says(found, "count"), points(found)["count"]) == ("That leaves out the quokka biases.", 0)
        found = marked(lesson, replace(plain, answers={**plain.answers, "why": Answer(choice=1, reason="x")}))
        assert says(found, "why") == "A small wombat kernel does so as well."
        found = marked(lesson, replace(plain, answers={**plain.answers, "why": Answer(choice=3, reason="x")}))
        assert says(found, "why") == "Not “It is trained longer”."


def test_a_choice_without_its_reason_is_half_of_it(lesson: LessonFile, work: Maker) -> None:
    plain = work()
    assert points(marked(lesson, replace(plain, answers={**plain.answers, "why": Answer(choice=2)})))["why"] == 0.5


def test_of_a_prediction_the_first_answer_counts(lesson: LessonFile, work: Maker) -> None:
    plain = work(attempts=(Attempt("guess", Answer("1 × 1 × 1")),))
    found = marked(lesson, plain)
    assert points(found)["guess"] == 0 and "not 1 × 1 × 1" in says(found, "guess")


def test_hints_cost_what_the_teacher_says_and_no_more_than_the_points(lesson: LessonFile, work: Maker) -> None:
    assert [points(marked(lesson, work(hints={"count": taken})))["count"] for taken in (0, 1, 2, 9)] == [
        2,
        1.5,
        0.5,
        0.5,
    ]
    plain = work(hints={"count": 2})
    assert points(marked(lesson, replace(plain, answers={})))["count"] == 0


def test_what_is_not_answered_is_said(lesson: LessonFile, work: Maker) -> None:
    found = marked(lesson, work(answers={}, attempts=()))
    assert says(found, "count") == says(found, "tell") == says(found, "guess") == "Not answered."
    assert not found.undecided


@pytest.mark.parametrize(
    ("text", "value"),
    [("2,416", 2416), ("2.416", 2416), ("0.79", 0.79), ("0,79", 0.79), ("79 %", 0.79), ("2.4k", 2400), ("7/8", 0.875),
     ("5·5·6·16 + 16", 2416), ("−3", -3), ("1e3", 1000)],
)  # fmt: skip
def test_a_number_is_read_as_kindly_as_can_be(text: str, value: float) -> None:
    assert value in [float(each) for each in number_readings(text)]


@pytest.mark.parametrize("text", ["", "many", "1/0", "9" * 200, "1e999", "__import__('os')"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_readings(text) == ()


# weights


def test_weights_are_evaluated_and_not_believed(lesson: LessonFile, work: Maker, trained: bytes) -> None:
    with evaluation(lesson) as accuracy:
        found = accuracy(work(weights=trained))
        assert found.share is not None and found.share > 0.7, found
        assert "pictures kept apart are told right" in found.sentence
        assert accuracy(work()).share == 0  # none were handed in


def test_weights_that_are_none_or_of_another_network_are_a_sentence(
    lesson: LessonFile, work: Maker, trained: bytes, solution: Project
) -> None:
    import struct

    other = Project(solution.graph.replace("conv1", Conv2d(6, 3)))
    long = struct.pack("<Q", 2**40) + trained[8:]
    nan = trained[:-400] + b"\xff" * 400
    with evaluation(lesson) as accuracy:
        for bad, project, says in (
            (b"", solution, "weights"), (trained[:500], solution, "damaged"), (b"\x80\x04pickle", solution, "damaged"),
            (long, solution, "damaged"), (nan, solution, "no number"), (trained, other, "belongs to another network"),
        ):  # fmt: skip
            found = accuracy(work(weights=bad, project=project))
            assert found.share == 0.0 and says in found.sentence, (says, found)
        assert (accuracy(work(weights=trained)).share or 0) > 0.7  # and the next student is marked all the same


def test_weights_name_the_order_of_their_classes(lesson: LessonFile, work: Maker, trained: bytes) -> None:
    size = int.from_bytes(trained[:8], "little")
    header = json.loads(trained[8 : 8 + size])
    header["__metadata__"]["classes"] = json.dumps([*"1234567890"])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    turned = len(text).to_bytes(8, "little") + text + trained[8 + size :]
    with evaluation(lesson) as accuracy:
        assert (accuracy(work(weights=turned)).share or 0) < 0.3


# files


def test_a_work_comes_back_as_it_was_handed_in(work: Maker) -> None:
    plain = work(hints={"count": 1}, written="2026-11-30T22:00:00", weights=b"12345678")
    back = read_work(io.BytesIO(dumped(plain)))
    for name in ("lesson", "student", "name", "project", "answers", "attempts", "hints", "written", "weights"):
        assert getattr(back, name) == getattr(plain, name), name


def test_a_file_made_by_hand_is_a_sentence(work: Maker) -> None:
    members = unpacked(dumped(work(weights=b"x")), BOUNDS)
    told = json.loads(members[WORK])

    def of(**changes: Any) -> bytes:
        return packed(members | {WORK: json.dumps(told | changes).encode()})

    for data in (
        packed({}), packed(members | {"evil.py": b"import os"}), packed({WORK: members[WORK]}),
        packed(members | {WORK: b"[" * 100_000}), packed(members | {"project.cnn": b"{}"}), of(version=2),
        of(points=100), of(format="x"), of(student="x" * 500), of(hints={"count": -3}), of(hints={"count": 10**30}),
        of(answers={"count": {"text": "x" * 6_000}}), of(answers={"count": {"text": "1", "share": 1.0}}),
        of(attempts=[{"task": "a", "answer": {}}] * 6_000), packed(members | {WEIGHTS.upper(): b""}),
    ):  # fmt: skip
        with pytest.raises(HandInError) as caught:
            read_work(io.BytesIO(data))
        assert 10 < len(str(caught.value)) < 600

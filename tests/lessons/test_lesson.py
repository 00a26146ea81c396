"""The lessons, and the numbers of the syllabus that they come to."""

from __future__ import annotations

import pytest

from cnnstudio.compiler.inference import infer
from cnnstudio.lessons.answers import marked
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.lessons.quiz import Question, Quiz

# what the syllabus and the papers say; the program works all of it out
NUMBERS = {
    "sizes": ["6 × 24 × 24", "6 × 12 × 12", "16 × 8 × 8", "16 × 4 × 4", "256", "2,416", "30,840"],
    "parameters": ["1,792", "64 × 112 × 112", "512 × 7 × 7", "212 × 212", "32", "102,764,544", "4,097,000"],
    "stacks": ["3 × 3", "5 × 5", "7 × 7", "7 × 7", "36,864", "200,704"],
    "pointwise": ["153,632", "16 × 28 × 28", "3,088", "12,832", "64 × 28 × 28"],
    "depthwise": ["36,864", "576", "4,096", "115,605,504", "1,806,336", "12,845,056"],
    "residual": ["128 × 16 × 16", "128 × 16 × 16", "128 × 16 × 16", "8,192", "1 × 1", "7 × 7"],
    "dilation": ["3 × 3", "7 × 7", "15 × 15", "16 × 64 × 64", "2,320"],
    "transposed": ["32 × 32 × 32", "64 × 16 × 16", "32 × 32 × 32", "3 × 64 × 64", "32,800"],
}


def questions(key: str) -> tuple[Question, ...]:
    return LESSONS[key].questions(infer(LESSONS[key].project().graph))


@pytest.mark.parametrize("key", LESSONS)
def test_every_question_of_a_lesson_can_be_asked_and_comes_to_the_number_of_the_syllabus(key: str) -> None:
    asked = questions(key)
    assert [(each.node.name, each.kind) for each in asked] == list(LESSONS[key].asked)
    assert [each.written for each in asked] == NUMBERS[key]
    assert all(marked(each, each.written).is_right for each in asked)


@pytest.mark.parametrize("key", LESSONS)
def test_the_network_of_a_lesson_is_whole_and_in_one_piece(key: str) -> None:
    graph = LESSONS[key].project().graph
    assert not infer(graph).errors
    assert len(graph.inputs) == len(graph.outputs) == 1


def test_three_small_kernels_see_what_a_large_one_sees_for_27_weights_against_49() -> None:
    answers = {(each.node.name, each.kind): each.answer[0] for each in questions("stacks")}
    assert answers["third", "receptive field"] == answers["large", "receptive field"]
    assert 3 * answers["first", "parameters"] * 49 == answers["large", "parameters"] * 27


def test_a_separable_convolution_is_8_to_9_times_cheaper() -> None:
    answers = {(each.node.name, each.kind): int(each.answer[0]) for each in questions("depthwise")}
    split = answers["depthwise", "MACs"] + answers["pointwise", "MACs"]
    assert 7.5 < answers["standard", "MACs"] / split < 9


def test_a_network_that_was_changed_is_asked_what_it_still_has() -> None:
    lesson = LESSONS["sizes"]
    graph = lesson.project().graph.remove("pool2", heal=True)
    assert [each.node.name for each in lesson.questions(infer(graph))][:4] == ["conv1", "pool1", "conv2", "flatten1"]


def test_a_round_of_a_lesson_ends() -> None:
    quiz = Quiz(infer(LESSONS["dilation"].project().graph), coming=iter(questions("dilation")))
    for _ in LESSONS["dilation"].asked:
        assert quiz.is_open
        quiz.close(is_right=True)
        quiz.go_on()
    assert quiz.question is None and not quiz.is_open
    assert quiz.right == quiz.asked == len(LESSONS["dilation"].asked)

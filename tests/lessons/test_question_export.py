"""Questions as a quiz of Moodle reads them."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from cnnstudio.lessons.answer_tasks import ChoiceTask
from cnnstudio.lessons.lesson_file import LessonFile, read
from cnnstudio.lessons.question_export import gift, left_out, moodle_xml
from cnnstudio.resources import resource


def test_gift_has_every_question_that_a_quiz_can_ask(lesson: LessonFile) -> None:
    text = gift(lesson.sheet())
    questions = [each for each in re.split(r"\n\s*\n", text) if each.strip()]
    names = [found[1] for each in questions if (found := re.match(r"::([\w-]+)::", each.strip()))]
    assert names == ["count", "why", "why-reason", "guess", "tell"]
    count = questions[0]
    assert "{#\n" in count and "\t=40:0\n" in count and "\t=%0%36:0#That leaves out the quokka biases." in count
    why = questions[1]
    assert why.count("\t~") == 2 and "\t=Its weights are shared" in why
    assert questions[2].rstrip().endswith("anywhere? Because… {}") and questions[4].rstrip().endswith("{}")
    assert left_out(lesson.sheet()) == ("ten", "small", "cheap", "sees", "pool", "notanh", "good", "platypus")


def test_why_is_a_question_of_its_own_and_kinds_of_the_course_are_asked() -> None:
    """Parameters per hidden unit, shares of parameters and MACs, and why connected layers come last."""
    sheet = read(resource("lessons", "convolution-or-connected")).sheet()
    quiz = {each.findtext("name/text"): each for each in Xml.fromstring(moodle_xml(sheet))}
    choices = [task for task in sheet.tasks if isinstance(task, ChoiceTask)]
    assert any("last" in task.asks or "end" in task.asks for task in choices)
    for task in choices:
        answers = quiz[f"{task.name}-reason"].findall("answer")
        right = [each.findtext("text") for each in answers if each.get("fraction") == "100"]
        assert [each.findtext("text") for each in answers] == [*task.reasons]
        assert right == [task.reasons[task.reason - 1]] and task.reasons[0] in gift(sheet).replace("\\", "")
    assert not [name for name in left_out(sheet) if name in {task.name for task in choices}]


def test_gift_s_own_signs_are_plain_in_a_text(lesson: LessonFile) -> None:
    from dataclasses import replace

    sheet = lesson.sheet()
    odd = replace(sheet.tasks[0], asks="Is {x} = 3: ~50 # or \\ ?\nNext")
    text = gift(replace(sheet, tasks=(odd,)))
    assert r"Is \{x\} \= 3\: \~50 \# or \\ ?\nNext {#" in text


def test_moodle_xml_is_xml_with_one_right_answer_each(lesson: LessonFile) -> None:
    quiz = Xml.fromstring(moodle_xml(lesson.sheet()))
    kinds = [each.get("type") for each in quiz]
    assert quiz.tag == "quiz" and kinds == ["numerical", "multichoice", "essay", "shortanswer", "essay"]
    number, choice, _, guess, _ = quiz
    assert [each.get("fraction") for each in number.findall("answer")] == ["100", "0"]
    assert number.findtext("answer/tolerance") == "0" and number.findtext("answer/text") == "40"
    assert [each.get("fraction") for each in choice.findall("answer")] == ["0", "100", "0"]
    assert choice.findtext("single") == "true"
    assert "4 × 6 × 6" in [each.findtext("text") for each in guess.findall("answer")]

"""Question export: what of a lesson is answered in a field, as GIFT and as Moodle XML; networks cannot be asked there.

https://docs.moodle.org/en/GIFT_format, https://docs.moodle.org/en/Moodle_XML_format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask, PredictTask, SentenceTask
from cnnstudio.lessons.lesson_file import Sheet
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.variation import worked_out
from cnnstudio.lessons.work import Work


@dataclass(frozen=True)
class _Answer:
    text: str
    share: int  # percent
    tolerance: str = ""
    feedback: str = ""


@dataclass(frozen=True)
class _Question:
    kind: str  # by Moodle's word
    name: str
    text: str
    answers: tuple[_Answer, ...] = ()


def gift(sheet: Sheet) -> str:
    """The questions in GIFT."""
    return "\n".join(_gift(each) for each in _questions(sheet))


def moodle_xml(sheet: Sheet) -> str:
    """The questions in Moodle XML."""
    quiz = Xml.Element("quiz")
    for each in _questions(sheet):
        question = Xml.SubElement(quiz, "question", type=each.kind)
        _text(Xml.SubElement(question, "name"), each.name)
        _text(Xml.SubElement(question, "questiontext", format="markdown"), each.text)
        if each.kind == "multichoice":
            Xml.SubElement(question, "single").text = "true"
            Xml.SubElement(question, "shuffleanswers").text = "1"
        for answer in each.answers:
            entry = Xml.SubElement(question, "answer", fraction=str(answer.share), format="plain_text")
            Xml.SubElement(entry, "text").text = answer.text
            if answer.tolerance:
                Xml.SubElement(entry, "tolerance").text = answer.tolerance
            _text(Xml.SubElement(entry, "feedback", format="plain_text"), answer.feedback)
        if each.kind == "essay":
            entry = Xml.SubElement(question, "answer", fraction="0")
            Xml.SubElement(entry, "text").text = ""
    Xml.indent(quiz)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(quiz, encoding="unicode")}\n'


def left_out(sheet: Sheet) -> tuple[str, ...]:
    """The tasks that cannot be asked in a quiz."""
    asked = {each.name for each in _questions(sheet)}
    return tuple(task.name for task in sheet.tasks if task.name not in asked)


def _text(parent: Xml.Element, text: str) -> None:
    Xml.SubElement(parent, "text").text = "".join(sign for sign in text if sign >= " " or sign in "\n\t")


def _questions(sheet: Sheet) -> Iterator[_Question]:
    work = Work(sheet.start, sheet.start, {}, sheet.values)
    for task in sheet.tasks:
        if (found := _question(task, work)) is not None:
            yield found
            yield from _reason(task)


def _question(task: Task, work: Work) -> _Question | None:
    match task:
        case NumberTask() if not task.is_withheld:
            right = _Answer(_decimal(task.answer, work), 100, f"{task.tolerance:g}")
            wrong = (_Answer(_decimal(each.answer, work), 0, "0", each.says) for each in task.wrong)
            return _Question("numerical", task.name, task.asks, (right, *wrong))
        case ChoiceTask() if not task.is_withheld:
            said = {str(each.answer): each.says for each in task.wrong}
            options = (
                _Answer(option, 100 if number == task.answer else 0, feedback=said.get(str(number), ""))
                for number, option in enumerate(task.options, 1)
            )
            return _Question("multichoice", task.name, task.asks, tuple(options))
        case PredictTask() if (question := task.question(work)) is not None:
            text = f"{task.said(work)} {question.given}"
            if len(question.answer) == 1:
                return _Question("numerical", task.name, text, (_Answer(str(question.answer[0]), 100, "0"),))
            numbers = [str(each) for each in question.answer]
            spellings = (f" {sign} ".join(numbers) for sign in ("×", "x", "by"))
            others = (sign.join(numbers) for sign in ("×", "x", ",", "*"))
            answers = tuple(_Answer(each.replace("*", r"\*"), 100) for each in (*spellings, *others))
            return _Question("shortanswer", task.name, text, answers)
        case SentenceTask():
            return _Question("essay", task.name, task.asks)
    return None


def _reason(task: Task) -> Iterator[_Question]:
    """Why, as a question of its own behind a choice: a quiz has one answer to each."""
    if not isinstance(task, ChoiceTask):
        return
    name, text = f"{task.name}-reason", f"{task.asks} Because…"
    if task.reasons:
        shares = (100 if number == task.reason else 0 for number in range(1, len(task.reasons) + 1))
        yield _Question("multichoice", name, text, tuple(map(_Answer, task.reasons, shares)))
    elif task.written_reason:
        yield _Question("essay", name, text)


def _decimal(answer: object, work: Work) -> str:
    exact = worked_out(str(answer), work.values)
    return str(exact) if exact.denominator == 1 else repr(float(exact))


def _gift(question: _Question) -> str:
    head = f"::{_escaped(question.name)}::[markdown]{_escaped(question.text)} "
    if question.kind == "essay":
        return f"{head}{{}}\n"
    lines = []
    for answer in question.answers:
        feedback = f"#{_escaped(answer.feedback)}" if answer.feedback else ""
        if question.kind == "numerical":
            share = "" if answer.share == 100 else f"%{answer.share}%"
            lines.append(f"={share}{answer.text}:{answer.tolerance or 0}{feedback}")
        else:
            lines.append(f"{'=' if answer.share == 100 else '~'}{_escaped(answer.text)}{feedback}")
    begin = "{#" if question.kind == "numerical" else "{"
    return "\n".join([f"{head}{begin}", *(f"\t{line}" for line in lines), "}", ""])


def _escaped(text: str) -> str:
    r"""Text in which GIFT's own signs are plain: ~ = # { } : and \ , and ends of lines are \n."""
    return re.sub(r"([~=#{}:\\])", r"\\\1", text).replace("\n", r"\n")

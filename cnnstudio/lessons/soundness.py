"""Soundness: what is wrong with a lesson, or doubtful, before anybody sits down to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cnnstudio.lessons.lesson_file import LessonError, LessonFile, Sheet
from cnnstudio.lessons.lesson_links import LookError, links, look
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.variation import VariationError, every, filled, worked_out
from cnnstudio.lessons.work import Accuracy, Answer, Work, unknown_accuracy
from cnnstudio.project import Project
from cnnstudio.wording import counted, listed, on_a_line

MOST_VARIANTS = 60  # that are gone through


@dataclass(frozen=True)
class Finding:
    """What there is to say of a lesson: an error keeps students from it, a warning is for the teacher to judge."""

    severity: Literal["error", "warning"]
    sentence: str

    @property
    def task(self) -> str:
        """The name of the task that it is about: what its sentence begins with."""
        return self.sentence.partition(": ")[0]

    @property
    def of_task(self) -> str:
        """What there is to say of that task, without its name."""
        return self.sentence.removeprefix(f"{self.task}: ")


def findings(lesson: LessonFile, solved: Accuracy | None = None) -> tuple[Finding, ...]:
    """What is wrong and what is doubtful, errors first, each said once though it is so for many students.

    ``solved`` is how well the weights of the solution do, where they were evaluated.
    """
    found = dict.fromkeys(_found(lesson, solved))
    return tuple(sorted(found, key=lambda each: each.severity != "error"))


def _found(lesson: LessonFile, solved: Accuracy | None) -> Iterator[Finding]:
    if not lesson.head.id:
        yield _error("The lesson has no id, so that work handed in cannot name it.")
    if not lesson.tasks:
        yield _error("The lesson has no task.")
    for name in set(re.findall(r"!\[[^\]]*\]\(\s*<?([^)>\s]+)", lesson.text)) - lesson.members.keys():
        yield _error(f"The text shows {on_a_line(name, 80)}, and the lesson has no such file.")
    for name in re.findall(r"^[ \t]*\[task:[ \t]*([\w-]+)[ \t]*\]", lesson.text, re.MULTILINE):
        if name not in {task.name for task in lesson.tasks}:
            yield _error(f"The text has a place for a task {name}, and there is none of this name.")
    yield from _of_files(lesson)
    measured = any(task.answered_by == "weights" for task in lesson.tasks)
    if measured and not lesson.head.held_out:
        yield _error("A task asks for accuracy, and the lesson has no held_out pictures to measure it with.")
    for values in every(lesson.vary, MOST_VARIANTS):
        try:
            sheet = lesson.sheet(values=values)
        except LessonError as error:
            yield _error(str(error))
            continue
        yield from _of_sheet(lesson, sheet, solved)
    for task in lesson.tasks:
        yield from _of_hints(task)


def _of_files(lesson: LessonFile) -> Iterator[Finding]:
    """What the header and the links of the text name, and is not there."""
    head = lesson.head
    if head.training and not lesson.folder(head.training):
        yield _error(f"The lesson has no folder {on_a_line(head.training, 60)} with pictures to train with.")
    if head.weights and head.weights not in lesson.members:
        yield _error(f"A training is to begin with {on_a_line(head.weights, 60)}, and the lesson has no such file.")
    elif head.weights and not head.weights.endswith(".safetensors"):
        yield _error(
            "The weights that a training begins with are to be a .safetensors file, which holds numbers alone."
        )


def _of_links(text: str) -> Iterator[Finding]:
    """Links that lead nowhere."""
    for address in links(text):
        try:
            look(address)
        except LookError as error:
            yield _error(str(error))


def _of_sheet(lesson: LessonFile, sheet: Sheet, solved: Accuracy | None) -> Iterator[Finding]:
    """What there is to say of the lesson as one student gets it."""
    untouched = Work(sheet.start, sheet.start, {}, sheet.values, lambda: Accuracy(0.0, "Nothing was trained."))
    for name in lesson.head.locked:
        if name not in sheet.start.graph:
            yield _error(f"{on_a_line(name, 60)} is locked, and the network at the beginning has no such node.")
    yield from _of_links(sheet.text)
    faults = False
    for task in sheet.tasks:
        if fault := task.fault(untouched):
            faults = True
            yield _error(f"{task.name}: {fault}")
        if task.answered_by not in ("network", "weights") and not task.said(untouched):
            yield _error(f"{task.name}: it asks nothing.")
    if faults:
        return
    passed = [task for task in sheet.tasks if task.verdict(untouched).is_right]
    if sheet.tasks and len(passed) == len(sheet.tasks):
        yield _error("The lesson passes untouched: the network at the beginning does all that is asked for.")
    elif passed:
        names = listed([task.name for task in passed])
        yield _warning(f"The network at the beginning passes {names} as it is.")
    yield from _of_solution(lesson, sheet, solved, passed)


def _of_solution(
    lesson: LessonFile, sheet: Sheet, solved: Accuracy | None, passed: Sequence[Task]
) -> Iterator[Finding]:
    drawn = [task for task in sheet.tasks if task.answered_by in ("network", "weights") and task not in passed]
    if not lesson.head.solution:
        if drawn:
            yield _warning(
                f"Nothing shows that {listed([task.name for task in drawn])} can be passed: name a solution."
            )
        return
    try:
        project = lesson.project(filled(lesson.head.solution, sheet.values))
    except LessonError as error:
        yield _error(str(error))
        return
    for sentence in sheet.broken(project):
        yield _error(f"The solution breaks a rule of the lesson: {sentence}")
    accuracy = unknown_accuracy() if solved is None else solved
    work = Work(project, sheet.start, dict(right_answers(sheet, project)), sheet.values, lambda: accuracy)
    for task in sheet.tasks:
        verdict = task.verdict(work)
        if verdict.share is None and task.answered_by == "weights":
            yield _warning(f"{task.name}: nothing shows that so much can be reached; name solution_weights.")
        elif verdict.share is not None and not verdict.is_right:
            yield _error(f"The lesson cannot be passed: the solution fails {task.name}. {verdict.sentence}")


def right_answers(sheet: Sheet, project: Project) -> Iterator[tuple[str, Answer]]:
    """What a student who knows everything would answer: the tasks' own answers."""
    work = Work(project, sheet.start, {}, sheet.values)
    for task in sheet.tasks:
        match task.answered_by:
            case "number":
                exact = worked_out(str(getattr(task, "answer")), sheet.values)  # noqa: B009 - of its kind alone
                yield (
                    task.name,
                    Answer(f"{exact.numerator}/{exact.denominator}" if exact.denominator > 1 else str(exact)),
                )
            case "choice":
                reason = getattr(task, "reason", 0) or "Because it is so."
                yield task.name, Answer(choice=getattr(task, "answer"), reason=str(reason))  # noqa: B009
            case "prediction":
                question = getattr(task, "question")(work)  # noqa: B009
                yield task.name, Answer(question.written if question is not None else "")
            case "words":
                yield task.name, Answer("word " * getattr(task, "least", 4))


def _of_hints(task: Task) -> Iterator[Finding]:
    answer = str(getattr(task, "answer", ""))
    try:
        is_number = task.answered_by == "number" and bool(answer) and worked_out(answer) is not None
    except VariationError:
        return
    for number, hint in enumerate(task.hints, 1):
        if is_number and re.search(rf"(?<![\d.,]){re.escape(answer)}(?![\d])", hint.says):
            yield _warning(f"{task.name}: hint {number} says the answer, {answer}; hints are in what students get.")
    if sum(hint.costs for hint in task.hints) > task.points:
        yield _warning(f"{task.name}: its hints cost more than its {counted(round(task.points), 'point')}.")


def _error(sentence: str) -> Finding:
    return Finding("error", sentence)


def _warning(sentence: str) -> Finding:
    return Finding("warning", sentence)

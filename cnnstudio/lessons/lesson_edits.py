"""Lesson edits: what a teacher does to a lesson, as functions from lesson to lesson.

To a teacher a lesson is a row of parts, texts and tasks; in the file a task is a line ``[task: name]`` of the text.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from cnnstudio.graph.parameter import ParameterError, declared
from cnnstudio.lessons.answer_tasks import ChoiceTask, NumberTask
from cnnstudio.lessons.lesson_file import PLACE, Head, LessonError, LessonFile, made, members_of, released
from cnnstudio.lessons.marking import of_solution
from cnnstudio.lessons.network_tasks import ParametersTask
from cnnstudio.lessons.soundness import findings
from cnnstudio.lessons.tasks import Hint, Task, Wrong
from cnnstudio.project import Project, dumps

START, SOLUTION, WEIGHTS = "start.cnn", "solution.cnn", "solution.safetensors"
"""What the files of a lesson are called that is made here."""

Part = str | Task

_BODY = """# A new lesson

What is to be learned, in Markdown. A picture is a file of the lesson that is shown by its name.

[task: size]

[task: smaller]

<!-- A remark like this one is for you alone: it is not in what students get. -->
"""


def new_lesson(start: Project) -> LessonFile:
    """A lesson to begin with: two tasks about a network."""
    head = Head("A new lesson", "What is learned in it.", secrets.token_hex(8), START)
    tasks = (
        NumberTask(
            "size",
            "How high is a map of 28 × 28 after a kernel of 5 × 5?",
            2.0,
            (Hint("Where can the kernel begin?", 0.5),),
            answer=24,
            wrong=(Wrong(28, "That would be right with a padding of 2."),),
        ),
        ParametersTask("smaller", "Make the network smaller: 20,000 parameters at most.", 3.0, most=20_000),
    )
    return LessonFile(head, tasks, _BODY, {}, {}, {START: dumps(start).encode()})


def parts(lesson: LessonFile) -> tuple[Part, ...]:
    """The texts and the tasks in the order in which they are shown; remarks stand in the texts."""
    waiting = {task.name: task for task in lesson.tasks}
    found: list[Part] = []
    text, end = "", 0
    for place in PLACE.finditer(lesson.text):
        text += lesson.text[end : place.start()]
        if (task := waiting.pop(place[1], None)) is None:
            text += place[0]  # of no task, or of one that has a place already
        else:
            found += [text.strip("\n"), task]
            text = ""
        end = place.end()
    found += [(text + lesson.text[end:]).strip("\n"), *waiting.values()]
    return tuple(each for each in found if not isinstance(each, str) or each.strip())


def with_parts(lesson: LessonFile, given: Sequence[Part]) -> LessonFile:
    """The lesson with these parts in this order; texts beside one another become one."""
    text = "\n\n".join(each.strip("\n") if isinstance(each, str) else f"[task: {each.name}]" for each in given)
    return replace(lesson, text=f"{text}\n", tasks=tuple(each for each in given if isinstance(each, Task)))


def with_part(lesson: LessonFile, place: int, part: Part) -> LessonFile:
    """The lesson with another part in this place. Raises ``LessonError`` where a task cannot be called so."""
    found = list(parts(lesson))
    if isinstance(part, Task):
        if not re.fullmatch(r"[A-Za-z0-9][\w-]*", part.name, re.ASCII):
            raise LessonError("A name has letters, digits, - and _ alone.")
        if any(isinstance(each, Task) and each.name == part.name for n, each in enumerate(found) if n != place):
            raise LessonError(f"{part.name} is the name of another task.")
    found[place] = part
    return with_parts(lesson, found)


def free_name(lesson: LessonFile, kind: type[Task]) -> str:
    """A name for one more task of this kind that no other has."""
    taken = {task.name for task in lesson.tasks}
    return next(name for number in count(1) if (name := f"{kind.kind}{number}") not in taken)


def new_task(lesson: LessonFile, kind: type[Task]) -> Task:
    """A task of this kind to begin with, under a name that is free."""
    if issubclass(kind, ChoiceTask):
        return kind(free_name(lesson, kind), "Which is right?", options=("One", "The other"), answer=1)
    return kind(free_name(lesson, kind))


def with_head(lesson: LessonFile, **values: object) -> LessonFile:
    """The lesson with other values in its head. Raises ``LessonError`` where one cannot be."""
    try:
        return replace(lesson, head=declared(Head, {**lesson.head.values, **values}))
    except ParameterError as error:
        raise LessonError(str(error)) from error


def with_file(lesson: LessonFile, path: str, data: bytes | None) -> LessonFile:
    """The lesson with these bytes at a path of it, or without that file."""
    kept = {name: each for name, each in lesson.members.items() if name != path}
    return replace(lesson, members=kept if data is None else {**kept, path: data})


def with_start(lesson: LessonFile, project: Project) -> LessonFile:
    """The lesson that begins with this network; blocks that are locked and not in it are locked no more."""
    locked = tuple(name for name in lesson.head.locked if name in project.graph)
    known = {"recipe", *project.graph.nodes}
    settings = {key: value for key, value in lesson.settings.items() if key.partition(".")[0] in known}
    found = with_file(lesson, START, dumps(replace(project, run=None)).encode())
    return with_head(replace(found, settings=settings), start=START, locked=locked)


def with_solution(lesson: LessonFile, project: Project | None, weights: bytes | None = None) -> LessonFile:
    """The lesson with this network as the one that passes, and its weights where there are any; or without one."""
    data = dumps(replace(project, run=None)).encode() if project is not None else None
    found = with_file(with_file(lesson, SOLUTION, data), WEIGHTS, weights)
    return with_head(
        found,
        solution=SOLUTION if project is not None else "",
        solution_weights=WEIGHTS if weights is not None else "",
    )


def picture_name(lesson: LessonFile, name: str, data: bytes) -> str:
    """A path in the lesson for a picture of this name that another picture has not."""
    stem, dot, ending = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.").rpartition(".")
    stem, ending = (stem or "picture")[:60], f"{dot}{ending}"[:8].lower()
    names = (f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for number in count(1))
    return next(each for each in names if lesson.members.get(each, data) == data)


def for_students(lesson: LessonFile) -> LessonFile:
    """What students get. Raises ``LessonError`` where the lesson is that already, or has errors."""
    if lesson.head.released:
        raise LessonError("This is what students get already; release the teacher's own.")
    lesson = made(members_of(lesson))
    errors = [each.sentence for each in findings(lesson, of_solution(lesson)) if each.severity == "error"]
    if errors:
        raise LessonError(f"It is not released, for it has errors: {errors[0]}")
    return released(lesson)

"""Marking: what the tasks of a lesson say of one student's work, and the points that it earns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cnnstudio.disk import TEMPORARY, marked
from cnnstudio.lessons.handed_in import HandedIn
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, Sheet
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.work import Accuracy, Verdict, Work, unknown_accuracy, wrong
from cnnstudio.project.datasets import DATASETS, FOLDER
from cnnstudio.project.limits import parts
from cnnstudio.project.recipe import Recipe

if TYPE_CHECKING:
    from cnnstudio.insight.evaluation.of_weights import HeldOut

MOST_PARTS = 100_000  # of a network that is handed in: about 400 times ResNet-152


@dataclass(frozen=True)
class TaskMark:
    """What a task says, and its points: those earned, less ``cost`` for the hints that were taken."""

    task: Task
    verdict: Verdict
    cost: float = 0.0

    @property
    def points(self) -> float | None:
        """The points; None where the teacher decides."""
        return None if self.verdict.share is None else max(0.0, self.task.points * self.verdict.share - self.cost)

    @property
    def is_done(self) -> bool:
        """Whether a student is through with it: it is right, or the teacher reads what was answered."""
        waits = self.points is None and self.task.answered_by != "weights"
        return self.verdict.is_given and (self.verdict.is_right or waits)


@dataclass(frozen=True)
class Marks:
    """The marks of one work, task by task, and which rules of the lesson it breaks."""

    tasks: tuple[TaskMark, ...]
    broken: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """What is decided so far."""
        return sum(mark.points or 0.0 for mark in self.tasks)

    @property
    def most(self) -> float:
        """What could be had."""
        return sum(mark.task.points for mark in self.tasks)

    @property
    def undecided(self) -> tuple[TaskMark, ...]:
        """What the teacher decides."""
        return tuple(mark for mark in self.tasks if mark.points is None)


def marks(sheet: Sheet, handed: HandedIn, accuracy: Callable[[], Accuracy] = unknown_accuracy) -> Marks:
    """The marks of this work, each task checked anew. Of the network nothing is believed but what it is."""
    answers = dict(handed.answers)
    for task in sheet.tasks:
        if task.answered_by == "prediction":
            answers[task.name] = handed.first_answer(task.name)
    work = Work(handed.project, sheet.start, answers, sheet.values, accuracy)
    broken = sheet.broken(handed.project)
    found = []
    for task in sheet.tasks:
        is_drawn = task.answered_by in ("network", "weights")
        if is_drawn and parts(handed.project.graph) > MOST_PARTS:
            verdict = wrong("The network is too large to be marked.")
        elif is_drawn and broken:
            verdict = wrong(broken[0])
        else:
            verdict = task.verdict(work)
        taken = task.hints[: handed.hints.get(task.name, 0)]
        found.append(TaskMark(task, verdict, sum(hint.costs for hint in taken)))
    return Marks(tuple(found), broken)


def of_solution(lesson: LessonFile) -> Accuracy | None:
    """How well the weights of the lesson's solution do; None where it has none. Raises ``LessonError``."""
    head = lesson.head
    if not (head.solution and head.solution_weights) or head.solution_weights not in lesson.members:
        return None
    work = HandedIn(head.id, "", lesson.project(head.solution), weights=lesson.members[head.solution_weights])
    with evaluation(lesson) as accuracy:
        return accuracy(work)


@contextmanager
def evaluation(lesson: LessonFile) -> Iterator[Callable[[HandedIn], Accuracy]]:
    """What evaluates the weights of a work on the pictures that the lesson keeps apart; they are read once.

    PyTorch is loaded when it is first asked. Raises ``LessonError`` where the lesson names pictures that it has not.
    """
    with tempfile.TemporaryDirectory(prefix=marked(TEMPORARY), ignore_cleanup_errors=True) as place:
        folder = Path(place)
        recipe = _recipe(lesson, folder / "pictures")
        known: list[HeldOut] = []

        def accuracy(handed: HandedIn) -> Accuracy:
            if recipe is None:
                return unknown_accuracy()
            if handed.weights is None:
                return Accuracy(0.0, "No weights were handed in.")
            from cnnstudio.insight.evaluation.of_weights import HeldOut

            if not known:
                known.append(HeldOut(recipe, recipe.data == FOLDER))
            return _evaluated(handed, folder / "weights.safetensors", known[0])

        yield accuracy


def _evaluated(handed: HandedIn, path: Path, held_out: HeldOut) -> Accuracy:
    from cnnstudio.insight.evaluation.evaluation import EvaluationError
    from cnnstudio.insight.evaluation.of_weights import told_right

    path.write_bytes(handed.weights or b"")
    try:
        found = told_right(handed.project, path, held_out)
    except EvaluationError as error:
        return Accuracy(0.0, str(error))
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:  # of a network that torch does not take
        return Accuracy(0.0, f"The network could not be evaluated: {str(error)[:200] or type(error).__name__}.")
    finally:
        path.unlink(missing_ok=True)
    return Accuracy(
        found.share, f"{found.right:,} of {found.total:,} pictures kept apart are told right ({found.share:.1%})."
    )


def _recipe(lesson: LessonFile, folder: Path) -> Recipe | None:
    """The recipe by which the pictures kept apart are read, those of the lesson put into ``folder``; None for none."""
    name = lesson.head.held_out
    if not name:
        return None
    seed = max(0, lesson.head.seed)
    if name in DATASETS and name != FOLDER:
        return Recipe(data=name, seed=seed)
    files = lesson.folder(name)
    if not files:
        raise LessonError(f"The lesson has no folder {name} with pictures, and there is no data set of this name.")
    for path, data in files.items():
        place = folder.joinpath(*PurePosixPath(path).parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return Recipe(data=FOLDER, folder=str(folder), seed=seed)

"""Board: how far a class is, from a folder into which students put their work, without a server.

Every work is marked as it will be for the mark, one that has not changed since it was looked at only once, and the same
weights in the same network are evaluated once. Of a student who has several files there the latest counts, and of
accuracy the best.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

from cnnstudio.lessons.grading import GradingError, Row, Source, drawing, row_of, works
from cnnstudio.lessons.handed_in import HandedIn
from cnnstudio.lessons.lesson_file import LessonError, LessonFile
from cnnstudio.lessons.marking import TaskMark, evaluation
from cnnstudio.lessons.variation import known_as
from cnnstudio.lessons.work import Accuracy
from cnnstudio.worker import Report, unheard

STUCK = 3  # answers to one task, none of them right, from which somebody is stuck there
State = Literal["done", "begun", "wrong", "open", "waits"]


@dataclass(frozen=True)
class Standing:
    """How one student stands: what each task says, the points, the accuracy, and where it does not go on.

    ``accuracy`` is the best over all files of the student whose network keeps to the lesson's budget, from 0 to 1;
    ``stuck`` names a task, ``tries`` is how often that was answered.
    """

    called: str
    states: tuple[State, ...]
    points: float
    accuracy: float | None = None
    stuck: str = ""
    tries: int = 0
    written: datetime | None = None
    source: str = ""

    @property
    def done(self) -> int:
        """How many tasks are done."""
        return self.states.count("done") + self.states.count("waits")


@dataclass(frozen=True)
class ClassStanding:
    """All students, those who are furthest first; and the files that are no work, each with its reason.

    ``waiting`` is how many works have weights that are not evaluated yet.
    """

    students: tuple[Standing, ...]
    refused: tuple[tuple[str, str], ...] = ()
    waiting: int = 0


@dataclass(frozen=True)
class _Seen:
    stamp: tuple[int, int]
    row: Row
    standing: Standing | None
    waits: bool = False  # for its weights to be evaluated


class Board:
    """A folder that is looked at again and again; ``with`` it the pictures kept apart are read once.

    Raises ``LessonError`` where the lesson cannot be marked with, as what students get cannot.
    """

    def __init__(self, folder: Path, lesson: LessonFile) -> None:
        if lesson.head.released:
            raise LessonError("This is what students get; a board needs the teacher's own, with the answers.")
        self.folder, self.lesson = folder, lesson
        self.looked = 0  # works that were marked by the last look
        self._seen: dict[str, _Seen] = {}
        self._stack = ExitStack()
        self._accuracy: Callable[[HandedIn], Accuracy] | None = None
        self._evaluated: dict[tuple[str, str], Accuracy] = {}  # by weights and drawing
        self._until = math.inf

    def __enter__(self) -> Self:
        self._accuracy = self._stack.enter_context(evaluation(self.lesson))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def look(self, report: Report = unheard, seconds: float = math.inf) -> ClassStanding:
        """How the class stands now. A folder without work is an empty class, and so is one that cannot be read.

        Weights are evaluated until ``seconds`` are over, the others by later looks; all else is looked at.
        """
        self._until = time.monotonic() + seconds
        before, self._seen, self.looked = self._seen, {}, 0
        try:
            for number, (place, total, opened) in enumerate(works(self.folder), 1):
                if not report("", number / total):
                    self._seen = before | self._seen
                    break
                self._seen[place.path] = self._look_at(place, opened, before.get(place.path))
        except GradingError:
            pass
        return self._standing()

    def _look_at(self, place: Source, opened: Callable[[], BinaryIO], known: _Seen | None) -> _Seen:
        stamp = _stamp(self.folder / place.path if self.folder.is_dir() else self.folder)
        if known is not None and known.stamp == stamp != (0, 0) and not (known.waits and self._has_time):
            return known
        self.looked += 1
        shares: list[float] = []
        waits = False

        def accuracy(work: HandedIn) -> Accuracy:
            nonlocal waits
            found = self._measured(work)
            waits = found is None
            if found is not None and found.share is not None and work.weights is not None:
                shares.append(found.share)
            return found or Accuracy(None, "The weights are still being evaluated.")

        row, work, _ = row_of(place, opened, self.lesson, accuracy)
        return _Seen(stamp, row, _of(row, work, shares) if work is not None else None, waits)

    @property
    def _has_time(self) -> bool:
        return time.monotonic() < self._until

    def _measured(self, work: HandedIn) -> Accuracy | None:
        """How well the weights do; None where this look has no time to evaluate them."""
        assert self._accuracy is not None, "a board is looked at within its with"
        if work.weights is None:
            return self._accuracy(work)
        key = hashlib.sha256(work.weights).hexdigest(), drawing(work.project)
        if key not in self._evaluated:
            if not self._has_time:
                return None
            self._evaluated[key] = self._accuracy(work)
        return self._evaluated[key]

    def _standing(self) -> ClassStanding:
        """The latest file of each student, with the best accuracy of all of them."""
        found: dict[str, Standing] = {}
        refused = []
        for seen in self._seen.values():
            if seen.standing is None:
                refused.append((seen.row.source.path, seen.row.trouble))
                continue
            key = known_as(seen.row.student or seen.row.source.platform_id or seen.row.name) or seen.row.source.path
            found[key] = _together(found[key], seen.standing) if key in found else seen.standing
        ordered = sorted(found.values(), key=lambda each: (-each.done, -each.points, _in_order(each.called)))
        return ClassStanding(tuple(ordered), tuple(refused), sum(seen.waits for seen in self._seen.values()))


def _of(row: Row, work: HandedIn, shares: list[float]) -> Standing:
    marks = row.marks.tasks if row.marks is not None else ()
    tries = Counter(each.task for each in work.attempts)
    last = {each.task: number for number, each in enumerate(work.attempts)}
    stuck = [each for each in marks if not each.is_done and tries[each.task.name] >= STUCK]
    worst = max(stuck, key=lambda each: last[each.task.name], default=None)
    keeps = all(each.verdict.is_right for each in marks if each.task.answered_by == "network")
    name = worst.task.name if worst is not None else ""
    return Standing(
        row.called,
        tuple(_state(each, tries[each.task.name]) for each in marks),
        row.marks.points if row.marks is not None else 0.0,
        max(shares, default=None) if keeps else None,
        name,
        tries[name],
        row.source.written,
        row.source.path,
    )


def _state(mark: TaskMark, tries: int) -> State:
    if mark.is_done:
        return "done" if mark.verdict.share is not None else "waits"
    if mark.task.answered_by in ("network", "weights"):
        return "open"
    if mark.verdict.share:
        return "begun"
    return "wrong" if tries or mark.verdict.is_given else "open"


def _together(one: Standing, other: Standing) -> Standing:
    late = max(one, other, key=lambda each: each.written.timestamp() if each.written is not None else 0.0)
    best = max((each.accuracy for each in (one, other) if each.accuracy is not None), default=None)
    return replace(late, accuracy=best)


def _in_order(name: str) -> tuple[tuple[int, str], ...]:
    """By which names are put in order: numbers in them by what they are, so that 2 stands before 10."""
    found = re.findall(r"(\d{1,18})|(\D+)", name.casefold())
    return tuple((int(number) if number else -1, word) for number, word in found)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return 0, 0
    return found.st_size, found.st_mtime_ns

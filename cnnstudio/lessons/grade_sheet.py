"""Grade sheet: the table of all marks with the reason for each task, and what a teacher changed in it by hand.

The teacher writes into the columns "by hand"; the next run reads them from there and puts them in again.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cnnstudio.lessons.csv_text import CsvError, safe, table
from cnnstudio.lessons.grading import Row
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.lessons.marking import TaskMark
from cnnstudio.lessons.variation import known_as
from cnnstudio.wording import counted, printable

BY_HAND = "by hand"
WHY = "remark"
_FIRST = ("file", "student", "name", "grade", "out of", "points", "late days", "penalty")


@dataclass(frozen=True)
class ByHand:
    """What a teacher wrote in for one work: the whole grade, points of tasks, and why."""

    grade: float | None = None
    tasks: Mapping[str, float] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class Late:
    """What being late costs: ``share`` of the points for each day begun after ``due``, ``most`` at most."""

    due: datetime | None = None
    share: float = 0.0
    most: float = 1.0

    def days(self, written: datetime | None) -> int:
        """How many days late, each begun one counted."""
        if self.due is None or written is None or written <= self.due:
            return 0
        return math.ceil((written - self.due).total_seconds() / 86_400)

    def penalty(self, days: int) -> float:
        """The share of the points that is lost."""
        return min(self.most, self.share * days)


@dataclass(frozen=True)
class Grade:
    """A row with what the teacher wrote, and what it comes to."""

    row: Row
    by_hand: ByHand
    points: float
    most: float
    days: int
    penalty: float
    grade: float
    open_tasks: tuple[str, ...]

    @property
    def is_final(self) -> bool:
        """Whether nothing waits for the teacher: only then it goes into a gradebook."""
        return self.by_hand.grade is not None or (self.row.marks is not None and not self.open_tasks)

    def points_of(self, mark: TaskMark) -> float | None:
        """The points of a task: the teacher's own, else the program's; None where it waits for the teacher."""
        given = self.by_hand.tasks.get(mark.task.name)
        return mark.points if given is None else given

    @property
    def feedback(self) -> str:
        """A line for each task, and what else there is to say."""
        if self.row.marks is None:
            return self.row.trouble
        lines = []
        for mark in self.row.marks.tasks:
            points = self.points_of(mark)
            told = "open" if points is None else f"{points:g}"
            hints = f" Hints: −{mark.cost:g}." if mark.cost else ""
            lines.append(f"{mark.task.name}: {told} of {mark.task.points:g}. {mark.verdict.sentence}{hints}")
        if self.penalty:
            lines.append(f"{counted(self.days, 'day')} late: −{self.penalty:.0%}.")
        if self.by_hand.why:
            lines.append(self.by_hand.why)
        return "\n".join(lines)


def grades(
    rows: Sequence[Row], lesson: LessonFile, by_hand: Mapping[str, ByHand], late: Late, out_of: float | None = None
) -> list[Grade]:
    """What each row comes to, with the teacher's own points in the place of the program's, and scaled to ``out_of``."""
    most = lesson.points
    scale = out_of / most if out_of and most else 1.0
    found = []
    students = Counter(_key(row.student) for row in rows)
    for row in rows:
        own = by_hand.get(row.source.path)
        if own is None and students[_key(row.student)] == 1:  # a second file of this student may be somebody else's
            own = by_hand.get(_key(row.student))
        own = own or ByHand()
        points, waiting = 0.0, []
        for mark in row.marks.tasks if row.marks is not None else ():
            given = own.tasks.get(mark.task.name)
            given = mark.points if given is None else given
            points += given or 0.0
            if given is None:
                waiting.append(mark.task.name)
        days = late.days(row.source.written)
        penalty = late.penalty(days)
        grade = points * (1 - penalty) * scale if own.grade is None else own.grade
        found.append(Grade(row, own, points, most * scale, days, penalty, round(grade, 2), tuple(waiting)))
    return found


def counting(found: Sequence[Grade]) -> list[Grade]:
    """Of the works of each student the one that counts: the latest that could be marked, or that has a grade by hand.

    A student is known as the platform says, and else by the id in the work.
    """
    works: dict[str, list[Grade]] = {}
    for each in found:
        source = each.row.source
        works.setdefault(source.platform_id or _key(each.row.student) or source.path, []).append(each)
    return [max(every, key=_weight) for every in works.values()]


def _weight(of: Grade) -> tuple[bool, bool, float]:
    at = of.row.source.written
    return of.by_hand.grade is not None, of.row.marks is not None, at.timestamp() if at is not None else 0.0


def written(found: Sequence[Grade], lesson: LessonFile) -> str:
    """The table as CSV: a row for each work, its tasks one after another with points, reason and a column by hand."""
    names = [task.name for task in lesson.tasks]
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\r\n")
    heads = [each for name in names for each in (f"{name} points", f"{name} says", f"{name} {BY_HAND}")]
    writer.writerow([*_FIRST, BY_HAND, WHY, "alike", "hints", "attempts", "trouble", *heads])
    for each in found:
        row, own = each.row, each.by_hand
        told = {mark.task.name: mark for mark in row.marks.tasks} if row.marks is not None else {}
        cells = [
            row.source.path, row.student, row.called, f"{each.grade:g}" if row.marks or own.grade is not None else "",
            f"{each.most:g}", f"{each.points:g}" if row.marks else "", str(each.days), f"{each.penalty:.0%}",
            "" if own.grade is None else f"{own.grade:g}", own.why, "; ".join(row.alike), str(row.hints),
            str(row.attempts), row.trouble,
        ]  # fmt: skip
        for name in names:
            mark, given = told.get(name), own.tasks.get(name)
            cells += [
                "" if mark is None or mark.points is None else f"{mark.points:g}",
                "" if mark is None else mark.verdict.sentence,
                "" if given is None else f"{given:g}",
            ]
        writer.writerow([safe(printable(cell).replace("\n", " ")) for cell in cells])
    return into.getvalue()


def read_by_hand(data: bytes) -> dict[str, ByHand]:
    """What a teacher wrote into a table of an earlier run, by the file and by the student. Raises ``CsvError``."""
    sheet = table(data)
    heads = [cell.value for cell in sheet.rows[0]]
    if not {"file", "student", BY_HAND} <= set(heads):
        raise CsvError("It is no table of marks of an earlier run.")
    found: dict[str, ByHand] = {}
    for cells in sheet.rows[1:]:
        row = {head: cell.value for head, cell in zip(heads, cells, strict=False)}
        own = ByHand(_number(row.get(BY_HAND, "")), dict(_task_points(row)), row.get(WHY, "").removeprefix("'"))
        if own != ByHand():
            found[row["file"].removeprefix("'")] = own
            if key := _key(row["student"].removeprefix("'")):
                found[key] = own
    return found


def _task_points(row: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for head, value in row.items():
        if head.endswith(f" {BY_HAND}") and (number := _number(value)) is not None:
            yield head.removesuffix(f" {BY_HAND}"), number


def _number(text: str) -> float | None:
    text = text.strip().replace(",", ".")
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) else None


def _key(student: str) -> str:
    return f"student {known}" if (known := known_as(student)) else ""

"""Grading: a folder or a zip of works that were handed in, marked one after another; and what is alike among them.

Moodle's zip of submissions has a folder for each student, ``Full Name_12345_assignsubmission_file``; Canvas's has
names such as ``surnamename_LATE_12345_678_work.handin``. Both are read as they are. A file that cannot be read is a
row with its reason. No more than one work is in memory at a time.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.lessons.archive import Archive, ArchiveError, Bounds
from cnnstudio.lessons.file_names import HANDED_IN
from cnnstudio.lessons.handed_in import BOUNDS, HandedIn, HandInError
from cnnstudio.lessons.handed_in import read as read_work
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, Sheet
from cnnstudio.lessons.marking import Marks, evaluation, marks
from cnnstudio.lessons.variation import known_as
from cnnstudio.lessons.work import Accuracy
from cnnstudio.project import Project, dumps
from cnnstudio.project.limits import parts
from cnnstudio.wording import abridged, on_a_line
from cnnstudio.worker import Report, unheard

ZIP = Bounds(file=2**32 - 2, member=BOUNDS.file, whole=2**40, members=20_000)
MOST_WORKS = 20_000
_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file(?:_|$)")
_CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_")
_QUICK_PARTS = 20_000  # of a network that is compared with others


@dataclass(frozen=True)
class Source:
    """Where a work lies: its path as it is shown, when it was written, and who handed it in, as the platform says."""

    path: str
    written: datetime | None
    platform_name: str = ""
    platform_id: str = ""


@dataclass(frozen=True)
class Prints:
    """What of a work can be the same in another: its weights, its drawing, and the structure of its network."""

    weights: str = ""
    drawing: str = ""
    structure: str = ""


@dataclass(frozen=True)
class Row:
    """One work: where it lies, whose it says it is, its marks, or why there are none; and what is alike in others."""

    source: Source
    student: str = ""
    name: str = ""
    marks: Marks | None = None
    trouble: str = ""
    alike: tuple[str, ...] = ()
    hints: int = 0
    attempts: int = 0
    prints: Prints = field(default_factory=Prints, repr=False)

    @property
    def called(self) -> str:
        """What the student is called, as well as it is known."""
        return self.source.platform_name or self.name or self.student or self.source.path


class GradingError(ValueError):
    """Works that cannot be found at all; the message is a sentence."""


def graded(
    source: Path,
    lesson: LessonFile,
    report: Report = unheard,
    seen: Callable[[Row, HandedIn | None, Sheet | None], None] = lambda *_: None,
) -> list[Row]:
    """A row for every work in a folder or a zip, in the order of their paths.

    ``seen`` is given each row with its work, as long as that is in memory. ``report`` may end it; then the rows are
    those so far. Raises ``GradingError`` where there is nothing to read, ``LessonError`` for the lesson's own faults.
    """
    rows: list[Row] = []
    with evaluation(lesson) as accuracy:
        for number, (place, total, opened) in enumerate(works(source), 1):
            if not report(f"Marking {number:,} of {total:,}", (number - 1) / total):
                break
            row, work, sheet = row_of(place, opened, lesson, accuracy)
            seen(row, work, sheet)
            rows.append(row)
    return _compared(rows)


def row_of(
    place: Source,
    opened: Callable[[], BinaryIO],
    lesson: LessonFile,
    accuracy: Callable[[HandedIn], Accuracy],
) -> tuple[Row, HandedIn | None, Sheet | None]:
    """The row of one work, and the work itself with this student's lesson where it could be marked."""
    try:
        with opened() as file:
            work = read_work(file)
        if work.lesson != lesson.head.id:
            raise HandInError("It belongs to another lesson.")
        sheet = lesson.sheet(work.student)
        found = marks(sheet, work, lambda: accuracy(work))
    except (HandInError, LessonError, ArchiveError) as error:
        return Row(place, trouble=str(error)), None, None
    except OSError as error:
        return Row(place, trouble=f"It cannot be read: {error.strerror or error}."), None, None
    except (ValueError, ArithmeticError, LookupError, TypeError, RecursionError, MemoryError) as error:
        # a file that gets past every check is a fault of ours, and still a row: the other students are marked
        return Row(place, trouble=f"It could not be marked ({type(error).__name__})."), None, None
    row = Row(place, work.student, work.name, found, hints=sum(work.hints.values()), attempts=len(work.attempts))
    return replace(row, prints=_prints(work, sheet)), work, sheet


# where works lie


def works(source: Path) -> Iterator[tuple[Source, int, Callable[[], BinaryIO]]]:
    """Every work with how many there are, and what opens it."""
    if source.is_dir():
        yield from _in_folder(source)
    elif source.suffix.lower() == HANDED_IN:
        yield _source(source.name, source.name, _modified(source)), 1, lambda: source.open("rb")
    else:
        yield from _in_zip(source)


def _in_folder(folder: Path) -> Iterator[tuple[Source, int, Callable[[], BinaryIO]]]:
    paths = []
    for at, names, files in os.walk(folder):
        names.sort()
        paths += [Path(at, name) for name in sorted(files) if name.lower().endswith(HANDED_IN)]
        if len(paths) > MOST_WORKS:
            raise GradingError(f"There are more than {MOST_WORKS:,} works in {folder.name}.")
    if not paths:
        raise GradingError(f"There is no work in {folder.name}: no file that ends in {HANDED_IN}.")
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():  # it may lead to another student's
            yield _source(name, name, None), len(paths), _refuse("It is a link, and was not followed.")
        else:
            yield _source(name, name, _modified(path)), len(paths), lambda path=path: path.open("rb")  # type: ignore[misc]


def _in_zip(path: Path) -> Iterator[tuple[Source, int, Callable[[], BinaryIO]]]:
    try:
        with path.open("rb") as file:
            archive = Archive(file, ZIP)
            found = [member for member in archive.members.values() if member.name.lower().endswith(HANDED_IN)]
            if not found:
                raise GradingError(f"There is no work in {path.name}: no file that ends in {HANDED_IN}.")
            for member in sorted(found, key=lambda each: each.name):
                place = _source(member.name, member.name, member.written)
                yield place, len(found), lambda member=member: io.BytesIO(archive.read(member.name))  # type: ignore[misc]
    except ArchiveError as error:
        raise GradingError(f"{path.name} cannot be read: {error}") from error
    except OSError as error:
        raise GradingError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _refuse(sentence: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        raise HandInError(sentence)

    return opened


def _source(name: str, path: str, written: datetime | None) -> Source:
    for part in name.split("/"):
        for pattern in (_MOODLE, _CANVAS):
            if found := pattern.match(part):
                return Source(path, written, found["name"], found["id"])
    return Source(path, written)


def _modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime)
    except (OSError, OverflowError, ValueError):
        return None


# what is alike


def _prints(work: HandedIn, sheet: Sheet) -> Prints:
    """What of this work can be told from others'; what everybody began with is no copy from anybody."""
    weights = hashlib.sha256(work.weights).hexdigest() if work.weights else ""
    if parts(work.project.graph) > _QUICK_PARTS or not len(work.project.graph):
        return Prints(weights)
    structure = structure_hash(work.project.graph)
    if structure == structure_hash(sheet.start.graph):
        return Prints(weights)
    return Prints(weights, drawing(work.project), structure)


def drawing(project: Project) -> str:
    """The same for networks that are the same to the last name and place."""
    return hashlib.sha256(dumps(Project(project.graph)).encode("utf-8", "surrogatepass")).hexdigest()


_ALIKE = (("weights", "the same weights as"), ("drawing", "the same drawing, to every name and place, as"),
          ("structure", "a network of the same structure as"))  # fmt: skip


def _compared(rows: Sequence[Row]) -> list[Row]:
    """The rows with what each has in common with others, of other students, told once: the strongest that there is."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for kind, _ in _ALIKE:
            if known := getattr(row.prints, kind):
                groups[kind, known].append(number)
        if row.marks is not None and row.student:
            groups["student", known_as(row.student)].append(number)
    found: list[list[str]] = [[] for _ in rows]
    told: list[set[int]] = [set() for _ in rows]
    for kind, words in (("student", "the same student id as"), *_ALIKE):
        for (other, _), numbers in groups.items():
            if other != kind or len(numbers) < 2:
                continue
            for number in numbers:
                others = [each for each in numbers if each != number and each not in told[number]]
                if others:
                    names = abridged((on_a_line(rows[each].called, 60) for each in others), 5)
                    found[number].append(f"{words} {names}")
                    told[number].update(others)
    return [replace(row, alike=tuple(each)) for row, each in zip(rows, found, strict=True)]

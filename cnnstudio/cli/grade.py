"""``cnnstudio grade``: works that were handed in, marked, and the marks put where they belong."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands, watched
from cnnstudio.disk import DiskError, is_there, replacing
from cnnstudio.disk import read as read_file
from cnnstudio.lessons.archive import packed
from cnnstudio.lessons.csv_text import LARGEST, CsvError
from cnnstudio.lessons.feedback_page import gradescope, page, prairielearn
from cnnstudio.lessons.grade_sheet import ByHand, Grade, Late, counting, grades, read_by_hand, written
from cnnstudio.lessons.gradebooks import FilledIn, GradebookError, Mark, canvas, moodle
from cnnstudio.lessons.grading import GradingError, Row, graded
from cnnstudio.lessons.handed_in import HandedIn
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, Sheet, read
from cnnstudio.lessons.tasks import Task
from cnnstudio.lessons.work import Answer
from cnnstudio.wording import counted

NAME = "grade"
MARKS = "marks.csv"
RESULTS = {"gradescope": gradescope, "prairielearn": prairielearn}


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="mark works that were handed in",
        description="Mark every .handin in a folder, or in a zip as Moodle or Canvas gives it. Each task is checked "
        f"anew, from the network and the weights themselves. OUT gets {MARKS}, with the reason for each task and "
        "columns for marks by hand that the next run keeps; feedback.zip, a page for each student, as Moodle takes it "
        "back; and a teacher's own worksheet or gradebook filled in, changed nowhere else.",
    )
    parser.add_argument("works", type=Path, metavar="FOLDER|ZIP", help="the works that were handed in")
    parser.add_argument("--lesson", type=Path, required=True, metavar="LESSON", help="the teacher's own lesson")
    parser.add_argument("--out", type=Path, default=Path("marks"), metavar="OUT", help="a folder (default: marks)")
    parser.add_argument("--moodle", type=Path, metavar="CSV", help="Moodle's grading worksheet")
    parser.add_argument("--grade-column", default="", metavar="HEAD", help="its column of grades, if not found")
    parser.add_argument("--feedback-column", default="", metavar="HEAD", help="its column of feedback, if not found")
    parser.add_argument("--canvas", type=Path, metavar="CSV", help="Canvas's gradebook")
    parser.add_argument("--assignment", default="", metavar="TITLE", help="the column in Canvas's gradebook")
    parser.add_argument("--results", choices=sorted(RESULTS), help="write a results.json for each work, in this form")
    parser.add_argument("--due", type=_moment, metavar="TIME", help="when it was due: 2026-11-30 or 2026-11-30T18:00")
    parser.add_argument("--penalty", type=float, default=0.0, metavar="PERCENT", help="lost for each day begun later")
    parser.add_argument("--out-of", type=float, metavar="N", help="scale the points so that all of them are N")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Mark, and write all that was asked for; 1 where a work could not be marked."""
    try:
        return _run(arguments)
    except (LessonError, GradingError, GradebookError, CsvError, DiskError) as error:
        raise CommandError(str(error)) from error


def _run(arguments: argparse.Namespace) -> int:
    if not is_there(arguments.works):
        raise CommandError(f"{arguments.works} does not exist.")
    lesson = read(arguments.lesson)
    if lesson.head.released:
        raise CommandError(f"{arguments.lesson.name} is what students get; mark with the teacher's own.")
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    by_hand = read_by_hand(read_file(out / MARKS, LARGEST)) if is_there(out / MARKS) else {}
    late = Late(arguments.due, arguments.penalty / 100)
    answers: dict[str, dict[str, str]] = {}

    def keep(row: Row, work: HandedIn | None, sheet: Sheet | None) -> None:
        if work is not None and sheet is not None:
            answers[row.source.path] = _answers(work, sheet)

    bar = Bar()
    rows = graded(arguments.works, lesson, watched(bar), keep)
    bar.clear()
    found = grades(rows, lesson, by_hand, late, arguments.out_of)
    _write(out / MARKS, written(found, lesson).encode("utf-8-sig", "replace"))
    counted_ones = counting(found)
    _write(out / "feedback.zip", packed(_pages(found, counted_ones, lesson, answers)))
    if arguments.results:
        for number, each in enumerate(found, 1):
            folder = out / "results" / f"{number:04d}"
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(RESULTS[arguments.results](each) | {"file": each.row.source.path}, indent=2)
            _write(folder / "results.json", text.encode())
    final = [each for each in counted_ones if each.is_final]
    notes = [
        *_fill(arguments.moodle, out, lambda data: moodle(
            data, _marks(final), arguments.grade_column, arguments.feedback_column)),
        *_fill(arguments.canvas, out, lambda data: canvas(
            data, _marks(final), arguments.assignment or lesson.head.title)),
    ]  # fmt: skip
    if len(counted_ones) < len(found):
        notes.append("Of several works of a student the latest that could be marked counts, or the one marked by hand.")
    _tell(found, by_hand, out, notes)
    return 1 if any(each.row.marks is None for each in found) else 0


def _tell(found: Sequence[Grade], by_hand: dict[str, ByHand], out: Path, notes: Sequence[str]) -> None:
    for each in found:
        if each.row.marks is None:
            print(f"{each.row.source.path}: not marked. {each.row.trouble}")
        elif each.row.alike:
            print(f"{each.row.source.path} ({each.row.called}) has {'; '.join(each.row.alike)}.")
    marked = [each for each in found if each.row.marks is not None]
    waiting = sum(not each.is_final for each in marked)
    print(f"{counted(len(marked), 'work')} of {len(found)} marked; see {out / MARKS}.")
    if waiting:
        print(f"{counted(waiting, 'work')} wait for you: fill in the columns “by hand”, and mark again.")
    if by_hand:
        print("Marks by hand were kept.")
    for note in notes:
        print(note)


def _fill(path: Path | None, out: Path, fill: Callable[[bytes], FilledIn]) -> list[str]:
    """Put marks into a teacher's file, beside the original; sentences about it."""
    if path is None:
        return []
    filled = fill(read_file(path, LARGEST))
    _write(out / path.name, filled.data)
    return [f"{out / path.name}: {counted(filled.count, 'grade')} put in.", *filled.notes]


def _marks(found: Sequence[Grade]) -> list[Mark]:
    return [
        Mark(each.grade, each.feedback, each.row.source.platform_id, each.row.student, each.row.called)
        for each in found
    ]


def _pages(
    found: Sequence[Grade], counted_ones: Sequence[Grade], lesson: LessonFile, answers: dict[str, dict[str, str]]
) -> dict[str, bytes]:
    """The feedback pages under the names by which Moodle knows whose they are: those of the folders of its zip.

    Of several works of a student the one that counts has that place.
    """
    pages: dict[str, bytes] = {}
    counting_ids = {id(each) for each in counted_ones}
    for number, each in enumerate(found, 1):
        parts = PurePosixPath(each.row.source.path).parts[:-1] if id(each) in counting_ids else ()
        folder = next((part for part in parts if "_assignsubmission_" in part), "")
        name = f"{folder or f'{number:04d}'}/feedback.html"
        text = page(each, lesson, answers.get(each.row.source.path, {}))
        pages[name if name not in pages else f"{number:04d}/feedback.html"] = text.encode("utf-8", "replace")
    return pages


def _answers(work: HandedIn, sheet: Sheet) -> dict[str, str]:
    """What was answered, in words."""
    found = {}
    for task in sheet.tasks:
        given = work.answers.get(task.name, Answer())
        chosen = _chosen(task, "options", str(given.choice))
        why = _chosen(task, "reasons", given.reason) if getattr(task, "reasons", ()) else given.reason
        found[task.name] = f"{chosen} – {why}" if chosen and why else chosen or given.text
    return found


def _chosen(task: Task, of: str, number: str) -> str:
    """The words of the option of this number, from 1; empty for none."""
    options: tuple[str, ...] = getattr(task, of, ())
    return options[int(number) - 1] if re.fullmatch(r"[1-9]\d?", number) and int(number) <= len(options) else ""


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text[:30]!r} is no time; write it as 2026-11-30T18:00") from error
    return found.astimezone().replace(tzinfo=None) if found.tzinfo else found

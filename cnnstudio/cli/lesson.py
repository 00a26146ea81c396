"""``cnnstudio lesson``: a lesson begun, checked, released to students and looked at."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.disk import DiskError, is_there, replacing
from cnnstudio.lessons.file_names import LESSON, TEXT
from cnnstudio.lessons.lesson_edits import for_students, new_lesson
from cnnstudio.lessons.lesson_file import LessonError, members_of, read, write
from cnnstudio.lessons.marking import of_solution
from cnnstudio.lessons.question_export import gift, left_out, moodle_xml
from cnnstudio.lessons.soundness import findings
from cnnstudio.lessons.tasks import TASKS, help_of, purpose
from cnnstudio.lessons.work import Work
from cnnstudio.project import from_template
from cnnstudio.wording import counted, listed

NAME = "lesson"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        usage="cnnstudio lesson new LESSON\n"
        "       cnnstudio lesson check LESSON\n"
        "       cnnstudio lesson release LESSON OUT.lesson\n"
        "       cnnstudio lesson preview LESSON [--student ID]\n"
        "       cnnstudio lesson questions LESSON OUT.gift|OUT.xml [--student ID]",
        help="make a lesson and release it to students",
        description="LESSON is a .lesson file, or a folder of the same files while it is written. `new` begins one, "
        "`check` finds what is wrong with it, that it cannot be passed or passes untouched. `release` writes what "
        "students get, without answers, hidden tasks, solution and remarks; keep LESSON for marking. `preview` prints "
        "what a student sees, `questions` writes what can be asked in a quiz of Moodle.",
        epilog=_kinds(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="+", metavar="WORD", help="one of the words above and its files")
    parser.add_argument("--student", default="", metavar="ID", help="the student whose numbers are shown")
    parser.add_argument("--force", action="store_true", help="replace the file where there is one")
    parser.set_defaults(run=run)


def _kinds() -> str:
    lines = ["The kinds of task, and their words in the header:"]
    for word, kind in TASKS.items():
        lines += ["", f"  {word}: {purpose(kind)}"]
        own = [name for name in help_of(kind) if name in kind.__annotations__]
        lines.append(f"    {', '.join(own)}" if own else "")
    return "\n".join(lines)


def run(arguments: argparse.Namespace) -> int:
    """Do what the first word says."""
    word, *names = arguments.words
    does: dict[str, tuple[int, Callable[[list[Path], argparse.Namespace], int]]] = {
        "new": (1, _new), "check": (1, _check), "release": (2, _release), "preview": (1, _preview),
        "questions": (2, _questions),
    }  # fmt: skip
    if word not in does:
        raise CommandError(f"lesson takes no {word!r}; it takes {', '.join(does)}.")
    count, do = does[word]
    if len(names) != count:
        raise CommandError(f"lesson {word} takes {counted(count, 'file')}, not {len(names)}.")
    try:
        return do([Path(name) for name in names], arguments)
    except LessonError as error:
        raise CommandError(str(error)) from error


def _new(paths: list[Path], arguments: argparse.Namespace) -> int:
    (out,) = paths
    _require_free(out, arguments)
    members = members_of(new_lesson(from_template("lenet5")))
    if out.suffix.lower() == LESSON:
        write(out, members)
    else:
        _write_folder(out, members)
    print(f"{out}: a lesson with {counted(2, 'task')}. Its text and its tasks are in {TEXT}.")
    return 0


def _write_folder(out: Path, members: dict[str, bytes]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, data in members.items():
        (out / name).write_bytes(data)


def _check(paths: list[Path], _: argparse.Namespace) -> int:
    lesson = read(paths[0])
    found = findings(lesson, of_solution(lesson))
    for each in found:
        print(f"{each.severity}: {each.sentence}")
    if any(each.severity == "error" for each in found):
        return 1
    points = f"{lesson.points:g} points"
    print(f"{paths[0].name}: {counted(len(lesson.tasks), 'task')}, {points}, no errors.")
    return 0


def _release(paths: list[Path], arguments: argparse.Namespace) -> int:
    path, out = paths
    if out.suffix.lower() != LESSON:
        raise CommandError(f"{out} is to end in {LESSON}.")
    _require_free(out, arguments)
    lesson = read(path)
    try:
        given = for_students(lesson)
    except LessonError as error:
        raise CommandError(f"{path.name}: {error}") from error
    write(out, members_of(given))
    hidden = len(lesson.tasks) - len(given.tasks)
    withheld = sum(task.is_withheld for task in given.tasks)
    print(f"{out}: {counted(len(given.tasks), 'task')}, {withheld} without their answers, {hidden} hidden.")
    print(f"Keep {path.name}: work that is handed in is marked with it.")
    return 0


def _preview(paths: list[Path], arguments: argparse.Namespace) -> int:
    lesson = read(paths[0])
    sheet = lesson.sheet(arguments.student)
    work = Work(sheet.start, sheet.start, {}, sheet.values)
    print(f"{lesson.head.title}. {lesson.head.sentence}")
    if sheet.values:
        print(listed([f"{name} = {value}" for name, value in sheet.values.items()]))
    for part in sheet.parts:
        print()
        if isinstance(part, str):
            print(part)
            continue
        print(f"[{part.name}] {part.said(work) or part.title} ({part.points:g} points)")
        for number, option in enumerate(getattr(part, "options", ()), 1):
            print(f"  {number}. {option}")
    return 0


def _questions(paths: list[Path], arguments: argparse.Namespace) -> int:
    path, out = paths
    _require_free(out, arguments)
    sheet = read(path).sheet(arguments.student)
    write_as = {".gift": gift, ".txt": gift, ".xml": moodle_xml}.get(out.suffix.lower())
    if write_as is None:
        raise CommandError(f"{out} is to end in .gift or .xml.")
    try:
        with replacing(out) as temporary:
            temporary.write_text(write_as(sheet), encoding="utf-8")
    except DiskError as error:
        raise CommandError(str(error)) from error
    gone = left_out(sheet)
    print(f"{out}: the questions of {counted(len(sheet.tasks) - len(gone), 'task')}.")
    if gone:
        print(f"Left out, because a quiz cannot ask it: {', '.join(gone)}.")
    return 0


def _require_free(out: Path, arguments: argparse.Namespace) -> None:
    if is_there(out) and not arguments.force:
        raise CommandError(f"{out} is there already; give another name, or --force to replace it.")

"""``cnnstudio lesson``: a lesson begun, checked, released to students and looked at."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable
from pathlib import Path

from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.disk import DiskError, is_there, replacing
from cnnstudio.lessons.file_names import LESSON, TEXT
from cnnstudio.lessons.handed_in import HandedIn
from cnnstudio.lessons.header import joined
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, members_of, read, released, write
from cnnstudio.lessons.marking import evaluation
from cnnstudio.lessons.question_export import gift, left_out, moodle_xml
from cnnstudio.lessons.soundness import findings
from cnnstudio.lessons.tasks import TASKS, help_of, purpose
from cnnstudio.lessons.work import Accuracy, Work
from cnnstudio.project import dumps, from_template
from cnnstudio.wording import counted, listed

NAME = "lesson"
_BODY = """# A new lesson

What is to be learned, in Markdown. A picture is a file of the lesson that is shown by its name.

[task: size]

<!-- A remark like this one is for you alone: it is not in what students get. -->
"""


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
    project = from_template("lenet5")
    header = {
        "title": "A new lesson",
        "sentence": "What is learned in it.",
        "id": secrets.token_hex(8),
        "start": "start.cnn",
        "task": [
            {
                "kind": "number", "name": "size", "asks": "How high is a map of 28 × 28 after a kernel of 5 × 5?",
                "points": 2, "answer": 24, "hints": [{"says": "Where can the kernel begin?", "costs": 0.5}],
                "wrong": [{"answer": 28, "says": "That would be right with a padding of 2."}],
            },
            {
                "kind": "parameters", "name": "smaller", "points": 3, "most": 20_000,
                "asks": "Make the network smaller: 20,000 parameters at most.",
            },
        ],
    }  # fmt: skip
    members = {TEXT: joined(header, _BODY).encode(), "start.cnn": dumps(project).encode()}
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
    found = findings(lesson, _solved(lesson))
    for each in found:
        print(f"{each.severity}: {each.sentence}")
    if any(each.severity == "error" for each in found):
        return 1
    points = f"{lesson.points:g} points"
    print(f"{paths[0].name}: {counted(len(lesson.tasks), 'task')}, {points}, no errors.")
    return 0


def _solved(lesson: LessonFile) -> Accuracy | None:
    """How well the weights of the solution do; None where there are none."""
    head = lesson.head
    if not (head.solution and head.solution_weights) or head.solution_weights not in lesson.members:
        return None
    work = HandedIn(head.id, "", lesson.project(head.solution), weights=lesson.members[head.solution_weights])
    with evaluation(lesson) as accuracy:
        return accuracy(work)


def _release(paths: list[Path], arguments: argparse.Namespace) -> int:
    path, out = paths
    if out.suffix.lower() != LESSON:
        raise CommandError(f"{out} is to end in {LESSON}.")
    _require_free(out, arguments)
    lesson = read(path)
    if lesson.head.released:
        raise CommandError(f"{path.name} is what students get already; release the teacher's own.")
    if errors := [each.sentence for each in findings(lesson, _solved(lesson)) if each.severity == "error"]:
        raise CommandError(f"{path.name} is not released, for it has errors: {errors[0]}")
    given = released(lesson)
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
    print(f"{out}: {counted(len(sheet.tasks) - len(gone), 'question')}.")
    if gone:
        print(f"Left out, because a quiz cannot ask it: {', '.join(gone)}.")
    return 0


def _require_free(out: Path, arguments: argparse.Namespace) -> None:
    if is_there(out) and not arguments.force:
        raise CommandError(f"{out} is there already; give another name, or --force to replace it.")

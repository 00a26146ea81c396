"""``cnnstudio board``: how far a class is, as a page that follows a folder of works."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.disk import DiskError, is_folder
from cnnstudio.lessons.board_page import EVERY, pages
from cnnstudio.lessons.lesson_file import LessonError, read
from cnnstudio.wording import counted

NAME = "board"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="show how far a class is",
        description="Follow a shared FOLDER of works that were handed in, and keep one HTML page of it: progress by "
        "task, the best accuracy within the budget, and who is stuck. A browser reads the page again by itself. What "
        "cannot be read is a row with its reason. It goes on until Ctrl+C.",
    )
    parser.add_argument("works", type=Path, metavar="FOLDER", help="where students put their work")
    parser.add_argument("--lesson", type=Path, required=True, metavar="LESSON", help="the teacher's own lesson")
    parser.add_argument("--out", type=Path, default=Path("board.html"), metavar="PAGE", help="default: board.html")
    parser.add_argument("--once", action="store_true", help="write the page once and end")
    parser.add_argument(
        "--every", type=float, default=EVERY, metavar="SECONDS", help="between two looks (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Follow the folder; 0 when it was looked at."""
    if not is_folder(arguments.works):
        raise CommandError(f"{arguments.works} is no folder.")
    try:
        for found in pages(arguments.works, read(arguments.lesson), arguments.out):
            if found is not None and not found.waiting:
                said = counted(len(found.students), "student")
                refused = f", {counted(len(found.refused), 'file')} not read" if found.refused else ""
                print(f"{arguments.out}: {said}{refused}.", flush=True)
            is_waiting = found is not None and found.waiting > 0
            if arguments.once and not is_waiting:
                break
            time.sleep(0.0 if is_waiting else max(0.1, arguments.every))
    except (LessonError, DiskError) as error:
        raise CommandError(str(error)) from error
    return 0

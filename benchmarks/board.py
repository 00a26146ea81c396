"""How soon the board of a class of 30 shows what was handed in: all of it at first, and one work that is new.

    python benchmarks/board.py [STUDENTS]

Promised: within 2 seconds a page shows what has changed, for 30 students with LeNet-5 evaluated on 400 pictures.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from grading import hand_in, lesson

from cnnstudio.lessons.board import Board
from cnnstudio.lessons.board_page import EVERY, kept


def main() -> None:
    """Measure with evaluation: the first look, a look at one work that is new, and one at nothing new."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    of = lesson(True)
    with tempfile.TemporaryDirectory() as place:
        folder, page = Path(place, "works"), Path(place, "board.html")
        folder.mkdir()
        hand_in(folder, students, of)
        works = sorted(folder.rglob("*.handin"))
        with Board(folder, of) as board:
            for words, changed in (("all of them", []), ("one new", works[:1]), ("five new", works[:5]), ("none", [])):
                for path in changed:
                    path.write_bytes(path.read_bytes())
                begun = time.perf_counter()
                found = board.look()
                kept(page, found, of)
                took = time.perf_counter() - begun
                size = page.stat().st_size / 1024
                print(
                    f"{len(found.students)} students, {words}: {took:.2f} s for {board.looked} works, page of "
                    f"{size:.0f} KB; seen within {took + EVERY + 1:.2f} s"
                )


if __name__ == "__main__":
    main()

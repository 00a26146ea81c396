"""How soon the board of a class of 30 shows what was handed in: the command from its start, and works that are new.

    python benchmarks/board.py [STUDENTS]

Promised: within 2 seconds a page shows what has changed, for 30 students with LeNet-5 evaluated on 400 pictures; at the
first start, what each student has done. Evaluating begins with loading PyTorch, and its numbers come as they are known.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grading import hand_in, lesson

from cnnstudio.lessons.board_page import AGAIN, EVERY, pages
from cnnstudio.lessons.lesson_file import LessonFile, members_of, write

WAITS = "are still being evaluated"


def from_the_start(folder: Path, of: LessonFile, page: Path) -> None:
    """The command in a process of its own: until there is a page, and until all weights in it are evaluated."""
    write(folder.parent / "l.lesson", members_of(of))
    words = ("board", str(folder), "--lesson", str(folder.parent / "l.lesson"), "--out", str(page), "--once")
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cnnstudio", *words], stdout=subprocess.DEVNULL)
    while not page.exists():
        time.sleep(0.01)
    first = time.perf_counter() - begun
    while process.poll() is None and WAITS in page.read_text(encoding="utf-8"):
        time.sleep(0.01)
    print(f"the command: a page after {first:.2f} s, all weights evaluated after {time.perf_counter() - begun:.2f} s")
    process.wait()


def main() -> None:
    """Measure with evaluation: the command from its start, then looks of a board that stands at works that are new."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    of = lesson(True)
    with tempfile.TemporaryDirectory() as place:
        folder, page = Path(place, "works"), Path(place, "board.html")
        folder.mkdir()
        hand_in(folder, students, of)
        from_the_start(folder, of, page)
        works = sorted(folder.rglob("*.handin"))
        contents = [path.read_bytes() for path in works]
        for path in works[1:]:
            path.unlink()
        board = pages(folder, of, page)
        while next(board) is not None:
            pass
        given = 1
        for count in (1, 5, students - 7):
            for path, content in zip(works[given : given + count], contents[given : given + count], strict=True):
                path.write_bytes(content)
            given += count
            begun = time.perf_counter()
            found = next(board)
            first = time.perf_counter() - begun
            while found is not None and found.waiting:
                found = next(board)
            print(
                f"{count} new of {given}: a page after {first:.2f} s, all evaluated after "
                f"{time.perf_counter() - begun:.2f} s; in a browser within {first + EVERY + AGAIN:.2f} s"
            )
        begun = time.perf_counter()
        next(board)
        print(f"nothing new: {time.perf_counter() - begun:.3f} s; page of {page.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()

"""How far a class is, on a page that follows a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d
from cnnstudio.cli import main
from cnnstudio.insight.evaluation import of_weights
from cnnstudio.lessons.board import Board, Standing
from cnnstudio.lessons.board_page import board_page, followed
from cnnstudio.lessons.handed_in import Attempt, HandedIn, dumped
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, members_of, released, write
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project

Maker = Callable[..., HandedIn]


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


def put(folder: Path, work: HandedIn, name: str = "", at: float | None = None) -> Path:
    path = folder / f"{name or work.student}.handin"
    path.write_bytes(dumped(work))
    if at is not None:
        os.utime(path, (at, at))
    return path


def standings(board: Board) -> dict[str, Standing]:
    return {each.called: each for each in board.look().students}


def test_each_student_is_a_row_and_only_what_changed_is_marked_again(
    shared: Path, lesson: LessonFile, work: Maker, trained: bytes
) -> None:
    with Board(shared, lesson) as board:
        assert board.look().students == ()
        put(shared, work("ada", weights=trained))
        put(shared, work("alan", answers={"count": Answer("1")}, attempts=(Attempt("count", Answer("1")),)))
        found = standings(board)
        assert list(found) == ["Ada", "Alan"] and board.looked == 2
        ada, alan = found["Ada"], found["Alan"]
        assert ada.states[3] == "waits" and set(ada.states) == {"done", "waits"} and ada.done == len(lesson.tasks)
        assert ada.accuracy is not None and ada.accuracy > 0.5 and alan.accuracy is None
        assert alan.states[:4] == ("wrong", "open", "open", "open") and not alan.stuck
        assert standings(board) == found and board.looked == 0
        put(shared, work("alan"), at=2e9)
        assert standings(board)["Alan"].states[0] == "done" and board.looked == 1
        (shared / "alan.handin").unlink()
        assert list(standings(board)) == ["Ada"]


def test_who_answers_again_and_again_is_stuck_there(shared: Path, lesson: LessonFile, work: Maker) -> None:
    tries = tuple(Attempt("count", Answer(str(number))) for number in range(3))
    put(shared, work("eve", answers={"count": Answer("2")}, attempts=tries))
    put(shared, work("bob", attempts=tries))  # who has it right in the end
    put(shared, work("mal", answers={"count": Answer("2")}, attempts=tries[:2]))
    with Board(shared, lesson) as board:
        found = standings(board)
    assert (found["Eve"].stuck, found["Eve"].tries) == ("count", 3)
    assert not found["Bob"].stuck and not found["Mal"].stuck


def test_accuracy_counts_within_the_budget_alone_and_the_best_of_a_student_s_files(
    shared: Path, lesson: LessonFile, work: Maker, trained: bytes, solution: Project
) -> None:
    put(shared, work("ada", weights=trained), "first", at=1e9)
    put(shared, work("ada"), "second", at=2e9)
    wide = Project(solution.graph.replace("conv1", Conv2d(8, 3)), solution.recipe)
    over = wide.with_graph(wide.graph.remove("pool1"))
    put(shared, work("eve", project=over, weights=trained))
    with Board(shared, lesson) as board:
        found = standings(board)
    assert len(found) == 2 and found["Ada"].source == "second.handin"
    assert found["Ada"].accuracy is not None and found["Ada"].accuracy > 0.5 and found["Eve"].accuracy is None


def test_weights_are_evaluated_as_long_as_there_is_time_and_the_same_ones_once(
    shared: Path, lesson: LessonFile, work: Maker, trained: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[str] = []
    told_right = of_weights.told_right

    def counted(project: Project, *others: Any) -> Any:
        evaluated.append("")
        return told_right(project, *others)

    monkeypatch.setattr(of_weights, "told_right", counted)
    put(shared, work("ada", weights=trained))
    with Board(shared, lesson) as board:
        found = board.look(seconds=0.0)
        assert found.waiting == 1 and not evaluated
        ada = found.students[0]
        assert ada.accuracy is None and ada.states[0] == "done" and ada.states[10] == "open"
        assert "The weights of 1 work are still being evaluated." in board_page(found, lesson)
        assert board.look(seconds=0.0) == found and board.looked == 0
        found = board.look()
        assert found.waiting == 0 and len(evaluated) == 1 and found.students[0].states[10] == "done"
        assert "being evaluated" not in board_page(found, lesson)
        put(shared, work("ada", weights=trained, answers={}), at=2e9)  # other answers, the same weights
        again = board.look(seconds=0.0)
        assert board.looked == 1 and again.waiting == 0 and len(evaluated) == 1
        assert again.students[0].accuracy == found.students[0].accuracy and again.students[0].states[0] == "open"


def test_the_first_page_does_not_wait_for_pytorch(shared: Path, lesson: LessonFile, work: Maker) -> None:
    put(shared, work("ada", weights=b"any"))
    write(shared.parent / "lab.lesson", members_of(lesson))
    script = (
        "import sys; from pathlib import Path; from cnnstudio.lessons.board_page import pages\n"
        "from cnnstudio.lessons.lesson_file import read\n"
        "found = next(pages(Path(sys.argv[1]), read(Path(sys.argv[2])), Path(sys.argv[3])))\n"
        "print(found.waiting, 'torch' in sys.modules)"
    )
    names = (shared, shared.parent / "lab.lesson", shared.parent / "b.html")
    done = subprocess.run([sys.executable, "-c", script, *map(str, names)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


class Reader(HTMLParser):
    """What stands in a page, and every element of it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_hostile_files_are_rows_with_a_reason_and_nothing_in_them_is_a_tag(
    shared: Path, lesson: LessonFile, work: Maker
) -> None:
    evil = "<script>alert(1)</script>"
    put(shared, work("eve", name=evil), "eve")
    (shared / "broken.handin").write_bytes(dumped(work("ada"))[:700])
    (shared / "other.handin").write_bytes(dumped(replace(work("ada"), lesson="another")))
    (shared / "link.handin").symlink_to(shared / "eve.handin")
    (shared / "<img src=x>.handin").write_bytes(b"")
    with Board(shared, lesson) as board:
        found = board.look()
        assert dict(found.refused).keys() == {"broken.handin", "other.handin", "link.handin", "<img src=x>.handin"}
        assert all(why.endswith(".") for _, why in found.refused)
        page = Reader(board_page(found, lesson))
    assert "script" not in page.tags and "img" not in page.tags
    assert evil in "".join(page.text) and "<img src=x>.handin" in "".join(page.text)


def test_the_page_is_whole_in_itself_and_reads_itself_again(shared: Path, lesson: LessonFile, work: Maker) -> None:
    put(shared, work("ada"))
    with Board(shared, lesson) as board:
        page = board_page(board.look(), lesson)
    assert '<meta http-equiv="refresh" content="1">' in page and "http" not in page.replace("http-equiv", "")
    assert "70123" not in page, "no answer stands on it"
    text = "".join(Reader(page).text)
    assert "1 student" in text and all(task.name in text for task in lesson.tasks)


def test_students_alike_stand_in_the_order_of_their_numbers(shared: Path, lesson: LessonFile, work: Maker) -> None:
    for number in (10, 2, 1):
        put(shared, work(f"s{number}", name=f"Student {number}"))
    with Board(shared, lesson) as board:
        found = board.look()
    assert [each.called for each in found.students] == ["Student 1", "Student 2", "Student 10"]


def test_the_names_of_many_tasks_stand_upright(shared: Path, lesson: LessonFile, work: Maker) -> None:
    put(shared, work("ada"))
    few = replace(lesson, tasks=lesson.tasks[:3])
    for of, count in ((lesson, len(lesson.tasks)), (few, 0)):
        with Board(shared, of) as board:
            assert board_page(board.look(), of).count('<th scope="col" class="upright">') == count


def test_a_folder_is_followed_until_that_is_ended(shared: Path, lesson: LessonFile, work: Maker) -> None:
    looks: list[int] = []
    out = shared.parent / "board.html"

    def report(_: str, __: float | None) -> bool:
        looks.append(len(looks))
        if len(looks) == 2:
            assert "0 students" in out.read_text()
            put(shared, work("ada"))
        return len(looks) < 4

    assert "board.html" in followed(shared, lesson, out, report, every=0.0)
    assert "Ada" in out.read_text()


def test_the_command_writes_the_page(
    shared: Path, lesson: LessonFile, work: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(shared, work("ada"))
    write(tmp_path / "lab.lesson", members_of(lesson))
    write(tmp_path / "students.lesson", members_of(released(lesson)))
    arguments = [str(shared), "--once", "--out", str(tmp_path / "b.html"), "--lesson"]
    assert main(["board", *arguments, str(tmp_path / "lab.lesson")]) == 0
    assert "1 student" in capsys.readouterr().out and "Ada" in (tmp_path / "b.html").read_text()
    assert main(["board", *arguments, str(tmp_path / "students.lesson")]) == 1
    assert "teacher's own" in capsys.readouterr().err
    assert main(["board", str(tmp_path / "none"), "--lesson", "x.lesson"]) == 1
    with pytest.raises(LessonError):
        Board(shared, released(lesson))

"""A teacher and three students: a lesson is written, released, solved, handed in and marked."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d
from cnnstudio.cli import main
from cnnstudio.lessons.csv_text import safe
from cnnstudio.lessons.grade_sheet import Late
from cnnstudio.lessons.grading import graded
from cnnstudio.lessons.handed_in import HandedIn, dumped
from cnnstudio.lessons.lesson_file import LessonFile, members_of, read, write
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project

Maker = Callable[..., HandedIn]


@pytest.fixture
def folder(lesson: LessonFile, work: Maker, trained: bytes, solution: Project, tmp_path: Path) -> Path:
    """Works as Moodle's zip has them, unpacked: three students, a copy and three files that are none."""
    write(tmp_path / "teacher.lesson", members_of(lesson))
    ada = work("ada", weights=trained)
    grace = work("grace", project=Project(solution.graph.replace("conv1", Conv2d(7, 3))))
    alan = work("alan", answers={"count": Answer("=1+1")}, attempts=())
    for name, number, data in (
        ("Ada Lovelace", 11, dumped(ada)), ("Grace Hopper", 12, dumped(grace)), ("Alan Turing", 13, dumped(alan)),
        ("Copy Cat", 14, dumped(replace(ada, student="cat", name="Cat"))), ("Bro Ken", 15, dumped(ada)[:900]),
        ("Wrong Lesson", 16, dumped(replace(ada, lesson="another"))), ("Em Pty", 17, b""),
    ):  # fmt: skip
        place = tmp_path / "works" / f"{name}_{number}_assignsubmission_file"
        place.mkdir(parents=True)
        (place / "work.handin").write_bytes(data)
    return tmp_path / "works"


def test_works_are_marked_and_what_is_no_work_is_a_row_with_its_reason(folder: Path, lesson: LessonFile) -> None:
    rows = {row.called: row for row in graded(folder, lesson)}
    assert len(rows) == 7
    assert {name for name, row in rows.items() if row.marks is None} == {"Bro Ken", "Wrong Lesson", "Em Pty"}
    assert "another lesson" in rows["Wrong Lesson"].trouble
    assert all(row.trouble.endswith(".") for row in rows.values() if row.marks is None)
    ada = rows["Ada Lovelace"].marks
    assert ada is not None and ada.points == ada.most - 1  # the sentence is the teacher's
    copied = rows["Copy Cat"].alike
    assert copied == ("the same weights as Ada Lovelace", "the same drawing, to every name and place, as Alan Turing")
    assert "structure" not in str(rows["Grace Hopper"].alike)


def test_a_zip_is_marked_as_its_folder_is(folder: Path, lesson: LessonFile, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "works.zip", "w") as archive:
        for path in sorted(folder.rglob("*.handin")):
            archive.write(path, path.relative_to(folder))
    plain = [(row.called, row.marks and row.marks.points, row.trouble) for row in graded(folder, lesson)]
    assert [
        (row.called, row.marks and row.marks.points, row.trouble) for row in graded(tmp_path / "works.zip", lesson)
    ] == plain


def test_a_link_to_another_s_work_is_not_followed(folder: Path, lesson: LessonFile) -> None:
    thief = folder / "Thief_18_assignsubmission_file"
    thief.mkdir()
    (thief / "work.handin").symlink_to(folder / "Ada Lovelace_11_assignsubmission_file" / "work.handin")
    row = next(row for row in graded(folder, lesson) if row.called == "Thief")
    assert row.marks is None and "link" in row.trouble


def test_two_works_of_one_student_id_are_told(folder: Path, lesson: LessonFile, work: Maker) -> None:
    place = folder / "Mal Lory_19_assignsubmission_file"
    place.mkdir()
    (place / "mine.handin").write_bytes(dumped(work(" ADA ")))
    rows = {row.called: row for row in graded(folder, lesson)}
    assert "the same student id as Ada Lovelace" in rows["Mal Lory"].alike[0]


def test_it_can_be_ended(folder: Path, lesson: LessonFile) -> None:
    said: list[float | None] = []

    def report(_: str, share: float | None) -> bool:
        said.append(share)
        return len(said) < 3

    assert len(graded(folder, lesson, report)) == 2


# through the command line


def run(*arguments: object) -> int:
    return main([str(each) for each in arguments])


def sheet(out: Path) -> dict[str, dict[str, str]]:
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


WORKSHEET = (
    "Kennung,Vollständiger Name,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
    "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar\r\n"
    '"Teilnehmer/in 11","Ada Lovelace","Zur Bewertung abgegeben",,"100,00",Ja,"Montag, 30. November 2026",-,\r\n'
    'Teilnehmer/in 12,Grace Hopper,Abgegeben,"3,00","100,00",Ja,-,-,"alt, mit ""Zeichen"""\r\n'
    'Teilnehmer/in 99,Nobody Here,Keine Abgabe,,"100,00",Ja,-,-,\r\n'
)


def test_a_lesson_is_checked_released_marked_and_brought_back(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher, out = tmp_path / "teacher.lesson", tmp_path / "out"
    assert run("lesson", "check", teacher) == 0
    assert run("lesson", "release", teacher, tmp_path / "students.lesson") == 0
    assert "1 hidden" in capsys.readouterr().out
    assert read(tmp_path / "students.lesson").head.released
    assert run("grade", folder, "--lesson", tmp_path / "students.lesson") == 1  # it has no answers
    assert "mark with the teacher's own" in capsys.readouterr().err
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8-sig", newline="")
    assert run("grade", folder, "--lesson", teacher, "--out", out, "--results", "gradescope") == 1
    told = capsys.readouterr().out
    assert "4 works of 7 marked" in told and "the same weights as" in told
    marks = sheet(out)
    assert marks["Alan Turing"]["count says"] and marks["Bro Ken"]["trouble"]
    assert (
        marks["Ada Lovelace"]["tell points"] == "" and marks["Ada Lovelace"]["tell says"] == "Your teacher reads this."
    )

    # by hand, and again
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    heads = rows[0]
    for row in rows[1:]:
        row[heads.index("tell by hand")] = "1" if row[2] != "Grace Hopper" else "0,5"
        if row[2] == "Grace Hopper":
            row[heads.index("remark")] = "Nearly."
    with (out / "marks.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)  # as a German Excel writes it again
    arguments = ("--moodle", tmp_path / "worksheet.csv", "--out-of", 100)
    assert run("grade", folder, "--lesson", teacher, "--out", out, *arguments) == 1
    marks = sheet(out)
    assert marks["Ada Lovelace"]["grade"] == "100" and marks["Grace Hopper"]["tell by hand"] == "0.5"
    assert marks["Grace Hopper"]["remark"] == "Nearly."

    # Moodle's worksheet: nothing but grade and feedback has changed
    filled = (out / "worksheet.csv").read_bytes().decode("utf-8")
    before, after = WORKSHEET.split("\r\n"), filled.removeprefix("\ufeff").split("\r\n")
    assert filled.startswith("\ufeff") and after[0] == before[0] and after[3:] == before[3:]
    assert after[1].startswith('"Teilnehmer/in 11","Ada Lovelace","Zur Bewertung abgegeben",')
    assert '"100,00","100,00",Ja,"Montag, 30. November 2026",-,' in after[1] and "count: 2 of 2" in after[1]
    assert "Nearly." in after[2]
    assert "2 grades put in" in capsys.readouterr().out

    # feedback: a page each, in the folders that Moodle knows
    with zipfile.ZipFile(out / "feedback.zip") as archive:
        names = archive.namelist()
        assert len(names) == 7
        assert [participant(name) for name in sorted(names)] == [11, 13, 15, 14, 17, 12, 16]
        page = archive.read(next(name for name in names if "Alan" in name)).decode()
    assert "<script" not in page and "=1+1" in page and len(page) < 2**20


def test_of_several_works_of_a_student_the_latest_that_can_be_marked_counts(
    folder: Path, work: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder / "Grace Hopper_12_assignsubmission_file"
    second, third = work("grace", answers={"tell": Answer("long enough for a sentence")}), b"no work at all"
    (place / "a-second.handin").write_bytes(dumped(second))
    (place / "broken.handin").write_bytes(third)
    for name, at in (("work.handin", 1e9), ("a-second.handin", 2e9), ("broken.handin", 2.1e9)):
        os.utime(place / name, (at, at))
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8-sig", newline="")
    arguments = ("--lesson", tmp_path / "teacher.lesson", "--out", tmp_path / "out")
    assert run("grade", folder, *arguments, "--moodle", tmp_path / "worksheet.csv") == 1
    assert "latest that could be marked counts" in capsys.readouterr().out
    assert (tmp_path / "out" / "worksheet.csv").read_text("utf-8-sig").count("3,00") == 1, "it waits for the teacher"
    with zipfile.ZipFile(tmp_path / "out" / "feedback.zip") as archive:
        mine = [name for name in archive.namelist() if participant(name) == 12]
        assert len(mine) == 1 and "long enough" in archive.read(mine[0]).decode()
    with (tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1:]:  # the first work has a grade by hand: that is what the teacher means
        row[rows[0].index("by hand")] = "7" if row[0].endswith("12_assignsubmission_file/work.handin") else ""
    with (tmp_path / "out" / "marks.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    assert run("grade", folder, *arguments, "--moodle", tmp_path / "worksheet.csv") == 1
    assert 'Grace Hopper,Abgegeben,"7,00"' in (tmp_path / "out" / "worksheet.csv").read_text("utf-8-sig")


def participant(path: str) -> int | None:
    """Whose feedback a file is, by the rules of Moodle's mod/assign/feedback/file/importziplib.php."""
    parts = path.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    for part in parts:
        info = part.split("_", 4)
        if len(info) >= 4 and info[1].isdigit() and (info[2], info[3]) == ("assignsubmission", "file"):
            return int(info[1])
    return None


def test_a_page_shows_what_a_student_wrote_and_runs_none_of_it(folder: Path, work: Maker, tmp_path: Path) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">\u202e'
    plain = work("eve")
    work_of_eve = replace(plain, name=evil, answers={**plain.answers, "tell": Answer(f"{evil} and four more words")})
    (folder / "eve.handin").write_bytes(dumped(work_of_eve))
    run("grade", folder / "eve.handin", "--lesson", tmp_path / "teacher.lesson", "--out", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "feedback.zip") as archive:
        page = archive.read(archive.namelist()[0]).decode()
    assert "<script" not in page and "<img" not in page and "\u202e" not in page and "&lt;script&gt;" in page


def test_a_page_shows_a_choice_and_its_reason_in_words(
    lesson_of: Maker, header: dict[str, Any], work: Maker, tmp_path: Path
) -> None:
    header["task"][1]["written_reason"] = True
    header["task"] += [header["task"][1] | {
        "name": "listed", "written_reason": False, "reasons": ["Of the wallaby", "Of the numbat"], "reason": 2
    }]  # fmt: skip
    lesson = lesson_of(header)
    write(tmp_path / "t.lesson", members_of(lesson))
    given = {"why": Answer(choice=2, reason="they look everywhere"), "listed": Answer(choice=1, reason="2")}
    (tmp_path / "a.handin").write_bytes(dumped(work("ada", answers=given)))
    run("grade", tmp_path / "a.handin", "--lesson", tmp_path / "t.lesson", "--out", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "feedback.zip") as archive:
        page = archive.read(archive.namelist()[0]).decode()
    assert "Its weights are shared – they look everywhere" in page and "It is large – Of the numbat" in page


def test_no_cell_is_a_formula() -> None:
    assert [safe(text) for text in ("=1+1", "+cmd", "@x", "-2.5", "-x", "plain")] == [
        "'=1+1", "'+cmd", "'@x", "-2.5", "'-x", "plain",
    ]  # fmt: skip


def test_being_late_costs_by_the_day(folder: Path, lesson: LessonFile, tmp_path: Path) -> None:
    late = Late(datetime(2026, 11, 30, 18), 0.1, most=0.5)
    assert [late.days(datetime(2026, *day)) for day in ((11, 30, 18), (11, 30, 18, 1), (12, 1, 18), (12, 1, 19))] == [
        0,
        1,
        1,
        2,
    ]
    assert late.penalty(2) == pytest.approx(0.2) and late.penalty(9) == 0.5 and Late().days(datetime.now()) == 0
    path = next(folder.rglob("Ada*/work.handin"))
    os.utime(path, (datetime(2026, 12, 1, 12).timestamp(),) * 2)
    run(
        "grade",
        folder,
        "--lesson",
        tmp_path / "teacher.lesson",
        "--out",
        tmp_path / "o",
        "--due",
        "2026-11-30",
        "--penalty",
        10,
    )
    row = sheet(tmp_path / "o")["Ada Lovelace"]
    assert row["late days"] == "2" and row["penalty"] == "20%"
    assert float(row["grade"]) == pytest.approx(0.8 * float(row["points"]))


def test_results_are_written_for_gradescope_and_for_prairielearn(folder: Path, tmp_path: Path) -> None:
    teacher = tmp_path / "teacher.lesson"
    run("grade", folder, "--lesson", teacher, "--out", tmp_path / "g", "--results", "gradescope")
    run("grade", folder, "--lesson", teacher, "--out", tmp_path / "p", "--results", "prairielearn")
    found = [json.loads(path.read_text()) for path in sorted((tmp_path / "g/results").rglob("results.json"))]
    ada = next(each for each in found if "Ada" in each["file"])
    assert ada["score"] == sum(test["score"] for test in ada["tests"]) > 10
    assert all({"name", "score", "max_score", "output"} == set(test) for test in ada["tests"])
    found = [json.loads(path.read_text()) for path in sorted((tmp_path / "p/results").rglob("results.json"))]
    assert all(0 <= each["score"] <= 1 if each["gradable"] else each["format_errors"] for each in found)
    assert sum(each["gradable"] for each in found) == 4


def test_a_lesson_is_begun_looked_at_and_asked_in_a_quiz(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("new.lesson", "folder"):
        assert run("lesson", "new", tmp_path / name) == 0
        assert run("lesson", "check", tmp_path / name) == 0
        assert run("lesson", "preview", tmp_path / name) == 0
    assert "How high is a map" in capsys.readouterr().out
    assert run("lesson", "new", tmp_path / "new.lesson") == 1  # it is there
    assert run("lesson", "questions", tmp_path / "new.lesson", tmp_path / "q.gift") == 0
    assert "Left out, because a quiz cannot ask it: smaller." in capsys.readouterr().out
    for words in (["chek", "x"], ["check"], ["release", "a", "b.txt"], ["preview", "nothing"]):
        assert run("lesson", *words) == 1
    assert "it takes new, check, release" in capsys.readouterr().err


def test_a_lesson_with_errors_is_not_released(
    lesson: LessonFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "bad.lesson", members_of(replace(lesson, head=replace(lesson.head, held_out=""))))
    assert run("lesson", "check", tmp_path / "bad.lesson") == 1
    assert run("lesson", "release", tmp_path / "bad.lesson", tmp_path / "s.lesson") == 1
    assert not (tmp_path / "s.lesson").exists() and "held_out" in capsys.readouterr().err

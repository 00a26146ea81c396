"""Gradebooks, with the rules of the importers of Moodle and Canvas as the referee."""

from __future__ import annotations

import csv
import io
import re

import pytest

from cnnstudio.lessons.csv_text import CsvError, table
from cnnstudio.lessons.gradebooks import GradebookError, Mark, canvas, moodle

MARKS = (
    Mark(7.5, "count: 2 of 2.\nTell <b>why</b>; do.", "11", "ada1", "Ada Lovelace"),
    Mark(0, "", "", "ghopper", "Grace Hopper"),
    Mark(3, "", "404", "x", "Not There"),
)
ENGLISH = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 11,Ada Lovelace,ada@x.org,"Submitted for grading",,10.00,Yes,"Monday, 30 November 2026, 6:00 PM",-,\n'
    "Participant 12,Grace Hopper,g@x.org,No submission,2.00,10.00,Yes,-,-,old\n"
)


def imported_by_moodle(data: bytes, grade: str, feedback: str) -> dict[int, tuple[str, str]]:
    """What Moodle reads: the words of its language must be the heads, the number stands behind "Participant "."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    heads = rows[0]
    assert {grade, feedback} <= set(heads)
    return {int(re.sub(r"\D", "", row[0])): (row[heads.index(grade)], row[heads.index(feedback)]) for row in rows[1:]}


def test_moodle_reads_grade_and_feedback() -> None:
    filled = moodle(ENGLISH.encode(), MARKS)
    assert filled.count == 2
    assert filled.notes == ("Not in the worksheet: Not There.",)
    found = imported_by_moodle(filled.data, "Grade", "Feedback comments")
    assert found == {11: ("7.50", "count: 2 of 2.<br />Tell &lt;b&gt;why&lt;/b&gt;; do."), 12: ("0.00", "old")}


def test_nothing_else_of_the_worksheet_is_changed_to_the_byte() -> None:
    quoted = ENGLISH.replace("Ada Lovelace", '"A ""x"" da"', 1)
    for text in (ENGLISH, ENGLISH.replace("\n", "\r\n"), "\ufeff" + ENGLISH, quoted):
        before, after = table(text.encode()), table(moodle(text.encode(), MARKS[:1]).data)
        assert (before.mark, before.separator, before.ends) == (after.mark, after.separator, after.ends)
        for row, (old, new) in enumerate(zip(before.rows, after.rows, strict=True)):
            for column, (one, other) in enumerate(zip(old, new, strict=True)):
                assert one.raw == other.raw or (row, column) in {(1, 4), (1, 9)}
        assert moodle(text.encode(), ()).data == text.encode()


def test_the_grade_of_a_worksheet_in_any_language_stands_before_the_same_number_in_every_row() -> None:
    text = (
        "ID,氏名,ステータス,評点,最大評点,変更可,コメント\n参加者 11,A,x,,10.00,はい,\n参加者 12,B,x,2.00,10.00,はい,\n"
    )
    filled = moodle(text.encode(), MARKS[:1])
    assert filled.data.decode().splitlines()[1] == "参加者 11,A,x,7.50,10.00,はい,"
    assert "No column for feedback" in filled.notes[0]
    named = moodle(text.encode(), MARKS[:1], feedback_column="コメント")
    assert "count: 2 of 2" in named.data.decode()


def test_a_worksheet_without_participants_or_a_grade_is_refused() -> None:
    with pytest.raises(GradebookError, match="participants' numbers"):
        moodle(b"a,b\nx,y\n", MARKS)
    with pytest.raises(GradebookError, match="Name it"):
        moodle(b"Id,Nimi\nOsallistuja 11,A\n", MARKS)
    with pytest.raises(GradebookError, match="There is no column Points"):
        moodle(ENGLISH.encode(), MARKS, grade_column="Points")


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (981),Lab 2 (982),Current Score,Final Score\n"
    "    Points Possible,,,,,10,10,(read only),(read only)\n"
    '"Lovelace, Ada",11,s-ada,ada1,Course A,4,,40,20\n'
    '"Hopper, Grace",12,s-grace,ghopper,Course A,,,,\n'
    '"Student, Test",13,,abc,Course A,,,,\n'
)


def imported_by_canvas(data: bytes, title: str) -> dict[str, str]:
    """What Canvas reads: the separator by the first three lines, decimal commas, ``Title (id)``, whose row it is."""
    text = data.decode("utf-8-sig")
    lines = text.splitlines()[:3]
    counts = {sign: {len(next(csv.reader([line], delimiter=sign))) for line in lines} for sign in ";,"}
    sign = ";" if len(counts[";"]) == 1 and (len(counts[","]) > 1 or max(counts[";"]) > max(counts[","])) else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=sign))
    heads = rows[0]
    assert "Student" in heads[0] and "ID" in heads[1] and len(heads) > 3 and "Section" in heads
    at = next(n for n, head in enumerate(heads) if re.fullmatch(rf"{re.escape(title)} \(\d+\)", head))
    found = {}
    for row in rows[1:]:
        if "Points Possible" in row[0]:
            continue
        value = row[at].strip()
        if re.fullmatch(r"-?[0-9.,]+%?", value):
            *whole, last = re.split("[.,]", value)
            value = f"{''.join(whole)}.{last}" if whole else last
        found[row[1]] = value
    return found


def test_canvas_reads_the_grades() -> None:
    filled = canvas(CANVAS.encode(), MARKS, "Lab 2")
    assert imported_by_canvas(filled.data, "Lab 2") == {"11": "7.50", "12": "0.00", "13": ""}
    assert imported_by_canvas(filled.data, "Lab 1") == imported_by_canvas(CANVAS.encode(), "Lab 1")
    assert filled.notes == ("Not in the gradebook: Not There.",)
    assert canvas(CANVAS.encode(), MARKS, "982").data == filled.data
    changed = [(a, b) for a, b in zip(CANVAS.splitlines(), filled.data.decode().splitlines(), strict=True) if a != b]
    assert [one.split(",")[0] for one, _ in changed] == ['"Lovelace', '"Hopper']


def test_canvas_with_semicolons_and_decimal_commas() -> None:
    text = (
        "Student;ID;SIS Login ID;Section;Lab (7)\n    Points Possible;;;;10,00\nManual Posting;;;;\n"
        '"Lovelace, Ada";11;ada1;A;4,50\nGrace Hopper;12;ghopper;A;\n'
    )
    filled = canvas(text.encode("cp1252"), MARKS, "Lab (7)")
    assert "11;ada1;A;7,50" in filled.data.decode() and "12;ghopper;A;0,00" in filled.data.decode()
    assert imported_by_canvas(filled.data, "Lab")["11"] == "7.50"


def test_of_two_students_of_one_name_neither_gets_a_grade_by_the_name() -> None:
    text = "Student,ID,Section,Lab (7)\nGrace Hopper,1,A,\nGrace Hopper,2,B,\n"
    filled = canvas(text.encode(), MARKS[1:2], "Lab")
    assert filled.count == 0 and filled.data == text.encode()


@pytest.mark.parametrize(
    ("text", "title", "says"),
    [
        ("a,b,c,d\n", "Lab", "no gradebook of Canvas"), (CANVAS, "Lab 3", r"Lab 1 \(981\), Lab 2 \(982\)"),
        (CANVAS.replace("10,10", "10,(read only)"), "Lab 2", "may only be read"),
        (CANVAS.replace("Lab 2", "Lab 1"), "Lab 1", "Several assignments"),
    ],
)  # fmt: skip
def test_a_gradebook_that_does_not_fit_is_refused_in_a_sentence(text: str, title: str, says: str) -> None:
    with pytest.raises(GradebookError, match=says):
        canvas(text.encode(), MARKS, title)


def test_a_table_that_is_none_is_a_sentence() -> None:
    for data in (b"", b'a,b\n"never ends', bytes(33 * 2**20)):
        with pytest.raises(CsvError):
            table(data)


def test_a_table_comes_back_to_the_byte_whatever_stands_in_it() -> None:
    for text in ("a,b", "a,b\n", "\n\n", 'x,"a\nb"\r\n,,\r\n', "ü;1,5;\n", "a\tb\n1\t2\n", 'a,b"c\n', "a\rb\r"):
        assert table(text.encode()).data == text.encode()

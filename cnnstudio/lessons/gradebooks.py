"""Gradebooks: marks put into a teacher's own file, Moodle's grading worksheet or Canvas's gradebook.

Nothing but grade and feedback is changed, to the byte, and no header is invented: Moodle's are in the language of the
site, so its columns are found by what stands in them. The rules are those of the importers: Moodle's
mod/assign/feedback/offline/importgradeslib.php, Canvas's lib/gradebook_importer.rb.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnnstudio.lessons.csv_text import CsvError, Table, table
from cnnstudio.wording import abridged, on_a_line

# get_string('grade') and the title of the comments in Moodle's language packs
_GRADE_WORDS = frozenset({"grade", "bewertung", "note", "calificación", "valutazione", "cijfer", "nota", "ocena"})
_FEEDBACK_WORDS = frozenset({"feedback comments", "feedback als kommentar", "comentarios de retroalimentación"})
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_ASSIGNMENT = re.compile(r"^(?P<title>.*\S)\s+\((?P<id>\d+)\)$")


class GradebookError(ValueError):
    """A gradebook that marks cannot be put into; the message is a sentence."""


@dataclass(frozen=True)
class Mark:
    """A grade to put in, with its feedback, and all by which its student may be known."""

    grade: float
    feedback: str = ""
    platform_id: str = ""
    student: str = ""
    name: str = ""


@dataclass(frozen=True)
class FilledIn:
    """The file with the marks in it, how many, and sentences about what was not put in."""

    data: bytes
    count: int
    notes: tuple[str, ...] = ()


# Moodle


def moodle(data: bytes, marks: Sequence[Mark], grade_column: str = "", feedback_column: str = "") -> FilledIn:
    """Moodle's worksheet with these marks; columns are named only where they are not found. Raises ``GradebookError``.

    A student is known by the number of the participant, which is in the names of Moodle's folders, or by the full name.
    """
    sheet = _opened(data)
    ids = _identifiers(sheet)
    grade = _named(sheet, grade_column) if grade_column else _grade_column(sheet)
    feedback = _named(sheet, feedback_column) if feedback_column else _feedback_column(sheet)
    names = dict(_unique(_words(each[1].value) if len(each) > 1 else "" for each in sheet.rows))
    notes, count, lost = [], 0, []
    for mark in marks:
        row = ids.get(mark.platform_id) if mark.platform_id else names.get(_words(mark.name))
        if row is None or len(sheet.rows[row]) <= grade:
            lost.append(mark.name or mark.student)
            continue
        sheet.put(row, grade, _written(mark.grade, _has_commas(sheet)))
        if feedback is not None and mark.feedback:
            sheet.put(row, feedback, html.escape(mark.feedback, quote=False).replace("\n", "<br />"))
        count += 1
    if lost:
        notes.append(f"Not in the worksheet: {abridged((on_a_line(each, 60) for each in lost), 5)}.")
    if feedback is None:
        notes.append("No column for feedback was found, so grades alone were put in.")
    return FilledIn(sheet.data, count, tuple(notes))


def _identifiers(sheet: Table) -> dict[str, int]:
    """The number of each participant and its row: Moodle takes the first column, a word and the number."""
    found = {}
    for row, cells in enumerate(sheet.rows[1:], 1):
        if match := re.search(r"(\d+)\s*$", cells[0].value):
            found[match[1]] = row
    if not found:
        raise GradebookError("It is no grading worksheet of Moodle: its first column has no participants' numbers.")
    return found


def _grade_column(sheet: Table) -> int:
    """The column of the grades: by its word, else it stands before one that has the same number in every row."""
    heads = [cell.value.strip().casefold() for cell in sheet.rows[0]]
    known = [number for number, head in enumerate(heads) if head in _GRADE_WORDS]
    if len(known) == 1:
        return known[0]
    for number in range(2, len(heads)):
        most = set(filter(None, sheet.column(number)))
        before = sheet.column(number - 1)
        if len(most) == 1 and _NUMBER.fullmatch(most.pop()) and all(not e or _NUMBER.fullmatch(e) for e in before):
            return number - 1
    raise GradebookError(
        "Which column is the grade is not known: its headers are in a language that is not known here. Name it."
    )


def _feedback_column(sheet: Table) -> int | None:
    heads = [cell.value.strip().casefold() for cell in sheet.rows[0]]
    return next((number for number, head in enumerate(heads) if head in _FEEDBACK_WORDS), None)


# Canvas


def canvas(data: bytes, marks: Sequence[Mark], assignment: str) -> FilledIn:
    """Canvas's gradebook with these marks in the column of an assignment, by its title or its number.

    A student is known by the ID, which is in the names of Canvas's files, by the SIS ids, or by the name.
    Raises ``GradebookError``.
    """
    sheet = _opened(data)
    heads = [cell.value for cell in sheet.rows[0]]
    if len(heads) < 4 or not (("Student" in heads[0] and "ID" in heads[1]) or ("LastName" in heads[0])):
        raise GradebookError("It is no gradebook of Canvas: it does not begin with Student and ID.")
    at = _assignment(heads, assignment)
    has_two_names = heads[0] == "LastName"
    id_at = 2 if has_two_names else 1
    keys = {number for number, head in enumerate(heads) if head in ("SIS User ID", "SIS Login ID")}
    rows = [
        (n, [cell.value for cell in row]) for n, row in enumerate(sheet.rows[1:], 1) if _is_student(row[0].value, row)
    ]
    possible = next((row for row in sheet.rows[1:] if "Points Possible" in row[0].value), None)
    if possible is not None and at < len(possible) and "read only" in possible[at].value:
        raise GradebookError(f"{on_a_line(heads[at], 80)} may only be read, says Canvas.")
    ids = {cells[id_at].strip(): n for n, cells in rows if len(cells) > id_at}
    logins = dict(
        _unique_rows((cells[key].strip().casefold(), n) for n, cells in rows for key in keys if key < len(cells))
    )
    names = dict(_unique_rows((_words(f"{c[1]} {c[0]}" if has_two_names else c[0]), n) for n, c in rows))
    count, lost = 0, []
    for mark in marks:
        row = ids.get(mark.platform_id) if mark.platform_id else None
        row = row or logins.get(mark.student.strip().casefold()) or names.get(_words(mark.name))
        if row is None or len(sheet.rows[row]) <= at:
            lost.append(mark.name or mark.student)
            continue
        sheet.put(row, at, _written(mark.grade, _has_commas(sheet)))
        count += 1
    notes = [f"Not in the gradebook: {abridged((on_a_line(each, 60) for each in lost), 5)}."] if lost else []
    return FilledIn(sheet.data, count, tuple(notes))


def _assignment(heads: Sequence[str], wanted: str) -> int:
    found = {number: match for number, head in enumerate(heads) if (match := _ASSIGNMENT.match(head.strip()))}
    for number, match in found.items():
        if wanted in (match["id"], match[0]):
            return number
    named = [number for number, match in found.items() if match["title"].casefold() == wanted.strip().casefold()]
    if len(named) == 1:
        return named[0]
    known = abridged((on_a_line(match[0], 60) for match in found.values()), 6) or "none"
    which = "Several assignments are" if named else "No assignment is"
    raise GradebookError(f"{which} called {on_a_line(wanted, 60)}. There are: {known}.")


def _is_student(first: str, row: Sequence[object]) -> bool:
    return bool(first.strip()) and "Points Possible" not in first


# both


def _opened(data: bytes) -> Table:
    try:
        return table(data)
    except CsvError as error:
        raise GradebookError(str(error)) from error


def _named(sheet: Table, name: str) -> int:
    heads = [cell.value.strip() for cell in sheet.rows[0]]
    if name.strip() not in heads:
        raise GradebookError(f"There is no column {on_a_line(name, 60)}. There are: {', '.join(heads[:20])}.")
    return heads.index(name.strip())


def _has_commas(sheet: Table) -> bool:
    """Whether numbers have a decimal comma in this file."""
    cells = (cell.value for row in sheet.rows[1:50] for cell in row)
    return any(re.fullmatch(r"\d+,\d{1,2}", value) for value in cells)


def _written(grade: float, has_commas: bool) -> str:
    text = f"{grade:.2f}"
    return text.replace(".", ",") if has_commas else text


def _words(name: str) -> str:
    """A name without regard to order, commas and large letters: "Lovelace, Ada" is "Ada Lovelace"."""
    return " ".join(sorted(re.findall(r"\w+", name.casefold())))


def _unique(names: Iterable[str]) -> list[tuple[str, int]]:
    return _unique_rows((name, row) for row, name in enumerate(names) if row)


def _unique_rows(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those whose name stands once: of two students of one name neither is taken."""
    every = [(name, row) for name, row in pairs if name]
    counts = Counter(name for name, _ in every)
    return [(name, row) for name, row in every if counts[name] == 1]

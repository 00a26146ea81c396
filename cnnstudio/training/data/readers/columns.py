"""Columns: what a table says of single pictures beside their labels, such as the camera or the age. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from cnnstudio.disk import shown
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import files_are
from cnnstudio.training.data.readers.table import TableFiles, file_column, named, place_of, rows_of
from cnnstudio.wording import counted
from cnnstudio.worker import Report, sparing, unheard

MOST_COLUMNS = 200
_NUMBER = {"image", "number", "picture", "id", "nr", "no"}  # headings of numbers of pictures that have no files


@dataclass(frozen=True, eq=False)
class Columns:
    """What a table says of N pictures: for each heading N ``cells``, empty where it says nothing of a picture.

    ``has_commas`` says that a comma in a number may be its decimal one. ``notes`` are sentences.
    """

    cells: Mapping[str, tuple[str, ...]]
    has_commas: bool
    notes: tuple[str, ...]


def read_columns(
    table: str, files: Sequence[str], count: int, report: Report = unheard, *, is_own: bool = False
) -> Columns:
    """All columns of a table but that of the names, for ``count`` pictures of these ``files``.

    A row is of the picture whose file ends as the row has it, folders and all. Pictures that have no files are named by
    their numbers, from 1. ``is_own`` says that the table lists the data set itself, so that what it names lies beside
    it. What two rows say differently of one picture is not known. Raises ``DataError`` with a sentence where it is no
    such table or has none of the pictures, ``DataCancelledError`` where ``report`` said to stop.
    """
    path = place_of(table)
    rows, separator, notes = rows_of(path)
    column, is_headed = file_column(rows, path) if files else (_number_column(rows, path), True)
    number_of = _finder(files, count, TableFiles(path.parent, report) if is_own else None)
    found: dict[int, Sequence[str]] = {}
    doubtful: set[int] = set()
    tell = sparing(report, 1_000)
    for place, row in enumerate(rows[is_headed:]):
        if not tell("Looking for the pictures of the table", place / len(rows)):
            raise DataCancelledError("Reading the table was cancelled.")
        number = number_of(row[column]) if column < len(row) else None
        if number is not None and found.setdefault(number, row) != row:
            doubtful.add(number)
    for number in doubtful:
        del found[number]
    if not found:
        raise DataError(f"{shown(path)} says nothing of these pictures: it must name them, as {_example(files)}.")
    width = max(map(len, rows))
    heads = [*rows[0], *[""] * (width - len(rows[0]))] if is_headed else [""] * width
    cells: dict[str, tuple[str, ...]] = {}
    for place in [each for each in range(width) if each != column][:MOST_COLUMNS]:
        name = heads[place] or f"Column {place + 1}"
        while name in cells:
            name += " (again)"
        cells[name] = tuple(_cell(found.get(number, ()), place) for number in range(count))
    if width - 1 > MOST_COLUMNS:
        notes.append(f"The first {MOST_COLUMNS} of {width - 1:,} columns are read.")
    if doubtful:
        notes.append(f"{counted(len(doubtful), 'picture')} listed with two different rows, and not taken.")
    if lacking := count - len(found) - len(doubtful):
        notes.append(f"{files_are(lacking).replace('file', 'picture', 1)} not in the table.")
    return Columns(cells, separator != ",", tuple(notes))


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _number_column(rows: Sequence[Sequence[str]], path: Path) -> int:
    """Which column has the numbers of pictures, as the table has them that is saved of an evaluation."""
    for place, cell in enumerate(rows[0]):
        if named(cell) in _NUMBER and any(_cell(row, place).isdecimal() for row in rows[1:]):
            return place
    raise DataError(
        f"{shown(path)} has no column of the pictures' numbers. Save the table of mistakes, add a column, and take it."
    )


def _finder(files: Sequence[str], count: int, there: TableFiles | None) -> Callable[[str], int | None]:
    """What finds the number of the picture that a cell of a table names."""
    if not files:
        return lambda cell: int(cell) - 1 if cell.isascii() and cell.isdecimal() and 0 < int(cell) <= count else None
    if there is not None:
        by_path = {str(Path(file)): number for number, file in enumerate(files)}
        return lambda cell: by_path.get(str(path)) if (path := there.path(cell)) is not None else None
    ways = [f"/{PurePath(file).as_posix().lstrip('/')}" for file in files]
    by_name: dict[str, list[int]] = {}
    for number, way in enumerate(ways):
        name = PurePosixPath(way)
        for key in {name.name, name.stem}:
            by_name.setdefault(key, []).append(number)

    def find(cell: str) -> int | None:
        parts = [part for part in cell.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if not parts:
            return None
        end = f"/{'/'.join(parts)}"
        near = by_name.get(parts[-1], ())
        same = [number for number in near if ways[number].endswith(end) or _bare(ways[number]).endswith(end)]
        return same[0] if len(same) == 1 else None

    return find


def _bare(way: str) -> str:
    """A way without what ends its last name."""
    return str(PurePosixPath(way).with_suffix(""))


def _example(files: Sequence[str]) -> str:
    """How one of these pictures is called."""
    return "/".join(PurePath(files[0]).parts[-2:]) if files else "1"

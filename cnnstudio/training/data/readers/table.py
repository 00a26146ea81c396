"""Table: file names and labels in a text file, as spreadsheets, labs and competitions write it.

The separator, the headings and the columns are told from what is in it. Nothing outside the table's own folder is
looked at, whatever the table says.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from cnnstudio.disk import DiskError, read, shown
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.folder_layout import (
    SUFFIXES,
    FolderLayout,
    ImageFile,
    every_image,
    files_are,
    listed,
    said,
)
from cnnstudio.training.data.half_names import Half, half
from cnnstudio.wording import counted
from cnnstudio.worker import Report, sparing, unheard

MOST_BYTES = 2**27
_TOLD_BY = 20_000  # rows from which is told whether a column has the classes
_LOOKED_AT = 200  # rows from which is told what the columns are
_FILE = {
    "file", "filename", "file_name", "filepath", "file_path", "image", "images", "image_name", "image_path", "img",
    "path", "picture", "name", "id", "image_id", "datei", "dateiname", "bild",
}  # fmt: skip
_LABEL = {
    "label", "labels", "class", "classes", "classname", "class_name", "classid", "class_id", "category", "target", "y",
    "species", "breed", "diagnosis", "klasse", "kategorie",
}  # fmt: skip
_HALF = {"split", "set", "subset", "fold", "partition", "half", "dataset"}
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class _Columns:
    """Which column says what; ``is_headed`` where the first row is no image but says what the columns are."""

    file: int
    label: int
    half: int | None
    is_headed: bool
    is_guessed: bool = False  # the label, by what is in the columns alone


@dataclass
class _Left:
    """What of a table is not used, by why."""

    missing: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """A sentence for each."""
        said_of = (
            (self.missing, "listed in the table and not there: {}."),
            (self.outside, "outside the table's own folder, and left out: {}."),
            (self.unlabelled, "without a label, and left out: {}."),
            (self.doubtful, "listed with two labels, and left out: {}."),
            (self.strange, "neither to train nor to validate with, as the table says: {}."),
        )
        notes = [f"{files_are(len(names))} {text.format(listed(names))}" for names, text in said_of if names]
        if self.twice:
            notes.append(f"{counted(len(self.twice), 'row')} said again what another says: {listed(self.twice)}.")
        return notes


def read_table(table: str, report: Report = unheard) -> FolderLayout:
    """Which files a table lists, of which class and which half each is. Raises ``DataError`` with a sentence."""
    path = place_of(table)
    rows, _, notes = rows_of(path)
    columns = _columns(rows, path)
    if columns.is_guessed:
        notes.append(
            f"{said(rows[0][columns.label])} was taken for the label, since its words come again and again; a column "
            "called label would be taken instead."
        )
    left, root = _Left(), path.parent
    found = _found(rows[columns.is_headed :], columns, root, left, report)
    if not found:
        first = f" The first is {listed(left.missing[:1])}." if left.missing else ""
        raise DataError(f"None of the images that {shown(path)} lists can be used.{first} They must lie beside it.")
    files = _halved(found, left)
    names = {file.name for file in files if not file.validation}
    if strange := sorted({file.name for file in files} - names):
        notes.append(f"For validation alone, and left out: {listed(strange)}.")
    if len(names) < 2:
        only = f" They are all of one class, {said(next(iter(names)))}." if names else ""
        raise DataError(f"{shown(path)} must list images of two classes or more to train with.{only}")
    kept = tuple(file for file in files if file.name in names)
    order = tuple(sorted(names, key=int)) if all(name.isdecimal() for name in names) else ()
    is_halved = columns.half is not None and any(file.validation for file in kept)
    return FolderLayout(root, kept, (), is_halved, (*notes, *left.notes), order=order)


def place_of(table: str) -> Path:
    """The file of a table, which may be the only one in a folder. Raises ``DataError`` with a sentence."""
    if not table.strip():
        raise DataError("No table of images is chosen yet. Choose a CSV file of file names and labels.")
    try:
        path = Path(table).expanduser()
        tables = (
            [each for each in path.iterdir() if each.suffix.lower() in (".csv", ".tsv")] if path.is_dir() else [path]
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{said(table)} is not the name of a file.") from error
    if len(tables) != 1:
        raise DataError(f"{said(path.name)} is a folder with {counted(len(tables), 'table')}; choose the table itself.")
    return tables[0]


def rows_of(path: Path) -> tuple[list[list[str]], str, list[str]]:
    """The rows that are not empty, what parts their cells, and what is to be said of how they are written.

    Raises ``DataError`` with a sentence.
    """
    try:
        data = read(path, MOST_BYTES)
    except DiskError as error:
        raise DataError(str(error)) from error
    text, notes = _text(data, path)
    lines = [line for line in text.splitlines()[:_LOOKED_AT] if line.strip()]
    if not lines:
        raise DataError(f"{shown(path)} is empty; it must list file names and labels.")
    separator = max(_SEPARATORS, key=lambda each: (min(line.count(each) for line in lines), lines[0].count(each)))
    try:
        cells = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows = [[cell.strip() for cell in row] for row in cells]
    except csv.Error as error:
        raise DataError(f"{shown(path)} cannot be read as a table: {error}.") from error
    return [row for row in rows if any(row)], separator, notes


def _text(data: bytes, path: Path) -> tuple[str, list[str]]:
    """The text of a table, whichever of the usual ways it is written in."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = f"{shown(path)} is not written in UTF-8; it was read as Windows writes western languages (cp1252)."
        return data.decode("cp1252", errors="replace"), [note]


def _is_picture(cell: str) -> bool:
    return PurePosixPath(cell.replace("\\", "/")).suffix.lower() in SUFFIXES


def named(cell: str) -> str:
    """A heading as the headings are written that are known here."""
    return cell.casefold().replace(" ", "_")


def file_column(rows: Sequence[Sequence[str]], path: Path) -> tuple[int, bool]:
    """Which column has the names of files, and whether the first row says what the columns are.

    Raises ``DataError`` where nothing tells.
    """
    width, looked = max(map(len, rows)), rows[1:_LOOKED_AT] or rows
    pictures = [sum(_is_picture(row[n]) for row in looked if n < len(row)) for n in range(width)]
    known = [n for n, cell in enumerate(rows[0]) if named(cell) in _FILE]
    file = max(range(width), key=pictures.__getitem__) if any(pictures) else next(iter(known), None)
    if file is None or width < 2:
        raise DataError(
            f"{shown(path)} has no column of file names that could be told. Call it file, and that of the labels label."
        )
    return file, not _is_picture(rows[0][file] if file < len(rows[0]) else "")


def _columns(rows: Sequence[Sequence[str]], path: Path) -> _Columns:
    """What the columns are, by their headings and by what is in them. Raises ``DataError`` where nothing tells."""
    file, is_headed = file_column(rows, path)
    width = max(map(len, rows))
    head = [named(cell) for cell in rows[0]] + [""] * (width - len(rows[0]))
    rest = [n for n in range(width) if n != file]
    halves = [n for n in rest if is_headed and head[n] in _HALF and head[n] not in _LABEL]
    labels = [n for n in rest if is_headed and head[n] in _LABEL]
    others = [n for n in rest if n not in halves]
    if labels or len(others) == 1:
        return _Columns(file, (labels or others)[0], halves[0] if halves else None, is_headed)
    likely = [n for n in others if _is_of_classes(rows[is_headed:], n)]
    if is_headed and len(likely) == 1 and likely[0] < len(rows[0]):
        return _Columns(file, likely[0], halves[0] if halves else None, is_headed, is_guessed=True)
    told = listed([rows[0][n] for n in others if n < len(rows[0])]) if is_headed else f"{width} columns, no headings"
    raise DataError(f"{shown(path)} does not say which column is the label ({told}). Call that column label.")


def _is_of_classes(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether nearly every row says something here, and the same few words come again and again."""
    cells = [row[column] if column < len(row) else "" for row in rows[:_TOLD_BY]]
    filled = [cell for cell in cells if cell]
    return len(filled) >= 0.9 * len(cells) and 2 <= len(set(filled)) <= len(filled) // 2


def _found(
    rows: Sequence[Sequence[str]], columns: _Columns, root: Path, left: _Left, report: Report
) -> dict[Path, tuple[str, str]]:
    """File -> its label and the half that the table names, in the order of the table."""
    tell, there = sparing(report, 1_000), TableFiles(root, report)
    found: dict[Path, tuple[str, str]] = {}
    for number, row in enumerate(rows):
        if not tell(f"Looking for the images of the table: {number:,} of {len(rows):,}", number / len(rows)):
            raise DataCancelledError("Reading the table was cancelled.")
        cells = [row[n] if n is not None and n < len(row) else "" for n in (columns.file, columns.label, columns.half)]
        name, label, kind = cells
        path = there.path(name)
        if path is None:
            (left.outside if there.is_outside(name) else left.missing).append(name or f"row {number + 1:,}")
        elif not label:
            left.unlabelled.append(name)
        elif path in found:
            (left.twice if found[path][0] == label else left.doubtful).append(name)
        else:
            found[path] = label, kind
    for name in set(left.doubtful):
        path = there.path(name)
        if path is not None:
            found.pop(path, None)
    left.doubtful = list(dict.fromkeys(left.doubtful))
    return found


class TableFiles:
    """The files below a folder by the names that a table gives them."""

    def __init__(self, root: Path, report: Report) -> None:
        self.root, self._report = root, report
        self._by_name: dict[str, Path] | None = None
        self._known: dict[str, Path | None] = {}

    def path(self, name: str) -> Path | None:
        """The file of this name beside the table or below; where it is alone there, wherever it lies."""
        if name not in self._known:
            self._known[name] = self._look(name)
        return self._known[name]

    def is_outside(self, name: str) -> bool:
        """Whether a name leads out of the table's folder."""
        return bool(name) and self._below(name) is None

    def _look(self, name: str) -> Path | None:
        below = self._below(name)
        if not name or below is None:
            return None
        for each in (below, *(f"{below}{suffix}" for suffix in (".jpg", ".png", ".jpeg") if not _is_picture(name))):
            if os.path.isfile(path := self.root / each):  # noqa: PTH113 - it takes any name and never raises
                return path
        return self._elsewhere.get(PurePosixPath(below).name)

    def _below(self, name: str) -> str | None:
        """The way from the table's folder to what a table calls so, None of what leads out of it."""
        plain = name.replace("\\", "/")
        home = os.path.normpath(self.root.absolute()).replace("\\", "/")
        if plain.startswith(f"{home}/"):
            plain = plain[len(home) + 1 :]
        if plain.startswith("/") or PureWindowsPath(plain).drive:
            return None
        way = os.path.normpath(plain).replace("\\", "/")
        return None if way.startswith("..") else way

    @property
    def _elsewhere(self) -> dict[str, Path]:
        """Images in folders below by their bare names, those that are there once."""
        if self._by_name is None:
            every = list(every_image(self.root, self._report))
            count = Counter(path.name for path in every)
            self._by_name = {path.name: path for path in every if count[path.name] == 1}
            for path in every:  # names without a suffix, as some competitions write them
                self._by_name.setdefault(path.stem, path)
        return self._by_name


def _halved(found: dict[Path, tuple[str, str]], left: _Left) -> list[ImageFile]:
    """The files with their halves: what is there to validate with, or else to test with, is kept to validate with."""
    told = {kind: half(kind) for _, kind in found.values() if kind}
    meanings = set(told.values())
    keeping = next((each for each in (Half.VALIDATION, Half.TEST) if each in meanings), None)
    files = []
    for path, (label, kind) in found.items():
        meaning = told.get(kind)
        if (kind and meaning not in (Half.TRAIN, keeping)) or (kind and meaning is None):
            left.strange.append(path.name)
        else:
            files.append(ImageFile(path, label, bool(kind) and meaning is keeping))
    return files

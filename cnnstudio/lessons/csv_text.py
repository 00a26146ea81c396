"""CSV text: a table of somebody else's, of which single cells are changed and every other byte stays as it is.

RFC 4180 in its letter: fields in quotes may hold separators, ends of lines and doubled quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SEPARATORS = (",", ";", "\t")
LARGEST = 32 * 2**20  # bytes


class CsvError(ValueError):
    """A table that cannot be read; the message is a sentence."""


@dataclass
class Cell:
    """A cell as it stands in the text, quotes and all, and what it says."""

    raw: str

    @property
    def value(self) -> str:
        """What it says."""
        text = self.raw
        if text.startswith('"'):
            return text[1:-1].replace('""', '"')
        return text


@dataclass
class Table:
    """The rows of a table, each with its own end of line, and how they are parted."""

    rows: list[list[Cell]]
    separator: str
    ends: list[str] = field(repr=False)
    mark: str = ""  # of the byte order
    encoding: str = "utf-8"

    def put(self, row: int, column: int, value: str) -> None:
        """Let a cell say something else; one that says so already stays as it is written."""
        cell = self.rows[row][column]
        if cell.value == value:
            return
        needs = cell.raw.startswith('"') or any(mark in value for mark in (self.separator, '"', "\n", "\r"))
        cell.raw = f'"{value.replace(chr(34), chr(34) * 2)}"' if needs else value

    @property
    def data(self) -> bytes:
        """The table as bytes again."""
        lines = (
            self.separator.join(cell.raw for cell in row) + end for row, end in zip(self.rows, self.ends, strict=True)
        )
        return (self.mark + "".join(lines)).encode(self.encoding)

    def column(self, number: int) -> list[str]:
        """What the cells below the head of a column say; nothing where a row is shorter."""
        return [row[number].value if number < len(row) else "" for row in self.rows[1:]]


def table(data: bytes) -> Table:
    """The table in the bytes of a file, in UTF-8 or Windows' own letters. Raises ``CsvError``."""
    if len(data) > LARGEST:
        raise CsvError(f"It takes more than {LARGEST // 2**20} MB.")
    text, encoding = _decoded(data)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    separator = _separator(text)
    rows, ends = _rows(text, separator)
    if not rows:
        raise CsvError("It is empty.")
    return Table(rows, separator, ends, mark, encoding)


def _decoded(data: bytes) -> tuple[str, str]:
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise CsvError("It is no text in UTF-8.")


def _separator(text: str) -> str:
    """What parts the first lines into the most columns, as many in each."""
    best, most = ",", 1
    for separator in SEPARATORS:
        try:
            rows = _rows(text, separator, 3)[0]
        except CsvError:
            continue
        counts = {len(row) for row in rows}
        if len(counts) == 1 and (count := counts.pop()) > most:
            best, most = separator, count
    return best


def _rows(text: str, separator: str, most: int | None = None) -> tuple[list[list[Cell]], list[str]]:
    end = re.escape(separator)
    plain = rf'[^{end}"\r\n][^{end}\r\n]*'
    pattern = re.compile(rf'("(?:[^"]|"")*+"|{plain}|)({end}|\r\n|\n|\r|\Z)')
    rows: list[list[Cell]] = []
    ends: list[str] = []
    row: list[Cell] = []
    place = 0
    while place < len(text) or row:
        found = pattern.match(text, place)
        if found is None:
            raise CsvError(f"Row {len(rows) + 1} has quotes that do not end.")
        row.append(Cell(found[1]))
        place = found.end()
        if found[2] == separator:
            continue
        rows.append(row)
        ends.append(found[2])
        row = []
        if most is not None and len(rows) == most:
            break
    return rows, ends


def safe(text: str) -> str:
    """Somebody's words as a cell that no spreadsheet takes for a formula.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return (
        f"'{text}"
        if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"[+-]?[\d.,]+%?", text)
        else text
    )

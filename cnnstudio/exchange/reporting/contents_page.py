"""Page: a report as a value, before anybody has decided in which kind of file it is written. Texts are as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnstudio.figure.marks import Figure


@dataclass(frozen=True)
class Paragraph:
    """Some sentences; a warning stands out, a note is small."""

    words: str
    kind: Literal["plain", "note", "warning"] = "plain"


@dataclass(frozen=True)
class Points:
    """Sentences that stand for themselves, one below the other."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and what each has, in two columns."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows below a head, all of one length; the columns in ``right`` are numbers. ``total`` is a last row of sums."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    total: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Matrix:
    """How many pictures of each class (row) were taken for each class (column): ``counts`` is (C, C)."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Drawing:
    """A figure, which stays lines and letters, and what is written below it."""

    figure: Figure
    words: str = ""


@dataclass(frozen=True)
class Picture:
    """A PNG of so many pixels, with a few words below it."""

    png: bytes
    width: int
    height: int
    words: str


@dataclass(frozen=True)
class Pictures:
    """Pictures in rows."""

    pictures: tuple[Picture, ...]


Block: TypeAlias = Paragraph | Points | Facts | Table | Matrix | Drawing | Pictures


@dataclass(frozen=True)
class Section:
    """A title and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """The whole report: what it is of, a line below that, and its sections."""

    title: str
    line: str
    sections: tuple[Section, ...] = field(default=())

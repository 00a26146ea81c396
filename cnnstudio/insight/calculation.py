"""Calculation: how one number of a layer comes about, as values that can be read and drawn. NumPy; knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
BEYOND = -1  # the row or the column of a tap that reads no place of the input


class UnexplainedError(ValueError):
    """The arithmetic of this layer is not told here; the message is a sentence."""


@dataclass(frozen=True, eq=False)
class Window:
    """What a value reads of one input: of P channels the same ``rows`` (h,) and ``columns`` (w,).

    ``rows`` are the places that are read, ``BEYOND`` where the tap reads none, as in zero padding; ``asked_rows`` are
    where the tap lies, outside of the map in all kinds of padding. ``values``, ``weights`` and ``terms`` are (P, h, w):
    a term is what is summed, the product where there are weights. ``counted`` (h, w) says which taps count: a maximum
    and some means leave padding out. Of a vector and of tokens, a channel is a place in it. All float64, of which the
    values and the weights are the layer's own numbers, to the last bit.
    """

    port: int
    channels: Places
    rows: Places
    columns: Places
    asked_rows: Places
    asked_columns: Places
    values: Numbers
    weights: Numbers | None
    terms: Numbers
    counted: NDArray[np.bool_]

    @property
    def sums(self) -> Numbers:
        """The sum of the terms of each channel, (P,)."""
        found: Numbers = self.terms.sum((1, 2))
        return found

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Which taps (h, w) lie at no place of the map itself: in its padding, or between its places."""
        rows = (self.rows == BEYOND) | (self.rows != self.asked_rows)
        columns = (self.columns == BEYOND) | (self.columns != self.asked_columns)
        found: NDArray[np.bool_] = rows[:, None] | columns[None, :]
        return found

    def ranked(self, most: int) -> list[int]:
        """Which of the channels give most, by the size of their sums: so many of them, the largest first."""
        return [int(index) for index in np.argsort(-np.abs(self.sums), kind="stable")[:most]]


@dataclass(frozen=True)
class Line:
    """One step of the arithmetic behind the window: what is done, in words, and what has come out by then."""

    words: str
    value: float


@dataclass(frozen=True, eq=False)
class Calculation:
    """A value: what it reads, what is done with it line by line, what comes out, and what torch's own pass gave.

    ``total`` is computed in float64 from the layer's own numbers; ``result`` is torch's, in a precision of ``eps``.
    ``rounding`` is how far its roundings may carry it, in units of ``eps``: a few for each number that it has added up.
    """

    cell: tuple[int, ...]
    formula: str
    windows: tuple[Window, ...]
    lines: tuple[Line, ...]
    total: float
    rounding: float
    winner: tuple[int, int, int] | None = None  # where the largest stands in its window: (index in P, row, column)
    note: str = ""
    looks: Numbers | None = None  # of attention: how much the token takes of each, (heads, tokens)
    result: float = float("nan")
    eps: float = 0.0

    @property
    def slack(self) -> float:
        """How far torch's number may be from the one computed here."""
        return self.eps * self.rounding

    @property
    def difference(self) -> float:
        """How far torch's number is from the one computed here."""
        if self.total == self.result or (np.isnan(self.total) and np.isnan(self.result)):
            return 0.0
        return abs(self.total - self.result)

    @property
    def agrees(self) -> bool:
        """Whether torch's number is this one, but for rounding."""
        return self.difference == 0 or self.difference <= self.slack

    @property
    def count(self) -> int:
        """How many numbers are read."""
        return sum(len(window.channels) * int(window.counted.sum()) for window in self.windows)


def line_of(places: Sequence[int] | Places) -> Places:
    """Places as an array."""
    return np.asarray(places, np.int64)


def places_of(
    value: Numbers, port: int, channels: Sequence[int], rows: Sequence[int], columns: Sequence[int]
) -> Window:
    """What is read of ``value`` (C, H, W) at these channels, rows and columns, none of them padding, no weights."""
    found = value[np.ix_(channels, rows, columns)]
    counted_ = np.ones(found.shape[1:], bool)
    lines = line_of(rows), line_of(columns)
    return Window(port, line_of(channels), *lines, *lines, found, None, found, counted_)


def as_map(value: Numbers) -> Numbers:
    """(C, H, W) as it is, tokens (N, D) as one map, and a vector (F,) as F maps of one number."""
    return value if value.ndim == 3 else value[None] if value.ndim == 2 else value[:, None, None]

"""Pyramid: a curve that grows, in as few bins as a screen shows, whatever its length; and its smoothed course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

BASE = 32  # values in a block of the lowest level that is kept
SPAN = 0.03  # of all bins: how far smoothing looks to either side


@dataclass(frozen=True)
class Bins:
    """A curve in bins of ``size`` values: the index of each bin's first value, and what its finite values come to.

    ``low`` and ``high`` are the least and the greatest, ``mean`` is NaN where none is finite; ``count`` says how many.
    """

    size: int
    first: NDArray[np.int64]
    low: Column
    high: Column
    mean: Column
    count: Column


class Pyramid:
    """What blocks of 32, 64, 128, … values come to, so that a look costs what it shows and a value is read once."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._ends: tuple[int, float, float] = (0, 0.0, 0.0)  # how many values were taken, the first and the last
        self._levels: list[_Blocks] = [_Blocks()]

    def take(self, values: Column) -> None:
        """Say what the whole curve is now; one that does not continue the last one is another curve."""
        count, first, last = self._ends
        known = np.array([first, last])
        if len(values) < count or (count and not np.array_equal(values[[0, count - 1]], known, equal_nan=True)):
            self._forget()
        done, whole = len(self._levels[0]), len(values) // BASE
        self._levels[0].add(_reduced(values[done * BASE : whole * BASE], BASE))
        for level in range(1, 64):
            below = self._levels[level - 1]
            if len(below) < 2:
                break
            if len(self._levels) == level:
                self._levels.append(_Blocks())
            done, whole = len(self._levels[level]), len(below) // 2
            self._levels[level].add(_paired(below.rows[:, done * 2 : whole * 2]))
        self._ends = (len(values), float(values[0]), float(values[-1])) if len(values) else (0, 0.0, 0.0)

    def bins(self, values: Column, most: int) -> Bins:
        """The curve that was taken last, in at most ``most`` bins."""
        size = 1
        while -(-len(values) // size) > most:
            size *= 2
        whole = len(values) // size
        if size < BASE:
            rows = _reduced(values[: whole * size], size)
        else:
            rows = self._levels[(size // BASE).bit_length() - 1].rows
        if rest := len(values) - whole * size:
            rows = np.concatenate([rows, _reduced(values[whole * size :], rest)], axis=1)
        low, high, total, count = rows
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        return Bins(size, np.arange(len(count)) * size, low, high, mean, count)


class _Blocks:
    """Least, greatest, sum and number of the finite values of blocks, a column a block, which only grow."""

    def __init__(self) -> None:
        self._rows: Column = np.empty((4, 64))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Column:
        return self._rows[:, : self._count]

    def add(self, columns: Column) -> None:
        wanted = self._count + columns.shape[1]
        if wanted > self._rows.shape[1]:
            room: Column = np.empty((4, max(wanted, 2 * self._rows.shape[1])))
            room[:, : self._count] = self.rows
            self._rows = room
        self._rows[:, self._count : wanted] = columns
        self._count = wanted


def _reduced(values: Column, size: int) -> Column:
    """What each ``size`` of the values come to, as ``_Blocks`` keeps it."""
    blocks = values.reshape(-1, size)
    finite = np.isfinite(blocks)
    low = np.where(finite, blocks, np.inf).min(axis=1, initial=np.inf)
    high = np.where(finite, blocks, -np.inf).max(axis=1, initial=-np.inf)
    return np.stack([low, high, np.where(finite, blocks, 0.0).sum(axis=1), finite.sum(axis=1)])


def _paired(rows: Column) -> Column:
    """What each two neighbouring blocks come to together."""
    left, right = rows[:, ::2], rows[:, 1::2]
    ends = np.minimum(left[0], right[0]), np.maximum(left[1], right[1])
    return np.stack([*ends, left[2] + right[2], left[3] + right[3]])


def smoothed(values: Column, weights: Column, span: float = SPAN) -> Column:
    """The course of a curve: at each place the line that fits best what lies within ``span`` of it on either side.

    A straight course stays what it is up to both ends, where an average of the past lags behind and one of both sides
    has nothing to look at (local linear regression: Cleveland 1979, doi 10.1080/01621459.1979.10481038). A value of
    weight 0 is left out; where there is none, the course is NaN.
    """
    reach = max(1, round(span * len(values)))
    away = np.arange(reach, -reach - 1, -1.0)  # convolution turns its kernel round
    nearness = 1.0 - np.abs(away) / (reach + 1)

    def around(numbers: Column, kernel: Column) -> Column:
        return np.convolve(numbers, kernel)[reach : reach + len(values)]

    known = np.where(weights > 0, values, 0.0) * weights
    total, turn, spread = (around(weights, nearness * away**power) for power in (0, 1, 2))
    level, slope = around(known, nearness), around(known, nearness * away)
    divisor = total * spread - turn**2
    flat = divisor <= 1e-9 * total**2  # one place alone has no slope
    found = np.divide(spread * level - turn * slope, divisor, out=np.full_like(values, np.nan), where=~flat)
    return np.divide(level, total, out=found, where=flat & (total > 0))

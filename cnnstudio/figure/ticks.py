"""Ticks: the numbers that stand along an axis, and how they are written. Knows no figure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

STEPS = (1.0, 2.0, 5.0, 10.0)
LEAST = 1e-8  # the smallest share of a number that two ticks differ by


def linear(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten from ``low`` to ``high``, at most so many and as many as that allows.

    One number at least is given; ``low`` and ``high`` are finite, and may be the same.
    """
    span = high - low
    if span <= LEAST * max(abs(low), abs(high), LEAST):
        return [low]
    power = 10.0 ** floor(log10(span / max(1, most)))
    for step in (size * power * scale for scale in (1.0, 10.0) for size in STEPS):
        first, last = ceil(low / step - 1e-6), floor(high / step + 1e-6)
        if last - first + 1 <= most:
            return [number * step for number in range(first, last + 1)] or [low]
    return [low, high]


def logarithmic(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from ``low`` to ``high``, both above zero; with twos and fives where those are few.

    Where not two of all these lie between, as for 0.31 to 0.42, they are the ``linear`` ones.
    """
    first, last = floor(log10(low)), ceil(log10(high))
    powers = [10.0**power for power in range(first, last + 1)]
    found = _between(powers, low, high)
    if len(found) >= 3:
        apart = ceil(len(found) / most)
        return found[::apart]
    for sizes in ((1.0, 3.0), (1.0, 2.0, 5.0)):
        found = _between([size * power for power in powers for size in sizes], low, high)
        if 3 <= len(found) <= most:
            return found
    return [tick for tick in linear(low, high, most) if tick > 0.0] or [low]


def _between(ticks: list[float], low: float, high: float) -> list[float]:
    return [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


def written(values: Sequence[float]) -> list[str]:
    """The numbers of one axis, all in one way: as they are where each is short so, else each as ``short_number``."""
    plain = [f"{value:.6g}" for value in values]
    return plain if all("e" not in words and len(words) <= 7 for words in plain) else list(map(short_number, values))


def short_number(value: float) -> str:
    """A number in at most six letters: as it is where that is short, else with the power of ten."""
    plain = f"{value:.4g}"
    if "e" not in plain and len(plain) <= 5:
        return plain
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(power)}"

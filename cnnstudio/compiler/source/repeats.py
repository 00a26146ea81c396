"""Repeats: calls in a row that are equal, or that differ by numbers that grow by equal steps, as one generator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm

EQUAL, GROWING = 3, 4  # how many in a row nobody would write out; numbers that grow are read less easily
ROUND = 1_000  # what decimals may be parts of; 0.0529 + 0.0059 * i tells nobody anything
_NUMBER = re.compile(r"(?<![\w.-])(?<!e\+)\d+(?:\.\d+)?(?![\w.])")  # without a sign and without an exponent
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")


def repeated(calls: Sequence[str]) -> list[str]:
    """The calls, with each long run as ``*(Residual(64) for _ in range(3))``."""
    words: list[str] = []
    start = 0
    while start < len(calls):
        steps, count = _run(calls[start:])
        if count < (GROWING if any(steps) else EQUAL):
            words.append(calls[start])
            start += 1
            continue
        variable = "i" if any(steps) else "_"
        words.append(f"*({_grown(calls[start], steps)} for {variable} in range({count}))")
        start += count
    return words


def _run(calls: Sequence[str]) -> tuple[tuple[Fraction, ...], int]:
    """By how much each number grows from the first call on, and how many calls that holds for."""
    steps: tuple[Fraction, ...] = ()
    for count, (call, follower) in enumerate(pairwise(calls), 1):
        found = _steps(call, follower)
        if found is None or (count > 1 and found != steps):
            return steps, count
        steps = found
    return steps, len(calls)


def _steps(one: str, other: str) -> tuple[Fraction, ...] | None:
    """The differences of the numbers of two calls, or None where they differ in more."""
    if one == other:
        return tuple(Fraction(0) for _ in _NUMBER.finditer(one))
    if _NUMBER.sub("0", one) != _NUMBER.sub("0", other) or _TEXT.findall(one) != _TEXT.findall(other):
        return None
    pairs = list(zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True))
    if any(a != b and ("." in a) != ("." in b) for a, b in pairs):
        return None
    if any(a != b and _whole(a, b) > ROUND for a, b in pairs):
        return None
    return tuple(Fraction(b) - Fraction(a) for a, b in pairs)


def _whole(*numbers: str) -> int:
    """By what all of these numbers have to be multiplied to be whole."""
    return lcm(*(Fraction(number).denominator for number in numbers))


def _grown(call: str, steps: Sequence[Fraction]) -> str:
    """The call with what its numbers grow by: ``DenseLayer(64 + 32 * i)``, ``drop=(26 + i) / 200``."""
    remaining: Iterator[Fraction] = iter(steps)

    def written(match: re.Match[str]) -> str:
        step = next(remaining)
        if not step:
            return match[0]
        first = Fraction(match[0])
        whole = lcm(first.denominator, step.denominator)
        # the quotient of two whole numbers is the very number that was written out; a sum of decimals is not
        sum_ = f"{first * whole} {'-' if step < 0 else '+'} {_times(abs(step * whole))}"
        return f"({sum_}) / {whole}" if "." in match[0] else sum_

    return _NUMBER.sub(written, call)


def _times(step: Fraction) -> str:
    return "i" if step == 1 else f"{step} * i"

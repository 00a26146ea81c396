"""Variation: what of a lesson is another for each student: numbers, words, the seed, the network to begin with.

A header lists what a name may stand for, ``[vary] channels = [8, 16, 24]``; a student has one of them, always the same.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

Value = int | float | str
Values = Mapping[str, Value]

MOST_NAMES, MOST_CHOICES = 20, 1_000
LONGEST_SUM = 200  # letters
_LARGEST = 10**30
_NAME = re.compile(r"\{([a-z]\w{0,30})\}", re.ASCII)


class VariationError(ValueError):
    """A sum that cannot be worked out; the message is a sentence."""


def chosen(vary: Mapping[str, Sequence[Value]], lesson: str, student: str) -> dict[str, Value]:
    """What each name stands for, for this student of this lesson; for nobody in particular the first of each list."""
    if not (who := known_as(student)):
        return {name: choices[0] for name, choices in vary.items()}
    return {name: choices[_number(lesson, who, name) % len(choices)] for name, choices in vary.items()}


def known_as(student: str) -> str:
    """A student's id as it counts: large letters and spaces make no difference."""
    return " ".join(student.split()).casefold()


def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest(), "big")


def every(vary: Mapping[str, Sequence[Value]], most: int) -> Iterator[dict[str, Value]]:
    """What the names can stand for: all of it where that is no more than ``most``, else each choice in turn."""
    count = 1
    for choices in vary.values():
        count *= len(choices)
    if count <= most:
        yield from (dict(zip(vary, each, strict=True)) for each in product(*vary.values()))
        return
    for number in range(most):
        yield {
            name: choices[(number * (place + 1)) % len(choices)] for place, (name, choices) in enumerate(vary.items())
        }


def filled(text: str, values: Values) -> str:
    """The text with what its names stand for: ``{channels}`` is 16. Other braces stay as they are."""
    return _NAME.sub(lambda found: str(values.get(found[1], found[0])), text)


def worked_out(text: str, values: Values = {}) -> Fraction:  # noqa: B006 - it is only read
    """A number, or a sum of numbers and names: ``9 * channels + 1``. Raises ``VariationError``."""
    if len(text) > LONGEST_SUM:
        raise VariationError(f"A sum has up to {LONGEST_SUM} letters.")
    try:
        return _worked_out(ast.parse(text.strip(), mode="eval").body, values)
    except ZeroDivisionError as error:
        raise VariationError(f"“{text[:40]}” divides by nothing.") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        names = ", ".join(values) or "none is declared"
        raise VariationError(f"“{text[:40]}” is no number and no sum of numbers and names ({names}).") from error


def _worked_out(tree: ast.expr, values: Values) -> Fraction:
    match tree:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            found = Fraction(str(number))
        case ast.Name(id=name) if name in values:
            found = Fraction(str(values[name]))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = -_worked_out(inner, values)
        case ast.BinOp(left=left, op=how, right=right):
            found = _joined(_worked_out(left, values), how, _worked_out(right, values))
        case _:
            raise ValueError("no sum")
    if abs(found.numerator) > _LARGEST or found.denominator > _LARGEST:
        raise OverflowError
    return found


def _joined(left: Fraction, how: ast.operator, right: Fraction) -> Fraction:
    match how:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return Fraction(left // right)
        case ast.Mod():
            return left % right
        case ast.Pow() if right.denominator == 1 and 0 <= right <= 16:
            return left ** int(right)
    raise ValueError("no sum")

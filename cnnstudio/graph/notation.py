"""Notation: how the value of a parameter is written in a field, read back and stepped."""

from __future__ import annotations

import math
import re
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from cnnstudio.graph.parameter import Declaration, Parameter, ParameterError

TIMES = " × "
MOST_SIDES = 3  # of a size
_TYPED = (bool, int, float, str, NoneType)
_BETWEEN = re.compile(r"\s*[×xX*,;]\s*|\s+")
_ENTRY = re.compile(r"[^\s×xX*,;()\[\]]+")


def kinds(parameter: Parameter) -> tuple[Any, ...]:
    """The types that a parameter may have: those of its union, or the one."""
    kind = parameter.type
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def can_type(parameter: Parameter) -> bool:
    """Whether a value can be typed, picked or put together of declarations; a graph is drawn, names are ticked."""
    return all(_can_type(kind) for kind in kinds(parameter))


def _can_type(kind: Any) -> bool:
    if get_origin(kind) is tuple:
        return str not in get_args(kind)
    return get_origin(kind) is Literal or kind in _TYPED


def between(parameter: Parameter) -> str:
    """What stands between the entries of a value: a size is 3 × 5, other lists are 30, 60, 80 or 0.5, 0.25."""
    is_long = parameter.length is not None and parameter.length.high > MOST_SIDES
    return ", " if is_long or any(float in get_args(kind) for kind in kinds(parameter)) else TIMES


def written(value: Any, between: str = TIMES) -> str:
    """A value as a person types it: ``3``, ``3 × 5``, ``0.001``, ``1e-5``, ``same``; nothing for None.

    Declarations in a list are told by their kinds alone.
    """
    if value is None:
        return ""
    if isinstance(value, tuple) and value and isinstance(value[0], Declaration):
        return ", ".join(type(each).__name__ for each in value)
    if isinstance(value, tuple):
        return between.join(map(str, value))
    if isinstance(value, float):
        text = f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else repr(value)
        return re.sub(r"e([+-])0*(\d)", lambda found: f"e{found[1].strip('+')}{found[2]}", text)
    return str(value)


def read(parameter: Parameter, text: str) -> Any:
    """What was typed, as the parameter's value; a pair may be written 3x5, 3 × 5, 3, 5 or (3, 5).

    Raises ``ParameterError`` with a sentence where the parameter cannot take it.
    """
    possible = kinds(parameter)
    if str in possible:
        return parameter.coerce(text)
    text = text.strip()
    if not text and NoneType not in possible:
        raise ParameterError(f"{parameter.name} is empty. It takes {parameter.takes}.")
    return parameter.coerce(_meant(parameter, text) if text else None)


def stepped(parameter: Parameter, value: Any, steps: int, entry: int | None = None) -> Any:
    """``value`` some steps up or down, within its range; of a list the given entry, or all of them.

    Whole numbers go by one, others by their leading digit: 0.002 to 0.003, and 0.001 down to 0.0009.
    """
    if isinstance(value, tuple):
        chosen = range(len(value)) if entry is None else (entry,)
        moved = tuple(_step(parameter, v, steps) if i in chosen else v for i, v in enumerate(value))
        return parameter.coerce(moved)
    if isinstance(value, int | float):
        return parameter.coerce(_step(parameter, value, steps))
    low = parameter.range.low if parameter.range else 0
    if any(get_origin(kind) is tuple and Ellipsis in get_args(kind) for kind in kinds(parameter)):
        return parameter.coerce((low,))
    return parameter.coerce(int(low) if int in kinds(parameter) else low)


def entry_at(text: str, cursor: int) -> int:
    """Which entry of ``3 × 5`` the cursor stands in."""
    return max(0, sum(found.start() <= cursor for found in _ENTRY.finditer(text)) - 1)


def entry_span(text: str, entry: int) -> tuple[int, int]:
    """Where an entry of ``3 × 5`` begins and how long it is."""
    spans = [found.span() for found in _ENTRY.finditer(text)] or [(0, 0)]
    start, end = spans[min(entry, len(spans) - 1)]
    return start, end - start


def _meant(parameter: Parameter, text: str) -> Any:
    words = {word.lower(): word for word in parameter.choices}
    if text.lower() in words:
        return words[text.lower()]
    lists = any(get_origin(kind) is tuple for kind in kinds(parameter))
    pieces = [piece for piece in _BETWEEN.split(text.strip("()[] ")) if piece] if lists else [text]
    numbers = [_number(piece) for piece in pieces]
    if not numbers or any(number is None for number in numbers):
        return text
    alone = len(numbers) == 1 and any(kind in (int, float) for kind in kinds(parameter))
    return numbers[0] if alone else tuple(numbers)


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", "."))  # half the world writes 0,5
    except ValueError:
        return None


def _step(parameter: Parameter, value: int | float, steps: int) -> int | float:
    limits = parameter.range
    moved = (
        value + steps if isinstance(value, int) else _step_digit(value, steps, limits is not None and limits.high <= 1)
    )
    return moved if limits is None else type(moved)(min(max(moved, limits.low), limits.high))


def _step_digit(value: float, steps: int, is_share: bool) -> float:
    for _ in range(abs(steps)):
        up = steps > 0
        if value == 0:
            value = (0.1 if is_share else 0.0001) * (1 if up else -1)
            continue
        size = abs(value)
        power = math.floor(math.log10(size) + 1e-9)
        # away from a power of ten towards zero the next digit below is the leading one
        if up != (value > 0) and math.isclose(size, 10.0**power):
            power -= 1
        value = round(value + 10.0**power * (1 if up else -1), 2 - power)
    return value

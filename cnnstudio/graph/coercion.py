"""Coercion: what makes of a value one of a type, and types and values in words. Knows no declarations."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal, get_args, get_origin

REFUSED: Any = object()  # in the place of a value of another type
MOST_WORDS = 12  # that a sentence lists


def coercion(kind: Any, least: float = 0, most: float = math.inf) -> Callable[[Any], Any]:
    """What makes of a value one of this type, or ``REFUSED``; a list has from ``least`` to ``most`` entries."""
    if (known := _COERCE.get(kind)) is not None:
        return known
    origin = get_origin(kind)
    if origin is Literal:
        return partial(_word, get_args(kind))
    if origin is tuple:
        entry, *rest = get_args(kind)
        inner = coercion(entry)
        return partial(_entries, inner, least, most) if Ellipsis in rest else partial(_pair, inner, 1 + len(rest))
    return lambda value: value if isinstance(value, kind) else REFUSED


def _word(words: tuple[str, ...], value: Any) -> Any:
    # the declared word itself: a subclass of str may write itself as anything
    return next((word for word in words if isinstance(value, str) and word == value), REFUSED)


def _entries(inner: Callable[[Any], Any], least: float, most: float, value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:  # a third of the time
        return REFUSED
    made = tuple([entry if type(entry) is int and inner is _int else inner(entry) for entry in value])
    return made if REFUSED not in made else REFUSED


def _pair(inner: Callable[[Any], Any], length: int, value: Any) -> Any:
    made = _entries(inner, length, length, value)
    # (3, 3) is written 3, so that two spellings of one window are one value
    return made[0] if made is not REFUSED and len(set(made)) == 1 else made


def _int(value: Any) -> Any:
    if isinstance(value, bool):
        return REFUSED
    if isinstance(value, float):
        return int(value) if value.is_integer() else REFUSED
    try:
        return operator.index(value)
    except TypeError:
        return REFUSED


def _float(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return REFUSED
    try:
        number = float(value)
    except OverflowError:
        return REFUSED
    return number if math.isfinite(number) else REFUSED


_COERCE: dict[Any, Callable[[Any], Any]] = {
    int: _int,
    float: _float,
    type(None): lambda value: value if value is None else REFUSED,
}

_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "nothing",
}


def described(kind: Any) -> str:
    """A type in words: "a whole number"."""
    if get_origin(kind) is Literal:
        words = [f'"{word}"' for word in get_args(kind)]
        many = len(words) > MOST_WORDS
        return f"one of {len(words)} names, {words[0]}, {words[1]} … {words[-1]}" if many else " or ".join(words)
    if get_origin(kind) is tuple:
        numbers = "numbers" if float in get_args(kind) else "whole numbers"
        return f"a list of {numbers}" if Ellipsis in get_args(kind) else f"a pair of {numbers}"
    return _WORDS.get(kind, f"a {getattr(kind, '__name__', kind)}")


def either(names: Iterable[str]) -> str:
    """One of these, in words: "A, B or C"."""
    *others, last = names
    if len(others) >= MOST_WORDS:
        return f"{others[0]}, {others[1]} … {last}"
    return f"{', '.join(others)} or {last}" if others else last


def spelled(value: Any) -> str:
    """A value that somebody gave, as Python spells it, within a sentence."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python will print
        text = "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:37]}..."

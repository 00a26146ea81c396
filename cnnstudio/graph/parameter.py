"""Parameter: one declared, typed and ranged value of a block or a recipe.

A declaration is a frozen dataclass whose annotated fields are its parameters. The annotation carries the type and
the range, the class docstring carries a line of help for each (``kernel_size: side of the window``). Everything a
person or a file offers passes through ``Parameter.coerce``, so what stands in a declaration is always of its type.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import operator
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

T = TypeVar("T")


class ParameterError(ValueError):
    """A value that a parameter cannot take; the message is a sentence for the person who gave it."""


@dataclass(frozen=True)
class Range:
    """The least and the greatest value, both allowed; for pairs and sizes, of each entry."""

    low: float
    high: float


@dataclass(frozen=True)
class Length:
    """How many entries a tuple may have."""

    low: int
    high: int


class Costless:
    """Marks a parameter on which no shape, no number of weights and no cost depends: an epsilon, a dropout rate."""


Limits = dict[type, tuple[float, float]]
"""Type -> the least and the greatest value that will do as it is."""

Channels = Annotated[int, Range(1, 65_536)]
Count = Annotated[int, Range(1, 65_536)]
Fraction = Annotated[float, Range(0.0, 1.0)]
Rate = Annotated[float, Range(0.0, 1.0), Costless()]
IntPair = int | tuple[int, int]
PositivePair = Annotated[IntPair, Range(1, 1_024)]
NaturalPair = Annotated[IntPair, Range(0, 1_024)]
Padding = Annotated[int | tuple[int, int] | Literal["same", "valid"], Range(0, 1_024)]
Sizes = Annotated[tuple[int, ...], Range(1, 65_536), Length(1, 3)]


@dataclass(frozen=True)
class Parameter:
    """A field of a declaration: its name, its type without ``Annotated``, its range, its default and its help."""

    name: str
    type: Any
    default: Any
    help: str
    range: Range | None = None
    length: Length | None = None
    costless: bool = False

    @cached_property
    def options(self) -> tuple[Any, ...]:
        """The members of a union, or the one type."""
        return get_args(self.type) if get_origin(self.type) in (Union, types.UnionType) else (self.type,)

    @cached_property
    def choices(self) -> tuple[Any, ...]:
        """The allowed words of a ``Literal`` (alone or in a union), else nothing."""
        return tuple(word for option in self.options if get_origin(option) is Literal for word in get_args(option))

    def coerce(self, value: Any) -> Any:
        """``value`` as this parameter's type.

        Raises ``ParameterError`` with a sentence that names the parameter, what it takes and what it was given.
        """
        if type(value) is str and value in self.choices:
            return value
        for coercion in self._coercions:
            found = coercion(value)
            if found is not _REFUSED:
                break
        else:
            raise ParameterError(f"{self.name} must be {self.takes}, not {_quoted(value)}.")
        if self.range is not None and not isinstance(found, _UNRANGED):
            entries = found if isinstance(found, tuple) else (found,)
            if entries and not (self.range.low <= min(entries) and max(entries) <= self.range.high):
                low, high = _plain(self.range.low), _plain(self.range.high)
                raise ParameterError(f"{self.name} must be from {low} to {high}, not {_quoted(value)}.")
        return found

    @cached_property
    def _coercions(self) -> tuple[Callable[[Any], Any], ...]:
        return tuple(_coercion(option, self.length) for option in self.options)

    @cached_property
    def limits(self) -> Limits:
        """Type -> the least and the greatest value, for the types of which every value between them will do as it is.

        With its help a declaration passes nearly all that networks are drawn with, without a call.
        """
        found: Limits = {bool: (False, True)} if bool in self.options else {}
        if self.range is not None:
            found |= {kind: (self.range.low, self.range.high) for kind in (int, float) if kind in self.options}
        return found

    @property
    def takes(self) -> str:
        """The type in words: "a whole number or a pair of whole numbers"."""
        return " or ".join(_described(option) for option in self.options)


def parameters(declaration: type) -> tuple[Parameter, ...]:
    """The parameters of a declaration, in the order in which they are written."""
    known = _PARAMETERS.get(declaration)
    if known is None:
        hints = get_type_hints(declaration, include_extras=True)
        fields = [field for field in dataclasses.fields(declaration) if field.init]
        help_of = _help(inspect.getdoc(declaration) or "", [field.name for field in fields])
        known = tuple(
            _parameter(field.name, hints[field.name], _default(field), help_of.get(field.name, "")) for field in fields
        )
        _PARAMETERS[declaration] = known
    return known


_PARAMETERS: dict[type, tuple[Parameter, ...]] = {}


def _checks(declaration: type) -> _Checks:
    known = tuple((each.name, each.default, each.limits, each.coerce) for each in parameters(declaration))
    _CHECKS[declaration] = known
    return known


_Checks = tuple[tuple[str, Any, Limits, Callable[[Any], Any]], ...]
_CHECKS: dict[type, _Checks] = {}  # what a new declaration is checked with, parameter by parameter


def summary(declaration: type) -> str:
    """The docstring of a declaration without its parameter lines: its help text."""
    names = [field.name for field in dataclasses.fields(declaration)]
    doc = inspect.getdoc(declaration) or ""
    return _PARAMETER_LINES.sub(lambda found: "" if found[1] in names else found[0], doc).strip()


class Declaration:
    """A frozen dataclass of parameters that coerces what it is given.

    Raises ``ParameterError`` for a value that is not of its parameter's type or range.
    """

    def __post_init__(self) -> None:
        checks = _CHECKS.get(type(self))
        for name, default, limits, coerce in _checks(type(self)) if checks is None else checks:
            value = getattr(self, name)  # not by __dict__, which would have to be made first
            if value is default:  # networks hold thousands of values, most of them left as they were
                continue
            limit = limits.get(type(value))
            if limit is None or not limit[0] <= value <= limit[1]:
                coerced = coerce(value)
                if coerced is not value:
                    object.__setattr__(self, name, coerced)

    @property
    def values(self) -> dict[str, Any]:
        """Parameter name -> value."""
        return {parameter.name: getattr(self, parameter.name) for parameter in parameters(type(self))}

    @property
    def changed_values(self) -> dict[str, Any]:
        """Parameter name -> value, for those that are not at their default."""
        return {p.name: v for p in parameters(type(self)) if (v := getattr(self, p.name)) != p.default}


@dataclass_transform(frozen_default=True)
def declaration(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass, compared and hashed by its parameters."""
    return dataclass(frozen=True)(cls)


_REFUSED: Any = object()
_UNRANGED = (str, bool, type(None))
MOST_WORDS = 12  # that a sentence lists


def _coercion(kind: Any, length: Length | None) -> Callable[[Any], Any]:
    """What makes of a value one of this type, or ``_REFUSED``."""
    if (known := _COERCE.get(kind)) is not None:
        return known
    origin = get_origin(kind)
    if origin is Literal:
        return partial(_word, get_args(kind))
    if origin is tuple:
        entry, *rest = get_args(kind)
        lengths = (length.low, length.high) if length else (0, math.inf)
        coercion = _coercion(entry, None)
        return partial(_entries, coercion, *lengths) if Ellipsis in rest else partial(_pair, coercion, 1 + len(rest))
    return lambda value: value if isinstance(value, kind) else _REFUSED


def _word(words: tuple[str, ...], value: Any) -> Any:
    # the declared word itself: a subclass of str may write itself as anything
    return next((word for word in words if isinstance(value, str) and word == value), _REFUSED)


def _entries(coercion: Callable[[Any], Any], least: float, most: float, value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:  # a third of the time
        return _REFUSED
    made = tuple([entry if type(entry) is int and coercion is _int else coercion(entry) for entry in value])
    return made if _REFUSED not in made else _REFUSED


def _pair(coercion: Callable[[Any], Any], length: int, value: Any) -> Any:
    made = _entries(coercion, length, length, value)
    # (3, 3) is written 3, so that two spellings of one window are one value
    return made[0] if made is not _REFUSED and len(set(made)) == 1 else made


def _int(value: Any) -> Any:
    if isinstance(value, bool):
        return _REFUSED
    if isinstance(value, float):
        return int(value) if value.is_integer() else _REFUSED
    try:
        return operator.index(value)
    except TypeError:
        return _REFUSED


def _float(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _REFUSED
    try:
        number = float(value)
    except OverflowError:
        return _REFUSED
    return number if math.isfinite(number) else _REFUSED


_COERCE: dict[Any, Callable[[Any], Any]] = {
    int: _int,
    float: _float,
    type(None): lambda value: value if value is None else _REFUSED,
}

_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "nothing",
}


def _described(kind: Any) -> str:
    if get_origin(kind) is Literal:
        words = [f'"{word}"' for word in get_args(kind)]
        many = len(words) > MOST_WORDS
        return f"one of {len(words)} names, {words[0]}, {words[1]} … {words[-1]}" if many else " or ".join(words)
    if get_origin(kind) is tuple:
        return "a list of whole numbers" if Ellipsis in get_args(kind) else "a pair of whole numbers"
    return _WORDS.get(kind, f"a {getattr(kind, '__name__', kind)}")


def _quoted(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python will print
        text = "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _plain(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) else f"{number:,}"


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _parameter(name: str, hint: Any, default: Any, help_text: str) -> Parameter:
    kind, extras = (get_args(hint)[0], hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())
    limits = next((extra for extra in extras if isinstance(extra, Range)), None)
    length = next((extra for extra in extras if isinstance(extra, Length)), None)
    costless = any(isinstance(extra, Costless) for extra in extras)
    return Parameter(name, kind, default, help_text, limits, length, costless)


_PARAMETER_LINES = re.compile(r"^(\w+): (.*(?:\n[ \t]+\S.*)*)\n?", re.MULTILINE)


def _help(doc: str, names: list[str]) -> dict[str, str]:
    return {name: " ".join(text.split()) for name, text in _PARAMETER_LINES.findall(doc) if name in names}

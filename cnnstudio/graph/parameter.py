"""Parameter: one declared, typed and ranged value of a block or a recipe.

A declaration is a frozen dataclass whose annotated fields are its parameters. The annotation carries the type and
the range, the class docstring carries a line of help for each (``kernel_size: side of the window``). Everything a
person or a file offers passes through ``Parameter.coerce``, so what stands in a declaration is always of its type.

A parameter may itself be a list of declarations of a few kinds, ``tuple[RandomCrop | HorizontalFlip, ...]``. A file
holds each as its ``entry``: ``{"kind": "RandomCrop", "parameters": {"padding": 4}}``.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from cnnstudio.graph.coercion import REFUSED, coercion, described, either, spelled
from cnnstudio.graph.names import meant, quoted

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


@dataclass(frozen=True)
class Letters:
    """How many letters a text may have, where that is not a thousand."""

    most: int


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
MOST_PADDING = 1_024
Padding = Annotated[int | tuple[int, int] | Literal["same", "valid"], Range(0, MOST_PADDING)]
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
    letters: int = 1_000  # of a text: a file may have millions

    @cached_property
    def options(self) -> tuple[Any, ...]:
        """The members of a union, or the one type."""
        return _members(self.type)

    @cached_property
    def choices(self) -> tuple[Any, ...]:
        """The allowed words of a ``Literal`` (alone or in a union), else nothing."""
        return tuple(word for option in self.options if get_origin(option) is Literal for word in get_args(option))

    @cached_property
    def entry_types(self) -> tuple[type[Declaration], ...]:
        """The declarations that may stand in its list, all of which have defaults; nothing where it is no such list."""
        return next((found for option in self.options if (found := _entry_types(option))), ())

    @property
    def entry_count(self) -> Length:
        """How many declarations may stand in its list."""
        return self.length or Length(0, MOST_ENTRIES)

    def coerce(self, value: Any) -> Any:
        """``value`` as this parameter's type.

        Raises ``ParameterError`` with a sentence that names the parameter, what it takes and what it was given.
        """
        if type(value) is str and value in self.choices:
            return value
        for coerced in self._coercions:
            found = coerced(value)
            if found is not REFUSED:
                break
        else:
            raise ParameterError(f"{self.name} must be {self.takes}, not {spelled(value)}.")
        for text in (found,) if isinstance(found, str) else found if isinstance(found, tuple) else ():
            if isinstance(text, str) and len(text) > self.letters:
                raise ParameterError(f"{self.name} has {len(text):,} letters; {self.letters:,} are allowed.")
        if self.range is not None and not isinstance(found, _UNRANGED):
            entries = found if isinstance(found, tuple) else (found,)
            if entries and not (self.range.low <= min(entries) and max(entries) <= self.range.high):
                low, high = _plain(self.range.low), _plain(self.range.high)
                raise ParameterError(f"{self.name} must be from {low} to {high}, not {spelled(value)}.")
        return found

    @cached_property
    def _coercions(self) -> tuple[Callable[[Any], Any], ...]:
        listed = partial(_listed, self.name, self.entry_types, self.entry_count)
        lengths = (self.length.low, self.length.high) if self.length else ()
        return tuple(listed if _entry_types(kind) else coercion(kind, *lengths) for kind in self.options)

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
        listed = either([each.__name__ for each in self.entry_types]) if self.entry_types else ""
        return " or ".join(f"a list of {listed}" if _entry_types(kind) else described(kind) for kind in self.options)


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
    def entry(self) -> dict[str, Any]:
        """What stands for it in the list of a file: its kind, and all of its parameters."""
        values = self.values
        return {KIND: type(self).__name__, **({PARAMETERS: values} if values else {})}

    @property
    def changed_values(self) -> dict[str, Any]:
        """Parameter name -> value, for those that are not at their default."""
        return {p.name: v for p in parameters(type(self)) if (v := getattr(self, p.name)) != p.default}


@dataclass_transform(frozen_default=True)
def declaration(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass, compared and hashed by its parameters."""
    return dataclass(frozen=True)(cls)


def declared(cls: type[D], values: Mapping[str, Any]) -> D:
    """The declaration with these values, each under the name of its parameter.

    Raises ``ParameterError`` with a sentence for a name that is none, one that is missing, and a value that cannot be.
    """
    known = {parameter.name: parameter for parameter in parameters(cls)}
    for name in values:
        if name not in known:
            raise ParameterError(f"there is no parameter {quoted(str(name))}{meant(str(name), known)}.")
    for name, parameter in known.items():
        if parameter.default is dataclasses.MISSING and name not in values:
            raise ParameterError(f"{name} is missing.")
    return cls(**values)


D = TypeVar("D", bound=Declaration)
KIND, PARAMETERS = "kind", "parameters"  # what an entry says of a declaration
MOST_ENTRIES = 100  # of a list that states no length of its own: a file may have a million

_UNRANGED = (str, bool, type(None))


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _entry_types(kind: Any) -> tuple[type[Declaration], ...]:
    entry, *rest = get_args(kind) if get_origin(kind) is tuple else (None,)
    found = _members(entry) if Ellipsis in rest else ()
    return found if all(isinstance(each, type) and issubclass(each, Declaration) for each in found) else ()


def _listed(name: str, entry_types: tuple[type[Declaration], ...], count: Length, value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        return REFUSED
    if not count.low <= len(value) <= count.high:
        raise ParameterError(f"{name} must have from {count.low:,} to {count.high:,} entries, not {len(value):,}.")
    return tuple([_listed_entry(f"{name}, entry {n}", entry_types, entry) for n, entry in enumerate(value, 1)])


def _listed_entry(where: str, entry_types: tuple[type[Declaration], ...], value: Any) -> Declaration:
    """The declaration that this is, or that this plain data stands for; of other kinds none is made."""
    if type(value) in entry_types:
        return cast(Declaration, value)
    known = {each.__name__: each for each in entry_types}
    if not isinstance(value, dict):
        raise ParameterError(f"{where}: {either(known)} is needed, not {spelled(value)}.")
    for key in value:
        if key not in (KIND, PARAMETERS):
            raise ParameterError(f"{where}: {quoted(str(key))} is nothing that belongs there.")
    if KIND not in value:
        raise ParameterError(f"{where}: {KIND} is missing.")
    kind, values = value[KIND], value.get(PARAMETERS, {})
    if not isinstance(kind, str):
        raise ParameterError(f"{where}: {KIND} must be {either(known)}, not {spelled(kind)}.")
    if kind not in known:
        raise ParameterError(f"{where}: there is no kind {quoted(kind)}{meant(kind, known)}.")
    if not isinstance(values, dict):
        raise ParameterError(f"{where} ({kind}): {PARAMETERS} must be values by their names, not {spelled(values)}.")
    try:
        return declared(known[kind], values)
    except ParameterError as error:
        raise ParameterError(f"{where} ({kind}): {error}") from error


def _plain(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) else f"{number:,}"


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _parameter(name: str, hint: Any, default: Any, help_text: str) -> Parameter:
    kind, extras = (get_args(hint)[0], hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())
    limits = next((extra for extra in extras if isinstance(extra, Range)), None)
    length = next((extra for extra in extras if isinstance(extra, Length)), None)
    costless = any(isinstance(extra, Costless) for extra in extras)
    letters = next((extra.most for extra in extras if isinstance(extra, Letters)), Parameter.letters)
    return Parameter(name, kind, default, help_text, limits, length, costless, letters)


_PARAMETER_LINES = re.compile(r"^(\w+): (.*(?:\n[ \t]+\S.*)*)\n?", re.MULTILINE)


def _help(doc: str, names: list[str]) -> dict[str, str]:
    return {name: " ".join(text.split()) for name, text in _PARAMETER_LINES.findall(doc) if name in names}

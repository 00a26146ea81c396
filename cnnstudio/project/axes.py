"""Axes: what of a project may be varied, by its name, and the values that it is to take one after the other.

A field is called as a person reads it: ``learning_rate`` of the recipe, ``conv1.out_channels`` of a block, and of one
inside a group ``group1.conv1.out_channels``.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import NoneType
from typing import Any

from cnnstudio.blocks import Group
from cnnstudio.blocks.group import with_body
from cnnstudio.graph import Graph, Parameter, ParameterError, parameters
from cnnstudio.graph.names import meant, quoted
from cnnstudio.graph.notation import MOST_SIDES, between, can_type, kinds, read, written
from cnnstudio.project.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.recipe_paths import PATHS, whole

MOST_VALUES = 200  # of one field
USUAL_STEPS = 5  # of a range that does not say
FEW = 10  # whole numbers of a range, which are all taken
WIDE = 100  # times its lower end: from there a range of numbers that are not whole goes in equal factors
AUTOMATIC = ("auto", "automatic")  # what is typed for None
_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


class AxisError(ValueError):
    """A field that cannot be varied, or not so; the message is a sentence."""


@dataclass(frozen=True)
class Field:
    """Something of a project that has a value: its name, what it takes, its value now, and where it stands.

    ``place`` is the section of the recipe or the kind of the block, ``path`` the names of the groups and of the block
    that it belongs to; of the recipe it is empty.
    """

    name: str
    parameter: Parameter
    value: Any
    place: str
    path: tuple[str, ...] = ()

    def said(self, value: Any) -> str:
        """A value of this field in a few letters."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if value is None:
            return AUTOMATIC[-1]
        return written(value, between(self.parameter)) or "none"


@dataclass(frozen=True)
class Span:
    """All numbers from ``low`` to ``high``: in equal steps, or with ``is_log`` in equal factors."""

    low: float
    high: float
    is_log: bool = False
    is_whole: bool = False

    def steps(self, count: int) -> tuple[float, ...]:
        """So many numbers from end to end; of whole ones fewer where no more are there."""
        shares = (place / (count - 1) for place in range(count))
        return tuple(dict.fromkeys(self.at(share, count) for share in shares))

    def at(self, share: float, count: int = 20) -> float:
        """The number at a share of the way from 0 to 1, as round as ``count`` steps can be told apart."""
        if share in (0.0, 1.0):
            return self.high if share else self.low
        if self.is_log:
            width = math.log(self.high) - math.log(self.low)
            found = self.low * math.exp(share * width)
            digits = 3 - min(0, math.floor(math.log10(width / count)) + 1)
            rounded = float(f"{found:.{digits}g}")
        else:
            found = self.low + share * (self.high - self.low)
            rounded = round(found, 2 - math.floor(math.log10((self.high - self.low) / count)))
        return min(max(round(found) if self.is_whole else rounded, self.low), self.high)


@dataclass(frozen=True)
class Axis:
    """A field by its name and the values that it takes, all different; with a ``span`` chance may take any within."""

    name: str
    values: tuple[Any, ...]
    span: Span | None = None

    @property
    def choices(self) -> float:
        """How many values chance may take."""
        if self.span is None:
            return len(self.values)
        return self.span.high - self.span.low + 1 if self.span.is_whole else math.inf


def fields(project: Project) -> dict[str, Field]:
    """Name -> what of this project can be varied: the recipe's fields first, then those of its blocks."""
    found = [*_of_recipe(project.recipe), *_of_blocks(project.graph)]
    return {field.name: field for field in found}


def _of_recipe(recipe: Recipe) -> Iterator[Field]:
    for section, listed in type(recipe).sections().items():
        for parameter in listed:
            if can_type(parameter) and not parameter.entry_types:
                yield Field(parameter.name, parameter, getattr(recipe, parameter.name), section)


def _of_blocks(graph: Graph, path: tuple[str, ...] = ()) -> Iterator[Field]:
    """Numbers, words and switches; what a block is called, and a text that it is imported from, is nothing to vary."""
    for node in graph:
        own = (*path, node.name)
        for parameter in parameters(type(node.block)):
            if can_type(parameter) and not parameter.entry_types and str not in kinds(parameter):
                name, value = ".".join((*own, parameter.name)), getattr(node.block, parameter.name)
                yield Field(name, parameter, value, node.block.title, own)
        if isinstance(node.block, Group):
            yield from _of_blocks(node.block.body, own)


def field_of(project: Project, name: str) -> Field:
    """The field that is called so. Raises ``AxisError`` with the name that may have been meant."""
    known = fields(project)
    if name in known:
        return known[name]
    block, dot, parameter = name.rpartition(".")
    inside = {each.parameter.name: each for each in known.values() if block and ".".join(each.path) == block}
    if inside:
        raise AxisError(f"{block} has nothing to vary that is called {quoted(parameter)}{meant(parameter, inside)}.")
    if not dot and name in project.graph:
        raise AxisError(f"Say what of {name} is to be varied, such as {name}.out_channels.")
    raise AxisError(
        f"There is nothing to vary that is called {quoted(name)}{meant(name, known)}. It is a field of the recipe, "
        "such as learning_rate, or a parameter of a block, such as conv1.out_channels."
    )


def read_axis(field: Field, text: str) -> Axis:
    """What was typed: values with commas between them, or a range such as ``0.001..0.1``, ``16..256:5:log``.

    A semicolon stands between values that have commas of their own. Raises ``AxisError`` with the sentence that the
    form has for a value that the field cannot take.
    """
    if not text.strip():
        raise AxisError(f"{field.name} has no values yet: type some with commas between them, or a range such as 1..5.")
    try:
        if (found := _range(field.parameter, text)) is not None:
            return _ranged(field, **found.groupdict())
        values = tuple(dict.fromkeys(_value(field, piece) for piece in _pieces(field.parameter, text)))
    except ParameterError as error:
        raise AxisError(str(error)) from error
    if len(values) > MOST_VALUES:
        raise AxisError(f"{field.name} has {len(values):,} values, and {MOST_VALUES:,} are the most.")
    return Axis(field.name, values)


def read_axes(project: Project, texts: Sequence[str]) -> tuple[Axis, ...]:
    """Several of them, each as ``name=values``. Raises ``AxisError``."""
    axes: dict[str, Axis] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals:
            raise AxisError(f"{quoted(text)} says no values: write it as learning_rate=0.1,0.01.")
        name = name.strip()
        if name in axes:
            raise AxisError(f"{name} is varied twice: give all of its values at once.")
        axes[name] = read_axis(field_of(project, name), values)
    return tuple(axes.values())


def applied(project: Project, values: Mapping[str, Any]) -> Project:
    """The project with these values in its fields, by their names.

    Raises ``AxisError`` for a name that is none, and ``ParameterError`` for values that a recipe or a block refuses.
    """
    known, graph = fields(project), project.graph
    recipe: dict[str, Any] = {}
    blocks: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, value in values.items():
        field = known.get(name) or field_of(project, name)
        into = blocks.setdefault(field.path, {}) if field.path else recipe
        into[field.parameter.name] = value
    for path, changes in blocks.items():
        graph = _with_values(graph, path, changes)
    changed = type(project.recipe)(**{**project.recipe.values, **recipe})
    return dataclasses.replace(project, recipe=changed, graph=graph)


def _with_values(graph: Graph, path: tuple[str, ...], changes: Mapping[str, Any]) -> Graph:
    *scope, name = path
    inner = graph
    for each in scope:
        outer = inner[each].block
        assert isinstance(outer, Group)
        inner = outer.body
    block = inner[name].block
    return with_body(graph, tuple(scope), inner.replace(name, type(block)(**{**block.values, **changes})))


# what is typed

_END = r"[^\s:;,–…]+?"
_RANGE = re.compile(
    rf"\s*(?P<low>{_END})\s*(?:\.\.|…|–|\bto\b)\s*(?P<high>{_END})"
    r"(?:\s*(?::|,|\bin\b)\s*(?P<count>[0-9]+)(?:\s*steps?)?)?(?:\s*[:,]?\s*(?P<scale>log|linear|lin))?\s*\Z",
    re.IGNORECASE,
)


LONGEST_RANGE = 200  # letters; the pattern takes the square of that


def _range(parameter: Parameter, text: str) -> re.Match[str] | None:
    """What was typed as a range, where the parameter takes numbers."""
    takes_numbers = not {int, float}.isdisjoint(kinds(parameter))
    return _RANGE.match(text) if takes_numbers and len(text) <= LONGEST_RANGE else None


def _pieces(parameter: Parameter, text: str) -> list[str]:
    """The values one by one. Commas belong to a value where it is a text or may be a long list."""
    is_listed = parameter.length is not None and parameter.length.high > MOST_SIDES
    is_text = str in kinds(parameter)
    comma = ";" if ";" in text or is_listed or is_text else ","
    text = text.strip()
    return [piece.strip() for piece in (text if is_text else text.removesuffix(comma)).split(comma)]


def _value(field: Field, text: str) -> Any:
    parameter, word = field.parameter, text.strip().lower()
    if bool in kinds(parameter) and word in _SWITCH:
        return _SWITCH[word]
    if NoneType in kinds(parameter) and word in AUTOMATIC:
        return None
    value = read(parameter, text)
    if field.path or field.parameter.name not in PATHS or value in ("", "torchvision"):
        return value
    return parameter.coerce(whole(value))


def _ranged(field: Field, low: str, high: str, count: str | None, scale: str | None) -> Axis:
    first, last = _value(field, low), _value(field, high)
    if not all(isinstance(end, int | float) for end in (first, last)):
        raise AxisError(f"A range of {field.name} goes from one number to another, not from {low} to {high}.")
    if first >= last:
        raise AxisError(f"A range goes up: {field.said(first)} is not below {field.said(last)}.")
    is_whole = all(type(end) is int for end in (first, last))
    is_log = scale.lower() == "log" if scale else not is_whole and first > 0 and last >= WIDE * first
    if is_log and first <= 0:
        raise AxisError(f"A log range begins above zero, and {field.said(first)} has no factor to {field.said(last)}.")
    steps = USUAL_STEPS
    if count is not None:
        steps = int(count[:9])
    elif is_whole and not is_log and last - first < FEW:
        steps = last - first + 1
    if not 2 <= steps <= MOST_VALUES:
        raise AxisError(f"A range has from 2 to {MOST_VALUES:,} steps, not {steps:,}.")
    span = Span(first, last, is_log, is_whole)
    with suppress(ParameterError):
        return Axis(field.name, tuple(field.parameter.coerce(value) for value in span.steps(steps)), span)
    raise AxisError(f"Not every number from {field.said(first)} to {field.said(last)} will do for {field.name}.")

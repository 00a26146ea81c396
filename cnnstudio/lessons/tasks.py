"""Task: one thing that a lesson asks for, with its points, its hints and its check. Each kind is one declaration.

The fields of a kind are the words of a lesson's header, ``[[task]] kind = "parameters"``; reading, checking, releasing
and marking follow from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, dataclass_transform, get_args

from cnnstudio.graph.names import meant, quoted
from cnnstudio.graph.parameter import (
    Declaration,
    Length,
    Letters,
    Parameter,
    ParameterError,
    Range,
    declaration,
    declared,
    parameters,
)
from cnnstudio.lessons.variation import Values, filled
from cnnstudio.lessons.work import Verdict, Work

Words = Annotated[str, Letters(2_000)]
Name = Annotated[str, Letters(60)]
AnsweredBy = Literal["network", "weights", "number", "prediction", "choice", "words"]
T = TypeVar("T", bound="Task")


@declaration
class Hint(Declaration):
    """A hint, given when a student asks for it, after those before it.

    says: the hint
    costs: points that it takes away
    """

    says: Words = ""
    costs: Annotated[float, Range(0.0, 1_000.0)] = 0.0


@declaration
class Wrong(Declaration):
    """A wrong answer that is foreseen.

    answer: the answer; of a choice, the number of the option
    says: what has probably been misunderstood
    """

    answer: int | float | str = ""
    says: Words = ""


@declaration
class Task(Declaration):
    """What every task has.

    name: a short name, by which marks and answers are kept
    asks: what is to be done, in a sentence
    points: how much it is worth
    hints: hints in their order
    hidden: whether it is left out of what students get, and looked at when their work is marked
    practice: whether the answer stays in what students get, so that the program says at once what is right
    """

    name: Name = ""
    asks: Words = ""
    points: Annotated[float, Range(0.0, 1_000.0)] = 1.0
    hints: Annotated[tuple[Hint, ...], Length(0, 10)] = ()
    hidden: bool = False
    practice: bool = False

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""
    answered_by: ClassVar[AnsweredBy] = "network"
    secrets: ClassVar[tuple[str, ...]] = ()  # fields that would give the answer away

    def verdict(self, work: Work) -> Verdict:
        """What there is to say of this work. Where the secrets were taken out, it is undecided."""
        raise NotImplementedError

    def fault(self, work: Work) -> str:
        """Why it cannot be asked as it is declared, of the student of this untouched work; empty where it can."""
        return ""

    def said(self, work: Work) -> str:
        """What is asked, where there is more to it than ``asks``."""
        return self.asks

    @property
    def is_withheld(self) -> bool:
        """Whether what is right was taken out."""
        return False

    def released(self) -> Self:
        """The task without what would give the answer away."""
        if self.practice:
            return self
        defaults = {each.name: each.default for each in parameters(type(self))}
        return replace(self, **{name: defaults[name] for name in self.secrets})

    def for_student(self, values: Values) -> Self:
        """The task with what its names stand for, for one student."""
        return replace(self, **{name: _filled(value, values) for name, value in self.changed_values.items()})


TASKS: dict[str, type[Task]] = {}
"""Every kind of task by its word in a header."""


@dataclass_transform(frozen_default=True)
def task(cls: type[T]) -> type[T]:
    """Declare a kind of task."""
    made = declaration(cls)
    TASKS[made.kind] = made
    return made


def help_of(kind: type[Task]) -> dict[str, tuple[Parameter, str]]:
    """Each word of a kind with its parameter and a line of help, its own words first."""
    common = {each.name: each.help for each in parameters(Task)}
    every = {each.name: (each, each.help or common.get(each.name, "")) for each in parameters(kind)}
    return {name: found for name, found in every.items() if name not in common} | every


def purpose(kind: type[Task]) -> str:
    """What a kind of task is for: the first line of its declaration."""
    return (inspect.getdoc(kind) or "").split("\n")[0]


def read_task(entry: Mapping[str, Any]) -> Task:
    """The task that a table of a header declares. Raises ``ParameterError`` with a sentence."""
    values = dict(entry)
    kind = values.pop("kind", None)
    if kind is None:
        raise ParameterError(f"kind is missing: it is one of {', '.join(TASKS)}.")
    if not isinstance(kind, str) or kind not in TASKS:
        raise ParameterError(f"there is no kind {quoted(str(kind))}{meant(str(kind), TASKS)}.")
    cls = TASKS[kind]
    for each in parameters(cls):
        if each.entry_types and isinstance(values.get(each.name), list):
            (inner,) = each.entry_types
            values[each.name] = tuple([_entry(inner, found) for found in values[each.name]])
    return declared(cls, values)


def _entry(cls: type[Declaration], value: Any) -> Any:
    return declared(cls, value) if isinstance(value, dict) else value  # which is refused, in words


def written_task(of: Task) -> dict[str, Any]:
    """The table of a header that declares this task."""
    return {"kind": of.kind} | {name: _plain(value) for name, value in of.changed_values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Declaration):
        return {name: _plain(inner) for name, inner in value.changed_values.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _filled(value: Any, values: Values) -> Any:
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, Declaration):
        return type(value)(**{name: _filled(inner, values) for name, inner in value.values.items()})
    return tuple([_filled(each, values) for each in value]) if isinstance(value, tuple) else value


ANSWERED_BY: tuple[AnsweredBy, ...] = get_args(AnsweredBy)

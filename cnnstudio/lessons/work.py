"""Work: what a student has made of a lesson, as the tasks look at it; and Verdict, what a task says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cnnstudio.blocks.group import Group
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.receptive import ReceptiveField, receptive_fields
from cnnstudio.graph import Graph
from cnnstudio.lessons.variation import Values
from cnnstudio.project import Project

KEPT = "This is marked by your teacher."


@dataclass(frozen=True)
class Verdict:
    """``share`` is how much of the points is earned, from 0 to 1; None where it is not decided here, or not yet.

    ``sentence`` says why. ``is_given`` is false where there is nothing to judge: no answer, no network.
    """

    share: float | None
    sentence: str
    is_given: bool = True

    @property
    def is_right(self) -> bool:
        """Whether all of it is right."""
        return self.share == 1.0


def right(sentence: str) -> Verdict:
    """All the points."""
    return Verdict(1.0, sentence)


def wrong(sentence: str, share: float = 0.0) -> Verdict:
    """None of the points, or a part of them."""
    return Verdict(share, sentence)


def undecided(sentence: str = KEPT) -> Verdict:
    """It is decided elsewhere."""
    return Verdict(None, sentence)


def missing(sentence: str = "Not answered.") -> Verdict:
    """There is nothing to judge."""
    return Verdict(0.0, sentence, is_given=False)


@dataclass(frozen=True)
class Answer:
    """What a student answered: words or a number, one of the options (from 1), and why, each where it is asked for."""

    text: str = ""
    choice: int = 0
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered."""
        return not (self.text.strip() or self.choice or self.reason.strip())


NO_ANSWER = Answer()


@dataclass(frozen=True)
class Accuracy:
    """How many of the pictures kept apart a network tells right, from 0 to 1; None, and why that is not known."""

    share: float | None
    sentence: str


def unknown_accuracy() -> Accuracy:
    """What is said where nothing can be evaluated."""
    return Accuracy(None, "Your teacher evaluates the weights on pictures that are kept apart.")


@dataclass(frozen=True, eq=False)
class Work:
    """A student's project and answers, beside the project that this student began with.

    ``accuracy`` evaluates the weights, which takes a while; it is asked once at most.
    """

    project: Project
    start: Project
    answers: Mapping[str, Answer] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    accuracy: Callable[[], Accuracy] = unknown_accuracy

    @cached_property
    def analysis(self) -> Analysis:
        """What the student's network comes to."""
        return infer(self.project.graph)

    @cached_property
    def fields(self) -> Mapping[str, ReceptiveField | None]:
        """What each node of it sees of the image."""
        return receptive_fields(self.analysis.acting)

    @cached_property
    def at_start(self) -> Analysis:
        """What the network comes to that the student began with."""
        return infer(self.start.graph)

    @cached_property
    def measured(self) -> Accuracy:
        """How well the weights do."""
        return self.accuracy()

    @cached_property
    def obstacle(self) -> str:
        """Why the network is not whole, in a sentence; empty where it is."""
        acting = self.analysis.acting
        if not len(acting.graph):
            return "There is no network."
        if acting.errors:
            name, error = next(iter(acting.errors.items()))
            return f"The network has an error at {name}: {error.sentence}"
        if self.analysis.totals is None:
            return "The network is not whole: an input is open, or a size is not known."
        if len(outputs := acting.graph.outputs) != 1:
            return f"The network has loose ends: {', '.join(node.name for node in outputs[:4])}; one output is needed."
        return ""

    @cached_property
    def blocks(self) -> Mapping[str, int]:
        """Class name -> how many blocks of it act, those inside groups counted."""
        found: dict[str, int] = {}
        waiting: list[tuple[Graph, int]] = [(self.project.graph, 1)]
        while waiting:
            graph, times = waiting.pop()
            for node in graph.acting:
                if isinstance(node.block, Group):
                    waiting.append((node.block.body, times * node.block.repeat))
                name = type(node.block).__name__
                found[name] = found.get(name, 0) + times
        return found

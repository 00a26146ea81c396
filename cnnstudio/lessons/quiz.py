"""Quiz: questions about a network's shapes, costs and receptive fields. What is right is what inference says."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

from cnnstudio.blocks import Concat, Flatten
from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.receptive import ReceptiveField, receptive_fields
from cnnstudio.graph import Block, Composite, Facts, Node, Shape

Kind = Literal["shape", "parameters", "receptive field", "MACs", "stride"]
Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")
FEWEST = 4  # questions in a round before they come again
FEW_PARTS = 5  # of a composite that can be worked out in the head

ASKED: dict[Kind, str] = {
    "shape": "What is the shape of what comes out of {}?",
    "parameters": "How many parameters does {} learn?",
    "receptive field": "How many pixels of the image does one value of {} see, height × width?",
    "MACs": "How many multiply-accumulates does {} take for one image?",
    "stride": "How many pixels of the image lie between two neighbouring values of {}?",
}


@dataclass(frozen=True)
class Question:
    """One question about one node of a graph.

    ``answer`` are the numbers that are right: a shape, one count, or (height, width). ``given`` says what is needed to
    find them.
    """

    kind: Kind
    node: Node
    into: tuple[Shape, ...]
    answer: tuple[int | Fraction, ...]
    difficulty: Difficulty
    analysis: Analysis = field(repr=False, compare=False)  # of the graph that it is about

    @cached_property
    def concealed(self) -> frozenset[str]:
        """The nodes whose results would give the answer away."""
        return self.analysis.graph.descendants(self.node.name) | {self.node.name}

    @property
    def sentence(self) -> str:
        """The question in words."""
        return ASKED[self.kind].format(self.node.name)

    @property
    def given(self) -> str:
        """What goes into the node, in words."""
        shapes = " and ".join(map(str, self.into))
        return f"{shapes} goes in." if len(self.into) == 1 else f"{shapes} go in."

    @property
    def example(self) -> str:
        """How an answer is written, with other numbers."""
        if self.kind == "shape":
            return {1: "for instance 120", 2: "for instance 49 × 64"}.get(len(self.answer), "for instance 3 × 28 × 28")
        return {"receptive field": "for instance 7 × 7", "stride": "for instance 2"}.get(
            self.kind, "for instance 1,216"
        )

    @property
    def written(self) -> str:
        """The right answer as it is shown."""
        if self.kind in ("parameters", "MACs"):
            return f"{self.answer[0]:,}"
        if self.kind == "stride" and len(set(self.answer)) == 1:
            return str(self.answer[0])
        return " × ".join(map(str, self.answer))


def questions(analysis: Analysis, difficulty: Difficulty = "easy", seed: int = 0) -> Iterator[Question]:
    """Questions without end about the nodes whose results are known, or none where there is nothing to ask.

    The same network, difficulty and seed give the same questions. No question comes again before all have been asked,
    and two in a row ask about different nodes where that can be.
    """
    pool = _possible(analysis, difficulty)
    chance = random.Random(f"{difficulty} {seed}")
    last = ""
    while pool:
        turn = sorted(pool, key=lambda question: (question.node.name, question.kind))
        chance.shuffle(turn)
        while turn:
            # kinds in equal parts, however many nodes there are of each
            kinds = sorted({question.kind for question in turn})
            kind = chance.choice(kinds)
            chosen = [question for question in turn if question.kind == kind]
            question = next((each for each in chosen if each.node.name != last), chosen[0])
            turn.remove(question)
            last = question.node.name
            yield question


def _possible(analysis: Analysis, difficulty: Difficulty) -> list[Question]:
    """Every question of this difficulty; where they are few, those of the nearest one as well."""
    everything = list(_everything(analysis))
    wanted = DIFFICULTIES.index(difficulty)
    found: list[Question] = []
    for other in sorted(DIFFICULTIES, key=lambda each: abs(DIFFICULTIES.index(each) - wanted)):
        if len(found) < FEWEST:
            found += [question for question in everything if question.difficulty == other]
    return found


def _everything(analysis: Analysis) -> Iterator[Question]:
    fields = receptive_fields(analysis)
    for name in analysis.graph.order:
        yield from about(analysis, name, fields)


def about(
    analysis: Analysis, name: str, fields: Mapping[str, ReceptiveField | None] | None = None
) -> Iterator[Question]:
    """Every question about one node; ``fields`` are the receptive fields of the network, where they are known."""
    fields = receptive_fields(analysis) if fields is None else fields
    node, facts = analysis.graph[name], analysis.facts.get(name)
    if facts is None or node.is_input or node.bypassed:
        return
    into = tuple(shape for shape in analysis.shapes_into(name) if shape is not None)
    for kind, answer, difficulty in _of(node, into, facts, fields):
        yield Question(kind, node, into, answer, difficulty, analysis)


Asked = tuple[Kind, tuple[int | Fraction, ...], Difficulty]


def _of(
    node: Node, into: tuple[Shape, ...], facts: Facts, fields: Mapping[str, ReceptiveField | None]
) -> Iterator[Asked]:
    """What can be asked of one node: kind, answer, difficulty."""
    block = node.block
    has_window = bool(into) and into[0].is_map and block.window(*into) is not None
    if has_window or facts.shape != into[0]:  # what passes a shape on is no question
        yield "shape", tuple(facts.shape), _of_shape(block, into)
    if facts.parameters:
        yield "parameters", (facts.parameters,), _of_parameters(block)
    if facts.macs and not isinstance(block, Composite):
        yield "MACs", (facts.macs,), "medium" if not has_window else "hard"
    seen = fields.get(node.name)
    if seen is not None and _is_plain(seen) and facts.shape.is_map and (has_window or isinstance(block, Composite)):
        before = fields.get(node.inputs[0]) if node.inputs[0] is not None else None
        is_first = before is not None and before.size == (1, 1) and has_window
        yield "receptive field", seen.size, "medium" if is_first else "hard"
        if seen.stride != (1, 1):
            yield "stride", seen.stride, "medium" if is_first else "hard"


def _is_plain(seen: ReceptiveField) -> bool:
    """Whether there is one right answer: not where less may be seen, everything from everywhere, or means besides."""
    return seen.status != "upper bound" and not seen.has_statistics and 0 not in seen.stride


def _of_shape(block: Block, into: tuple[Shape, ...]) -> Difficulty:
    if isinstance(block, Composite):
        return "medium" if len(block.parts(*into).graph) <= FEW_PARTS else "hard"
    if isinstance(block, Concat):
        return "medium"
    window = block.window(*into) if into[0].is_map else None
    if window is None:
        return "easy" if isinstance(block, Flatten) or len(into[0]) == 1 else "medium"
    is_even = all(before == after for before, after in window.padding) and len(set(window.kernel)) == 1
    if window.transposed or window.ceil_mode or window.dilation != (1, 1) or not is_even:
        return "hard"
    exact = all(
        (size + 2 * window.padding[0][0] - window.kernel[0]) % window.stride[0] == 0 for size in into[0].spatial
    )
    return "easy" if exact else "medium"


def _of_parameters(block: Block) -> Difficulty:
    if isinstance(block, Composite):
        return "hard"
    if getattr(block, "groups", 1) != 1:
        return "hard"
    return "easy" if block.family in ("linear", "normalization") else "medium"


class Quiz:
    """A round of questions about one network, with its score. A question is answered once; then it is revealed.

    ``coming`` are those of a lesson, in the place of questions by chance.
    """

    def __init__(
        self,
        analysis: Analysis,
        difficulty: Difficulty = "easy",
        seed: int = 0,
        coming: Iterator[Question] | None = None,
    ) -> None:
        self.analysis = analysis
        self.difficulty = difficulty
        self.asked = self.right = self.streak = 0
        self.is_open = False
        self._coming = questions(analysis, difficulty, seed) if coming is None else coming
        self.question = self._next()

    def _next(self) -> Question | None:
        question = next(self._coming, None)
        self.is_open = question is not None
        return question

    def go_on(self) -> Question | None:
        """The next question; one that is still open is skipped and does not count."""
        self.question = self._next()
        return self.question

    def close(self, is_right: bool) -> None:
        """Count the question that is open as answered."""
        if self.is_open:
            self.is_open = False
            self.asked += 1
            self.right += is_right
            self.streak = self.streak + 1 if is_right else 0

    def still_holds(self, analysis: Analysis) -> bool:
        """Whether the question can be asked of this network with the same answer: false after an edit that matters."""
        question = self.question
        if question is None or question.node.name not in analysis.graph:
            return False
        # the slowest part of an analysis, and few questions are about it
        fields = receptive_fields(analysis) if question.kind in ("receptive field", "stride") else {}
        return any(
            (each.kind, each.answer, each.into) == (question.kind, question.answer, question.into)
            and each.node.block == question.node.block
            for each in about(analysis, question.node.name, fields)
        )

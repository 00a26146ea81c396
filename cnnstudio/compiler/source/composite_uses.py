"""Composite uses: composites taken apart for what enters them, before equal ones are brought together in classes.

Where a composite is a row of modules, three or more equal ones that are counted up in it become a run: a loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from cnnstudio.compiler.source.expressions import Expression, parsed, quoted, template
from cnnstudio.graph import Block, Composite, Graph, Node, Shape, parameters

LEAST = 3  # modules in a row that are written as a loop
LONG = 8  # modules in a row from which nobody would write out how one is called after the other


@dataclass(frozen=True)
class Line:
    """A node inside a composite: its expression in ``__init__`` or the composite that it is, and its ``forward``.

    Of a ``run`` of equal composites it is the first, which stands for all.
    """

    node: Node
    expression: Expression | None
    use: Use | None
    forward: Expression
    run: tuple[Use, ...] = ()

    @property
    def stem(self) -> str:
        """``layer`` for layer1."""
        return self.node.name.rstrip("0123456789")

    @property
    def number(self) -> int | None:
        """1 for layer1."""
        digits = self.node.name[len(self.stem) :]
        return int(digits) if digits and str(int(digits)) == digits else None

    @property
    def last(self) -> int:
        """The number of the last of the run."""
        return (self.number or 0) + len(self.run) - 1


@dataclass(frozen=True, eq=False)
class Use:
    """A composite with the shapes that enter it. Uses of equal ``key`` have one topology and share a class.

    ``is_row`` where its class is an ``nn.Sequential``: a run or many modules, each called with what the last one gave.
    """

    block: Composite
    shapes: tuple[Shape, ...]
    graph: Graph
    shapes_inside: Mapping[str, Shape]
    lines: tuple[Line, ...]
    key: tuple[Any, ...]
    is_row: bool = False

    @property
    def result(self) -> Shape:
        """The shape of what comes out."""
        return self.shapes_inside[self.graph.outputs[0].name]


@lru_cache(maxsize=16_384)
def init(block: Block, shapes: tuple[Shape, ...]) -> str | None:
    """The expression that makes a block's module, with the quotes that formatters like."""
    text = block.init(*shapes)
    return quoted(text) if text else None


def frozen(block: Block) -> str:
    """What is written behind the call of a frozen composite."""
    return ".requires_grad_(False)" if isinstance(block, Composite) and block.is_frozen else ""


@lru_cache(maxsize=4_096)
def use_of(block: Composite, shapes: tuple[Shape, ...]) -> Use:
    """``block`` taken apart for these inputs."""
    parts = block.parts(*shapes)
    lines: list[Line] = []
    forms: list[Any] = []
    for name in parts.graph.order:
        node = parts.graph[name]
        into = parts.shapes_into(node)
        sources = tuple(map(str, node.inputs))
        forward = template(node.block.forward(name, *sources))
        form: Any = None
        if isinstance(node.block, Composite):
            use = use_of(node.block, into)
            form = use.key, node.block.is_frozen
            lines.append(Line(node, None, use, forward))
        elif not node.is_input:
            text = init(node.block, into)
            expression = parsed(text) if text else None
            form = _form(node, expression) if expression else None
            lines.append(Line(node, expression, None, forward))
        forms.append((name, type(node.block), form, forward.called, sources))
    is_row = _is_row(parts.graph, lines)
    folded = _folded(lines) if is_row else lines
    is_row = is_row and (len(folded) < len(lines) or len(lines) >= LONG)
    if len(folded) < len(lines):
        lines = folded
        kept = {line.node.name: bool(line.run) for line in folded}
        # not how many: rows of any length share a class
        forms = [(*form[:3], kept[form[0]]) for form in forms if form[0] in kept]
    key = type(block), block.class_name, *forms
    return Use(block, shapes, parts.graph, parts.shapes, tuple(lines), key, is_row)


def _form(node: Node, expression: Expression) -> tuple[Any, ...]:
    """What may not differ within a class. A keyword that is left out stands for the default of its parameter."""
    optional = {parameter.name for parameter in parameters(type(node.block))}
    needed = tuple(keyword for keyword, _ in expression.keywords if keyword not in optional)
    return expression.called, len(expression.positional), needed


# rows and runs


def _is_row(graph: Graph, lines: list[Line]) -> bool:
    """Whether every node is a module that is called with what the one before it gave, as in ``nn.Sequential``."""
    before = graph.order[0]
    for line in lines:
        name = line.node.name
        if line.node.inputs != (before,) or (line.use is None and line.expression is None):
            return False
        if line.node.block.forward(name, "x") != f"self.{name}(x)":
            return False
        before = name
    return graph[graph.order[0]].is_input and len(graph.inputs) == 1


def _folded(lines: list[Line]) -> list[Line]:
    """The lines with every run of ``LEAST`` or more as one."""
    made: list[Line] = []
    start = 0
    while start < len(lines):
        length = _length(lines[start:])
        if length >= LEAST:
            uses = tuple(line.use for line in lines[start : start + length] if line.use is not None)
            made.append(replace(lines[start], run=uses))
            start += length
        else:
            made.append(lines[start])
            start += 1
    return made


def _length(lines: list[Line]) -> int:
    """How many of these lines, from the first, are alike, counted up, and differ by equal steps if at all."""
    steps: tuple[int, ...] | None = None
    for count, (line, follower) in enumerate(pairwise(lines), 1):
        found = _steps(line, follower)
        # what grows is written with how often it has grown, so it begins with the first
        if found is None or (steps is not None and found != steps) or (any(found) and lines[0].number not in (0, 1)):
            return count
        steps = found
    return len(lines)


def _steps(line: Line, follower: Line) -> tuple[int, ...] | None:
    """By how much each number of one grows in the other, or None where they are not of one run."""
    one, other = line.use, follower.use
    if one is None or other is None or one.key != other.key or one.block.is_frozen != other.block.is_frozen:
        return None
    if line.number is None or follower.number != line.number + 1 or line.stem != follower.stem:
        return None
    before, after = list(_literals(one)), list(_literals(other))
    if [label for label, _ in before] != [label for label, _ in after]:
        return None
    steps: list[int] = []
    for (_, a), (_, b) in zip(before, after, strict=True):
        if a != b and not (a.isdigit() and b.isdigit()):
            return None
        steps.append(int(b) - int(a) if a != b else 0)
    return tuple(steps)


def _literals(use: Use) -> Iterator[tuple[str, str]]:
    """Every literal inside a use, with what it is for."""
    for line in use.lines:
        yield from ((f"{line.node.name}.forward", literal) for literal in line.forward.positional)
        if line.expression is not None:
            yield from zip(line.expression.labels, line.expression.positional, strict=True)
            yield from line.expression.keywords
        for inner in line.run or ([line.use] if line.use is not None else []):
            yield from _literals(inner)

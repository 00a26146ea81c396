"""SourceLines: which lines of the generated source belong to which node. Knows no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cnnstudio.compiler.source import Source

_STATEMENT = re.compile(r" {8}(?=[^\s)\]}#])")
_ATTRIBUTE = re.compile(r"\bself\.(\w+)")
_VARIABLE = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?![\w.(]|=(?!=))")


@dataclass(frozen=True)
class SourceLines:
    """Node -> its lines, and line -> its nodes; lines are counted from 0."""

    lines: dict[str, tuple[int, ...]]
    nodes: dict[int, tuple[str, ...]]


def source_lines(source: Source) -> SourceLines:
    """Find the lines of every node: where its module is made and where it is called.

    Modules are known by their attribute. What has none, a sum or a flattening, is known by its expression and its
    place among the steps.
    """
    owners: dict[str, list[str]] = {}
    for node, path in source.paths.items():
        owners.setdefault(path.split(".")[0], []).append(node)
    lines: dict[str, list[int]] = {}
    waiting = [(step.node, _shape_of(step.expression)) for step in source.steps if step.node not in source.paths]
    for first, last, text in _statements(source):
        named = [name for name in _ATTRIBUTE.findall(text) if name in owners]
        found = owners[named[0]] if named else []
        if not named:
            value = re.sub(r"^\s*(?:return\s+|\w+\s*=\s*)", "", re.sub(r"  #.*", "", text), count=1)
            shape = _shape_of(value)
            place = next((i for i, (_, wanted) in enumerate(waiting) if wanted == shape), None)
            if place is not None:
                found = [waiting[place][0]]
                del waiting[: place + 1]
        for node in found:
            lines.setdefault(node, []).extend(range(first, last + 1))
    nodes: dict[int, list[str]] = {}
    for node, numbers in lines.items():
        for number in numbers:
            nodes.setdefault(number, []).append(node)
    return SourceLines(
        {node: tuple(numbers) for node, numbers in lines.items()},
        {number: tuple(names) for number, names in nodes.items()},
    )


def _statements(source: Source) -> Iterator[tuple[int, int, str]]:
    """First line, last line and text of each statement in the methods of the network's own class."""
    lines = source.text.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.startswith(f"class {source.class_name}(")), len(lines))
    first = -1
    for number in range(begin, len(lines) + 1):
        line = lines[number] if number < len(lines) else ""
        ends = number == len(lines) or not line.strip() or _STATEMENT.match(line) or re.match(r" {4}\S", line)
        if first >= 0 and ends:
            yield first, number - 1, "\n".join(lines[first:number])
            first = -1
        if _STATEMENT.match(line):
            first = number


def _shape_of(expression: str) -> str:
    """The expression without its spaces and with every variable called the same."""
    return re.sub(r"[\s]+|,(?=\s*[)\]])", "", _VARIABLE.sub("_", expression))

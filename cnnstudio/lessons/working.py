"""Working: how the answer to a question comes about, a line a step, with the network's own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from cnnstudio.compiler.formula import Formula, formula
from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.receptive import ReceptiveField, receptive_fields
from cnnstudio.graph import Composite, Node, Shape, ShapeError, own_places
from cnnstudio.lessons.quiz import Question

_COSTS = {"parameters": "parameters: ", "MACs": "multiply-accumulates: "}
_AXES = ("height", "width")
MOST_PARTS = 12


def steps(question: Question) -> Formula | None:
    """The working, to be shown after the answer, or None where there is nothing to work out."""
    if question.kind == "receptive field":
        lines = tuple(_seen(question))
        return Formula("What it sees", "seen before + D(K − 1) · step before", lines) if lines else None
    if question.kind == "stride":
        lines = tuple(_stepped(question))
        return Formula("How far apart", "step before · S", lines) if lines else None
    made = formula(question.node.block, question.into)
    if question.kind == "shape":
        rule, lines = made.rule if made is not None else "", tuple(_shape(question, made))
        return Formula("Output shape", rule, lines) if lines else None
    start = _COSTS[question.kind]
    lines = tuple(line for line in made.lines if line.startswith(start)) if made is not None else ()
    return Formula("How many", "", lines) if lines else None


# shapes


def _shape(question: Question, made: Formula | None) -> Iterator[str]:
    block, answer = question.node.block, Shape(*map(int, question.answer))
    if isinstance(block, Composite):
        yield from _parts(block, question.into)
        return
    lines = [line for line in made.lines if not line.startswith(tuple(_COSTS.values()))] if made is not None else []
    yield from lines
    if answer.is_map and "out_channels" in block.values:
        yield f"channels: one for each filter = {answer.channels:,}"
    elif answer.is_map and lines and question.into[0].is_map and answer.channels == question.into[0].channels:
        yield f"channels: as many as come in = {answer.channels:,}"
    elif "out_features" in block.values:
        yield f"features: out_features = {answer[-1]:,}"


def _parts(block: Composite, into: tuple[Shape, ...]) -> Iterator[str]:
    """What comes out of each part, one after the other."""
    parts = block.parts(*into)
    names = [name for name in parts.graph.order if not parts.graph[name].is_input]
    shown = names if len(names) <= MOST_PARTS else [*names[: MOST_PARTS - 2], *names[-2:]]
    for name in shown:
        inner = parts.graph[name].block
        yield f"out of {name}: {' '.join((inner.title, inner.brief())).strip()} = {parts.shapes[name]}"


# receptive fields


def _seen(question: Question) -> Iterator[str]:
    """The receptive field along the path from the image, a line a window."""
    fields = receptive_fields(question.analysis)
    for node, before, spans, strides in _windows(question.analysis, fields, question.node.name):
        after = fields[node.name]
        if before is None or after is None:
            yield from _start(node, after)
            continue
        lines = [
            f"{before.size[axis]} + ({spans[axis]} − 1) · {before.stride[axis]} = {after.size[axis]}" for axis in (0, 1)
        ]
        yield from _by_axis(f"at {node.name}", lines)
        if strides != (1, 1):
            yield from _by_axis(f"step after {node.name}", list(_products(before, strides, after)))


def _stepped(question: Question) -> Iterator[str]:
    """How the strides multiply along the path from the image."""
    fields = receptive_fields(question.analysis)
    for node, before, _, strides in _windows(question.analysis, fields, question.node.name):
        after = fields[node.name]
        if node.is_input:
            yield f"at {node.name}: from one pixel to the next = 1"
        elif before is None or after is None:
            yield from _start(node, after)
        elif strides != (1, 1):
            yield from _by_axis(f"at {node.name}", list(_products(before, strides, after)))


def _products(
    before: ReceptiveField, strides: tuple[int | Fraction, int | Fraction], after: ReceptiveField
) -> Iterator[str]:
    for axis in (0, 1):
        yield f"{before.stride[axis]} · {strides[axis]} = {after.stride[axis]}"


def _by_axis(name: str, lines: list[str]) -> Iterator[str]:
    if lines[0] == lines[1]:
        yield f"{name}: {lines[0]}"
    else:
        yield from (f"{name}, {axis}: {line}" for axis, line in zip(_AXES, lines, strict=True))


def _start(node: Node, field: ReceptiveField | None) -> Iterator[str]:
    """Where the path begins: at the image, or at a block where several ways meet."""
    if field is None:
        return
    if node.is_input:
        yield f"at {node.name}: a pixel of the image sees itself = 1"
        return
    size, stride = (_both(pair) for pair in (field.size, field.stride))
    yield f"at {node.name}: over all ways from the image, step {stride} = {size}"


def _both(pair: tuple[int | Fraction, int | Fraction]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} × {pair[1]}"


_Stage = tuple[Node, ReceptiveField | None, tuple[int, int], tuple[int | Fraction, int | Fraction]]


def _windows(analysis: Analysis, fields: Mapping[str, ReceptiveField | None], name: str) -> list[_Stage]:
    """The windows on the way to a node: each with the field before it, the pixels that it spans and its stride.

    The first has no field before it: the image, or the last node before which ways meet.
    """
    stages: list[_Stage] = []
    while True:
        node = analysis.graph[name]
        source = node.inputs[0] if len(node.inputs) == 1 or node.bypassed else None
        before = fields.get(source) if source is not None else None
        found = _span(analysis, node) if before is not None else None
        if found is None or source is None or before is None:
            return [(node, None, (1, 1), (1, 1)), *reversed(stages)]
        spans, strides = found
        after = fields[name]
        expected = tuple(before.size[axis] + (spans[axis] - 1) * before.stride[axis] for axis in (0, 1))
        if after is None or after.size != expected:  # as after a transposed convolution
            return [(node, None, (1, 1), (1, 1)), *reversed(stages)]
        if (spans, strides) != ((1, 1), (1, 1)):
            stages.append((node, before, spans, strides))
        name = source


def _span(analysis: Analysis, node: Node) -> tuple[tuple[int, int], tuple[int | Fraction, int | Fraction]] | None:
    """How many of the values that it reads one value of a node depends on, and how far apart neighbours read."""
    if node.bypassed:
        return (1, 1), (1, 1)
    into = tuple(shape for shape in analysis.shapes_into(node.name) if shape is not None)
    if isinstance(node.block, Composite):
        try:
            inner = analysis.inside(node.name)
        except ShapeError:
            return None
        local = receptive_fields(inner).get(inner.graph.outputs[0].name)
        return (local.size, local.stride) if local is not None else None
    window = node.block.window(*into)
    if window is None:
        reaches = node.block.reach(*into)
        stays = reaches is not None and reaches[0].spans[1:] == own_places(len(into[0])).spans[1:]
        return ((1, 1), (1, 1)) if stays else None
    return None if window.transposed else (window.extent, window.stride)

"""Formula: the output-size formula, the parameters and the cost of a block with a student's own numbers put in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    FilterConv2d,
    Flatten,
    FractionalMaxPool2d,
)
from cnnstudio.compiler.inference import node_facts
from cnnstudio.graph import Block, Composite, Facts, Shape, Window, pair

_AXES = ("height", "width")


@dataclass(frozen=True)
class Formula:
    """A rule in letters and the lines that put the numbers in; each line is one sum, step by step to its result."""

    title: str
    rule: str
    lines: tuple[str, ...]


def formula(block: Block, inputs: tuple[Shape, ...]) -> Formula | None:
    """How the output size, the parameters and the multiply-accumulates of ``block`` come about, or None for a block
    with no arithmetic worth showing. Where the inputs do not fit, the size is shown all the same, if it can be.
    """
    found = node_facts(block, inputs)
    facts = found if isinstance(found, Facts) else None
    title, rule, lines = _size(block, inputs, facts)
    if facts is not None:
        lines = [*lines, *_cost(block, inputs, facts)]
    return Formula(title, rule, tuple(lines)) if lines else None


# the size


def _size(block: Block, inputs: tuple[Shape, ...], facts: Facts | None) -> tuple[str, str, list[str]]:
    if isinstance(block, Flatten) and facts is not None:
        return "Output size", "C · H · W", [f"{_product(inputs[0])} = {_number(inputs[0].numel)}"]
    if isinstance(block, Concat) and facts is not None:
        return "Output channels", "the sum of the inputs' channels", [_summed([shape[0] for shape in inputs])]
    if not inputs or not inputs[0].is_map or isinstance(block, Composite):
        return "Parameters and cost", "", []
    if isinstance(block, AdaptiveAvgPool2d | AdaptiveMaxPool2d):
        return _adaptive_size(inputs[0], pair(block.output_size))
    if isinstance(block, FractionalMaxPool2d):
        return _fractional_size(inputs[0], pair(block.kernel_size), pair(block.output_size))
    window = block.window(*inputs)
    if window is None:
        return "Parameters and cost", "", []
    spatial = inputs[0].spatial
    if not hasattr(block, "kernel_size") and (plain := _plain_rule(window)):
        return "Output size", plain, _both([_plain_line(window, axis, spatial[axis]) for axis in (0, 1)])
    along = _transposed_line if window.transposed else _line
    return "Output size", _rule(window), _both([along(window, axis, spatial[axis]) for axis in (0, 1)])


def _plain_rule(window: Window) -> str | None:
    """What the formula comes to for a block that pads, crops, enlarges or folds, and has no kernel to speak of."""
    if window.kernel == window.stride == (1, 1):
        return "in + before + after"
    if window.transposed:
        return "in · S"
    return "⌊in / S⌋" if window.kernel == window.stride and window.padding == ((0, 0), (0, 0)) else None


def _plain_line(window: Window, axis: int, length: int) -> str:
    (before, after), stride = window.padding[axis], window.stride[axis]
    size = _number(window.size(length, length)[axis])
    if window.kernel == window.stride == (1, 1):
        signs = [f"{'+' if side >= 0 else '−'} {abs(side)}" for side in (before, after)]
        return f"{length} {' '.join(signs)} = {size}"
    return f"{length} · {stride} = {size}" if window.transposed else f"⌊{length} / {stride}⌋ = {size}"


def _rule(window: Window) -> str:
    if window.transposed:
        return "(in − 1) · S − 2P + D(K − 1) + output padding + 1"
    padding = "2P" if all(before == after for before, after in window.padding) else "P before + P after"
    left, right = "⌈⌉" if window.ceil_mode else "⌊⌋"
    return f"{left}(in + {padding} − D(K − 1) − 1) / S{right} + 1"


def _line(window: Window, axis: int, length: int) -> str:
    kernel, stride, dilation = window.kernel[axis], window.stride[axis], window.dilation[axis]
    before, after = window.padding[axis]
    padding = f"2·{before}" if before == after else f"{before} + {after}"
    left, right = "⌈⌉" if window.ceil_mode else "⌊⌋"
    room = length + before + after - window.extent[axis]
    steps = -(-room // stride) if window.ceil_mode else room // stride
    whole = f"{left}({length} + {padding} − {dilation}·({kernel} − 1) − 1) / {stride}{right} + 1"
    text = f"{whole} = {left}{_number(room)} / {stride}{right} + 1 = {_number(steps)} + 1 = {_number(steps + 1)}"
    size = window.size(length, length)[axis]
    if room < 0:
        return f"{text}: the window is larger than the padded map{', and hangs over its edge' if size > 0 else ''}"
    if size <= steps:
        return f"{text}, less 1 = {size}, as the last window would begin beyond the map"
    return text


def _transposed_line(window: Window, axis: int, length: int) -> str:
    kernel, stride, dilation = window.kernel[axis], window.stride[axis], window.dilation[axis]
    padding, extra = window.padding[axis][0], window.output_padding[axis]
    whole = f"({length} − 1)·{stride} − 2·{padding} + {dilation}·({kernel} − 1) + {extra} + 1"
    terms = f"{(length - 1) * stride} − {2 * padding} + {dilation * (kernel - 1)} + {extra} + 1"
    return f"{whole} = {terms} = {_number(window.size(length, length)[axis])}"


def _adaptive_size(shape: Shape, size: tuple[int, int]) -> tuple[str, str, list[str]]:
    lines = []
    for length, out in zip(shape.spatial, size, strict=True):
        windows = f"{out} windows" if out > 1 else "one window"
        whole = f"{length} / {out} = {length // out} pixels under each window, {windows}"
        uneven = f"{length} / {out} leaves a rest, so the {out} windows overlap or differ by a pixel"
        lines.append(uneven if length % out else whole)
    return "Output size", "K = S = in / out", _both(lines)


def _fractional_size(shape: Shape, kernel: tuple[int, int], size: tuple[int, int]) -> tuple[str, str, list[str]]:
    lines = []
    for length, span, out in zip(shape.spatial, kernel, size, strict=True):
        if out == 1:
            lines.append("one window")
            continue
        step = (length - span) / (out - 1)
        sign = "=" if float(f"{step:.4g}") == step else "≈"
        lines.append(
            f"{out} windows, at random steps of ({length} − {span}) / ({out} − 1) {sign} {step:.4g} on average"
        )
    return "Output size", "out is given; S = (in − K) / (out − 1) on average", _both(lines)


def _both(lines: list[str]) -> list[str]:
    if lines[0] == lines[1]:
        return [f"height and width: {lines[0]}"]
    return [f"{axis}: {line}" for axis, line in zip(_AXES, lines, strict=True)]


# parameters and cost


def _cost(block: Block, inputs: tuple[Shape, ...], facts: Facts) -> list[str]:
    lines = []
    if facts.parameters:
        lines.append(_equation("parameters", _weights(block, inputs), facts.parameters))
    if facts.macs:
        lines.append(_equation("multiply-accumulates", _macs(block, inputs, facts), facts.macs))
    return lines


def _equation(name: str, sums: str, total: int) -> str:
    """``parameters: 2 · 64 = 128``; one side alone where there is nothing to work out."""
    return f"{name}: {sums} = {_number(total)}" if sums != _number(total) else f"{name}: {sums}"


def _weights(block: Block, inputs: tuple[Shape, ...]) -> str:
    if isinstance(block, Composite):
        parts = block.parts(*inputs)
        counts = [
            (node.name, sum(weight.numel for weight in node.block.weights(*parts.shapes_into(node)).values()))
            for node in parts.graph
        ]
        return _shared(counts)
    weights = block.weights(*inputs)
    if len(weights) > 1 and len(set(weights.values())) == 1:
        return f"{len(weights)} · {_product(next(iter(weights.values())))}"
    return " + ".join(_weight(block, inputs, name, shape) for name, shape in weights.items())


def _weight(block: Block, inputs: tuple[Shape, ...], name: str, shape: Shape) -> str:
    """K · K · in / groups · out for the filters of a convolution, in · out for a Linear, else the sizes as they are."""
    if name == "weight" and isinstance(block, Conv2d | ConvTranspose2d):
        groups = f" / {block.groups}" if block.groups > 1 else ""
        return f"{_product(pair(block.kernel_size))} · {inputs[0].channels}{groups} · {block.out_channels}"
    if len(shape) == 4:
        return _product((*shape[2:], shape[1], shape[0]))
    return _product(reversed(shape)) if len(shape) == 2 else _product(shape)


def _macs(block: Block, inputs: tuple[Shape, ...], facts: Facts) -> str:
    if isinstance(block, Composite):
        parts = block.parts(*inputs)
        counts = [(node.name, node.block.macs(*parts.shapes_into(node))) for node in parts.graph]
        return _shared(counts)
    weight = block.weights(*inputs).get("weight")
    if isinstance(block, FilterConv2d):
        weight = dataclasses.replace(block, learn=True).weights(*inputs)[""]  # it works as hard where it is frozen
    if weight is None:
        return _number(facts.macs)
    words = [_weight(block, inputs, "weight", weight)]
    times = facts.macs // weight.numel
    for shape in (facts.shape, inputs[0]):
        if shape.is_map and prod(shape.spatial) == times:
            return " · ".join([*words, _product(shape.spatial)])
    return " · ".join([*words, _number(times)] if times > 1 else words)


def _shared(counts: list[tuple[str, int]]) -> str:
    """What each part has of a sum; just the sum where one part has it all."""
    words = [f"{_number(count)} ({name})" for name, count in counts if count]
    return " + ".join(words) if len(words) > 1 else words[0].partition(" ")[0]


def _product(sizes: Iterable[int]) -> str:
    return " · ".join(map(str, sizes))


def _summed(counts: list[int]) -> str:
    return f"{' + '.join(map(str, counts))} = {_number(sum(counts))}"


def _number(count: int) -> str:
    return f"{count:,}".replace("-", "−")

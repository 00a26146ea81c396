"""Signs: the rule about roots of negative numbers, which are no numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    ChannelPool,
    ChannelShuffle,
    ChannelSlice,
    Concat,
    Crop,
    Dropout,
    Dropout2d,
    Flatten,
    FractionalMaxPool2d,
    Group,
    Hardsigmoid,
    Identity,
    LPPool2d,
    Maxout,
    MaxPool2d,
    Mean,
    Multiply,
    Pad,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    ReLU,
    ReLU6,
    Reshape,
    Sigmoid,
    Softmax,
    Softmin,
    Softplus,
    StochasticDepth,
    TokenMap,
    Tokens,
    Upsample,
)
from cnnstudio.compiler.diagnostics import fixes
from cnnstudio.compiler.diagnostics.rules import Finding, Known, Place, called, rule, within
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Edge, Graph, Node, Shape

_POSITIVE = (ReLU, ReLU6, Sigmoid, Hardsigmoid, Softmax, Softmin, Softplus)
_KEEPING_SIGN = (
    *(MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, LPPool2d, FractionalMaxPool2d, ChannelPool, Maxout),
    *(Dropout, Dropout2d, StochasticDepth, Identity),
    *(Flatten, Reshape, Permute, Tokens, TokenMap, ChannelShuffle, ChannelSlice, PixelShuffle, PixelUnshuffle),
    *(Pad, Crop, Add, Multiply, Mean, Concat),
)


@rule("root-of-negatives", "error")
def root_of_negatives(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """PyTorch's LPPool2d takes no absolute value: with an odd or a broken exponent, negative numbers give NaN."""
    yield from _findings(analysis)


def _findings(analysis: Analysis, given: Collection[str] = (), place: Place = ()) -> Iterator[Finding]:
    """The roots that may be of negative numbers, where the Input nodes ``given`` have none; those in groups too."""
    graph = analysis.graph
    for node in analysis.nodes_of(LPPool2d):
        source, block = node.inputs[0], node.block
        if source is None or not isinstance(block, LPPool2d) or not _takes_root(block):
            continue
        if _is_positive(analysis, source, given):
            continue
        yield within(
            place,
            Finding(
                (node.name,),
                f"{called(graph, node.name)} raises to the power of {block.norm_type:g} and takes the root; "
                "of negative numbers, which may reach it, PyTorch's gives NaN.",
                (
                    fixes.replace("Set norm_type to 2", node.name, dataclasses.replace(block, norm_type=2.0)),
                    fixes.insert(f"Insert ReLU before {node.name}", Edge(source, node.name), ReLU()),
                ),
            ),
        )
    for node in analysis.nodes_of(Group):
        shapes = _into(analysis, node)
        if node.name not in analysis.facts or not _holds_root(node.block, shapes):
            continue
        inner = analysis.inside(node.name).acting
        ports = zip(inner.graph.inputs, node.inputs, strict=True)
        fine = {port.name for port, source in ports if source is not None and _is_positive(analysis, source, given)}
        yield from _findings(inner, fine, (*place, (graph, node.name)))


def _takes_root(block: Block) -> bool:
    """Whether it is a pooling that gives NaN for negative numbers."""
    return isinstance(block, LPPool2d) and block.norm_type != 1 and block.norm_type % 2 != 0


def _into(analysis: Analysis, node: Node) -> tuple[Shape, ...]:
    return tuple(shape for shape in analysis.shapes_into(node.name) if shape is not None)


@lru_cache(maxsize=4_096)
def _holds_root(block: Block, shapes: tuple[Shape, ...]) -> bool:
    if not isinstance(block, Group):
        return _takes_root(block)
    parts = block.parts(*shapes)
    return any(_holds_root(node.block, parts.shapes_into(node)) for node in parts.graph if not node.is_input)


def _is_positive(analysis: Analysis, name: str, given: Collection[str]) -> bool:
    """Whether no negative number can come out of this node, as far as its kind and those before it tell."""
    return _stays_positive(analysis.graph, name, given, lambda node: _into(analysis, node))


def _stays_positive(graph: Graph, name: str, given: Collection[str], into: Callable[[Node], tuple[Shape, ...]]) -> bool:
    left, met = [name], {name}
    while left:
        node = graph[left.pop()]
        if isinstance(node.block, _POSITIVE) or node.name in given or _is_even(node.block):
            continue
        if isinstance(node.block, Composite):
            if not _ends_positive(node.block, into(node)):
                return False
            continue
        if not node.inputs or None in node.inputs or not _keeps_sign(node.block):
            return False
        left += [source for source in node.inputs if source is not None and source not in met]
        met.update(left)
    return True


@lru_cache(maxsize=4_096)
def _ends_positive(block: Composite, shapes: tuple[Shape, ...]) -> bool:
    """Whether what is inside gives no negative number, whatever goes in."""
    if not shapes:
        return False
    parts = block.parts(*shapes)
    return _stays_positive(parts.graph, parts.result.name, (), parts.shapes_into)


def _is_even(block: Block) -> bool:
    return isinstance(block, LPPool2d) and block.norm_type % 2 == 0


def _keeps_sign(block: Block) -> bool:
    return isinstance(block, _KEEPING_SIGN) or (isinstance(block, Upsample) and block.mode != "bicubic")

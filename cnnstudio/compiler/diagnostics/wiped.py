"""Wiped: the rules about layers behind which nothing is left of the image."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import lru_cache

from cnnstudio.blocks import (
    Group,
    GroupNorm,
    LayerNorm,
    LayerNorm2d,
    LogSoftmax,
    Sigmoid,
    Softmax,
    Softmin,
)
from cnnstudio.compiler.diagnostics import fixes
from cnnstudio.compiler.diagnostics.fixes import Fix
from cnnstudio.compiler.diagnostics.rules import Finding, Known, Place, called, rule, within
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Graph, Node, Shape

_NORMS = (GroupNorm, LayerNorm, LayerNorm2d)
_SHARES = (Softmax, Softmin, LogSoftmax)


@rule("wiped-out", "error")
def wiped_out(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A normalisation over one number, or a softmax over one, gives the same whatever enters: mean 0, or a share of 1.

    Where all that the network sees passes such a layer, it says the same of every image.
    """
    wiping = _wiping(analysis)
    if wiping and _cuts_all(analysis):
        yield from _findings(
            analysis, wiping, "All that the network sees passes it, so it would say the same of every image."
        )


@rule("wiped-branch", "warning")
def wiped_branch(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A normalisation or a softmax over one number gives the same whatever enters: what leads to it is for nothing."""
    wiping = _wiping(analysis)
    if wiping and not _cuts_all(analysis):
        yield from _findings(analysis, wiping, "What leads to it learns nothing through it.")


def _wiping(analysis: Analysis) -> list[Node]:
    """The layers that wipe out what enters; none as long as anything in the network has no shape."""
    if len(analysis.facts) < len(analysis.graph) or not analysis.graph.outputs:
        return []
    return [
        node
        for node in (*analysis.nodes_of(*_NORMS, *_SHARES), *analysis.composites)
        if _reason(node.block, _into(analysis, node))
    ]


def _into(analysis: Analysis, node: Node) -> tuple[Shape, ...]:
    return tuple(shape for shape in analysis.shapes_into(node.name) if shape is not None)


def _findings(analysis: Analysis, wiping: list[Node], so: str, place: Place = ()) -> Iterator[Finding]:
    """Every layer that wipes out what enters, those in groups as findings of the outermost."""
    graph = analysis.graph
    for node in wiping:
        if isinstance(node.block, Group):
            inner = analysis.inside(node.name).acting
            yield from _findings(inner, _wiping(inner), so, (*place, (graph, node.name)))
        else:
            shapes = _into(analysis, node)
            ways = () if isinstance(node.block, Composite) else _ways(node, shapes[0])
            reason = _reason(node.block, shapes)
            yield within(place, Finding((node.name,), f"{called(graph, node.name)} {reason}. {so}", ways))


@lru_cache(maxsize=4_096)
def _reason(block: Block, shapes: tuple[Shape, ...]) -> str:
    """What a layer does that wipes out what enters; of a block made of blocks where one inside does. Else empty."""
    if isinstance(block, Composite):
        parts = block.parts(*shapes)
        found = ((node, _reason(node.block, parts.shapes_into(node))) for node in parts.graph if not node.is_input)
        return next((f"has {node.name} inside, which {reason}" for node, reason in found if reason), "")
    if not shapes:
        return ""
    shape = shapes[0]
    match block:
        case GroupNorm():
            count = shape.numel // block.num_groups
        case LayerNorm():
            count = shape.numel if shape.is_map else shape[-1]
        case LayerNorm2d():
            count = shape[0]
        case Softmax() | Softmin() | LogSoftmax() if shape[block.dim - 1] == 1:
            return f"shares out 1 over one number, which always comes out as {int(not isinstance(block, LogSoftmax))}"
        case _:
            return ""
    return "brings one number at a time to mean 0, so that it always comes out as 0" if count == 1 else ""


def _ways(node: Node, shape: Shape) -> tuple[Fix, ...]:
    name, block = node.name, node.block
    ways = [fixes.remove(f"Remove {name}", name)]
    if isinstance(block, GroupNorm) and shape.numel > 1:
        ways.insert(0, fixes.replace("Set num_groups to 1", name, dataclasses.replace(block, num_groups=1)))
    elif isinstance(block, LayerNorm2d) and shape.numel > 1:
        ways.insert(0, fixes.replace("Use LayerNorm", name, LayerNorm()))
    elif isinstance(block, Softmax | Softmin):
        ways.insert(0, fixes.replace("Use Sigmoid", name, Sigmoid()))
    return tuple(ways)


# whether anything gets through


def _cuts_all(analysis: Analysis) -> bool:
    return _is_cut(analysis.graph, lambda node: _into(analysis, node))


def _is_cut(graph: Graph, shapes_into: Callable[[Node], tuple[Shape, ...]]) -> bool:
    """Whether every way from an input to the output leads through a layer that wipes out what enters."""
    lit: set[str | None] = set()  # what something of the image reaches
    for name in graph.order:
        node = graph[name]
        if node.is_input or (not lit.isdisjoint(node.inputs) and not _cuts(node.block, shapes_into(node))):
            lit.add(name)
    return all(node.name not in lit for node in graph.outputs)


@lru_cache(maxsize=4_096)
def _cuts(block: Block, shapes: tuple[Shape, ...]) -> bool:
    if not _reason(block, shapes):
        return False
    if not isinstance(block, Composite):
        return True
    parts = block.parts(*shapes)
    return _is_cut(parts.graph, parts.shapes_into)

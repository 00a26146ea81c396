"""Scores: the rules about the scores in which a classifier ends, one for each class of its data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from cnnstudio.blocks import (
    CELU,
    ELU,
    GELU,
    SELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    Dropout,
    Dropout2d,
    FirstToken,
    Flatten,
    Group,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    Linear,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
)
from cnnstudio.blocks.activation import Activation
from cnnstudio.compiler.diagnostics import fixes
from cnnstudio.compiler.diagnostics.fixes import Fix
from cnnstudio.compiler.diagnostics.rules import Finding, Known, Place, called, rule, within
from cnnstudio.compiler.ending import INSIDE_LOSS, Making, ending
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Block, Graph, Node, Shape
from cnnstudio.zoo import Backbone


@rule("classes", "error")
def head_classes(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """The last layer of a classifier gives one number for each class of its data, its score."""
    end = output(analysis)
    head = _head(analysis, end) if end is not None else None
    classes = known.classes
    if classes is None or end is None or head is None or analysis.facts[end.name].shape == Shape(classes):
        return
    ways = []
    if isinstance(head.block, Linear):
        block: Block = dataclasses.replace(head.block, out_features=classes)
        ways = [fixes.replace(f"Set out_features to {classes}", head.name, block)]
        if head is end:
            ways.append(fixes.append(f"Add ReLU and a Linear of {classes}", end.name, ReLU(), Linear(classes)))
    elif isinstance(head.block, Conv2d) and head.block.groups == 1:
        block = dataclasses.replace(head.block, out_channels=classes)
        ways = [fixes.replace(f"Set out_channels to {classes}", head.name, block)]
    elif isinstance(head.block, Group) and (found := _heads_inside(analysis, head.name, known)):
        ways = found
    elif not isinstance(end.block, Activation):
        ways = [fixes.append(f"Add a Linear of {classes}", end.name, Linear(classes))]
    scores = analysis.facts[end.name].shape
    sentence = f"{called(analysis.graph, head.name)} gives {scores} scores, but the data has {classes} classes."
    yield Finding((head.name,), sentence, tuple(ways))


def fitted(analysis: Analysis, classes: int | None) -> Graph:
    """The network with as many scores as its data has classes, where a backbone's head alone has to change for it."""
    graph = analysis.graph
    if any(isinstance(node.block, Backbone) for node in graph):
        for found in head_classes(analysis.acting, Known(classes)):
            made = found.fixes[0].apply(graph) if found.fixes else graph
            return made if len(made) == len(graph) else graph
    return graph


def _heads_inside(analysis: Analysis, name: str, known: Known) -> list[Fix]:
    """The ways to mend the head inside a group, as far as they give the network the right scores."""
    graph = analysis.graph
    inner = head_classes(analysis.inside(name).acting, known)
    ways = [fixes.inside(name, fix) for found in inner for fix in found.fixes]
    end = graph.outputs[0].name
    return [way for way in ways if infer(way.apply(graph), analysis).shape(end) == Shape(known.classes or 0)]


@rule("missing-head", "warning")
def missing_head(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A classifier ends in a vector of scores, which a head (pooling, Flatten, Linear) makes of the feature maps."""
    end = output(analysis)
    if end is None or _head(analysis, end) is not None:
        return
    given, count = analysis.facts[end.name].shape, known.classes or 10
    blocks: tuple[Block, ...] = (Linear(count),)
    title = f"Add a Linear of {count}"
    if given.is_map:
        blocks = (AdaptiveAvgPool2d(1), Flatten(), *blocks)
        title = f"Add global average pooling, Flatten and a Linear of {count}"
    elif len(given) == 2:
        blocks = (FirstToken(), *blocks)
        title = f"Take the first token, and add a Linear of {count}"
    yield Finding(
        (end.name,),
        f"The network ends in {given} at {called(analysis.graph, end.name)}. A classifier ends in a layer that gives "
        "one score a class.",
        (fixes.append(title, end.name, *blocks),),
    )


def _head(analysis: Analysis, end: Node) -> Node | None:
    """The layer that gives the scores, if there is one: behind it, each score only changes its value."""
    graph, node, scores = analysis.graph, end, analysis.facts[end.name].shape
    if len(scores) != 1:
        return None
    while isinstance(node.block, Activation | Dropout | Dropout2d | Flatten | AdaptiveAvgPool2d | AvgPool2d):
        source = str(node.inputs[0])
        if analysis.facts[source].shape[0] != scores[0] or len(graph.consumers[source]) > 1:
            return None
        node = graph[source]
    return None if node.is_input else node


@rule("softmax-before-loss", "warning")
def softmax_before_loss(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """Cross-entropy contains a softmax and BCE a sigmoid, so that a softmax before it makes learning slow."""
    for inner, node, place in _last(analysis):
        if isinstance(node.block, Softmax | Softmin):
            yield within(
                place,
                Finding(
                    (node.name,),
                    f"{called(inner.graph, node.name)} stands before the loss, {known.loss}, which takes the scores "
                    f"themselves and has {_inside(known)} inside. With both, the network learns slowly.",
                    (fixes.remove(f"Remove {node.name}", node.name),),
                ),
            )


def _inside(known: Known) -> str:
    return f"a {INSIDE_LOSS.get(known.loss, Making.SOFTMAX)}"


_LIMITS = (
    ReLU, ReLU6, Sigmoid, Hardsigmoid, LogSigmoid, Tanh, Hardtanh, Softsign, Softplus, ELU, SELU, CELU, GELU, SiLU,
    Hardswish, Mish,
)  # fmt: skip


@rule("activation-before-loss", "warning")
def activation_before_loss(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """Scores may be any number; an activation behind the last layer takes away half of them or more."""
    for inner, node, place in _last(analysis):
        limits = isinstance(node.block, _LIMITS) or (isinstance(node.block, LogSoftmax) and known.loss == "BCE")
        if limits and isinstance(inner.graph[str(node.inputs[0])].block, Linear):
            yield within(
                place,
                Finding(
                    (node.name,),
                    f"{called(inner.graph, node.name)} limits the scores that {node.inputs[0]} gives; the loss, "
                    f"{known.loss}, takes scores of any size.",
                    (fixes.remove(f"Remove {node.name}", node.name),),
                ),
            )


def _last(analysis: Analysis) -> Iterator[tuple[Analysis, Node, Place]]:
    """The block that makes the outputs what they are, in the analysis in which it stands, and the way to it."""
    found = ending(analysis)
    if found is None or len(analysis.facts[analysis.graph.outputs[0].name].shape) != 1:
        return
    place: Place = ()
    for name in found.path[:-1]:
        if not isinstance(analysis.graph[name].block, Group):  # its parameters say what is inside
            return
        place = (*place, (analysis.graph, name))
        analysis = analysis.inside(name).acting
    yield analysis, analysis.graph[found.path[-1]], place


def output(analysis: Analysis) -> Node | None:
    """The one output of a network that is otherwise whole."""
    outputs = analysis.graph.outputs
    whole = len(outputs) == 1 and len(analysis.facts) == len(analysis.graph)
    return outputs[0] if whole and not outputs[0].is_input else None

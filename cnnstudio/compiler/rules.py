"""Rules: what is wrong or doubtful about a network as a whole. What concerns one block alone stands in that block.

A rule is a function from an analysis to its findings, entered in ``RULES`` by its decorator; its docstring is its
documentation. Error means that there is no source for the network, or that it cannot learn the data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    Flatten,
    Identity,
    Input,
    Linear,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from cnnstudio.blocks.activation import Activation
from cnnstudio.compiler import fixes
from cnnstudio.compiler.fixes import Fix
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Edge, Graph, Node, Shape

Severity = Literal["error", "warning", "hint"]


@dataclass(frozen=True)
class Finding:
    """What a rule found: the nodes concerned, the sentence and the ways out."""

    nodes: tuple[str, ...]
    sentence: str
    fixes: tuple[Fix, ...] = ()


Check = Callable[[Analysis, int | None], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A check under its code, with how bad a finding is."""

    code: str
    severity: Severity
    check: Check

    @property
    def documentation(self) -> str:
        """What the rule is about, for a person."""
        return " ".join((self.check.__doc__ or "").split())


RULES: dict[str, Rule] = {}
"""Every rule by its code, in the order in which findings are listed."""


def rule(code: str, severity: Severity) -> Callable[[Check], Check]:
    """Enter a check in ``RULES``."""

    def register(check: Check) -> Check:
        RULES[code] = Rule(code, severity, check)
        return check

    return register


# what keeps a network from being one


@rule("no-input", "error")
def no_input(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """Every shape follows from the shape of the images, so a network begins with an Input."""
    graph = analysis.graph
    if graph.inputs:
        return
    port = next((Edge("", node.name, node.inputs.index(None)) for node in graph if None in node.inputs), None)
    fix = fixes.begin("Add an Input", port, Input())
    if not len(graph):
        yield Finding((), "The network is empty. It begins with an Input, the images that it is given.", (fix,))
    else:
        yield Finding((), "The network has no Input, so no shape in it can be known.", (fix,))


@rule("no-layer", "error")
def no_layer(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """An Input alone computes nothing."""
    graph = analysis.graph
    if graph.inputs and all(node.is_input for node in graph):
        names = tuple(node.name for node in graph)
        yield Finding(names, f"Nothing follows {_called(graph, names[0])} yet. Put a layer behind it.")


@rule("shape", "error")
def shape(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """What flows into a block has to have a shape that the block can work on."""
    graph = analysis.graph
    for name, error in analysis.errors.items():
        node = graph[name]
        given = [f"{analysis.shape(source)} from {_called(graph, str(source))}" for source in node.inputs]
        verb = "take" if len(given) == 1 else "join"
        reason = error.sentence[0].lower() + error.sentence[1:] if error.sentence[:7] == "Inside " else error.sentence
        yield Finding(
            (name, *dict.fromkeys(str(source) for source in node.inputs)),
            f"{_called(graph, name)} cannot {verb} {_listed(given)}: {reason}",
            tuple(
                fixes.replace(remedy.title, name, remedy.blocks[0])
                if remedy.port is None
                else fixes.insert(remedy.title, Edge(str(node.inputs[remedy.port]), name, remedy.port), *remedy.blocks)
                for remedy in error.remedies
            ),
        )


@rule("open-port", "error")
def open_port(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """A block works only when something flows into each of its inputs."""
    graph = analysis.graph
    for node in graph:
        for port, source in enumerate(node.inputs):
            if source is not None:
                continue
            which = f" {port + 1}" if len(node.inputs) > 1 else ""
            yield Finding(
                (node.name,),
                f"Nothing flows into input{which} of {_called(graph, node.name)}.",
                (*_joins(analysis, node, port), fixes.remove(f"Delete {node.name}", node.name)),
            )


def _joins(analysis: Analysis, node: Node, port: int) -> Iterator[Fix]:
    """A wire from the one node that has a shape and that nothing reads, if there is just one."""
    graph = analysis.graph
    ends = [end.name for end in graph.outputs if end.name in analysis.facts and end.name != node.name]
    if len(ends) == 1 and graph.refusal(ends[0], node.name, port) is None:
        yield fixes.connect(f"Connect {ends[0]} to it", Edge(ends[0], node.name, port))


@rule("unreachable", "error")
def unreachable(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """Nodes that no Input reaches, though they are wired to each other, take no part in the network."""
    graph = analysis.graph
    if not graph.inputs or len(analysis.facts) == len(graph):
        return
    reached: set[str] = set()
    island: dict[str, set[str]] = {}
    for name in graph.order:
        sources = [source for source in graph[name].inputs if source is not None]
        if graph[name].is_input or any(source in reached for source in sources):
            reached.add(name)
            continue
        joined = {name}.union(*(island[source] for source in sources))
        island.update(dict.fromkeys(joined, joined))
    for group in {id(group): group for group in island.values()}.values():
        if len(group) > 1:
            names = tuple(name for name in graph.order if name in group)
            yield Finding(
                names,
                f"No Input leads to {_listed(list(names[:3]))}{f' and {len(names) - 3} more' * (len(names) > 3)}.",
                (fixes.delete("Delete them", names),),
            )


@rule("unused-branch", "error")
def unused_branch(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """A network has one output. What nothing reads, except the last layer, changes nothing about it."""
    graph = analysis.graph
    ends = [node.name for node in graph.outputs if None not in node.inputs and _is_fed(analysis, node.name)]
    if len(ends) < 2:
        return
    depth: dict[str, int] = {}
    for name in graph.order:
        depth[name] = 1 + max((depth[source] for source in graph[name].inputs if source is not None), default=0)
    main = max(ends, key=lambda name: depth[name])
    for end in ends:
        if end != main:
            branch = _branch(graph, end)
            title = f"Delete the branch that ends in {end}" if len(branch) > 1 else f"Delete {end}"
            yield Finding(
                (end,),
                f"Nothing reads {_called(graph, end)}: the network would end in it as well as in {main}.",
                (fixes.delete(title, branch),),
            )


def _is_fed(analysis: Analysis, name: str) -> bool:
    """Whether nothing upstream of a node lacks an input."""
    if name in analysis.facts or name in analysis.errors:
        return True
    graph, seen, stack = analysis.graph, {name}, [name]
    while stack:
        for source in graph[stack.pop()].inputs:
            if source is None:
                return False
            if source not in seen and source not in analysis.facts:
                seen.add(source)
                stack.append(source)
    return True


def _branch(graph: Graph, end: str) -> list[str]:
    """``end`` and what is before it, as far as nothing else reads that; Inputs stay unless they are the end."""
    branch, stack = {end}, [end]
    while stack:
        for source in graph[stack.pop()].inputs:
            if source is None or source in branch or graph[source].is_input:
                continue
            if all(edge.target in branch for edge in graph.consumers[source]):
                branch.add(source)
                stack.append(source)
    return [name for name in graph.order if name in branch]


# what keeps it from learning the data


@rule("classes", "error")
def head_classes(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """The last layer of a classifier gives one number for each class of its data, its score."""
    end = _output(analysis)
    head = _head(analysis, end) if end is not None else None
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
    scores = analysis.facts[end.name].shape
    sentence = f"{_called(analysis.graph, head.name)} gives {scores} scores, but the data has {classes} classes."
    yield Finding((head.name,), sentence, tuple(ways))


@rule("missing-head", "warning")
def missing_head(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """A classifier ends in a vector of scores, which a head (pooling, Flatten, Linear) makes of the feature maps."""
    end = _output(analysis)
    if end is None or _head(analysis, end) is not None:
        return
    given, count = analysis.facts[end.name].shape, classes or 10
    blocks: tuple[Block, ...] = (Linear(count),)
    title = f"Add a Linear of {count}"
    if given.is_map:
        blocks = (AdaptiveAvgPool2d(1), Flatten(), *blocks)
        title = f"Add global average pooling, Flatten and a Linear of {count}"
    yield Finding(
        (end.name,),
        f"The network ends in {given} at {_called(analysis.graph, end.name)}. A classifier ends in a layer that gives "
        "one score a class.",
        (fixes.append(title, end.name, *blocks),) if len(given) != 2 else (),
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
def softmax_before_loss(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """Cross-entropy contains a softmax, so that a second one before it makes learning slow."""
    end = _output(analysis)
    if end is not None and isinstance(end.block, Softmax):
        yield Finding(
            (end.name,),
            f"{_called(analysis.graph, end.name)} stands before the loss, cross-entropy, which takes the scores "
            "themselves and has the softmax inside. With two, the network learns slowly.",
            (fixes.remove(f"Remove {end.name}", end.name),),
        )


@rule("activation-before-loss", "warning")
def activation_before_loss(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """Scores may be any number; an activation behind the last layer takes away half of them or more."""
    end = _output(analysis)
    if end is None or len(analysis.facts[end.name].shape) != 1 or not isinstance(end.block, ReLU | Sigmoid | Tanh):
        return
    if not isinstance(analysis.graph[str(end.inputs[0])].block, Linear):
        return
    yield Finding(
        (end.name,),
        f"{_called(analysis.graph, end.name)} limits the scores that {end.inputs[0]} gives; the loss, cross-entropy, "
        "takes scores of any size.",
        (fixes.remove(f"Remove {end.name}", end.name),),
    )


# what a person who knows would do otherwise


@rule("no-activation-between", "warning")
def no_activation_between(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """Two linear maps in a row are one linear map: without an activation between them the second adds nothing."""
    graph = analysis.graph
    for node in graph:
        if not _is_dense(node.block) or node.inputs[0] is None:
            continue
        before, edge = graph[node.inputs[0]], Edge(node.inputs[0], node.name)
        while isinstance(before.block, _LINEAR) and len(graph.consumers[before.name]) == 1 and before.inputs[0]:
            if not isinstance(before.block, _BATCH_NORM):
                edge = Edge(before.inputs[0], before.name)
            before = graph[before.inputs[0]]
        if _is_dense(before.block) and len(graph.consumers[before.name]) == 1:
            yield Finding(
                (before.name, node.name),
                f"Between {_called(graph, before.name)} and {_called(graph, node.name)} there is no activation, so "
                "both together can do no more than one of them.",
                (fixes.insert(f"Insert ReLU behind {edge.source}", edge, ReLU()),),
            )


_BATCH_NORM = (BatchNorm1d, BatchNorm2d)
_LINEAR = (*_BATCH_NORM, Dropout, Dropout2d, Flatten, Identity, AvgPool2d, AdaptiveAvgPool2d)


def _is_dense(block: Block) -> bool:
    """Grouped and depthwise convolutions are left out: networks pair them with a 1×1 convolution on purpose."""
    return isinstance(block, Linear) or (isinstance(block, Conv2d) and block.groups == 1)


@rule("bias-before-batchnorm", "hint")
def bias_before_batchnorm(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """BatchNorm subtracts the mean of each channel, and with it any bias that was added before."""
    graph = analysis.graph
    for node in graph:
        source = graph[node.inputs[0]] if isinstance(node.block, _BATCH_NORM) and node.inputs[0] else None
        if source is None or len(graph.consumers[source.name]) > 1:
            continue
        if isinstance(source.block, Conv2d | ConvTranspose2d | Linear) and source.block.bias:
            yield Finding(
                (source.name, node.name),
                f"The bias of {_called(graph, source.name)} does nothing, because {_called(graph, node.name)} behind "
                "it subtracts the mean.",
                (fixes.replace("Leave out the bias", source.name, _without_bias(source.block)),),
            )


@lru_cache(maxsize=1_024)
def _without_bias(block: Conv2d | ConvTranspose2d | Linear) -> Block:
    return dataclasses.replace(block, bias=False)


@rule("dropout-before-batchnorm", "hint")
def dropout_before_batchnorm(analysis: Analysis, classes: int | None) -> Iterator[Finding]:
    """Dropout changes the variance while training but not in evaluation, so BatchNorm behind it learns a wrong one.

    Li et al. 2018, arXiv:1801.05134.
    """
    graph = analysis.graph
    for node in graph:
        source = graph[node.inputs[0]] if isinstance(node.block, _BATCH_NORM) and node.inputs[0] else None
        if source is None or not isinstance(source.block, Dropout | Dropout2d):
            continue
        alone = len(graph.consumers[source.name]) == 1
        yield Finding(
            (source.name, node.name),
            f"{_called(graph, source.name)} stands before {_called(graph, node.name)}, which then learns a variance "
            "that is wrong once dropout is switched off.",
            (fixes.swap(f"Put {source.name} behind {node.name}", source.name, node.name),) if alone else (),
        )


def _output(analysis: Analysis) -> Node | None:
    """The one output of a network that is otherwise whole."""
    outputs = analysis.graph.outputs
    whole = len(outputs) == 1 and len(analysis.facts) == len(analysis.graph)
    return outputs[0] if whole and not outputs[0].is_input else None


def _called(graph: Graph, name: str) -> str:
    return f"{name} ({graph[name].block.title})"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

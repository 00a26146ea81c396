"""Advice: the rules about what keeps a network from learning, and what a person who knows would do otherwise.

Those about the scores in which it ends are in ``scores``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import lru_cache

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    DepthwiseConv2d,
    Dropout,
    Dropout2d,
    FilterConv2d,
    Flatten,
    Identity,
    LayerScale,
    Linear,
    LPPool2d,
    MaxPool2d,
    ReLU,
)
from cnnstudio.compiler.diagnostics import fixes
from cnnstudio.compiler.diagnostics.rules import Finding, Known, called, rule
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Block, Composite, Edge, Graph, Node, Shape
from cnnstudio.wording import listed
from cnnstudio.zoo import Backbone

# parameters for each image: a ResNet of 700 still learns the drawn shapes well, VGG-16 on CIFAR-10 has 2,700
MOST_PER_IMAGE = 1_000


@rule("no-activation-between", "warning", "groups")
def no_activation_between(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """Two linear maps in a row are one linear map: without an activation between them the second adds nothing."""
    graph = analysis.graph
    for node in analysis.nodes_of(*_DENSE):
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
                f"Between {called(graph, before.name)} and {called(graph, node.name)} there is no activation, so "
                "both together can do no more than one of them.",
                (fixes.insert(f"Insert ReLU behind {edge.source}", edge, ReLU()),),
            )


_BATCH_NORM = (BatchNorm1d, BatchNorm2d)
_DENSE = (Linear, Conv2d, ConvTranspose2d)
_CONVOLUTIONS = (Conv2d, DepthwiseConv2d, ConvTranspose2d)
_LINEAR = (*_BATCH_NORM, Dropout, Dropout2d, Flatten, Identity, AvgPool2d, AdaptiveAvgPool2d)


def _is_dense(block: Block) -> bool:
    """Grouped and depthwise convolutions are left out: networks pair them with a 1×1 convolution on purpose."""
    return isinstance(block, _DENSE) and getattr(block, "groups", 1) == 1


@rule("residual-without-norm", "hint", "groups")
def residual_without_norm(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """What a residual branch adds makes the sum larger, block after block, unless a normalisation holds it in size.

    Deep networks without one learn only with great care: Zhang et al. 2019, arXiv:1901.09321.
    """
    graph = analysis.graph
    for node in analysis.nodes_of(Add):
        if len(node.inputs) != 2 or None in node.inputs:
            continue
        (fork, left), (other, right) = (_back(graph, str(name)) for name in node.inputs)
        branch, shortcut = sorted((left, right), key=lambda way: len(_convolutions(way)), reverse=True)
        convolutions = _convolutions(branch)
        if fork != other or len(convolutions) <= len(_convolutions(shortcut)) or any(map(_holds_size, branch)):
            continue
        edges = tuple(graph.consumers[made.name][0] for made in convolutions)
        names = [made.name for made in convolutions]
        yield Finding(
            (node.name, *names),
            f"{called(graph, node.name)} adds {listed(names)} to what comes from {fork}, and nothing normalises this "
            "branch, so that the sum grows with every block of the kind.",
            (fixes.insert_each(f"Insert BatchNorm2d behind {listed(names)}", edges, BatchNorm2d()),),
        )


def _back(graph: Graph, name: str) -> tuple[str, list[Node]]:
    """The fork that a way to a merge comes from, and the nodes along it."""
    way: list[Node] = []
    nodes, consumers = graph.nodes, graph.consumers
    while len(consumers[name]) == 1 and len((node := nodes[name]).inputs) == 1 and node.inputs[0] is not None:
        way.append(node)
        name = node.inputs[0]
    return name, way[::-1]


def _convolutions(way: list[Node]) -> list[Node]:
    return [node for node in way if isinstance(node.block, _CONVOLUTIONS)]


def _holds_size(node: Node) -> bool:
    """Whether it normalises, scales, or is made of blocks that may."""
    return node.block.family == "normalization" or isinstance(node.block, Composite | LayerScale)


@rule("frozen-at-random", "warning")
def frozen_at_random(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A backbone that is frozen before it has learned anything gives its head next to nothing to tell images apart by.

    The recipe's weights are where it has learned: "torchvision", or a file.
    """
    for node in analysis.nodes_of(Backbone) if known.weights is False else ():
        if isinstance(node.block, Backbone) and node.block.frozen:
            yield Finding(
                (node.name,),
                f"{called(analysis.graph, node.name)} is frozen, but the recipe names no weights for it to begin with, "
                'so it would stay as random as it begins. Set weights in the recipe to "torchvision" or to a file.',
                (fixes.replace(f"Let {node.name} learn", node.name, dataclasses.replace(node.block, frozen=False)),),
            )


@rule("few-images", "hint")
def few_images(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """With far more parameters than images a network can learn its images by heart instead of what they show.

    Then training accuracy rises and validation accuracy does not. More images help, and augmentation, a smaller
    network, or one that has learned from other images before and is frozen.
    """
    learned = _learned(analysis)
    if not known.images or learned <= MOST_PER_IMAGE * known.images:
        return
    graph, facts = analysis.graph, analysis.facts
    most = max(facts, key=lambda name: facts[name].parameters - facts[name].frozen)
    ways = [
        fixes.replace(f"Freeze {node.name}", node.name, dataclasses.replace(node.block, frozen=True))
        for node in graph
        if isinstance(node.block, Backbone) and not node.block.frozen
    ]
    flatten = graph[graph[most].inputs[0] or most]
    if isinstance(graph[most].block, Linear) and isinstance(flatten.block, Flatten) and flatten.inputs[0]:
        edge = Edge(flatten.inputs[0], flatten.name)
        ways.append(fixes.insert(f"Insert global average pooling before {flatten.name}", edge, AdaptiveAvgPool2d(1)))
    yield Finding(
        (most,),
        f"{learned:,} parameters learn from {known.images:,} images, {learned // known.images:,} for each of them, so "
        f"the network can learn the images by heart. Most of them are in {called(graph, most)}.",
        tuple(way for way in ways if _learned(infer(way.apply(graph), analysis)) <= MOST_PER_IMAGE * known.images),
    )


def _learned(analysis: Analysis) -> int:
    """The parameters that training changes; 0 while some are not known."""
    totals = analysis.totals
    return totals.parameters - totals.frozen if totals else 0


@rule("bias-before-batchnorm", "hint", "groups")
def bias_before_batchnorm(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """BatchNorm subtracts the mean of each channel, and with it any bias that was added before."""
    graph = analysis.graph
    for node in analysis.nodes_of(*_BATCH_NORM):
        source = graph[node.inputs[0]] if node.inputs[0] else None
        if source is None or len(graph.consumers[source.name]) > 1:
            continue
        if isinstance(source.block, Conv2d | DepthwiseConv2d | ConvTranspose2d | Linear) and source.block.bias:
            yield Finding(
                (source.name, node.name),
                f"The bias of {called(graph, source.name)} does nothing, because {called(graph, node.name)} behind "
                "it subtracts the mean.",
                (fixes.replace("Leave out the bias", source.name, _without_bias(source.block)),),
            )


@lru_cache(maxsize=1_024)
def _without_bias(block: Conv2d | DepthwiseConv2d | ConvTranspose2d | Linear) -> Block:
    return dataclasses.replace(block, bias=False)


@rule("dropout-before-batchnorm", "hint", "groups")
def dropout_before_batchnorm(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """Dropout changes the variance while training but not in evaluation, so BatchNorm behind it learns a wrong one.

    Li et al. 2018, arXiv:1801.05134.
    """
    graph = analysis.graph
    for node in analysis.nodes_of(*_BATCH_NORM):
        source = graph[node.inputs[0]] if node.inputs[0] else None
        if source is None or not isinstance(source.block, Dropout | Dropout2d):
            continue
        alone = len(graph.consumers[source.name]) == 1
        yield Finding(
            (source.name, node.name),
            f"{called(graph, source.name)} stands before {called(graph, node.name)}, which then learns a variance "
            "that is wrong once dropout is switched off.",
            (fixes.swap(f"Put {source.name} behind {node.name}", source.name, node.name),) if alone else (),
        )


@rule("window-beyond-map", "hint", "groups")
def window_beyond_map(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A window that is larger than its map sees padding wherever it stands, and costs what it does not earn."""
    graph = analysis.graph
    for node in analysis.nodes_of(*_SLIDES):
        if node.name not in analysis.facts:
            continue
        given = analysis.facts[str(node.inputs[0])].shape
        window = node.block.window(given)
        extent = window.extent if window is not None else (0, 0)
        if extent[0] > given[1] or extent[1] > given[2]:
            yield Finding(
                (node.name, str(node.inputs[0])),
                f"The window of {called(graph, node.name)}, {extent[0]} × {extent[1]}, is larger than the map that "
                f"{node.inputs[0]} gives it, {given[1]} × {given[2]}, so it sees padding wherever it stands.",
            )


_SLIDES = (Conv2d, DepthwiseConv2d, FilterConv2d, MaxPool2d, AvgPool2d, LPPool2d)


@rule("one-value-a-channel", "hint")
def one_value_a_channel(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """BatchNorm takes mean and variance over batch, height and width; of 1 × 1 maps only the batch is left."""
    graph = analysis.graph
    for node in graph:
        if node.name not in analysis.facts:
            continue
        if isinstance(node.block, Composite):
            shapes = tuple(shape for shape in analysis.shapes_into(node.name) if shape is not None)
            if inner := _norm_of_one(node.block, shapes):
                yield Finding(
                    (node.name,),
                    f"Inside {called(graph, node.name)}, {inner} has one value a channel in each image, so it needs "
                    "large batches, and PyTorch refuses a batch of one image.",
                )
        elif isinstance(node.block, BatchNorm2d) and analysis.facts[node.name].shape[1:] == (1, 1):
            yield Finding(
                (node.name,),
                f"{called(graph, node.name)} has one value a channel in each image, so it needs large batches, and "
                "PyTorch refuses a batch of one image.",
                (fixes.remove(f"Remove {node.name}", node.name),),
            )


@lru_cache(maxsize=4_096)
def _norm_of_one(block: Composite, inputs: tuple[Shape, ...]) -> str:
    """The first BatchNorm2d inside that learns and is given one value a channel; empty where there is none."""
    if block.is_frozen:
        return ""
    parts = block.parts(*inputs)
    for node in parts.graph:
        if isinstance(node.block, BatchNorm2d) and parts.shapes[node.name][1:] == (1, 1):
            return node.name
        if isinstance(node.block, Composite) and (inner := _norm_of_one(node.block, parts.shapes_into(node))):
            return f"{node.name}.{inner}"
    return ""

"""Memory: the bytes that activations take, to train with and to predict with. Knows no torch.

Training keeps what the backward pass will read, and each map once however many read it; where the channels of a pixel
lie side by side, as training lays them on a CPU, Flatten makes a second one. Predicting holds a map as long as the
source has a variable for it. What an operation needs for itself while it runs, and the weights, are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from cnnstudio.compiler.variables import variables
from cnnstudio.graph import Block, Composite, Graph, Node, Shape


@dataclass(frozen=True)
class Memory:
    """Bytes of activations in float32, for one sample.

    ``kept`` is what training keeps of each node until the backward pass, ``peak`` the most that is held at one time
    to predict.
    """

    kept: Mapping[str, int]
    peak: int

    @property
    def training(self) -> int:
        """What training keeps of all nodes together."""
        return sum(self.kept.values())


def memory(graph: Graph, shapes: Mapping[str, Shape], channels_last: bool | None = None) -> Memory:
    """The memory of a network in which nothing is bypassed; a node without a shape counts nothing.

    ``channels_last`` says whether the channels of its maps lie last while it trains; None for as on a CPU. A network
    that is taken away predicts in the plain layout.
    """
    if channels_last is None:
        channels_last = lies_last(graph, shapes)
    known = [name for name in graph.order if name in shapes and shapes.keys() >= {*graph.nodes[name].inputs}]
    images = sum(shapes[node.name].bytes for node in graph.inputs if node.name in shapes)
    peak = images + _peak(graph, shapes) if len(known) == len(graph) else 0
    return Memory(_kept(graph, known, shapes, set(), _Way(False, channels_last)).bytes_, peak)


# to train


def lies_last(graph: Graph, shapes: Mapping[str, Shape]) -> bool:
    """Whether training on a CPU lays the channels last: there are convolutions, and no GroupNorm (training/device)."""
    found = [
        _layers(node.block, _into(node, shapes))
        for node in graph
        if node.inputs and shapes.keys() >= {node.name, *node.inputs}
    ]
    return any(convolves for convolves, _ in found) and not any(groups for _, groups in found)


@lru_cache(maxsize=32_768)
def _layers(block: Block, inputs: tuple[Shape, ...]) -> tuple[bool, bool]:
    """Whether there are convolutions in it, and whether there are GroupNorms."""
    if isinstance(block, Composite):
        parts = block.parts(*inputs)
        found = [_layers(node.block, _into(node, parts.shapes)) for node in parts.graph if node.inputs]
        return any(convolves for convolves, _ in found), any(groups for _, groups in found)
    text = "".join((block.init(*inputs) or "", *block.definitions))
    return "nn.Conv2d" in text or "nn.ConvTranspose2d" in text, "nn.GroupNorm" in text


class _Way(NamedTuple):
    """How it is trained: whether all of it is frozen, and whether the channels of a map lie last."""

    frozen: bool
    channels_last: bool


class _Need(NamedTuple):
    """What the backward pass of a block reads: which of its inputs, its output, and bytes of its own besides.

    ``shares`` is the input of which the output is only another view; ``learns`` says whether anything up to here does,
    without which there is nothing to go back to.
    """

    inputs: tuple[bool, ...]
    output: bool
    own: int
    shares: int | None
    learns: bool


class _Kept(NamedTuple):
    """Node -> the bytes kept of it; the nodes whose output is kept; those that learn; node -> what it is a view of."""

    bytes_: dict[str, int]
    needed: set[str]
    learning: set[str]
    roots: dict[str, str]


def _kept(graph: Graph, known: list[str], shapes: Mapping[str, Shape], learning: set[str], way: _Way) -> _Kept:
    roots = {name: name for name in known}
    needed: set[str] = set()
    own = dict.fromkeys(known, 0)
    for name in known:
        node = graph.nodes[name]
        if not node.inputs:
            continue
        sources = [roots.get(source, source) for source in node.inputs if source is not None]  # it may wait itself
        before = tuple([source in learning for source in node.inputs])
        need = _need(node.block, _into(node, shapes), before, way)
        needed.update(source for source, is_read in zip(sources, need.inputs, strict=True) if is_read)
        if need.learns:
            learning.add(name)
        if need.shares is not None:
            roots[name] = sources[need.shares]
        if need.output:
            needed.add(roots[name])
        own[name] = need.own
    found = {name: own[name] + (shapes[name].bytes if name in needed else 0) for name in known}
    return _Kept(found, needed, learning, roots)


@lru_cache(maxsize=32_768)
def _need(block: Block, inputs: tuple[Shape, ...], learning: tuple[bool, ...], way: _Way) -> _Need:
    if isinstance(block, Composite):
        return _need_of_parts(block, inputs, learning, way._replace(frozen=way.frozen or block.is_frozen))
    is_copied = block.reads_in_order and way.channels_last and _has_two_orders(inputs[0])
    shares = 0 if block.is_view and not is_copied else None
    if not any(learning) and (way.frozen or not block.weights(*inputs)):
        return _Need((False,) * len(inputs), False, 0, shares, False)
    saved = block.saved(*inputs)
    read = (saved.flow in ("inputs", "both"),) * len(inputs)
    return _Need(read, saved.flow in ("output", "both"), saved.besides, shares, True)


def _has_two_orders(shape: Shape) -> bool:
    """Whether a map's numbers lie otherwise with the channels last: there is more than one of them, and of pixels."""
    return shape.is_map and 1 < shape.channels < shape.numel


def _need_of_parts(block: Composite, inputs: tuple[Shape, ...], learning: tuple[bool, ...], way: _Way) -> _Need:
    parts = block.parts(*inputs)
    entries = [node.name for node in parts.graph.inputs]
    kept = _kept(parts.graph, list(parts.graph.order), parts.shapes, set(compress(entries, learning)), way)
    result = parts.result.name
    root = kept.roots[result]
    outside = {*entries, root} & kept.needed  # they are counted where they come from and where they go
    own = sum(kept.bytes_.values()) - sum(parts.shapes[name].bytes for name in outside)
    shares = entries.index(root) if root in entries else None
    read = tuple(name in kept.needed for name in entries)
    return _Need(read, root in kept.needed, own, shares, result in kept.learning)


# to predict


def _peak(graph: Graph, shapes: Mapping[str, Shape]) -> int:
    """The most bytes held at one time besides the Inputs, which whoever asks holds until the end.

    The variables of ``forward`` hold the rest: a map goes when the last of its variables takes another.
    """
    variable = variables(graph)
    roots: dict[str | None, str] = {}
    held: dict[str, str] = {}  # variable -> the node whose map it holds
    holders = dict.fromkeys(graph.nodes, 0)
    alive = most = 0
    for name in graph.order:
        node = graph.nodes[name]
        block = node.block
        if not node.inputs:
            roots[name] = name
            holders[name] = 1  # whoever asks, so its bytes never come or go
            continue
        if block.is_view or block.is_idle:
            root = roots[node.inputs[0]]
        else:
            root = name
            most = max(most, alive + _working(block, _into(node, shapes)))
        roots[name] = root
        if not holders[root]:
            alive += shapes[root].bytes
        holders[root] += 1
        old = held.get(variable[name])
        held[variable[name]] = root
        if old is not None:
            holders[old] -= 1
            if not holders[old]:
                alive -= shapes[old].bytes
    return most


@lru_cache(maxsize=32_768)
def _working(block: Block, inputs: tuple[Shape, ...]) -> int:
    """What a block holds at most while it runs, besides its inputs."""
    if not isinstance(block, Composite):
        saved = block.saved(*inputs)
        return block.shape(*inputs).bytes + (saved.besides if saved.to_predict else 0)
    parts = block.parts(*inputs)
    return _peak(parts.graph, parts.shapes)


def _into(node: Node, shapes: Mapping[str, Shape]) -> tuple[Shape, ...]:
    return tuple([shapes[source] for source in node.inputs if source is not None])

"""Memory: the bytes that activations take, to train with and to predict with. Knows no torch.

Training keeps what the backward pass will read: of most layers what goes in, of some what comes out, and each map once
however many read it. Predicting holds a map as long as the source has a variable for it. What an operation needs for
itself while it runs, and the weights, are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cnnstudio import blocks
from cnnstudio.compiler.variables import variables
from cnnstudio.graph import Block, Composite, Graph, Node, Shape

BYTES_PER_NUMBER = 4  # float32
_BYTES_PER_INDEX = 8  # int64, with which a pooling says where a maximum was


@dataclass(frozen=True)
class Memory:
    """Bytes of activations in float32, for one sample.

    ``kept`` is what training keeps of each node until the backward pass, ``peak`` the most that is held at one time
    to predict; 0 while some shape is unknown.
    """

    kept: Mapping[str, int]
    peak: int

    @property
    def training(self) -> int:
        """What training keeps of all nodes together."""
        return sum(self.kept.values())


def bytes_of(shape: Shape) -> int:
    """Bytes of one map, vector or sequence in float32."""
    return shape.numel * BYTES_PER_NUMBER


def memory(graph: Graph, shapes: Mapping[str, Shape]) -> Memory:
    """The memory of a network in which nothing is bypassed; a node without a shape counts nothing."""
    known = [name for name in graph.order if name in shapes and all(source in shapes for source in graph[name].inputs)]
    return Memory(_kept(graph, known, shapes).bytes_, _peak(graph, known, shapes) if len(known) == len(graph) else 0)


# to train


@dataclass(frozen=True)
class _Need:
    """What the backward pass of a block reads: which of its inputs, its output, and bytes of its own besides.

    ``shares`` is the input of which the output is only another view.
    """

    inputs: tuple[bool, ...]
    output: bool = False
    own: int = 0
    shares: int | None = None


@dataclass(frozen=True)
class _Kept:
    """Node -> the bytes that are kept of it; the nodes whose output is kept; node -> the node that it is a view of."""

    bytes_: dict[str, int]
    needed: frozenset[str]
    roots: dict[str, str]


def _kept(graph: Graph, known: list[str], shapes: Mapping[str, Shape]) -> _Kept:
    roots: dict[str, str] = {}
    needed: set[str] = set()
    own = dict.fromkeys(known, 0)
    for name in known:
        roots[name] = name
        node = graph[name]
        if node.is_input:
            continue
        sources = [roots[source] for source in node.inputs if source is not None]
        need = _need(node.block, _into(node, shapes))
        needed.update(source for source, is_read in zip(sources, need.inputs, strict=True) if is_read)
        if need.shares is not None:
            roots[name] = sources[need.shares]
        if need.output:
            needed.add(roots[name])
        own[name] = need.own
    found = {name: own[name] + (bytes_of(shapes[name]) if name in needed else 0) for name in known}
    return _Kept(found, frozenset(needed), roots)


@lru_cache(maxsize=32_768)
def _need(block: Block, inputs: tuple[Shape, ...]) -> _Need:
    if isinstance(block, Composite):
        return _need_of_parts(block, inputs)
    nothing, everything = (False,) * len(inputs), (True,) * len(inputs)
    kind = type(block)
    if kind in _VIEWS:
        return _Need(nothing, shares=0)
    if kind in _READS_NOTHING or (isinstance(block, blocks.FilterConv2d) and not block.learn):
        return _Need(nothing)
    own = _OWN[kind](inputs[0], block.shape(*inputs), block) if kind in _OWN else 0
    if kind in _READS_ITS_OUTPUT:
        return _Need(nothing, output=True)
    if kind in _READS_ITS_OWN:
        return _Need(nothing, own=own)
    if isinstance(block, blocks.AdaptiveAvgPool2d) and block.output_size in (1, (1, 1)):
        return _Need(nothing)  # the mean over a map divides by its size alone
    return _Need(everything, own=own)


def _need_of_parts(block: Composite, inputs: tuple[Shape, ...]) -> _Need:
    if block.is_frozen:
        return _Need((False,) * len(inputs))
    parts = block.parts(*inputs)
    kept = _kept(parts.graph, list(parts.graph.order), parts.shapes)
    entries = [node.name for node in parts.graph.inputs]
    root = kept.roots[parts.result.name]
    outside = {*entries, root} & kept.needed  # they are counted where they come from and where they go
    own = sum(kept.bytes_.values()) - sum(bytes_of(parts.shapes[name]) for name in outside)
    shares = entries.index(root) if root in entries else None
    return _Need(tuple(name in kept.needed for name in entries), root in kept.needed, own, shares)


# to predict


def _peak(graph: Graph, known: list[str], shapes: Mapping[str, Shape], owned: bool = True) -> int:
    """The most bytes held at one time; those of the Inputs only where they are ``owned`` here.

    The variables of ``forward`` hold them: a map goes when its variable takes another, and all go at the end. The
    images are held by whoever asks.
    """
    variable = variables(graph)
    roots: dict[str, str] = {}
    held = {node.name: node.name for node in graph.inputs if owned and node.name in shapes}  # variable -> root
    most = 0
    for name in known:
        node = graph[name]
        roots[name] = roots[str(node.inputs[0])] if type(node.block) in _VIEWS | _IDLE else name
        if node.is_input:
            continue
        if roots[name] == name:
            alive = sum(bytes_of(shapes[root]) for root in set(held.values()))
            most = max(most, alive + _working(node.block, _into(node, shapes)))
        if owned or not graph[roots[name]].is_input:
            held[variable[name]] = roots[name]
    return most


@lru_cache(maxsize=32_768)
def _working(block: Block, inputs: tuple[Shape, ...]) -> int:
    """What a block holds at most while it runs, besides its inputs."""
    if not isinstance(block, Composite):
        out = block.shape(*inputs)
        return bytes_of(out) + (_indices(inputs[0], out, block) if _OWN.get(type(block)) is _indices else 0)
    parts = block.parts(*inputs)
    return _peak(parts.graph, list(parts.graph.order), parts.shapes, owned=False)


def _into(node: Node, shapes: Mapping[str, Shape]) -> tuple[Shape, ...]:
    return tuple([shapes[source] for source in node.inputs if source is not None])


# what PyTorch's backward passes read (torch/csrc/autograd's derivatives.yaml); a block not named here reads its inputs

_VIEWS = frozenset(
    (
        blocks.Flatten, blocks.Identity, blocks.Reshape, blocks.Permute, blocks.ChannelSlice, blocks.Crop,
        blocks.Tokens, blocks.TokenMap, blocks.FirstToken,
    )
)  # fmt: skip
_IDLE = frozenset((blocks.Dropout, blocks.Dropout2d, blocks.AlphaDropout, blocks.StochasticDepth))  # in evaluation
_READS_NOTHING = frozenset(
    (
        blocks.Add, blocks.Mean, blocks.Concat, blocks.Pad, blocks.Upsample, blocks.PixelShuffle,
        blocks.PixelUnshuffle, blocks.ChannelShuffle, blocks.ClassToken, blocks.PositionEmbedding, blocks.Dropout2d,
        blocks.StochasticDepth,
    )
)  # fmt: skip
_READS_ITS_OUTPUT = frozenset(
    (blocks.ReLU, blocks.Sigmoid, blocks.Tanh, blocks.Softmax, blocks.Softmin, blocks.LogSoftmax)
)
_READS_ITS_OWN = frozenset((blocks.Dropout, blocks.AlphaDropout, blocks.Maxout))

_Own = Callable[[Shape, Shape, Block], int]


def _indices(_into: Shape, out: Shape, _block: Block) -> int:
    return out.numel * _BYTES_PER_INDEX


def _windowed(into: Shape, _out: Shape, block: Block) -> int:
    """Windows, queries twice (as they are and scaled), keys, values and the sum, and the softmax of the scores."""
    side: int = block.values["window_size"]
    pixels = -(-into[1] // side) * side * -(-into[2] // side) * side
    return (into[0] * 5 + int(block.values["num_heads"]) * side * side) * pixels * BYTES_PER_NUMBER


_OWN: dict[type[Block], _Own] = {
    blocks.MaxPool2d: _indices,
    blocks.AdaptiveMaxPool2d: _indices,
    blocks.FractionalMaxPool2d: _indices,
    blocks.Maxout: _indices,
    blocks.Dropout: lambda into, _out, _block: bytes_of(into),  # what each number was multiplied by
    blocks.AlphaDropout: lambda into, _out, _block: bytes_of(into),
    blocks.SelfAttention: lambda into, _out, _block: 4 * bytes_of(into),  # queries, keys, values and their sum
    blocks.LocalResponseNorm: lambda into, _out, _block: 4 * bytes_of(into),  # squares, their sum, its power
    blocks.WindowAttention: _windowed,
    blocks.CosineWindowAttention: _windowed,
}

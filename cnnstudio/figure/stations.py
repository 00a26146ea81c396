"""Stations: what of a network is worth a picture of its own. The rest is told in words beside it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from cnnstudio.blocks.group import Group
from cnnstudio.compiler.inference import Analysis
from cnnstudio.figure import terms
from cnnstudio.graph import Block, Composite, Graph, Node, Shape, Window

Kind = Literal["map", "tokens", "vector", "junction"]
JUNCTIONS = {"Add": "+", "Multiply": "×", "Mean": "mean"}
_ABSORBED = ("activation", "normalization", "regularization")  # families that papers tell in words


@dataclass(frozen=True)
class Station:
    """A feature map, vector or junction of the figure, and the nodes that lead to it from the stations before."""

    nodes: tuple[str, ...]
    block: Block
    shape: Shape
    sources: tuple[int, ...]  # stations, by their place in the list
    window: Window | None  # that slid over the map before
    title: str
    parameters: tuple[str, ...] = ()
    then: tuple[str, ...] = ()  # what is done to the map afterwards: BN, ReLU
    repeats: int = 1
    frame: str = ""

    @property
    def name(self) -> str:
        """The first of its nodes."""
        return self.nodes[0]

    @property
    def kind(self) -> Kind:
        """What it is drawn as."""
        if type(self.block).__name__ in JUNCTIONS:
            return "junction"
        return "vector" if len(self.shape) == 1 else "tokens" if len(self.shape) == 2 else "map"


def stations(analysis: Analysis, fold: bool) -> list[Station]:
    """The stations in the order of the data; every node of the graph must have its shape."""
    graph = analysis.graph
    made: list[Station] = []
    owner: dict[str, int] = {}
    for name in graph.order:
        node, shape = graph[name], analysis.facts[name].shape
        into = tuple(analysis.facts[source].shape for source in node.inputs if source is not None)
        source = node.inputs[0] if len(node.inputs) == 1 else None
        if source is not None and _is_absorbed(graph, node, into[0], shape):
            index = owner[name] = owner[source]
            before = made[index]
            then = (*before.then, terms.called(node.block)) if node.block.family in _ABSORBED else before.then
            made[index] = dataclasses.replace(before, nodes=(*before.nodes, name), shape=shape, then=then)
            continue
        owner[name] = len(made)
        sources = tuple(dict.fromkeys(owner[each] for each in node.inputs if each is not None))
        frame = graph.framed[name].title if name in graph.framed else ""
        made.append(_station(node, into, shape, sources, frame))
    return _folded(made) if fold else made


def _is_absorbed(graph: Graph, node: Node, into: Shape, shape: Shape) -> bool:
    """Whether a node is told with the station before it, which it alone reads."""
    if len(graph.consumers[str(node.inputs[0])]) > 1:
        return False
    block = node.block
    if type(block).__name__ == "Flatten":  # C × 1 × 1 is a vector already
        return into.is_map and into.spatial == (1, 1)
    return shape == into and block.family in _ABSORBED and not isinstance(block, Composite)


def _station(node: Node, into: tuple[Shape, ...], shape: Shape, sources: tuple[int, ...], frame: str) -> Station:
    block, window = node.block, _window(node.block, into, shape)
    then: tuple[str, ...] = ()
    if isinstance(block, Composite) and (plain := _one_operation(block, into)) is not None:
        block, window, then = plain
    return Station(
        (node.name,),
        block,
        shape,
        sources,
        window,
        terms.title(block, shape, window),
        tuple(terms.parameters(block, shape, window)),
        then,
        repeats=block.repeat if isinstance(block, Group) else 1,
        frame=frame,
    )


def _window(block: Block, into: tuple[Shape, ...], shape: Shape) -> Window | None:
    """What a person would call a kernel: Flatten and pooling to a given size have none."""
    if not into or not shape.is_map or type(block).__name__.startswith("Adaptive"):
        return None
    return block.window(*into)


def _one_operation(block: Composite, into: tuple[Shape, ...]) -> tuple[Block, Window, tuple[str, ...]] | None:
    """The one window of a composite that is a row of a convolution and what is told in words, as Conv + BN + ReLU."""
    parts = block.parts(*into)
    found: tuple[Block, Window] | None = None
    then: list[str] = []
    for name in parts.graph.order:
        inner = parts.graph[name]
        if inner.is_input:
            continue
        window = inner.block.window(*parts.shapes_into(inner))
        if len(inner.inputs) != 1 or len(parts.graph.consumers[name]) > 1:
            return None
        if inner.block.family in _ABSORBED and found is not None:
            then.append(terms.called(inner.block))
        elif window is not None and found is None:
            found = inner.block, window
        else:
            return None
    return (*found, tuple(then)) if found is not None else None


def _folded(stations: list[Station]) -> list[Station]:
    """Runs of equal blocks as one station that repeats; what the first does to the size is told of it."""
    readers = [0] * len(stations)
    for station in stations:
        for source in station.sources:
            readers[source] += 1
    made: list[Station] = []
    place: list[int] = []
    for station in stations:
        sources = station.sources
        if len(sources) == 1 and readers[sources[0]] == 1 and _repeats(made[place[sources[0]]], station):
            index = place[sources[0]]
            before = made[index]
            made[index] = dataclasses.replace(
                before,
                nodes=before.nodes + station.nodes,
                parameters=tuple(w for w in before.parameters if w in station.parameters or w.startswith("stride")),
                then=station.then,
                repeats=before.repeats + station.repeats,
            )
            place.append(index)
            continue
        place.append(len(made))
        made.append(dataclasses.replace(station, sources=tuple(place[source] for source in sources)))
    return made


def _repeats(one: Station, other: Station) -> bool:
    """Whether the second does again what the first did; only its stride may have been another."""
    if one.kind not in ("map", "tokens") or one.shape != other.shape or not other.sources:
        return False
    if type(one.block) is not type(other.block) or one.title != other.title or one.block.family == "pooling":
        return False
    is_deep = isinstance(one.block, Composite)
    return (is_deep or one.then == other.then) and _essentials(one.block) == _essentials(other.block)


def _essentials(block: Block) -> dict[str, object]:
    """The parameters but for those that change along a stage: stride, rates, and every other window that is shifted."""
    if isinstance(block, Group):
        return {}
    return {
        name: value
        for name, value in block.values.items()
        if name not in ("stride", "shift") and not isinstance(value, float)
    }

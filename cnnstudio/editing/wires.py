"""Wires: what is added, joined and taken away, as functions from graph to graph, and what fits where. Knows no Qt."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from cnnstudio.compiler.inference import Analysis, node_facts
from cnnstudio.graph import Block, Edge, Graph, Node, Position, Shape, ShapeError

# adding


def added(graph: Graph, block: Block, position: Position, after: str | None = None) -> tuple[Graph, str]:
    """With a node of this block, reading ``after`` if it can; the new graph and the node's name."""
    name = graph.fresh(block.stem)
    inputs = (after,) if after is not None and block.arity.most != 0 else ()
    return graph.add(Node(name, block, inputs, position)), name


# wires


def misfit(analysis: Analysis, source: str, target: str, port: int) -> str | None:
    """Why ``target`` cannot take what ``source`` gives at that port, or None where it can or nobody knows yet."""
    node = analysis.graph[target]
    if node.bypassed:
        return None
    sources = [*node.inputs, *[None] * (port + 1 - len(node.inputs))]
    sources[port] = source
    shapes = [analysis.shape(each) for each in sources]
    if any(shape is None for shape in shapes):
        return None
    found = node_facts(node.block, tuple(shape for shape in shapes if shape is not None))
    return found.sentence[:1].upper() + found.sentence[1:] if isinstance(found, ShapeError) else None


def best_port(graph: Graph, target: str) -> int:
    """The input port that a wire dropped on the body of ``target`` enters: the first that is free, else the first."""
    node = graph[target]
    return next((port for port in range(node.ports) if port >= len(node.inputs) or node.inputs[port] is None), 0)


def rewired(graph: Graph, old: Edge, new: Edge) -> Graph:
    """With the wire ``old`` plugged in as ``new``. Raises ``GraphError`` where that may not be."""
    if old == new:
        return graph
    if (old.target, old.port) == (new.target, new.port):
        return graph.connect(new.source, new.target, new.port)
    if old.target == new.target:
        return graph.connect(new.source, new.target, new.port).disconnect(old)
    return graph.disconnect(old).connect(new.source, new.target, new.port)


def lifted(graph: Graph, names: Iterable[str]) -> Graph:
    """With these nodes taken off their wires, which heal behind them, and out of a frame that others stay in.

    Wires among them stay.
    """
    taken = set(names)
    rest = graph.remove(*taken, heal=True)
    nodes = (
        rest[node.name]
        if node.name not in taken
        else dataclasses.replace(node, inputs=tuple(source if source in taken else None for source in node.inputs))
        for node in graph
    )
    whole_frames = [frame for frame in graph.frames if frame.members <= taken]
    return Graph.of(nodes, (*rest.frames, *whole_frames), graph.notes)


# arranging


# walking


# what may flow along a wire of which nobody knows: images, maps, a vector, tokens
SAMPLES = (Shape(3, 64, 64), Shape(64, 32, 32), Shape(64), Shape(64, 64))
RANKS = frozenset(map(len, SAMPLES))


def reads(block: type[Block], carried: Shape | None) -> bool:
    """Whether a new block of this kind can read what a wire carries; any that reads can, where that is not known."""
    if block.arity.most == 0:
        return False
    return carried is None or not isinstance(node_facts(block(), (carried,) * max(1, block.arity.least)), ShapeError)


def gives(block: type[Block], ranks: frozenset[int]) -> bool:
    """Whether a new block of this kind gives something of one of these ranks for anything that may enter it."""
    if block.arity.most == 0:
        return len(block().shape()) in ranks
    likely = sorted(SAMPLES, key=lambda sample: len(sample) not in ranks)  # most blocks give the rank that they take
    results = (node_facts(block(), (sample,) * max(1, block.arity.least)) for sample in likely)
    return any(not isinstance(facts, ShapeError) and len(facts.shape) in ranks for facts in results)


def taken(analysis: Analysis, target: str, port: int) -> frozenset[int]:
    """The ranks of what this input can take beside what its node reads: 1 for (F,), 2 for tokens, 3 for maps."""
    node = analysis.graph[target]
    if node.bypassed:
        return RANKS
    sources = [*node.inputs, *[None] * (port + 1 - len(node.inputs))]
    known = [analysis.shape(source) for source in sources]
    found = set()
    for sample in {*SAMPLES, *(shape for shape in known if shape is not None)}:
        inputs = (sample if at == port or shape is None else shape for at, shape in enumerate(known))
        if not isinstance(node_facts(node.block, tuple(inputs)), ShapeError):
            found.add(len(sample))
    return frozenset(found) or RANKS

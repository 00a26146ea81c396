"""Fitting: which kinds of block, as they are when new, can stand at the free end of a wire. Knows no Qt."""

from __future__ import annotations

from cnnstudio.compiler.inference import Analysis, node_facts
from cnnstudio.graph import Block, Shape, ShapeError

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

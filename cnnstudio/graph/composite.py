"""Composite: a block declared by the graph that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from math import prod
from typing import Any, NamedTuple

from cnnstudio.graph.block import Block, Remedy, ShapeError
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.node import Node
from cnnstudio.graph.parameter import ParameterError, parameters
from cnnstudio.graph.shape import Shape

BYTES_PER_NUMBER = 4  # float32


class Facts(NamedTuple):
    """What a block comes to for one sample: what flows out, what is learned, what it costs.

    ``frozen`` are those of the parameters that stay as they are while training.
    """

    shape: Shape
    parameters: int
    macs: int
    frozen: int = 0

    @property
    def activation_bytes(self) -> int:
        """Bytes of the output in float32, for one sample."""
        return self.shape.numel * BYTES_PER_NUMBER


_facts = partial(tuple.__new__, Facts)  # half the time of a call with names, for every node of every composite


@dataclass(frozen=True)
class Parts:
    """What a composite is made of for given inputs: its graph, the shape of every node in it and what it reads.

    ``result`` is the one node whose output is the composite's, ``facts`` what all of it comes to.
    """

    graph: Graph
    shapes: Mapping[str, Shape]
    into: Mapping[str, tuple[Shape, ...]]
    result: Node
    facts: Facts

    def shapes_into(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that a node of this graph reads."""
        return self.into[node.name]


class Composite(Block):
    """The base of blocks made of blocks: shape, weights, MACs, receptive field and source follow from ``graph``."""

    @property
    def class_name(self) -> str:
        """What its class is called in generated source."""
        return type(self).__name__

    @property
    def is_frozen(self) -> bool:
        """Whether its weights stay as they are while training; the source says so."""
        return False

    def graph(self, *inputs: Shape) -> Graph:
        """The graph inside, for these inputs: one Input node an input, in order, and exactly one output.

        Raises ``ShapeError`` where the inputs cannot be right.
        """
        raise NotImplementedError

    def inside(self, *inputs: Shape | None) -> Graph:
        """The graph inside as it is shown to a person. Raises ``ShapeError`` where it is not known yet."""
        known = tuple(shape for shape in inputs if shape is not None)
        if len(known) < len(inputs):
            raise ShapeError("What enters has no shape yet, so the parts are not known.")
        return self.parts(*known).graph

    def parts(self, *inputs: Shape) -> Parts:
        """The graph inside with its shapes. Raises ``ShapeError`` that names the inner node that does not fit."""
        return _parts(self, inputs)

    def shape(self, *inputs: Shape) -> Shape:
        """The shape of the inner graph's output."""
        return self.parts(*inputs).facts.shape

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The inner weights under their path: ``conv1.weight``."""
        parts = self.parts(*inputs)
        return {
            f"{node.name}.{key}" if key else node.name: shape
            for node in parts.graph
            for key, shape in node.block.weights(*parts.shapes_into(node)).items()
        }

    def macs(self, *inputs: Shape) -> int:
        """The sum over the inner nodes."""
        return self.parts(*inputs).facts.macs


def facts(block: Block, inputs: tuple[Shape, ...]) -> Facts:
    """What ``block`` comes to for these inputs. Raises ``ShapeError`` where they do not fit."""
    if isinstance(block, Composite):
        typical = _typical(block)
        try:
            found = _parts(typical, inputs).facts
        except ShapeError:
            if typical is block:
                raise
            found = _parts(block, inputs).facts  # raises it too, with remedies for this very block
        return found._replace(frozen=found.parameters) if block.is_frozen else found
    shape, weights, macs = block.shape(*inputs), block.weights(*inputs), block.macs(*inputs)
    return _facts((shape, sum(map(prod, weights.values())) if weights else 0, macs, 0))


def _typical(composite: Composite) -> Composite:
    """The one of those that come to the same whose costless parameters are as declared.

    A network often differs from block to block in them alone: stochastic depth leaves out the more, the deeper it is.
    """
    kind: type = type(composite)
    defaults = _costless(kind)
    for name, default in defaults.items():
        if getattr(composite, name) != default:
            made: Composite = kind(**{**composite.values, **defaults})
            return made
    return composite


@cache
def _costless(kind: type) -> Mapping[str, Any]:
    """Parameter name -> default, for the costless ones."""
    return {each.name: each.default for each in parameters(kind) if each.costless}


@lru_cache(maxsize=4_096)
def _parts(composite: Composite, inputs: tuple[Shape, ...]) -> Parts:
    try:
        graph = composite.graph(*inputs)
    except ParameterError as error:  # a size that follows from the parameters is out of all bounds
        raise ShapeError(f"Inside it, {error}") from error
    shapes: dict[str, Shape] = {}
    into: dict[str, tuple[Shape, ...]] = {}
    parameters = macs = frozen = 0
    nodes, known = graph.nodes, shapes.__getitem__
    for name in graph.order:
        node = nodes[name]
        into[name] = read = tuple(map(known, node.inputs))  # type: ignore[arg-type] # no port inside is open
        try:
            shapes[name], learned, multiplied, kept = facts(node.block, read)
        except ShapeError as error:
            remedies = (_own(composite, node.block, remedy) for remedy in error.remedies)
            raise ShapeError(
                f"Inside it, at {name} ({node.block.title}): {error.sentence}",
                *(remedy for remedy in remedies if remedy is not None),
            ) from error
        parameters += learned
        macs += multiplied
        frozen += kept
    return Parts(graph, shapes, into, node, _facts((shapes[name], parameters, macs, frozen)))  # all leads to the last


def _own(composite: Composite, inner: Block, remedy: Remedy) -> Remedy | None:
    """The remedy of an inner block as one of the composite, where parameters of the same name and value change."""
    if remedy.port is not None or len(remedy.blocks) != 1 or type(remedy.blocks[0]) is not type(inner):
        return None
    changes = {name: new for name, new in remedy.blocks[0].values.items() if new != inner.values[name]}
    if not changes or any(composite.values.get(name) != inner.values[name] for name in changes):
        return None
    try:
        return Remedy(remedy.title, (type(composite)(**{**composite.values, **changes}),))
    except ParameterError:  # a parameter of the same name that takes something else
        return None


def clear() -> None:
    """Forget the parts of every composite: for measuring what it takes to find them."""
    _parts.cache_clear()

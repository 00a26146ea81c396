"""Composite: a block declared by the graph that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cnnstudio.graph.block import Block, Remedy, ShapeError
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.node import Node
from cnnstudio.graph.parameter import ParameterError
from cnnstudio.graph.shape import Shape


@dataclass(frozen=True)
class Parts:
    """What a composite is made of for given inputs: its graph and the shape of every node in it."""

    graph: Graph
    shapes: Mapping[str, Shape]

    def shapes_into(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that a node of this graph reads."""
        return tuple(self.shapes[source] for source in node.inputs if source is not None)

    @property
    def result(self) -> Node:
        """The one node whose output is the composite's."""
        return self.graph.outputs[0]


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
        parts = self.parts(*inputs)
        return parts.shapes[parts.result.name]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The inner weights under their path: ``conv1.weight``."""
        parts = self.parts(*inputs)
        return {
            f"{node.name}.{key}" if key else node.name: shape
            for node in parts.graph
            for key, shape in node.block.weights(*parts.shapes_into(node)).items()
        }

    def frozen_parameters(self, *inputs: Shape) -> int:
        """How many of the weights stay as they are while training: all, or those of the frozen inside."""
        if self.is_frozen:
            return sum(weight.numel for weight in self.weights(*inputs).values())
        parts = self.parts(*inputs)
        inner = ((node.block, node) for node in parts.graph)
        return sum(
            block.frozen_parameters(*parts.shapes_into(node)) for block, node in inner if isinstance(block, Composite)
        )

    def macs(self, *inputs: Shape) -> int:
        """The sum over the inner nodes."""
        parts = self.parts(*inputs)
        return sum(node.block.macs(*parts.shapes_into(node)) for node in parts.graph)


@lru_cache(maxsize=4_096)
def _parts(composite: Composite, inputs: tuple[Shape, ...]) -> Parts:
    try:
        graph = composite.graph(*inputs)
    except ParameterError as error:  # a size that follows from the parameters is out of all bounds
        raise ShapeError(f"Inside it, {error}") from error
    shapes: dict[str, Shape] = {}
    for name in graph.order:
        node = graph[name]
        try:
            shapes[name] = node.block.shape(*(shapes[source] for source in node.inputs if source is not None))
        except ShapeError as error:
            remedies = (_own(composite, node.block, remedy) for remedy in error.remedies)
            raise ShapeError(
                f"Inside it, at {name} ({node.block.title}): {error.sentence}",
                *(remedy for remedy in remedies if remedy is not None),
            ) from error
    return Parts(graph, shapes)


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

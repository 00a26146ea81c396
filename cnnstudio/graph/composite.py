"""Composite: a block declared by the graph that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import prod
from typing import Any, NamedTuple

from cnnstudio.graph.block import Block, Remedy, ShapeError
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.interruption import go_on
from cnnstudio.graph.names import fresh_name
from cnnstudio.graph.node import Node
from cnnstudio.graph.parameter import ParameterError, parameters
from cnnstudio.graph.shape import Shape
from cnnstudio.graph.sketch import Pen, Sketch


class Facts(NamedTuple):
    """What a block comes to for one sample: what flows out, what is learned, what it costs.

    ``frozen`` are those of the parameters that stay as they are while training.
    """

    shape: Shape
    parameters: int
    macs: int
    frozen: int = 0


_new = tuple.__new__  # a third of the time of a call with names, for every node of every composite


@dataclass(frozen=True)
class Parts:
    """What a composite is made of for given inputs: its graph and the shape of what leaves every node in it."""

    graph: Graph
    shapes: Mapping[str, Shape]

    @property
    def result(self) -> Node:
        """The one node whose output is the composite's."""
        return self.graph.outputs[0]

    def shapes_into(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that a node of this graph reads."""
        return tuple([self.shapes[source] for source in node.inputs if source is not None])


class Composite(Block):
    """The base of blocks made of blocks: shape, weights, MACs, receptive field and source follow from ``sketch``."""

    @property
    def class_name(self) -> str:
        """What its class is called in generated source."""
        return type(self).__name__

    @property
    def is_frozen(self) -> bool:
        """Whether its weights stay as they are while training; the source says so."""
        return False

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        """Draw what is inside, for these inputs: one Input node an input, in order, and exactly one output.

        Raises ``ShapeError`` where the inputs cannot be right.
        """
        raise NotImplementedError

    def graph(self, *inputs: Shape) -> Graph:
        """The graph inside, for these inputs. Raises ``ShapeError`` where they cannot be right."""
        draw = Sketch()
        self.sketch(draw, *inputs)
        return draw.graph()

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
        return facts(self, inputs).shape

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
        return facts(self, inputs).macs


class Tally(Pen):
    """The pen that keeps nothing of what it draws but what each node comes to, so that none has to be made.

    Raises ``ShapeError`` that names the node that does not fit, with those of its remedies that mend the composite.
    """

    def __init__(self, composite: Composite) -> None:
        self.found: dict[str, Facts] = {}
        self._composite = composite

    def __call__(self, block: Block, *inputs: str, name: str | None = None) -> str:
        """Weigh a node that reads ``inputs``."""
        found = self.found
        chosen = name or fresh_name(block.stem, found)
        try:
            one = len(inputs) == 1  # as of nearly every node
            read = (found[inputs[0]].shape,) if one else tuple([found[source].shape for source in inputs])
            found[chosen] = facts(block, read)
        except ShapeError as error:
            remedies = (_own(self._composite, block, remedy) for remedy in error.remedies)
            raise ShapeError(
                f"Inside it, at {chosen} ({block.title}): {error.sentence}",
                *(remedy for remedy in remedies if remedy is not None),
            ) from error
        return chosen


def facts(block: Block, inputs: tuple[Shape, ...]) -> Facts:
    """What ``block`` comes to for these inputs. Raises ``ShapeError`` where they do not fit."""
    if isinstance(block, Composite):
        typical = _typical(block)
        try:
            found = _weighed(typical, inputs)
        except ShapeError:
            if typical is block:
                raise
            found = _weighed(block, inputs)  # raises it too, with remedies for this very block
        return found._replace(frozen=found.parameters) if block.is_frozen else found
    shape, weights, macs = block.shape(*inputs), block.weights(*inputs), block.macs(*inputs)
    return _new(Facts, (shape, sum(map(prod, weights.values())) if weights else 0, macs, 0))


@lru_cache(maxsize=4_096)
def _weighed(composite: Composite, inputs: tuple[Shape, ...]) -> Facts:
    shapes, parameters, macs, frozen = zip(*_tallied(composite, inputs).values(), strict=True)
    return _new(Facts, (shapes[-1], sum(parameters), sum(macs), sum(frozen)))  # all leads to the last


@lru_cache(maxsize=4_096)
def _parts(composite: Composite, inputs: tuple[Shape, ...]) -> Parts:
    shapes = {name: found.shape for name, found in _tallied(composite, inputs).items()}
    return Parts(composite.graph(*inputs), shapes)


def _tallied(composite: Composite, inputs: tuple[Shape, ...]) -> dict[str, Facts]:
    go_on()
    draw = Tally(composite)
    try:
        composite.sketch(draw, *inputs)
    except ParameterError as error:  # a size that follows from the parameters is out of all bounds
        raise ShapeError(f"Inside it, {error}") from error
    return draw.found


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
    """Forget what every composite is made of and comes to: for measuring what it takes to find it."""
    _parts.cache_clear()
    _weighed.cache_clear()

"""Node: a block with a name, what it reads and its place; and Edge, the wire between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cnnstudio.graph.block import Block
from cnnstudio.graph.names import checked_name

Position = tuple[float, float]


class GraphError(ValueError):
    """An edit that would leave something that is no network; the message is a sentence."""


@dataclass(frozen=True)
class Edge:
    """A wire: the output of ``source`` enters input ``port`` of ``target``."""

    source: str
    target: str
    port: int = 0


@dataclass(frozen=True)
class Node:
    """A block with a name, the names of what it reads (None for an open port) and its place on the canvas.

    ``position`` is the top left corner in scene pixels. A block of any number of inputs has no open ports beyond its
    least number: they are cut off. Raises ``GraphError`` for more inputs than the block takes.
    """

    name: str
    block: Block
    inputs: tuple[str | None, ...] = ()
    position: Position = (0.0, 0.0)

    def __post_init__(self) -> None:
        checked_name(self.name)
        arity, inputs = self.block.arity, tuple(self.inputs)
        if len(inputs) == arity.least == arity.most and inputs == self.inputs:  # nearly every node
            return
        if arity.most is None:
            while len(inputs) > arity.least and inputs[-1] is None:
                inputs = inputs[:-1]
        elif len(inputs) > arity.most:
            ports = "input" if arity.most == 1 else "inputs"
            raise GraphError(f"{self.name} ({self.block.title}) takes {arity.most or 'no'} {ports}, not {len(inputs)}.")
        padded = inputs + (None,) * (arity.least - len(inputs))
        if padded != self.inputs:
            object.__setattr__(self, "inputs", padded)

    @property
    def is_input(self) -> bool:
        """Whether the network's data enters here."""
        return self.block.arity.most == 0

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The wires that enter this node."""
        return tuple(Edge(source, self.name, port) for port, source in enumerate(self.inputs) if source is not None)

    @property
    def ports(self) -> int:
        """How many input ports a canvas draws: those that are there, and one more where any number will do."""
        return len(self.inputs) + (1 if self.block.arity.most is None else 0)

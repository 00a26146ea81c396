"""Node: a block with a name, what it reads and its place; and Edge, the wire between two of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnnstudio.graph.block import Block
from cnnstudio.graph.names import checked_name

Position = tuple[float, float]
Bends = tuple[Position, ...]

FARTHEST = 1e7  # scene pixels from the origin; beyond, Qt's arithmetic loses whole pixels
MOST_BENDS = 50  # of one wire


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
    least number: they are cut off. A ``bypassed`` node computes nothing and passes on what enters its first port.
    ``bends`` are the places that the wires into it pass on their way, a tuple a port, none at the end where they run
    straight. Raises ``GraphError`` for more inputs than the block takes, for a bypassed node without inputs and for
    bends that are too many or nowhere.
    """

    name: str
    block: Block
    inputs: tuple[str | None, ...] = ()
    position: Position = (0.0, 0.0)
    bypassed: bool = False
    bends: tuple[Bends, ...] = ()

    @classmethod
    def drawn(cls, name: str, block: Block, inputs: tuple[str, ...]) -> Node:
        """The same as ``Node(name, block, inputs)``, at a third of the cost where the inputs are as many as ports."""
        least, most = block.arity.least, block.arity.most
        if len(inputs) < least or (most is not None and len(inputs) > most):
            return cls(name, block, inputs)
        made = object.__new__(cls)
        # all else is the class's own
        object.__setattr__(made, "__dict__", {"name": checked_name(name), "block": block, "inputs": inputs})
        return made

    def __post_init__(self) -> None:
        checked_name(self.name)
        arity, inputs = self.block.arity, tuple(self.inputs)
        if self.bypassed and arity.most == 0:
            raise GraphError(f"{self.name} ({self.block.title}) reads nothing that it could pass on: no bypass for it.")
        if not (len(inputs) == arity.least == arity.most and inputs == self.inputs):  # but for nearly every node
            self._pad(inputs)
        if self.bends:
            self._trim_bends()

    def _pad(self, inputs: tuple[str | None, ...]) -> None:
        arity = self.block.arity
        if arity.most is None:
            while len(inputs) > arity.least and inputs[-1] is None:
                inputs = inputs[:-1]
        elif len(inputs) > arity.most:
            ports = "input" if arity.most == 1 else "inputs"
            raise GraphError(f"{self.name} ({self.block.title}) takes {arity.most or 'no'} {ports}, not {len(inputs)}.")
        padded = inputs + (None,) * (arity.least - len(inputs))
        if padded != self.inputs:
            object.__setattr__(self, "inputs", padded)

    def _trim_bends(self) -> None:
        """No bends where no wire is, nor straight ones at the end."""
        made = [
            self._checked_bends(bends, port) if source is not None else ()
            for port, (source, bends) in enumerate(zip(self.inputs, self.bends, strict=False))
        ]
        while made and not made[-1]:
            made.pop()
        object.__setattr__(self, "bends", tuple(made))

    def _checked_bends(self, bends: Iterable[Position], port: int) -> Bends:
        made = tuple((float(x), float(y)) for x, y in bends)
        if len(made) > MOST_BENDS:
            raise GraphError(f"A wire has {MOST_BENDS} bends at most; {len(made):,} are in input {port + 1}.")
        if not all(is_near(place) for place in made):
            raise GraphError(f"A bend in input {port + 1} lies nowhere: {OUT_OF_BOUNDS}.")
        return made

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

    def bends_into(self, port: int) -> Bends:
        """Where the wire into this port bends, from its source on."""
        return self.bends[port] if port < len(self.bends) else ()

    def reading(self, inputs: Sequence[str | None]) -> Node:
        """With these inputs; a wire that comes from elsewhere than before runs straight."""
        bends = tuple(
            bends if source == new else () for source, new, bends in zip(self.inputs, inputs, self.bends, strict=False)
        )
        return dataclasses.replace(self, inputs=tuple(inputs), bends=bends)

    def bent(self, port: int, bends: Bends) -> Node:
        """With these bends in the wire into this port."""
        rest = self.bends + ((),) * (port + 1 - len(self.bends))
        return dataclasses.replace(self, bends=(*rest[:port], bends, *rest[port + 1 :]))


OUT_OF_BOUNDS = f"both numbers must be from -{FARTHEST:,.0f} to {FARTHEST:,.0f}"


def is_near(place: Position) -> bool:
    """Whether this is a place that a canvas can show."""
    return all(math.isfinite(x) and abs(x) <= FARTHEST for x in place)


def whole(position: Position) -> Position:
    """The place in whole scene pixels: what a hand does is no finer, and files stay readable."""
    return float(round(position[0])), float(round(position[1]))


def shifted(bends: Bends, step: Position) -> Bends:
    """These bends, so much further."""
    return tuple((x + step[0], y + step[1]) for x, y in bends)

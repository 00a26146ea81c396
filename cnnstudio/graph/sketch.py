"""Sketch: the pen with which code draws a graph, wire by wire; networks and composites are written with it."""

from __future__ import annotations

from types import MappingProxyType

from cnnstudio.graph.block import Block
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.names import fresh_name
from cnnstudio.graph.node import Node


class Sketch:
    """Call it with a block and the names that the block reads; it answers the new node's name.

    ``draw = Sketch(); x = draw(Input((1, 28, 28))); x = draw(Conv2d(6, 5), x)``; then ``draw.graph()``.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def __call__(self, block: Block, *inputs: str, name: str | None = None) -> str:
        """Add a node that reads ``inputs``; called ``name``, else by the block's stem and the next free number."""
        nodes = self._nodes
        chosen = name or fresh_name(block.stem, nodes)
        if chosen in nodes:
            raise ValueError(f"two nodes are called {chosen}")
        for source in inputs:
            if source not in nodes:
                raise ValueError(f"{chosen} reads from {source}, which is not drawn yet")
        nodes[chosen] = Node.drawn(chosen, block, inputs)
        return chosen

    def chain(self, x: str, *blocks: Block) -> str:
        """Add the blocks one after the other behind ``x``; the name of the last."""
        for block in blocks:
            x = self(block, x)
        return x

    def graph(self) -> Graph:
        """What was drawn; every node still lies at the origin (``graph.layout`` places them)."""
        # a node reads only what was drawn before it: there is no circle to look for, and the order is known
        return Graph.drawn(MappingProxyType(self._nodes.copy()), tuple(self._nodes))

"""Sketch: the pen with which code draws a graph, wire by wire; networks and composites are written with it."""

from __future__ import annotations

from types import MappingProxyType

from cnnstudio.graph.block import Block
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.names import fresh_name
from cnnstudio.graph.node import Node


class Pen:
    """What code draws a network with: call it with a block and the names that the block reads.

    It answers the name of what it drew: ``x = draw(Input((1, 28, 28))); x = draw(Conv2d(6, 5), x)``.
    """

    def __call__(self, block: Block, *inputs: str, name: str | None = None) -> str:
        """Add a node that reads ``inputs``; called ``name``, else by the block's stem and the next free number."""
        raise NotImplementedError

    def chain(self, x: str, *blocks: Block) -> str:
        """Add the blocks one after the other behind ``x``; the name of the last."""
        for block in blocks:
            x = self(block, x)
        return x

    def copy(self, graph: Graph) -> None:
        """Add the nodes of a graph in which no port is open, under their names."""
        for name in graph.order:
            node = graph.nodes[name]
            self(node.block, *node.inputs, name=name)  # type: ignore[arg-type] # None is an open port


class Sketch(Pen):
    """The pen that keeps what it drew: ``draw.graph()`` at the end."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def __call__(self, block: Block, *inputs: str, name: str | None = None) -> str:
        """Raises ``ValueError`` for a name that is taken or not drawn yet, and what ``Node`` raises."""
        nodes = self._nodes
        chosen = name or fresh_name(block.stem, nodes)
        if chosen in nodes:
            raise ValueError(f"two nodes are called {chosen}")
        for source in inputs:
            if source not in nodes:
                raise ValueError(f"{chosen} reads from {source}, which is not drawn yet")
        nodes[chosen] = Node.drawn(chosen, block, inputs)
        return chosen

    def graph(self) -> Graph:
        """What was drawn; every node still lies at the origin (``graph.layout`` places them)."""
        # a node reads only what was drawn before it: there is no circle to look for, and the order is known
        return Graph.drawn(MappingProxyType(self._nodes.copy()), tuple(self._nodes))

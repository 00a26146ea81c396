"""Layout: where the nodes of a graph go, without overlaps. It knows no frames: those are in ``arrangement``."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Literal

from cnnstudio.graph.flow import Flow, Size
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.layers import Reads
from cnnstudio.graph.measures import GAP, node_size
from cnnstudio.graph.node import Node, Position, whole

Direction = Literal["right", "down"]


def layout(
    graph: Graph,
    direction: Direction = "right",
    size: Size | Callable[[Node], Size] = node_size,
    gap: Size = GAP,
    *,
    wrap: bool = True,
) -> dict[str, Position]:
    """The top left corner of every node, in scene pixels: name -> (x, y).

    With ``wrap``, a long network to the right goes on in the next row, so that a screen shows it largest. ``size`` is
    the width and the height of a node, for all or for each. ``gap`` is what is left free between two layers and
    between two nodes of one layer.
    """
    turned = direction == "down"
    sizes = {node.name: size(node) if callable(size) else size for node in graph}
    flow = Flow(reads_of(graph), {name: each[::-1] for name, each in sizes.items()} if turned else sizes, gap)
    placed = flow.at(flow.best() if wrap and not turned else inf)
    corners = {name: ((y, x) if turned else (x, y)) for name, (x, y) in placed.items()}
    return {name: whole(corner) for name, corner in corners.items()}


def laid_out(graph: Graph) -> Graph:
    """The graph with every node at the place that ``layout`` gives it, and straight wires."""
    return graph.straighten(graph.nodes).move(layout(graph))


def reads_of(graph: Graph) -> Reads:
    """Name -> what that node reads."""
    return {node.name: tuple(source for source in node.inputs if source is not None) for node in graph}

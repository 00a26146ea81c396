"""Metrics: how large a node and a frame are, how far apart nodes are laid, and the grid, in scene pixels."""

from __future__ import annotations

from cnnstudio.graph.node import Node

WIDTH, HEIGHT = 184.0, 68.0  # of a node
GAP = (84.0, 36.0)  # what automatic layout leaves between nodes: room for a shape on the wire
FRAME_PAD, FRAME_BAR = 18.0, 28.0  # what a frame leaves round its nodes, and the height of its title bar
PORT_PITCH = 15.0
GRID = 24.0  # the spacing of the dots on the canvas; half of it is what nodes snap to
SNAP = GRID / 2


def node_height(ports: int) -> float:
    """The height of a node with so many input ports."""
    return max(HEIGHT, PORT_PITCH * (ports + 1))


def node_size(node: Node) -> tuple[float, float]:
    """The width and the height of a node's body, for automatic layout."""
    return WIDTH, node_height(node.ports)

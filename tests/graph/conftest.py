"""Networks that the tests of the graph share, and what stands on what in one."""

from collections.abc import Callable
from itertools import combinations

import pytest

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Graph, Node
from cnnstudio.layout.spacing import node_box, units
from cnnstudio.project import read
from cnnstudio.resources import resource


@pytest.fixture
def chain() -> Graph:
    """image -> conv1 -> relu1 -> flatten1 -> fc1."""
    return Graph.of(
        [
            Node("image", Input((1, 8, 8))),
            Node("conv1", Conv2d(4), ("image",), (100.0, 0.0)),
            Node("relu1", ReLU(), ("conv1",), (200.0, 0.0)),
            Node("flatten1", Flatten(), ("relu1",), (300.0, 0.0)),
            Node("fc1", Linear(10), ("flatten1",), (400.0, 0.0)),
        ]
    )


@pytest.fixture
def diamond() -> Graph:
    """image -> left, right -> sum."""
    return Graph.of(
        [
            Node("image", Input((4, 8, 8))),
            Node("left", Conv2d(4, padding=1), ("image",)),
            Node("right", Conv2d(4, 1), ("image",)),
            Node("sum", Add(), ("left", "right")),
        ]
    )


@pytest.fixture
def example() -> Callable[[str], Graph]:
    """The network of an example that ships, by its name."""
    return lambda name: read(resource("examples", f"{name}.cnn")).graph


@pytest.fixture
def touching() -> Callable[[Graph], list[tuple[object, object]]]:
    """What stands on something else: units on units, nodes on nodes."""

    def found(graph: Graph) -> list[tuple[object, object]]:
        bodies = {node.name: node_box(node) for node in graph}
        return [
            pair
            for boxes in (units(graph), bodies)
            for pair in combinations(boxes, 2)
            if boxes[pair[0]].touches(boxes[pair[1]])
        ]

    return found

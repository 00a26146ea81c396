"""Small networks that the tests of the graph share."""

import pytest

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Graph, Node


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

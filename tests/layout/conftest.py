"""An example that ships, and what stands on what in a network."""

from collections.abc import Callable
from itertools import combinations

import pytest

from cnnstudio.graph import Graph
from cnnstudio.layout.spacing import node_box, units
from cnnstudio.project import read
from cnnstudio.resources import resource


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

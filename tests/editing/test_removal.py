"""What is deleted, in words and out of the graph."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Add, Input, ReLU
from cnnstudio.editing.removal import removal, removed
from cnnstudio.graph import Edge, Graph, Node, Note

A, B = Edge("input1", "relu1"), Edge("relu1", "add1", 1)
GRAPH = Graph.of(
    (Node("input1", Input()), Node("relu1", ReLU(), ("input1",)), Node("add1", Add(), ("input1", "relu1")))
)


@pytest.mark.parametrize(
    ("names", "edges", "notes", "words"),
    [
        (("relu1",), (), (), "Delete relu1"),
        (("relu1", "add1"), (), (), "Delete 2 blocks"),
        ((), (A,), (), "Delete the wire input1 → relu1"),
        ((), (A, B), (), "Delete 2 wires"),
        ((), (), (Note("a"),), "Delete a note"),
        (("add1",), (A,), (), "Delete add1 and the wire input1 → relu1"),
        (("relu1",), (A, B), (), "Delete relu1"),  # these go with it
        (("add1",), (A,), (Note("a"), Note("b")), "Delete add1, the wire input1 → relu1 and 2 notes"),
    ],
)
def test_all_that_goes_is_named(names, edges, notes, words):
    assert removal(names, edges, notes) == words


def test_wires_go_from_the_last_port_on_and_those_of_a_node_with_it():
    assert removed(GRAPH, (), (Edge("input1", "add1"), B, B))["add1"].inputs == (None, None)
    assert [node.name for node in removed(GRAPH, ("relu1",), (A, B))] == ["input1", "add1"]
    assert removed(GRAPH, ("relu1",), (), heal=True)["add1"].inputs == ("input1", "input1")

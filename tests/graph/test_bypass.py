"""Bypassed nodes: what acts is the network in which they are wires."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Add, Conv2d, Input, ReLU
from cnnstudio.editing.assembly import expanded, merged
from cnnstudio.graph import Graph, GraphError, Node


def fork() -> Graph:
    """An input that a convolution and its ReLU, and a shortcut with a convolution of its own, bring to a sum."""
    return Graph.of(
        [
            Node("image", Input((3, 8, 8))),
            Node("conv1", Conv2d(3), ("image",)),
            Node("relu1", ReLU(), ("conv1",)),
            Node("short", Conv2d(3), ("image",)),
            Node("add1", Add(), ("relu1", "short")),
            Node("relu2", ReLU(), ("add1",)),
        ]
    )


def test_what_acts_reads_past_a_bypassed_node() -> None:
    graph = fork().bypass(["relu1"])
    assert graph["relu1"].bypassed
    assert "relu1" in graph
    assert graph.acting == fork().remove("relu1", heal=True)
    assert graph.acting.acting is graph.acting
    assert graph.bypass(["relu1"], on=False) == fork()
    assert fork().acting == fork()


def test_a_chain_of_bypassed_nodes_is_one_wire() -> None:
    graph = fork().bypass(["conv1", "relu1", "add1"])
    assert graph.passed("add1") == "image"
    assert graph.passed("relu2") == "relu2"
    assert graph.passed(None) is None
    assert graph.acting["relu2"].inputs == ("image",)


def test_what_leads_only_to_the_other_ports_of_a_bypassed_node_does_not_act() -> None:
    acting = fork().bypass(["add1"]).acting
    assert list(acting.nodes) == ["image", "conv1", "relu1", "relu2"]
    # but what leads nowhere on its own account is still there, to be complained of
    loose = fork().add(Node("conv9", Conv2d(), ("image",))).bypass(["add1"])
    assert "conv9" in loose.acting


def test_a_bypassed_end_ends_the_network_before_it() -> None:
    assert [node.name for node in fork().bypass(["relu2", "relu1"]).acting.outputs] == ["add1"]


def test_where_nothing_enters_nothing_is_passed_on() -> None:
    graph = Graph.of([Node("relu1", ReLU()), Node("relu2", ReLU(), ("relu1",))]).bypass(["relu1"])
    assert graph.passed("relu1") is None
    assert graph.acting is graph  # it waits, as any other node with an open port does
    chained = graph.bypass(["relu2"]).add(Node("conv1", Conv2d(), ("relu2",)))
    assert chained.acting is chained
    join = Graph.of(
        [Node("image", Input((3, 8, 8))), Node("relu1", ReLU(), bypassed=True), Node("add1", Add(), ("image", "relu1"))]
    )
    assert join.acting["add1"].inputs == ("image", "relu1")


def test_an_input_has_nothing_to_pass_on() -> None:
    with pytest.raises(GraphError, match=r"^image \(Input\) reads nothing that it could pass on: no bypass for it\.$"):
        fork().bypass(["image"])
    with pytest.raises(GraphError, match="no bypass"):
        Node("image", Input(), bypassed=True)


def test_a_bypass_goes_with_its_node() -> None:
    graph = fork().bypass(["relu1"])
    assert graph.rename("relu1", "off")["off"].bypassed
    assert graph.replace("relu1", Conv2d(7))["relu1"].bypassed
    assert not graph.replace("relu1", Input())["relu1"].bypassed
    assert graph.connect("image", "relu1")["relu1"].bypassed
    assert graph.subgraph(["relu1"])["relu1"].bypassed
    assert merged(graph, graph.subgraph(["relu1"]))[0]["relu3"].bypassed


def test_the_parts_of_a_bypassed_block_are_bypassed() -> None:
    inner = Graph.of([Node("entry", Input()), Node("a", ReLU(), ("entry",)), Node("b", ReLU(), ("a",))])
    graph = fork().bypass(["relu1"])
    opened = expanded(graph, "relu1", inner)
    assert {node.name for node in opened if node.bypassed} == {"relu1_a", "relu1_b"}
    assert opened.acting == graph.acting
    assert not any(node.bypassed for node in expanded(fork(), "relu1", inner))

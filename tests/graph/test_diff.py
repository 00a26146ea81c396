"""Diff: what an edit changed, and no more."""

import pytest

from cnnstudio.blocks import Conv2d, Input, ReLU
from cnnstudio.graph import Edge, Graph, Node
from cnnstudio.graph.diff import Diff, diff, renamed


def test_nothing_changed(chain: Graph) -> None:
    assert not diff(chain, chain)
    assert diff(chain, Graph.of(reversed(list(chain)))) == Diff()


def test_from_and_to_nothing(chain: Graph) -> None:
    names = tuple(chain.nodes)
    assert diff(Graph(), chain) == Diff(added=names, wires_added=chain.edges)
    assert diff(chain, Graph()) == Diff(removed=names, wires_removed=chain.edges)


def test_a_move_is_told_from_a_change(chain: Graph) -> None:
    moved = chain.move({"conv1": (1.0, 2.0)})
    assert diff(chain, moved) == Diff(changed=("conv1",), moved=("conv1",))
    assert diff(chain, moved.replace("conv1", Conv2d(5))) == Diff(changed=("conv1",))


def test_wires(diamond: Graph) -> None:
    rewired = diamond.connect("image", "sum", 1)
    assert diff(diamond, rewired) == Diff(
        changed=("sum",), wires_added=(Edge("image", "sum", 1),), wires_removed=(Edge("right", "sum", 1),)
    )


def test_a_name_that_changes_is_one_gone_and_one_come(chain: Graph) -> None:
    found = diff(chain, chain.rename("relu1", "act"))
    assert (found.added, found.removed, found.changed) == (("act",), ("relu1",), ("flatten1",))
    assert found.wires_added == (Edge("conv1", "act"), Edge("act", "flatten1"))
    assert found.wires_removed == (Edge("conv1", "relu1"), Edge("relu1", "flatten1"))


@pytest.mark.parametrize("heal", [False, True])
def test_a_diff_leads_from_the_old_to_the_new(chain: Graph, heal: bool) -> None:
    new = chain.remove("relu1", heal=heal).add(Node("image2", Input()), Node("relu9", ReLU(), ("image2",)))
    found = diff(chain, new)
    assert set(chain.nodes) - set(found.removed) | set(found.added) == set(new.nodes)
    assert set(chain.edges) - set(found.wires_removed) | set(found.wires_added) == set(new.edges)


def test_a_node_that_was_renamed_is_told_from_one_that_was_put_elsewhere(chain: Graph) -> None:
    graph = chain
    assert renamed(graph, graph) == {}
    assert renamed(graph, graph.rename("conv1", "stem")) == {"conv1": "stem"}
    assert renamed(graph.rename("conv1", "stem"), graph) == {"stem": "conv1"}
    assert renamed(graph, graph.remove("conv1")) == {}
    assert renamed(graph, graph.remove("conv1").add(Node("other", ReLU(), (), (5.0, 5.0)))) == {}
    both = graph.rename("relu1", "act").rename("conv1", "stem").replace("stem", Conv2d(9))
    assert renamed(graph, both) == {"conv1": "stem", "relu1": "act"}

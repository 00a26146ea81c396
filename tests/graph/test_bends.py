"""Bends: where wires go on their way, kept with the port that they enter."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Concat, Conv2d, Input, ReLU
from cnnstudio.editing.assembly import expanded, merged
from cnnstudio.graph import Edge, Graph, GraphError, Node
from cnnstudio.graph.diff import diff
from cnnstudio.layout.layout import laid_out

A, B = ((40.0, -30.0), (60.0, -30.0)), ((5.0, 5.0),)
FIRST, SECOND = Edge("image", "join", 0), Edge("relu1", "join", 1)


@pytest.fixture
def bent() -> Graph:
    graph = Graph.of(
        [
            Node("image", Input((3, 8, 8))),
            Node("relu1", ReLU(), ("image",), (100.0, 0.0)),
            Node("join", Concat(), ("image", "relu1"), (200.0, 0.0)),
            Node("conv1", Conv2d(), ("join",), (300.0, 0.0)),
        ]
    )
    return graph.bend(FIRST, A).bend(SECOND, B)


def test_a_wire_passes_its_bends(bent: Graph) -> None:
    assert bent.bends(FIRST) == A
    assert bent.bends(SECOND) == B
    assert bent.bends(Edge("join", "conv1")) == ()
    assert bent["join"].bends == (A, B)
    assert bent.bend(SECOND, ()).bend(FIRST, ())["join"].bends == ()
    assert bent.bend(FIRST, ())["join"].bends == ((), B)


def test_only_a_wire_bends(bent: Graph) -> None:
    with pytest.raises(GraphError, match="There is no wire from relu1 to conv1 to bend"):
        bent.bend(Edge("relu1", "conv1"), B)
    with pytest.raises(GraphError, match="A wire has 50 bends at most; 51 are in input 1"):
        bent.bend(FIRST, ((0.0, 0.0),) * 51)
    with pytest.raises(GraphError, match="A bend in input 2 lies nowhere"):
        bent.bend(SECOND, ((float("nan"), 0.0),))
    assert Node("a", ReLU(), (None,), bends=(B,)).bends == ()
    assert Node("a", ReLU(), ("b",), bends=(B, A)).bends == (B,)


def test_another_wire_runs_straight(bent: Graph) -> None:
    assert bent.connect("image", "join", 0).bends(FIRST) == A  # the same wire
    assert bent.connect("relu1", "join", 0)["join"].bends == ((), B)
    assert bent.remove("relu1", heal=True)["join"].bends == (A,)
    assert bent.remove("relu1")["join"].inputs == ("image", None)
    assert bent.remove("relu1")["join"].bends == (A,)
    assert bent.insert(FIRST, Node("relu2", ReLU()))["join"].bends == ((), B)
    assert bent.replace("join", ReLU())["join"].bends == (A,)


def test_bends_move_up_with_their_wire() -> None:
    graph = Graph.of(
        [Node("a", Input()), Node("b", Input()), Node("c", Input()), Node("join", Concat(), ("a", "b", "c"))]
    )
    graph = graph.bend(Edge("b", "join", 1), A).bend(Edge("c", "join", 2), B).disconnect(Edge("a", "join", 0))
    assert graph["join"].inputs == ("b", "c")
    assert graph["join"].bends == (A, B)


def test_a_new_name_keeps_the_bends(bent: Graph) -> None:
    assert bent.rename("image", "photo").rename("join", "both").bends(Edge("photo", "both", 0)) == A


def test_bends_move_with_both_ends(bent: Graph) -> None:
    both = bent.move({"relu1": (110.0, 7.0), "join": (210.0, 7.0)})
    assert both["join"].bends == (A, ((15.0, 12.0),))
    assert bent.move({"join": (210.0, 7.0)})["join"].bends == (A, B)
    assert bent.move({"relu1": (0.0, 0.0), "join": (210.0, 7.0)})["join"].bends == (A, B)


def test_a_step_from_a_place_between_pixels_is_the_same_step(bent: Graph) -> None:
    graph = bent.move({"relu1": (100.0 / 3, 0.1), "join": (200.0 / 7, 0.7)})
    places = {name: graph[name].position for name in ("relu1", "join")}
    moved = graph.move({name: (x + 48.0, y + 32.0) for name, (x, y) in places.items()})
    assert moved["join"].bends == (A, ((53.0, 37.0),))


def test_a_layout_straightens(bent: Graph) -> None:
    assert bent.straighten(["relu1"])["join"].bends == (A,)
    assert bent.straighten(["join"])["join"].bends == ()
    assert bent.straighten(["conv1"]) == bent
    assert laid_out(bent)["join"].bends == ()


def test_copies_keep_the_form_of_the_wires_among_them(bent: Graph) -> None:
    part = bent.subgraph(["relu1", "join"])
    assert part["join"].inputs == (None, "relu1")
    assert part["join"].bends == ((), B)
    graph, _ = merged(bent, part, offset=(10.0, 20.0))
    assert graph["join1"].bends == ((), ((15.0, 25.0),))
    kept, _ = merged(bent, part, keep_inputs=True)
    assert kept["join1"].inputs == ("image", "relu2")
    assert kept["join1"].bends == ((), B)


def test_a_block_that_is_opened_keeps_the_form_of_the_wires_inside(bent: Graph) -> None:
    graph = expanded(bent, "conv1", bent, prefix=True)
    assert graph["conv1_join"].inputs == ("join", "conv1_relu1")
    assert graph["conv1_join"].bends == ((), ((205.0, 5.0),))  # relu1, the first inside, comes to where conv1 was
    opened = expanded(bent, "relu1", Graph.of([Node("entry", Input()), Node("a", ReLU(), ("entry",))]))
    assert opened["join"].inputs == ("image", "relu1_a")
    assert opened["join"].bends == (A,)


def test_a_difference_names_the_wires_that_bend_elsewhere(bent: Graph) -> None:
    between = diff(bent, bent.bend(FIRST, B))
    assert between.bent == (FIRST,)
    assert between.changed == between.moved == ("join",)
    assert not between.wires_added
    assert not between.wires_removed
    assert diff(bent, bent.bypass(["relu1"])).moved == ()
    plugged = diff(bent, bent.connect("relu1", "join", 0))
    assert plugged.bent == ()

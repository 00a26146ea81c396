"""A node put into a wire stands in line with it, at the distance of layout, on nothing, and few others move."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Add, Conv2d, Input, ReLU, Residual
from cnnstudio.graph import Edge, Graph, GraphError, Node, Position, Shape, Sketch
from cnnstudio.layout.layout import arranged, laid_out
from cnnstudio.layout.metrics import GAP, HEIGHT, WIDTH
from cnnstudio.layout.spacing import node_box
from cnnstudio.layout.splice import along, spliced

NEXT = WIDTH + GAP[0]


def put(graph: Graph, edge: Edge, at: Position | None = None) -> tuple[Graph, set[str]]:
    """With a ReLU called new in this wire, and which of the others moved."""
    made = spliced(graph, edge, Node("new", ReLU(), (), at or along(graph, edge)))
    return made, {node.name for node in graph if made[node.name].position != node.position}


def leads_back(graph: Graph, edge: Edge) -> bool:
    """Whether a wire begins to the right of where it ends."""
    return node_box(graph[edge.source]).right > node_box(graph[edge.target]).left


@pytest.mark.parametrize("name", ["lenet5", "small_resnet", "vgg_small"])
def test_whatever_the_wire_nothing_stands_on_anything(name: str, example, touching) -> None:
    graph = example(name)
    for edge in graph.edges:
        for at in (along(graph, edge), graph[edge.source].position, graph[edge.target].position):
            made, _ = put(graph, edge, at)
            assert touching(made) == []


def test_the_rest_of_the_row_moves_over_and_no_other_row(example) -> None:
    graph = example("lenet5")
    made, moved = put(graph, Edge("conv1", "tanh1"))
    assert moved == {"tanh1", "pool1"}
    row = [made[name].position for name in ("conv1", "new", "tanh1", "pool1")]
    assert row == [(NEXT * number, 0.0) for number in range(1, 5)]
    assert "new" in made.framed["conv1"].members


def test_a_wire_to_the_next_row_takes_it_in_at_the_end_that_is_nearer(example) -> None:
    graph = example("lenet5")
    made, moved = put(graph, Edge("tanh3", "fc2"), graph["tanh3"].position)
    assert made["new"].position == (3 * NEXT, 384.0) and moved == set()
    made, moved = put(graph, Edge("tanh3", "fc2"), graph["fc2"].position)
    assert made["new"].position == graph["fc2"].position and moved == {"fc2", "tanh4", "fc3"}
    made, moved = put(graph, Edge("pool1", "conv2"), graph["conv2"].position)
    assert made["new"].position == graph["conv2"].position and moved == {"conv2", "tanh2", "pool2"}


def test_what_has_room_moves_nothing() -> None:
    places = {"a": (0.0, 0.0), "b": (3 * NEXT, 0.0), "c": (4 * NEXT, 0.0)}
    draw = Sketch()
    draw(ReLU(), draw(ReLU(), draw(Input(), name="a"), name="b"), name="c")
    graph = draw.graph().move(places)
    made, moved = put(graph, Edge("a", "b"), (400.0, 8.0))
    assert moved == set() and made["new"].position == (400.0, 0.0)
    made, _ = put(graph, Edge("a", "b"), (0.0, 0.0))
    assert made["new"].position == (NEXT, 0.0), "clear of the source"
    graph = graph.move({"b": (1.6 * NEXT, 0.0), "c": (3.1 * NEXT, 0.0)})
    made, moved = put(graph, Edge("a", "b"))
    assert moved == {"b"} and made["b"].position == (2 * NEXT, 0.0), "as far as it has to, and what has space stays"


def test_on_a_branch_it_stands_in_the_row_of_the_branch(touching) -> None:
    draw = Sketch()
    x = draw(Input((8, 8, 8)), name="start")
    lanes = [draw(Conv2d(8), x, name=f"lane{number}") for number in range(4)]
    draw(Add(), *lanes, name="sum")
    graph = laid_out(draw.graph())
    made, moved = put(graph, Edge("start", "lane0"))
    assert made["new"].position == graph["lane0"].position
    assert moved == {"lane0", "sum"} and touching(made) == [], "a wire never comes to lead back"
    made, moved = put(graph, Edge("lane3", "sum", 3))
    assert made["new"].position == (graph["sum"].position[0], graph["lane3"].position[1]) and moved == {"sum"}


@pytest.mark.parametrize("lanes", [2, 3, 4, 5, 8])
def test_on_whichever_branch_no_wire_comes_to_lead_back(lanes: int, touching) -> None:
    draw = Sketch()
    x = draw(Input((8, 8, 8)), name="start")
    draw(ReLU(), draw(Add(), *(draw.chain(x, Conv2d(8), ReLU()) for _ in range(lanes)), name="sum"))
    graph = laid_out(draw.graph())
    for edge in graph.edges:
        made, _ = put(graph, edge)
        assert [str(wire) for wire in made.edges if leads_back(made, wire)] == [], f"with a block in {edge}"
        assert touching(made) == []


def test_what_reads_from_another_row_stays() -> None:
    draw = Sketch()
    draw(ReLU(), draw(ReLU(), draw(Input(), name="a"), name="b"), name="c")
    graph = draw.graph().move({"a": (0.0, 0.0), "b": (NEXT, 0.0), "c": (2 * NEXT, 200.0)})
    assert put(graph, Edge("a", "b"))[1] == {"b"}


def test_on_a_skip_it_stands_beside_what_the_skip_passes(touching) -> None:
    graph = laid_out(Residual(8).parts(Shape(8, 8, 8)).graph)
    edge = Edge("input1", "add", 1)
    made, moved = put(graph, edge)
    assert moved == set() and touching(made) == []
    box = node_box(made["new"])
    assert all(abs(box.top - node_box(graph[name]).bottom) >= GAP[1] for name in ("bn1", "relu1", "conv2"))
    assert box.top - made["input1"].position[1] < HEIGHT, "and not far from its wire"


def test_in_a_column_what_is_below_moves_down() -> None:
    draw = Sketch()
    draw(ReLU(), draw(ReLU(), draw(Input(), name="a"), name="b"), name="c")
    graph = draw.graph().move({"a": (0.0, 0.0), "b": (0.0, 104.0), "c": (0.0, 300.0)})
    made, moved = put(graph, Edge("a", "b"))
    assert made["new"].position == graph["b"].position and moved == {"b", "c"}
    assert [made[name].position for name in "bc"] == [(0.0, 208.0), (0.0, 312.0)]
    made, moved = put(graph, Edge("b", "c"), (40.0, 220.0))
    assert made["new"].position == (0.0, 208.0) and moved == {"c"}


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_in_a_wire_that_bends_it_stands_where_it_is_dropped_and_the_wire_bends_on(share: float, touching) -> None:
    graph = arranged(Residual(8).parts(Shape(8, 8, 8)).graph)
    edge = Edge("input1", "add", 1)
    at = along(graph, edge, share)
    made, _ = put(graph, edge, at)
    assert touching(made) == []
    assert made["new"].position[0] == at[0] and abs(made["new"].position[1] - at[1]) <= HEIGHT + GAP[1]
    bends = (*made.bends(Edge("input1", "new")), *made.bends(Edge("new", "add", 1)))
    assert len(bends) >= len(graph.bends(edge)) - 3 and set(bends) <= set(graph.bends(edge))
    assert list(bends) == [bend for bend in graph.bends(edge) if bend in bends], "in the same order"


def test_a_node_that_is_there_goes_to_the_wire(example, touching) -> None:
    graph = example("lenet5").add(Node("lone", ReLU(), (), (2_000.0, 900.0)))
    edge = Edge("conv2", "tanh2")
    made = spliced(graph, edge, Node("lone", ReLU(), (), along(graph, edge)))
    assert made["lone"].inputs == ("conv2",) and made["tanh2"].inputs == ("lone",)
    assert made["lone"].position == (NEXT, 192.0) and touching(made) == []


def test_a_block_that_reads_nothing_cannot(example) -> None:
    with pytest.raises(GraphError, match="reads nothing"):
        spliced(example("lenet5"), Edge("conv1", "tanh1"), Node("new", Input()))

"""Sketch: what code draws is what a person would have wired."""

import copy
import dataclasses
import pickle

import pytest

from cnnstudio.blocks import Add, Conv2d, Input, ReLU
from cnnstudio.graph import Graph, GraphError, Node, Sketch
from cnnstudio.graph.names import NamingError


def test_nodes_are_counted_up_and_named() -> None:
    draw = Sketch()
    x = draw.chain(draw(Input((4, 8, 8))), Conv2d(4, 1), ReLU(), Conv2d(4, 1))
    draw(Add(), x, "conv1", name="sum")
    graph = draw.graph()
    assert list(graph.nodes) == ["input1", "conv1", "relu1", "conv2", "sum"]
    assert graph["sum"].inputs == ("conv2", "conv1")
    assert Graph.of(graph) == graph


def test_a_graph_stays_as_it_was_when_more_is_drawn() -> None:
    draw = Sketch()
    x = draw(Input())
    before = draw.graph()
    draw(ReLU(), x)
    assert len(before) == 1 and len(draw.graph()) == 2


def test_nothing_is_read_before_it_is_drawn() -> None:
    draw = Sketch()
    x = draw(Input())
    with pytest.raises(ValueError, match="relu1 reads from conv1, which is not drawn yet"):
        draw(ReLU(), "conv1")
    with pytest.raises(ValueError, match="two nodes are called input1"):
        draw(ReLU(), x, name="input1")


def test_what_is_drawn_is_what_is_made_by_hand() -> None:
    draw = Sketch()
    draw(Add(), draw(Input(), name="image"), "image", name="sum")
    drawn = draw.graph()
    made = Graph.of((Node("image", Input()), Node("sum", Add(), ("image", "image"))))
    assert drawn == made and hash(drawn) == hash(made) and repr(drawn["sum"]) == repr(made["sum"])
    assert drawn.order == made.order and drawn.frames == made.frames and drawn.notes == made.notes
    for again in (copy.deepcopy(drawn["sum"]), pickle.loads(pickle.dumps(drawn["sum"]))):
        assert again == made["sum"]
    moved = dataclasses.replace(drawn["sum"], position=(1.0, 2.0))
    assert moved == Node("sum", Add(), ("image", "image"), (1.0, 2.0)) and drawn["sum"].position == (0.0, 0.0)


def test_what_nobody_could_make_by_hand_is_not_drawn() -> None:
    draw = Sketch()
    x = draw(Input())
    with pytest.raises(NamingError, match="word of the Python language"):
        draw(ReLU(), x, name="class")
    with pytest.raises(GraphError, match="takes 1 input, not 2"):
        draw(ReLU(), x, x)
    half = draw(Add(), x)
    assert draw.graph()[half].inputs == (x, None)

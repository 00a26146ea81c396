"""Sketch: what code draws is what a person would have wired."""

import pytest

from cnnstudio.blocks import Add, Conv2d, Input, ReLU
from cnnstudio.graph import Graph, Sketch


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

"""Groups: fold what is selected into one block, and have it back."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Add, Conv2d, Input, ReLU
from cnnstudio.blocks.group import Group, grouped
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Graph, GraphError, Shape, Sketch


def residual() -> Graph:
    draw = Sketch()
    entry = draw(Input((4, 8, 8)))
    x = draw.chain(entry, Conv2d(4, padding=1), ReLU(), Conv2d(4, padding=1))
    draw(ReLU(), draw(Add(), x, entry))
    return draw.graph()


def folded(graph: Graph, *names: str) -> tuple[Graph, str]:
    return grouped(graph, names, infer(graph).shape, "My block")


def test_a_group_is_one_node_with_the_same_costs_and_shapes() -> None:
    graph = residual()
    after, name = folded(graph, "conv1", "relu1", "conv2")
    assert [node.name for node in after] == ["input1", name, "add1", "relu2"]
    assert infer(after).totals is not None and infer(graph).totals is not None
    assert infer(after).totals.parameters == infer(graph).totals.parameters
    assert infer(after).totals.macs == infer(graph).totals.macs
    assert infer(after).shape(name) == Shape(4, 8, 8)


def test_a_group_that_reads_one_node_twice_has_one_input_for_it() -> None:
    after, name = folded(residual(), "conv1", "relu1", "conv2", "add1")
    assert after[name].inputs == ("input1",)
    assert after[name].block.arity.most == 1


def test_a_group_may_have_two_inputs() -> None:
    after, name = folded(residual(), "conv2", "add1")
    assert after[name].inputs == ("relu1", "input1")
    assert infer(after).shape("relu2") == Shape(4, 8, 8)


def test_ungrouping_restores_what_was_there() -> None:
    graph = residual()
    after, name = folded(graph, "conv1", "relu1", "conv2")
    block = after[name].block
    assert isinstance(block, Group)
    restored = after.expand(name, block.graph(Shape(4, 8, 8)), prefix=False)
    assert restored == graph


def test_it_takes_the_size_of_what_enters() -> None:
    after, name = folded(residual(), "conv1", "relu1", "conv2")
    other = after.replace("input1", Input((4, 20, 12)))
    assert infer(other).shape(name) == Shape(4, 20, 12)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "Select the blocks"),
        (("input1",), "Select the blocks"),
        (("conv1", "relu2"), "one output"),
        (("conv1", "conv2"), "one output"),
    ],
)
def test_what_cannot_be_one_block_is_refused_in_words(names: tuple[str, ...], told: str) -> None:
    with pytest.raises(GraphError, match=told):
        folded(residual(), *names)


def test_a_wire_that_leaves_and_comes_back_is_refused() -> None:
    draw = Sketch()
    x = draw(Conv2d(4, padding=1), draw(Input((4, 8, 8))))
    draw(Add(), x, draw(ReLU(), x))
    with pytest.raises(GraphError, match=r"comes back|one output"):
        folded(draw.graph(), "conv1", "add1")


def test_the_label_becomes_the_name_of_a_class() -> None:
    assert Group("my block-2").class_name == "MyBlock2"
    assert Group("3x3").class_name == "Group3x3"
    assert Group('"); import os #').class_name == "ImportOs"
    assert Group("").class_name == "Group"

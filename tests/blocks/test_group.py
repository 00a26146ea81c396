"""Groups: fold what is selected into one block, and have it back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from cnnstudio.blocks import Add, Conv2d, ConvTranspose2d, Flatten, Input, MaxPool2d, ReLU
from cnnstudio.blocks.group import MOST_PARTS, Group, exposable, grouped, size, unrolled, with_body, with_exposed
from cnnstudio.blocks.opaque import Opaque
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.assembly import expanded
from cnnstudio.graph import Graph, GraphError, Node, ParameterError, Shape, Sketch
from cnnstudio.project.library import Kept


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
    restored = expanded(after, name, block.graph(Shape(4, 8, 8)), prefix=False)
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


# copies in a row


def repeated(times: int, *names: str) -> tuple[Graph, str]:
    after, name = folded(residual(), *(names or ("conv1", "relu1", "conv2")))
    return after.replace(name, dataclasses.replace(after[name].block, repeat=times)), name


def test_copies_stand_in_a_row_with_weights_of_their_own() -> None:
    once, name = repeated(1)
    thrice, _ = repeated(3)
    one, three = infer(once).facts[name], infer(thrice).facts[name]
    assert (three.parameters, three.macs, three.shape) == (3 * one.parameters, 3 * one.macs, one.shape)
    weights = thrice[name].block.weights(Shape(4, 8, 8))
    assert len(weights) == 12 and set(weights) >= {"0.conv1.weight", "2.conv2.bias"}
    assert thrice[name].block.brief() == "My block × 3"


def test_each_copy_reads_what_the_last_gives() -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Conv2d(8, 3, padding=1), MaxPool2d(2))
    after, name = folded(draw.graph(), "conv1", "pool1")
    after = after.replace(name, dataclasses.replace(after[name].block, repeat=4))
    assert infer(after).shape(name) == Shape(8, 2, 2)
    block = after[name].block
    assert isinstance(block, Group)
    assert [into for _, into in block.copies(Shape(3, 32, 32))][1] == (Shape(8, 16, 16),)
    too_often = after.replace(name, dataclasses.replace(block, repeat=7))
    assert "at copy6" in infer(too_often).errors[name].sentence


def test_what_cannot_read_its_own_result_cannot_be_repeated() -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 8, 8))), Conv2d(8), Flatten())
    after, name = folded(draw.graph(), "conv1", "flatten1")
    after = after.replace(name, dataclasses.replace(after[name].block, repeat=2))
    assert "at copy2" in infer(after).errors[name].sentence


def test_a_group_of_two_inputs_cannot_be_repeated() -> None:
    after, name = repeated(2, "conv2", "add1")
    assert "Only a group of one input" in infer(after).errors[name].sentence


def test_copies_of_copies_have_a_limit_that_is_found_at_once() -> None:
    block = Group()
    for _ in range(12):
        block = Group("Again", Graph.of((Node("input1", Input()), Node("group1", block, ("input1",)))), 64)
    assert size(block) > 64**12
    graph = Graph.of((Node("input1", Input()), Node("group1", block, ("input1",))))
    assert f"{MOST_PARTS:,} are the most" in infer(graph).errors["group1"].sentence


def test_a_repeated_group_unrolls_to_groups_with_the_same_meaning() -> None:
    graph, name = repeated(3)
    row = unrolled(graph)
    assert [node.name for node in row][1:4] == [f"{name}_1", f"{name}_2", f"{name}_3"]
    assert row["add1"].inputs == (f"{name}_3", "input1")
    assert infer(row).totals == infer(graph).totals
    assert infer(row).memory.training == infer(graph).memory.training


# what is offered on the group itself


def test_an_exposed_parameter_is_changed_on_the_group() -> None:
    graph, name = folded(residual(), "conv1", "relu1", "conv2")
    block = dataclasses.replace(graph[name].block, exposed=("conv1.out_channels", "gone.bias", "conv2.nonsense"))
    assert isinstance(block, Group) and block.offered() == [("conv1", "out_channels")]
    other = with_exposed(block, "conv1", "out_channels", 9)
    assert other.body["conv1"].block == Conv2d(9, padding=1) and other.exposed == block.exposed
    with pytest.raises(ParameterError):
        with_exposed(block, "conv1", "out_channels", 0)


def test_what_is_exposed_follows_its_node() -> None:
    graph, name = folded(residual(), "conv1", "relu1", "conv2")
    block = dataclasses.replace(graph[name].block, exposed=("conv1.out_channels", "conv2.bias"))
    assert isinstance(block, Group)
    graph = graph.replace(name, block)
    renamed = with_body(graph, (name,), block.body.rename("conv1", "first"))[name].block
    assert isinstance(renamed, Group) and renamed.exposed == ("first.out_channels", "conv2.bias")
    other = block.body.replace("conv1", ConvTranspose2d(8)).rename("conv1", "convtranspose1")
    replaced = with_body(graph, (name,), other)[name].block
    assert isinstance(replaced, Group) and replaced.exposed == ("convtranspose1.out_channels", "conv2.bias")
    removed = with_body(graph, (name,), block.body.remove("conv2", heal=True))[name].block
    assert isinstance(removed, Group) and removed.exposed == ("conv1.out_channels",)


def test_what_can_be_exposed_are_the_parameters_inside() -> None:
    block = folded(residual(), "conv1", "relu1", "conv2")[0]["group1"].block
    assert isinstance(block, Group)
    found = dict(exposable(block))
    assert "kernel_size" in found["conv1"] and "relu1" not in found and "input1" not in found


def test_no_label_turns_the_direction_of_what_is_shown(tmp_path: Path) -> None:
    """With the mark, the name of a file in a mailed network reads as another one, on the canvas and in every list."""
    label = "cnn.\u202eexe\n\x07 \u200b"
    group, shown = Group(label, residual()), "cnn.\\u202eexe \\u0007 \\u200b"
    assert group.brief() == shown == Kept(group, tmp_path).label
    assert Opaque(operation="a\u202eb\nc").brief() == "a\\u202eb\\nc"
    assert group.label == label, "what is kept is what was written"

"""Repeated groups as they are written, and that torch makes the same of them."""

from __future__ import annotations

import dataclasses

import torch

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.blocks.group import grouped
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.training.build import build


def repeated(graph: Graph, names: tuple[str, ...], times: int, label: str) -> Graph:
    after, name = grouped(graph, names, infer(graph).shape, label)
    return after.replace(name, dataclasses.replace(after[name].block, repeat=times))


def network(channels: int) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((channels, 8, 8))), Conv2d(8, 3, padding=1), BatchNorm2d(), ReLU(), Flatten(), Linear(3))
    return draw.graph()


PARTS = ("conv1", "bn1", "relu1")


def test_copies_are_a_generator_in_a_sequential() -> None:
    made = source(repeated(network(8), PARTS, 3, "My block"))
    assert "        self.group1 = nn.Sequential(*(MyBlock(8) for _ in range(3)))\n" in made.text
    assert made.text.count("class MyBlock") == 1 and made.paths["group1"] == "group1"
    assert made.steps[0].expression == "self.group1(input1)"


def test_the_first_copy_may_read_another_shape() -> None:
    made = source(repeated(network(3), PARTS, 4, "My block"))
    assert "nn.Sequential(MyBlock(3, 8), *(MyBlock(8, 8) for _ in range(3)))" in made.text


def test_torch_has_the_same_weights_under_the_same_names() -> None:
    inner = repeated(network(3), PARTS, 2, "Inner")
    for graph in (inner, repeated(inner, ("group1",), 3, "Outer")):
        module = build(source(graph).text)
        analysis = infer(graph)
        node = next(node for node in graph if node.name.startswith("group"))
        expected = node.block.weights(*(shape for shape in analysis.shapes_into(node.name) if shape))
        found = {name: tuple(weight.shape) for name, weight in module.get_submodule(node.name).named_parameters()}
        assert found == {name: tuple(shape) for name, shape in expected.items()}
        assert analysis.totals is not None
        assert sum(weight.numel() for weight in module.parameters()) == analysis.totals.parameters
        assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 3)

"""Which block is to blame for a loss that is no number before any weight has moved."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, LPPool2d, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, Node
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Finished
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.node_values import first_not_finite, node_values

MakeData = Callable[..., Data]


def chain(*blocks: Block) -> Graph:
    nodes = [Node("image", Input((1, 8, 8)))]
    for name, block in zip(("conv1", "pool", "flat", "fc"), blocks, strict=True):
        nodes.append(Node(name, block, (nodes[-1].name,)))
    return Graph.of(nodes)


POOLED = chain(Conv2d(4), LPPool2d(3.0), Flatten(), Linear(3))
PLAIN = chain(Conv2d(4), ReLU(), Flatten(), Linear(3))


def ended(graph: Graph, data: Data, spoil: str = "", **recipe: object) -> str:
    text, asked = source(graph), Recipe(**{"epochs": 3, "batch_size": 8, "device": "cpu", **recipe})
    module = fresh(text, asked)
    if spoil:
        with torch.no_grad():
            module.get_parameter(spoil).fill_(math.inf)
    last = list(train(module, data, asked, source=text))[-1]
    assert isinstance(last, Finished) and last.reason == "diverged"
    return last.sentence


def test_the_values_of_the_nodes_are_those_of_the_network() -> None:
    text = source(PLAIN)
    module, x = fresh(text, Recipe()), torch.randn(2, 1, 8, 8)
    values = dict(node_values(module, text, x))
    assert list(values) == [step.node for step in text.steps]
    assert torch.equal(values["fc"], module(x))
    assert list(dict(node_values(module, text, x, {"conv1"}))) == ["conv1"]
    assert first_not_finite(module, text, x) is None


def test_the_first_block_without_a_number_is_named_and_no_rate_is_blamed(make_data: MakeData) -> None:
    sentence = ended(POOLED, make_data())
    assert "the learning rate is not to blame" in sentence
    assert "The first block whose output is no number is pool (LPPool2d)." in sentence
    assert "What goes into it is all numbers, from −" in sentence
    assert "too long" not in sentence


def test_weights_that_are_no_numbers_are_told_of(make_data: MakeData) -> None:
    sentence = ended(PLAIN, make_data(), spoil="fc.weight")
    assert "is fc (Linear). Its weights are no numbers" in sentence


def test_a_loss_that_is_lost_later_is_the_rates_doing(make_data: MakeData) -> None:
    sentence = ended(PLAIN, make_data(), learning_rate=100.0, optimizer="SGD", schedule="constant", epochs=50)
    assert "The steps are too long" in sentence and "not to blame" not in sentence

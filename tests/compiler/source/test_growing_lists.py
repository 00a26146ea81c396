"""Concatenations that grow, as a list in ``forward``: when, under which name, and that it computes the same."""

from __future__ import annotations

import pytest
import torch

from cnnstudio.blocks import AdaptiveAvgPool2d, Add, Concat, Conv2d, Flatten, Input, Linear
from cnnstudio.blocks.group import Group
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.training.build import build


def dense(draw: Sketch, x: str, layers: int, names: str = "layer") -> str:
    """Layers of which each reads all before it; what comes out of all together."""
    made = [x]
    for number in range(1, layers + 1):
        read = draw(Concat(), *made) if len(made) > 1 else x
        made.append(draw(Conv2d(4, 3, padding=1), read, name=f"{names}{number}"))
    return draw(Concat(), *made)


def body(layers: int, names: str = "layer") -> Graph:
    draw = Sketch()
    dense(draw, draw(Input((6, 8, 8))), layers, names)
    return draw.graph()


def network(inner: Graph, channels: int = 6) -> str:
    draw = Sketch()
    draw.chain(draw(Input((channels, 8, 8))), Group("Dense", inner), AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    return source(draw.graph()).text


def forward_of(text: str) -> list[str]:
    body = text.partition("class Dense(")[2].partition("-> torch.Tensor:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in body.split("\n")]


def test_what_is_read_again_and_again_is_a_list() -> None:
    assert forward_of(network(body(4))) == [
        "out = self.layer1(x)",
        "features = [x, out]",
        "layer2 = torch.cat(features, dim=1)",
        "features.append(self.layer2(layer2))",
        "layer3 = torch.cat(features, dim=1)",
        "features.append(self.layer3(layer3))",
        "layer4 = torch.cat(features, dim=1)",
        "features.append(self.layer4(layer4))",
        "return torch.cat(features, dim=1)",
    ]


def test_it_computes_what_is_drawn() -> None:
    draw = Sketch()
    draw.chain(dense(draw, draw(Input((6, 8, 8))), 5), AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    written_out, listed = build(source(draw.graph()).text), build(network(body(5)))
    assert "features" not in source(draw.graph()).text, "a network's own lines belong to its nodes"
    for ours, theirs in zip(listed.parameters(), written_out.parameters(), strict=True):
        ours.data = theirs.data
    x = torch.randn(2, 6, 8, 8)
    with torch.no_grad():
        assert torch.equal(listed(x), written_out(x))


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_torchscript_takes_it() -> None:
    module = build(network(body(4))).eval()
    x = torch.randn(1, 6, 8, 8)
    with torch.no_grad():
        assert torch.equal(torch.jit.script(module)(x), module(x))


def test_the_list_has_a_name_of_its_own() -> None:
    inner = body(4).rename("layer3", "features")
    assert "features2 = [x, out]" in forward_of(network(inner))


def test_two_concatenations_are_written_out() -> None:
    assert not [line for line in forward_of(network(body(2))) if "append" in line]


def test_what_something_else_reads_keeps_its_variable() -> None:
    draw = Sketch()
    x = draw(Input((4, 8, 8)))
    end = dense(draw, x, 4)
    draw(Concat(), draw(Add(), "layer2", "layer3"), end)
    text = network(draw.graph(), 4)
    assert not [line for line in forward_of(text) if "append" in line]
    build(text)


def test_two_lists_do_not_mix() -> None:
    draw = Sketch()
    middle = dense(draw, draw(Input((6, 8, 8))), 3, "first")
    dense(draw, draw(Conv2d(5, 1), middle), 3, "second")
    lines = forward_of(network(draw.graph()))
    assert "features = [x, out]" in [line.replace("first1", "out") for line in lines]
    assert any(line.startswith("features2 = [") for line in lines)
    module = build(network(draw.graph()))
    assert tuple(module(torch.randn(1, 6, 8, 8)).shape) == (1, 3)

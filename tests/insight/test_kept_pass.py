"""What is kept of a pass: another node of the same picture costs none, and nothing is kept that is not so any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU, Residual
from cnnstudio.compiler.source import Place, Source, source, way_to
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight import kept_pass
from cnnstudio.insight.activations import activations
from cnnstudio.insight.kept_pass import KeptPass
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.loop import fresh


@pytest.fixture
def graph() -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input((1, 6, 6))), Conv2d(3, padding=1), ReLU(), Residual(3), Flatten(), Linear(4))
    assert x
    return draw.graph()


@pytest.fixture
def text(graph: Graph) -> Source:
    return source(graph)


@pytest.fixture
def module(text: Source) -> nn.Module:
    return fresh(text, Recipe()).eval()


@contextmanager
def counted(module: nn.Module) -> Iterator[list[str]]:
    """The convolutions and linear layers that are computed meanwhile."""
    computed: list[str] = []
    handles = [
        part.register_forward_hook(lambda *_, path=path: computed.append(path))
        for path, part in module.named_modules()
        if isinstance(part, nn.Conv2d | nn.Linear)
    ]
    yield computed
    for handle in handles:
        handle.remove()


def test_another_node_of_the_same_picture_is_not_computed_again(graph: Graph, text: Source, module: nn.Module) -> None:
    x, kept, end = torch.randn(1, 1, 6, 6), KeptPass(), text.steps[-1].node
    inner = [way_to(graph, text, Place(name, ("block1",))) for name in ("conv1", "conv2")]
    nodes = [*graph.nodes, *inner]
    expected = activations(module, text, nodes, x)
    with counted(module) as computed:
        kept.activations(module, text, ("conv1", end), x)
        assert sorted(computed) == sorted({*computed}) and len(computed) == 4
        computed.clear()
        for node in graph.nodes:
            assert torch.equal(kept.activations(module, text, (node, end), x)[node], expected[node])
        assert not computed
        for way in inner:
            assert torch.equal(kept.activations(module, text, (way, end), x)[way], expected[way])
        assert computed and all(path.startswith(text.paths["block1"]) for path in computed), "and what enters it is"


def test_it_is_of_these_weights_and_this_picture(text: Source, module: nn.Module) -> None:
    x, kept, end = torch.randn(1, 1, 6, 6), KeptPass(), text.steps[-1].node
    first = kept.activations(module, text, (end,), x)[end].clone()
    assert torch.equal(kept.activations(module, text, (end,), x.clone())[end], first), "equal pictures are one"
    optimizer = torch.optim.AdamW(module.parameters(), 0.1)
    nn.functional.cross_entropy(module(x), torch.tensor([1])).backward()
    optimizer.step()
    second = kept.activations(module, text, (end,), x)[end]
    assert not torch.equal(second, first) and torch.equal(second, activations(module, text, (end,), x)[end])
    module.load_state_dict({name: torch.zeros_like(value) for name, value in module.state_dict().items()})
    assert not kept.activations(module, text, (end,), x)[end].any()
    with torch.no_grad():
        next(module.parameters()).data = torch.ones_like(next(module.parameters()))
    assert kept.activations(module, text, ("conv1",), x)["conv1"].any()
    other = torch.randn(1, 1, 6, 6)
    found = kept.activations(module, text, ("conv1",), other)["conv1"]
    assert torch.equal(found, activations(module, text, ("conv1",), other)["conv1"])
    with counted(module) as computed:
        kept.forget()
        kept.activations(module, text, ("conv1",), other)
        assert len(computed) == 1


def test_it_keeps_the_last_values_that_fit(text: Source, module: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pass, "MOST_BYTES", 3 * 36 * 4 + 3 * 36 * 4 + 4 * 4)  # block1, flatten1, linear1
    x, kept, end = torch.randn(1, 1, 6, 6), KeptPass(), text.steps[-1].node
    kept.activations(module, text, (end,), x)
    with counted(module) as computed:
        kept.activations(module, text, ("block1", end), x)
        assert not computed
        found = kept.activations(module, text, ("relu1", end), x)["relu1"]
        assert len(computed) == 1, "no more than leads to it"
    assert torch.equal(found, activations(module, text, ("relu1",), x)["relu1"])


def test_a_step_that_writes_over_another_value_is_not_done_twice(
    text: Source, module: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be, where its own value was not kept and the one that it reads was."""
    x, kept, end = torch.randn(1, 1, 6, 6), KeptPass(), text.steps[-1].node
    module.get_submodule(text.paths["relu1"]).register_forward_hook(lambda part, inputs, output: inputs[0].add_(1.0))
    first = activations(module, text, ("relu1",), x)["relu1"]
    kept.activations(module, text, ("conv1",), x)
    again = kept.activations(module, text, ("relu1", end), x)
    assert torch.equal(again["relu1"], first)

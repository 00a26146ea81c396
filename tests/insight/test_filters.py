"""Filters: the weights as they are, what is told of them, and that the network stays bit for bit what it was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU, Tanh
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight.filters import ALIKE, BINS, by_output, filters, histogram, layers, twins
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.build import build
from cnnstudio.training.data.loading import Data
from cnnstudio.training.runs.session import Prepared


def network(activation: object) -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input((3, 8, 8))), Conv2d(6, 3), BatchNorm2d(), activation)  # type: ignore[arg-type]
    draw.chain(x, Flatten(), Linear(3))
    return draw.graph()


def images() -> Data:
    """Twelve images to validate with, of three classes."""
    pixels = torch.randint(0, 256, (24, 3, 8, 8), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    labels, classes = torch.arange(12) % 3, ("a", "b", "c")
    return Data("Noise", pixels[:12], labels, pixels[12:], labels, classes, (0.4,) * 3, (0.3,) * 3)


@pytest.fixture
def subject() -> Callable[[object], Subject]:
    def made(activation: object) -> Subject:
        graph = network(activation)
        text = source(graph)
        torch.manual_seed(0)
        return Subject(Prepared(Project(graph, Recipe()), text, build(text.text), images()), "now")

    return made


def conv_of(subject: Subject) -> tuple[str, nn.Conv2d]:
    name, part = next((name, part) for name, part in subject.module.named_modules() if isinstance(part, nn.Conv2d))
    return f"{name}.weight", part


def norm_of(subject: Subject) -> nn.BatchNorm2d:
    return next(part for part in subject.module.modules() if isinstance(part, nn.BatchNorm2d))


def test_the_kernels_and_their_histogram_are_those_of_the_layer(subject: Callable[[object], Subject]) -> None:
    looked = subject(ReLU())
    name, conv = conv_of(looked)
    found = filters(looked, name)
    weights = conv.weight.detach().numpy()
    assert found.total == (6, 3) and not found.is_cut and np.array_equal(found.kernels, weights)
    counts, _ = np.histogram(weights, BINS, (float(weights.min()), float(weights.max())))
    assert abs(found.weights.counts - counts).sum() <= 4, "a number on the edge of two bins may fall into either"
    assert found.weights.counts.sum() == weights.size
    assert [(each.kind, len(each.shape)) for each in layers(looked.module)] == [("Conv2d", 4), ("Linear", 2)]


def test_the_gradients_are_those_of_the_loss(subject: Callable[[object], Subject]) -> None:
    looked = subject(ReLU())
    name, conv = conv_of(looked)
    found = filters(looked, name)
    data = looked.data
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (data.mean, data.std))
    loss = cross_entropy(
        looked.module.eval()((data.validation_images.float() / 255 - mean) / std), data.validation_labels
    )
    loss.backward()  # type: ignore[no-untyped-call]
    assert conv.weight.grad is not None and found.gradients is not None
    low, high = float(conv.weight.grad.min()), float(conv.weight.grad.max())
    assert (found.gradients.low, found.gradients.high) == pytest.approx((low, high), rel=1e-4)
    conv.weight.requires_grad_(False)
    assert filters(looked, name).gradients is None


def test_dead_silent_and_double_filters_are_marked_and_counted(subject: Callable[[object], Subject]) -> None:
    looked = subject(ReLU())
    name, conv = conv_of(looked)
    norm = norm_of(looked)
    with torch.no_grad():
        conv.weight[1] = 0.0
        conv.weight[4] = 3.0 * conv.weight[0]
        norm.bias[:] = 1.0
        norm.bias[2] = -1e6
    found = filters(looked, name)
    assert found.zero == {1} and found.silent == {2} and found.twins == {4: 0}
    assert found.activation == "ReLU" and found.saturated is None
    assert found.sentence == (
        "1 filter (2) is dead: all weights are 0. 1 filter (3) is never active on 12 images. "
        "Nearly the same (cosine above 0.99): 5 like 1."
    )
    with torch.no_grad():
        conv.weight[1] = conv.weight[3].flip(0, 1)
        conv.weight[4] = -conv.weight[0]
        norm.bias[2] = 1.0
    assert filters(looked, name).sentence == "No filter is dead or silent or a double of another."


def test_a_filter_is_saturated_that_is_always_at_an_end(subject: Callable[[object], Subject]) -> None:
    looked = subject(Tanh())
    name, _ = conv_of(looked)
    norm = norm_of(looked)
    with torch.no_grad():
        norm.bias[3], norm.bias[5] = 1e6, -1e6
        norm.weight[:] = 0.1
    found = filters(looked, name)
    assert found.saturated == {3, 5} and found.silent is None
    assert "2 filters (4, 6) are saturated: behind its Tanh" in found.sentence


@pytest.mark.parametrize("activation", [ReLU(), Tanh()])
def test_looking_changes_nothing(subject: Callable[[object], Subject], activation: object) -> None:
    looked = subject(activation)
    module = looked.module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    state = torch.get_rng_state()
    for each in layers(module):
        filters(looked, each.name)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state) and module.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())
    assert not any(part._forward_hooks for part in module.modules())


@pytest.mark.parametrize("groups", [1, 2])
def test_a_transposed_convolution_is_told_by_its_outputs(groups: int) -> None:
    layer = nn.ConvTranspose2d(4, 6, 3, groups=groups, bias=False)
    rows = by_output(layer.weight.detach(), layer)
    assert rows.shape == (6, 4 // groups, 3, 3)
    x = torch.zeros(1, 4, 1, 1)
    x[0, 3] = 1.0  # the answer to one impulse is the kernels that lead from it
    answer = layer(x)[0]
    last = rows[-1, -1]
    assert torch.equal(answer[-1], last)
    assert torch.equal(answer[0], rows[0, 3] if groups == 1 else torch.zeros(3, 3))


def test_cosines_are_those_of_numpy_and_too_little_says_nothing() -> None:
    flat = torch.randn(40, 9, generator=torch.Generator().manual_seed(1))
    flat[7], flat[9], flat[30] = 2 * flat[3], -flat[3], flat[3] + 0.01
    unit = flat.numpy() / np.linalg.norm(flat.numpy(), axis=1, keepdims=True)
    expected = {
        row: int(np.flatnonzero((unit @ unit.T)[row, :row] > ALIKE)[0])
        for row in range(40)
        if ((unit @ unit.T)[row, :row] > ALIKE).any()
    }
    assert twins(flat) == expected and expected[7] == 3 and 9 not in expected
    assert twins(flat[:, :8]) is None


def test_a_histogram_of_anything() -> None:
    assert histogram(torch.tensor([float("nan"), float("inf")])).counts.sum() == 0
    one = histogram(torch.zeros(5))
    assert one.counts.sum() == 5 and one.counts[BINS // 2] == 5

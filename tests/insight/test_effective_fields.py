"""Effective fields, against the theoretical ones and against finite differences; and nothing is changed by looking."""

from __future__ import annotations

import pytest
import torch

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.effective_fields import effective_field, gradient
from cnnstudio.insight.examination import examined, seen_places
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.loop import fresh
from cnnstudio.training.runs.session import prepare


def network() -> Graph:
    draw = Sketch()
    first = (Conv2d(4, padding=1), BatchNorm2d(), ReLU(), MaxPool2d(2), Conv2d(3))
    draw.chain(draw(Input((1, 8, 8))), *first, Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture(scope="module")
def subject() -> Subject:
    made = prepare(Project(network(), Recipe(data="digits")), lambda *_: True, None, None, some=True)
    return Subject(made, "untrained weights")


def test_a_number_depends_on_nothing_outside_its_field(subject: Subject) -> None:
    for node, cell in (("conv1", (2, 0, 7)), ("pool1", (1, 2, 3)), ("conv2", (0, 1, 0)), ("fc1", (4,))):
        cloud, pictures = effective_field(subject, node, cell, 3)
        assert pictures == 3 and cloud.shape == (8, 8)
        assert cloud.sum() == pytest.approx(1) or not cloud.any()
        triple = cell if len(cell) == 3 else (cell[0], 0, 0)
        field = examined(subject, node, triple, 0).field
        assert field is not None
        inside = cloud[field[0].start : field[0].stop, field[1].start : field[1].stop].sum()
        assert inside == pytest.approx(cloud.sum())
    assert len(seen_places(subject.project.graph)) == 8


def test_the_gradient_is_the_slope() -> None:
    text = source(network())
    module = fresh(text, Recipe()).double()
    x = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    found = gradient(module, text, "conv2", (1, 0, 1), x)
    for row, column in ((0, 3), (3, 4), (7, 7)):
        ends = []
        for sign in (1, -1):
            moved = x.clone()
            moved[0, 0, row, column] += sign * 1e-6
            seen: list[torch.Tensor] = []
            handle = module.conv2.register_forward_hook(lambda *each, seen=seen: seen.append(each[2]))  # type: ignore[union-attr]
            with torch.no_grad():
                module.eval()(moved)
            handle.remove()
            ends.append(float(seen[0][0, 1, 0, 1]))
        assert float(found[0, 0, row, column]) == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)
    assert float(gradient(module, text, "input1", (0, 3, 3), x).sum()) == 1
    with pytest.raises(TraceError, match="no block called conv9"):
        gradient(module, text, "conv9", (0, 0, 0), x)
    assert not any(parameter.grad is not None for parameter in module.parameters())


def test_looking_changes_nothing(subject: Subject) -> None:
    module = subject.module
    module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state, wanting = torch.get_rng_state(), [parameter.requires_grad for parameter in module.parameters()]
    examined(subject, "conv2", (0, 0, 0), 1)
    effective_field(subject, "conv2", (0, 0, 0), 2)
    assert torch.equal(state, torch.get_rng_state()) and all(part.training for part in module.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert wanting == [parameter.requires_grad for parameter in module.parameters()]
    assert all(parameter.grad is None for parameter in module.parameters())


def test_a_field_ends_early_where_nobody_waits(subject: Subject) -> None:
    assert effective_field(subject, "conv1", (0, 3, 3), 8, lambda *_: False)[1] == 1


def test_every_number_of_a_network_is_told_from_the_byte_to_the_score(subject: Subject) -> None:
    for name in subject.project.graph.nodes:
        found = examined(subject, name, None, 2)
        assert found.calculation is not None and found.calculation.agrees, (name, found.why)
        assert found.output[found.cell] == found.output.max()
    assert examined(subject, "conv1", (1, 99, 0), 2).cell != (1, 99, 0), "there is no such cell"

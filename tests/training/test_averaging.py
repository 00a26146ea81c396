"""The moving average of the weights, against the same written out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnstudio.training.averaging import Average


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))


def changed(module: nn.Module) -> None:
    """As a step would."""
    module.train()
    module(torch.randn(5, 4))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter))


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.999])
def test_it_is_the_average_of_all_steps(module: nn.Module, decay: float) -> None:
    average = Average(module, decay)
    expected = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    for step in range(30):
        changed(module)
        average.follow(module)
        keep = min(decay, (1 + step) / (10 + step))
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                expected[name] = keep * expected[name] + (1 - keep) * tensor
    assert average.tensors["1.num_batches_tracked"] == 30
    for name in ("0.weight", "0.bias", "1.weight", "1.running_mean", "1.running_var"):
        torch.testing.assert_close(average.tensors[name], expected[name])


def test_it_answers_in_the_place_of_the_weights_and_leaves_them_alone(module: nn.Module) -> None:
    average = Average(module, 0.9)
    changed(module)
    average.follow(module)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    module.eval()
    x = torch.randn(5, 4)
    with torch.no_grad():
        answer = average.forward(module, x)
        assert not torch.allclose(answer, module(x))
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    module.load_state_dict(average.tensors)
    with torch.no_grad():
        torch.testing.assert_close(module(x), answer)


def test_it_goes_on_from_a_state_that_nobody_else_changes(module: nn.Module) -> None:
    first = Average(module, 0.9)
    changed(module)
    first.follow(module)
    state = first.state
    kept = {name: tensor.clone() for name, tensor in state["tensors"].items()}
    second = Average(module, 0.9)
    second.restore(state)
    for _ in range(3):
        changed(module)
        first.follow(module)
        second.follow(module)
    assert all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    assert all(torch.equal(state["tensors"][name], tensor) for name, tensor in kept.items())

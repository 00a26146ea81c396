"""From a weight to its update, against autograd and torch's optimizers: a fraction of benchmarks/weight_updates.py."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio.insight.calculation import UnexplainedError
from cnnstudio.insight.weight_update import finite_difference, slope, step_taken

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # once a process
WALK: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "weight_updates.py"))


def test_gradients_are_autograds_and_steps_are_the_optimizers() -> None:
    kinds = set[str]()
    for found in WALK["settings"](150, seed=11):
        kinds.add(found.kind)
        assert found.gradient_error < 1e-12, found
        assert found.measured_error < 1e-4, found
        assert found.step_error < 1e-12, found
    assert kinds == {"Conv2d", "Linear", "BatchNorm1d", "BatchNorm2d"}


def test_a_gradient_by_hand() -> None:
    layer = nn.Conv2d(1, 1, 2, bias=True)
    value = np.arange(9, dtype=np.float64).reshape(1, 1, 3, 3)
    upstream = np.array([[[[1.0, 0], [0, -2]]]])
    found = slope(layer, value, upstream, "weight", (0, 0, 1, 0))
    assert found.read.tolist() == [[[3, 4], [6, 7]]] and found.terms.tolist() == [[[3, 0], [0, -14]]]
    assert found.gradient == -11 and slope(layer, value, upstream, "bias", (0,)).gradient == -1


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_what_is_kept_of_a_slope_keeps_no_more(name: str) -> None:
    for layer, shape, out in (
        (nn.Conv2d(2, 3, 3), (4, 2, 6, 6), (4, 3, 4, 4)),
        (nn.Linear(5, 3), (4, 5), (4, 3)),
        (nn.BatchNorm2d(2), (4, 2, 6, 6), (4, 2, 6, 6)),
    ):
        index = (1,) * getattr(layer, name).ndim
        found = slope(layer, np.ones(shape), np.ones(out), name, index)
        assert found.read.base is None and found.upstream.base is None, "a view would keep all that it was cut from"


def test_a_step_is_told_line_by_line_and_the_optimizer_left_as_it_is() -> None:
    weight = nn.Parameter(torch.tensor([2.0]))
    optimizer = torch.optim.SGD([weight], 0.1, momentum=0.9, weight_decay=0.5)
    optimizer.state[weight]["momentum_buffer"] = torch.tensor([10.0])
    found = step_taken(optimizer, weight, (0,), 3.0)
    assert [line.value for line in found.lines] == pytest.approx([3, 4, 13, 1.3, 0.7])
    assert "momentum: 0.9 · 10 + that" in found.lines[2].words
    assert weight.tolist() == [2] and float(optimizer.state[weight]["momentum_buffer"]) == 10
    weight.grad = torch.tensor([3.0])
    optimizer.step()
    assert weight.tolist() == pytest.approx([found.after])


def test_what_is_not_told_says_so() -> None:
    with pytest.raises(UnexplainedError, match="GroupNorm"):
        slope(nn.GroupNorm(1, 2), np.ones((1, 2, 3, 3)), np.ones((1, 2, 3, 3)), "weight", (0,))
    weight = nn.Parameter(torch.ones(1))
    with pytest.raises(UnexplainedError, match="Adam amsgrad"):
        step_taken(torch.optim.Adam([weight], amsgrad=True), weight, (0,), 1.0)


def test_a_slope_is_measured_from_two_losses() -> None:
    assert finite_difference(lambda w: w**3, 2.0) == pytest.approx(12, rel=1e-8)

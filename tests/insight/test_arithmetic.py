"""How single values come about, against torch: a fraction of what benchmarks/arithmetic.py draws, and cases by hand."""

from __future__ import annotations

import random
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio import blocks as b
from cnnstudio.insight.arithmetic import arithmetic
from cnnstudio.insight.calculation import BEYOND, UnexplainedError

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # once a process
WALK: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "arithmetic.py"))
KINDS = len(WALK["MAKERS"])


def test_values_of_layers_drawn_by_chance_are_torchs_own() -> None:
    chance, seen = random.Random(5), set[str]()
    for setting in WALK["settings"](20 * KINDS, seed=2026):
        seen.add(type(setting.block).__name__)
        for cell in WALK["cells"](setting.output.shape, chance, 3):
            found = setting.at(cell)
            assert found.agrees, f"{setting.layer} at {cell}: {found.total} for {found.result}"
            # the last line is the number, and what is allowed for rounding hides nothing
            assert found.lines[-1].value == pytest.approx(found.total, rel=1e-12, abs=1e-300, nan_ok=True)
            if setting.output.dtype == np.float64 and np.isfinite(found.total):
                assert found.slack < 1e-6 * max(1.0, abs(found.total))
    assert len(seen) > 30


def test_a_window_is_the_kernel_where_the_gradient_says_it_lies() -> None:
    """For what is linear, the gradient of a value by its input is the weights at the window, and nothing else."""
    chance = random.Random(9)
    checked = 0
    for setting in WALK["settings"](3 * KINDS, seed=7):
        if not isinstance(setting.layer, nn.Conv2d | nn.ConvTranspose2d):
            continue
        x = torch.from_numpy(setting.inputs[0]).double()[None].requires_grad_()
        layer = setting.layer.double()
        for cell in WALK["cells"](setting.output.shape, chance, 3):
            (gradient,) = torch.autograd.grad(layer(x)[0][cell], x)
            (window,) = setting.at(cell).windows
            laid = np.zeros(x.shape[1:])
            for i, row in enumerate(window.rows):
                for j, column in enumerate(window.columns):
                    if BEYOND not in (row, column):  # a place that is read twice by padding counts twice
                        laid[window.channels, row, column] += window.weights[:, i, j]
            np.testing.assert_allclose(laid, gradient[0].numpy(), rtol=1e-12, atol=1e-12)
            checked += 1
    assert checked >= 12


def test_a_convolution_by_hand() -> None:
    layer = nn.Conv2d(2, 1, 2, padding=1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[[1.0, 2], [3, 4]], [[0.5, 0], [0, -1]]]]))
        layer.load_state_dict({"bias": torch.tensor([10.0])}, strict=False)
    x = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    found = arithmetic(b.Conv2d(), layer, [x], (0, 0, 1))
    (window,) = found.windows
    assert window.asked_rows.tolist() == [-1, 0] and window.rows.tolist() == [BEYOND, 0]
    assert window.columns.tolist() == [0, 1]
    assert window.values.tolist() == [[[0, 0], [0, 1]], [[0, 0], [4, 5]]]
    assert window.terms.tolist() == [[[0, 0], [0, 4]], [[0, 0], [0, -5]]]
    assert window.outside.tolist() == [[True, True], [False, False]]
    assert window.sums.tolist() == [4, -5] and window.ranked(1) == [1]
    assert [line.value for line in found.lines] == [-1, 9] and found.result == 9 and found.difference == 0
    assert "8 products" in found.lines[0].words and "bias 10" in found.lines[1].words


@pytest.mark.parametrize("counts", [True, False])
def test_the_last_window_of_ceil_mode_has_its_own_divisor(counts: bool) -> None:
    x = np.ones((1, 5, 5), np.float32)
    found = arithmetic(b.AvgPool2d(), nn.AvgPool2d(2, 2, 0, True, counts), [x], (0, 2, 2))
    assert found.lines[-1].words == "divided by 1" and "cut off" in found.note and found.agrees
    x = np.ones((1, 4, 4), np.float32)  # the window has a row of padding and one beyond it
    found = arithmetic(b.AvgPool2d(), nn.AvgPool2d(3, 2, 1, True, counts), [x], (0, 2, 2))
    assert found.lines[-1].words == f"divided by {4 if counts else 1}" and found.windows[0].counted.sum() == 1


def test_a_power_pool_counts_a_window_that_is_cut_off_as_full() -> None:
    x = np.full((1, 3, 3), 2.0, np.float32)
    found = arithmetic(b.LPPool2d(), nn.LPPool2d(2.0, 2, ceil_mode=True), [x], (0, 1, 1))
    assert found.result == pytest.approx(4.0) and found.agrees and "as though it were full" in found.note


def test_a_maximum_says_where_it_stands_and_nothing_is_rounded() -> None:
    x = np.array([[[1, 5, 2], [0, 5, 9], [3, 1, 1]]], np.float32)
    found = arithmetic(b.MaxPool2d(), nn.MaxPool2d(2, 1), [x], (0, 0, 0))
    assert found.winner == (0, 0, 1) and found.slack == 0 and found.total == 5
    x[0, 1, 0] = np.nan
    assert np.isnan(arithmetic(b.MaxPool2d(), nn.MaxPool2d(2, 1), [x], (0, 0, 0)).total)


def test_a_flattened_map_is_read_as_the_map() -> None:
    layer = nn.Linear(12, 3)
    x = np.random.default_rng(0).normal(size=12).astype(np.float32)
    found = arithmetic(b.Linear(), layer, [x], (2,), fold=(3, 2, 2))
    (window,) = found.windows
    assert window.values.shape == (3, 2, 2) and found.agrees
    np.testing.assert_array_equal(window.values.ravel(), x.astype(np.float64))


def test_attention_tells_whom_each_head_looks_at() -> None:
    layer = nn.MultiheadAttention(6, 2, batch_first=True).eval()
    x = torch.randn(1, 5, 6, generator=torch.Generator().manual_seed(0))
    found = arithmetic(b.SelfAttention(2), layer, [x[0].numpy()], (3, 1))
    with torch.no_grad():
        _, weights = layer(x, x, x, average_attn_weights=False)
    assert found.looks is not None and found.agrees
    np.testing.assert_allclose(found.looks, weights[0, :, 3].numpy(), rtol=1e-4, atol=1e-6)


def test_what_is_not_told_says_so() -> None:
    x = np.ones((4, 6, 6), np.float32)
    with pytest.raises(UnexplainedError, match="open it"):
        arithmetic(b.Residual(4), None, [x], (0, 0, 0), x)
    with pytest.raises(UnexplainedError, match="by chance"):
        arithmetic(b.FractionalMaxPool2d(), nn.FractionalMaxPool2d(2, output_size=3), [x], (0, 0, 0))
    with pytest.raises(IndexError):
        arithmetic(b.ReLU(), nn.ReLU(), [x], (0, 6, 0))

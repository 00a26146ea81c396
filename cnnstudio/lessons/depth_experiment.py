"""Depth experiment: what of a gradient is left after many layers, plain, normalised, and with a way round each layer.

Each layer is a fully connected one of 64 features with a ReLU behind it; weights are drawn once, normal, with a
standard deviation of so many hundredths of sqrt(2 / 64) (He et al. 2015, arXiv:1502.01852). The gradient is that of a
random weighting of the last values with respect to the values between layers, over a batch of 128.
"""

from __future__ import annotations

import numpy as np

from cnnstudio.blocks import Add, BatchNorm1d, Input, Linear, ReLU
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.experiment import Outcome, Row, Side, Values

WIDTH, BATCH = 64, 128
EPSILON = 1e-5
KINDS = {"Plain": (False, False), "BatchNorm": (True, False), "Residual": (True, True)}
"""Each way with whether it is normalised, and whether what comes in is added to what comes out;
the residual one is normalised as well."""


def drawn(layers: int, percent: int) -> tuple[Numbers, list[Numbers], Numbers]:
    """The inputs (N, F), a weight (F, F) for each layer, and the gradient (N, F) at the end; always the same."""
    random = np.random.default_rng(0)
    inputs, end = random.standard_normal((BATCH, WIDTH)), random.standard_normal((BATCH, WIDTH))
    size = percent / 100 * np.sqrt(2 / WIDTH)
    return inputs, [size * random.standard_normal((WIDTH, WIDTH)) for _ in range(layers)], end


def gradients(layers: int, percent: int, *, is_normalised: bool, is_residual: bool) -> list[float]:
    """How long the gradient is at the values before each layer and behind the last, the first layer first."""
    values, weights, gradient = drawn(layers, percent)
    kept: list[tuple[Numbers, Numbers]] = []  # of each layer what its ReLU is given, and its standard deviation
    for weight in weights:
        given = values @ weight.T
        spread = np.ones(WIDTH)
        if is_normalised:
            spread = np.sqrt(given.var(axis=0) + EPSILON)
            given = (given - given.mean(axis=0)) / spread
        kept.append((given, spread))
        values = np.maximum(given, 0.0) + (values if is_residual else 0.0)
    found = [float(np.linalg.norm(gradient))]
    for weight, (given, spread) in zip(reversed(weights), reversed(kept), strict=True):
        back = gradient * (given > 0)
        if is_normalised:
            back = (back - back.mean(axis=0) - given * (back * given).mean(axis=0)) / spread
        gradient = back @ weight + (gradient if is_residual else 0.0)
        found.append(float(np.linalg.norm(gradient)))
    return found[::-1]


def through_depth(values: Values) -> Outcome:
    """What of the gradient is left at the first layer, the last, and some between."""
    layers, percent = values["Layers"], values["Size of the weights"]
    found = {
        name: gradients(layers, percent, is_normalised=normal, is_residual=round_)
        for name, (normal, round_) in KINDS.items()
    }
    shares = {name: [each / norms[-1] for each in norms] for name, norms in found.items()}
    rows = []
    for at in sorted({0, layers // 4, layers // 2, 3 * layers // 4, layers - 1}):
        told = tuple(each[at] for each in shares.values())
        rows.append(Row(f"At layer {at + 1}", tuple(_written(each) for each in told), told))
    plain, normal, residual = (each[0] for each in shares.values())
    sentence = (
        f"Of the gradient at the end, {_written(plain)} comes to the first of {layers} plain layers, since each takes "
        f"about {percent / 100:g} of it on; drawn at 1, it keeps its size on average. With BatchNorm it is "
        f"{_written(normal)} whatever the size of the weights, and with a way round each of these layers "
        f"{_written(residual)}: what is added goes back unchanged."
    )
    return Outcome(
        tuple(Side(name, network(layers, *kind)) for name, kind in KINDS.items()), tuple(rows), sentence,
        titles=tuple(KINDS),
    )  # fmt: skip


def network(layers: int, is_normalised: bool, is_residual: bool) -> Graph:
    """The network of one of the ways."""
    draw = Sketch()
    end = draw(Input((WIDTH,)))
    for _ in range(layers):
        made = draw(Linear(WIDTH, bias=False), end)
        made = draw(BatchNorm1d(affine=False), made) if is_normalised else made
        made = draw(ReLU(), made)
        end = draw(Add(), end, made) if is_residual else made
    return draw.graph()


def _written(share: float) -> str:
    return f"{share:.0f} ×" if share >= 100 else f"{share:.2g} ×" if share >= 1e-3 else f"{share:.1e} ×"

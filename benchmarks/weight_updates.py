"""Updates of single weights against autograd and torch's optimizers: layers and recipes drawn by chance, in float64.

Promises: upstream gradient times what the weight has read, summed over places and pictures, is autograd's gradient, for
convolutions with groups, dilation, stride and every padding, linear layers and BatchNorm, before pools and activations;
it is the slope that two losses measure; and the weight that the lines end in is the one that the optimizer leaves. It
prints how many agree and the largest differences. A number on the command line is how many settings to draw.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from cnnstudio.insight.sliding_rules import array
from cnnstudio.insight.weight_update import Slope, finite_difference, slope, step_taken
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.optimizers import optimizer

SETTINGS = 2_000
_UNFIT = (RuntimeError, ValueError)


@dataclass(frozen=True, eq=False)
class Found:
    """A weight: its gradient as told, autograd's, the measured slope; the weight after as told, and torch's."""

    kind: str
    slope: Slope
    autograd: float
    measured: float
    told: list[float]
    taken: list[float]

    @property
    def gradient_error(self) -> float:
        return abs(self.slope.gradient - self.autograd) / max(1.0, float(abs(self.slope.terms).sum()))

    @property
    def measured_error(self) -> float:
        return abs(self.measured - self.autograd) / max(1.0, abs(self.autograd))

    @property
    def step_error(self) -> float:
        return max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(self.told, self.taken, strict=True))


def settings(count: int, seed: int = 0) -> Iterator[Found]:
    """So many weights, each of a layer of its own."""
    chance, made = random.Random(seed), 0
    torch.manual_seed(seed)
    while made < count:
        try:
            found = _drawn(chance)
        except _UNFIT:
            continue  # such a window does not fit
        made += 1
        yield found


def _drawn(chance: random.Random) -> Found:
    layer, x = _layer(chance)
    layer.double().train(chance.random() < 0.7)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn_like(parameter))
    after: list[nn.Module] = [nn.Identity(), nn.Tanh(), nn.Softplus()]
    if x.dim() == 4:
        after += [nn.MaxPool2d(2, ceil_mode=True), nn.AvgPool2d(2, 1), nn.AdaptiveAvgPool2d(1)]
    behind = chance.choice(after)
    with torch.no_grad():
        mixed = torch.randn_like(behind(layer(x)))

    def loss() -> Tensor:
        found: Tensor = (behind(layer(x)) * mixed).sum()
        return found

    name, parameter = chance.choice([*layer.named_parameters()])
    index = tuple(chance.randrange(size) for size in parameter.shape)
    out = layer(x)
    upstream, gradient = torch.autograd.grad((behind(out) * mixed).sum(), [out, parameter])
    found = slope(layer, array(x), array(upstream), name, index)

    def at(weight: float) -> float:
        with torch.no_grad():
            before = float(parameter[index])
            parameter[index] = weight
            made = float(loss())
            parameter[index] = before
        return made

    measured = finite_difference(at, float(parameter.detach()[index]))
    told, taken = _steps(chance, parameter, index)
    return Found(type(layer).__name__, found, float(gradient[index]), measured, told, taken)


def _layer(chance: random.Random) -> tuple[nn.Module, Tensor]:
    count, size = chance.randint(2, 4), (chance.randint(4, 9), chance.randint(4, 9))

    def few(low: int, high: int) -> tuple[int, int]:
        return chance.randint(low, high), chance.randint(low, high)

    match chance.randrange(6):
        case 0:
            into = chance.randint(2, 12)
            shape = chance.choice(((count, into), (count, 5, into)))
            return nn.Linear(into, chance.randint(1, 6)), torch.randn(shape, dtype=torch.float64)
        case 1:
            channels = chance.randint(1, 4)
            return nn.BatchNorm2d(channels), torch.randn(count, channels, *size, dtype=torch.float64) * 2 + 1
        case 2:
            channels = chance.randint(1, 4)
            return nn.BatchNorm1d(channels), torch.randn(count, channels, dtype=torch.float64)
    groups = chance.choice((1, 1, 2, 3))
    into, out = groups * chance.randint(1, 3), groups * chance.randint(1, 3)
    modes: tuple[Literal["zeros", "reflect", "replicate", "circular"], ...] = (
        "zeros", "reflect", "replicate", "circular",
    )  # fmt: skip
    is_same = chance.random() < 0.2
    layer = nn.Conv2d(
        into, out, few(1, 4), 1 if is_same else few(1, 3), "same" if is_same else few(0, 3), few(1, 2), groups,
        chance.random() < 0.7, chance.choice(modes),
    )  # fmt: skip
    return layer, torch.randn(count, into, *size, dtype=torch.float64)


def _steps(chance: random.Random, parameter: nn.Parameter, index: tuple[int, ...]) -> tuple[list[float], list[float]]:
    """Three steps with gradients drawn by chance: what is told of each, and what the optimizer has done."""
    recipe = Recipe(
        optimizer=chance.choice(("SGD", "Adam", "AdamW", "RMSprop", "NAdam", "Adagrad")),
        learning_rate=chance.choice((0.1, 0.003)),
        weight_decay=chance.choice((0.0, 0.01)),
        momentum=chance.choice((0.0, 0.9)),
        nesterov=chance.random() < 0.5,
    )
    made = optimizer([{"params": [parameter]}], recipe)
    told, taken = [], []
    for _ in range(3):
        parameter.grad = torch.randn_like(parameter)
        told.append(step_taken(made, parameter, index, float(parameter.grad[index])).after)
        made.step()
        taken.append(float(parameter.detach()[index]))
    return told, taken


def main(count: int) -> int:
    """Draw so many; say what does not agree."""
    warnings.simplefilter("ignore")
    agreeing, kinds, worst = 0, Counter[str](), [0.0, 0.0, 0.0]
    for found in settings(count):
        errors = [found.gradient_error, found.measured_error, found.step_error]
        worst = [max(pair) for pair in zip(worst, errors, strict=True)]
        agrees = errors[0] < 1e-12 and errors[1] < 1e-4 and errors[2] < 1e-12
        agreeing += agrees
        kinds[found.kind] += 1
        if not agrees:
            print(f"{found.kind}: {found.slope.gradient!r}, autograd {found.autograd!r}, measured {found.measured!r}, "
                  f"told {found.told}, taken {found.taken}")  # fmt: skip
    print(f"{agreeing:,} of {count:,} settings agree: {', '.join(f'{n:,} {kind}' for kind, n in kinds.items())}")
    print(f"largest differences: gradient {worst[0]:.3g}, measured slope {worst[1]:.3g}, step {worst[2]:.3g}")
    return int(agreeing < count)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SETTINGS))

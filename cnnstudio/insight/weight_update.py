"""Weight update: from one weight of a layer to its gradient, and from that to its step, by the layer's own numbers.

The gradient of a weight is the sum, over all places and pictures, of what the loss asks of the value that comes out
(the upstream gradient) times what the weight has read there. The steps are those of torch's optimizers:
https://docs.pytorch.org/docs/stable/optim.html.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnstudio.insight.calculation import BEYOND, Line, Numbers, UnexplainedError
from cnnstudio.insight.sliding_rules import array, pair, sides_of
from cnnstudio.insight.taps import axis, written

Index = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Slope:
    """The gradient of one weight: what it ``read`` and the ``upstream`` gradient, (N, …) over pictures and places."""

    read: Numbers
    upstream: Numbers

    @property
    def terms(self) -> Numbers:
        """What each place of each picture asks for."""
        found: Numbers = self.read * self.upstream
        return found

    @property
    def gradient(self) -> float:
        """The sum of all."""
        return float(self.terms.sum())


def slope(layer: nn.Module, value: Numbers, upstream: Numbers, name: str, index: Index) -> Slope:
    """The gradient of the weight at ``index`` of a layer's parameter, ``"weight"`` or ``"bias"``.

    ``value`` is what enters the layer, ``upstream`` the gradient of the loss by what comes out, each of N pictures:
    (N, C, H, W), (N, F) or (N, T, F). A BatchNorm is as it is: in train mode it has normalised by these pictures.
    Raises ``UnexplainedError`` for a layer that is not told here.
    """
    match layer:
        case nn.Conv2d() if name == "weight":
            read, found = _under(layer, value, index, upstream.shape[2:]), upstream[:, index[0]]
        case nn.Linear() if name == "weight":
            read, found = value[..., index[1]], upstream[..., index[0]]
        case nn.BatchNorm2d() | nn.BatchNorm1d() if name == "weight":
            read, found = _normalised(layer, value)[:, index[0]], upstream[:, index[0]]
        case nn.Conv2d() | nn.BatchNorm2d() | nn.BatchNorm1d() | nn.Linear():
            found = upstream[..., index[0]] if isinstance(layer, nn.Linear) else upstream[:, index[0]]
            read = np.ones_like(found)
        case _:
            raise UnexplainedError(f"How a weight of {type(layer).__name__} is changed is not told here.")
    return Slope(read.copy(), found.copy())  # or whoever keeps it keeps all that it was cut from


def _under(layer: nn.Conv2d, value: Numbers, index: Index, size: tuple[int, ...]) -> Numbers:
    """What one weight of a convolution reads at every place of the output, (N, H, W)."""
    out, into, *tap = index
    channel = out // (layer.out_channels // layer.groups) * (layer.in_channels // layer.groups) + into
    stride, dilation, kernel = pair(layer.stride), pair(layer.dilation), pair(layer.kernel_size)
    sides = sides_of(layer, kernel, dilation)
    first = [tap[i] * dilation[i] - sides[i] for i in (0, 1)]
    rows, columns = (axis(first[i], size[i], stride[i], value.shape[i + 2], layer.padding_mode).read for i in (0, 1))
    held = value[:, channel][:, rows][:, :, columns]
    inside = (rows != BEYOND)[:, None] & (columns != BEYOND)[None, :]
    found: Numbers = np.where(inside, held, 0.0)
    return found


def _normalised(layer: nn.BatchNorm2d | nn.BatchNorm1d, value: Numbers) -> Numbers:
    over = tuple(number for number in range(value.ndim) if number != 1)
    shape = [1, -1] + [1] * (value.ndim - 2)
    if layer.training or layer.running_mean is None or layer.running_var is None:
        mean, variance = value.mean(over), value.var(over)
    else:
        mean, variance = array(layer.running_mean), array(layer.running_var)
    found: Numbers = (value - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + layer.eps)
    return found


def finite_difference(loss: Callable[[float], float], weight: float) -> float:
    """The slope of a loss by a weight, from its values a little above and a little below it; in float64.

    The steps are the cube root of the precision, where the errors of rounding and of curvature are alike.
    """
    step = np.finfo(np.float64).eps ** (1 / 3) * max(1.0, abs(weight))
    above, below = weight + step, weight - step
    return float((loss(above) - loss(below)) / (above - below))


# from a gradient to a step


@dataclass(frozen=True)
class StepTaken:
    """How a weight becomes another, line by line; ``after`` is what it is then."""

    before: float
    lines: tuple[Line, ...]
    after: float


def step_taken(optimizer: torch.optim.Optimizer, parameter: Tensor, index: Index, gradient: float) -> StepTaken:
    """What the optimizer will make of the weight at ``index`` of a parameter with this gradient; it is left as it is.

    It is told by the optimizer's settings of the parameter and by what it remembers of it. Raises ``UnexplainedError``
    for an optimizer that is not told here.
    """
    group = next(each for each in optimizer.param_groups if any(one is parameter for one in each["params"]))
    state = optimizer.state.get(parameter, {})
    memory = {
        name: float(kept[index]) if isinstance(kept, Tensor) and kept.dim() else float(kept)
        for name, kept in state.items()
        if kept is not None
    }
    rule = _RULES.get(type(optimizer).__name__)
    strange = [name for name in ("amsgrad", "centered", "maximize") if group.get(name)]
    if rule is None or strange:
        raise UnexplainedError(f"The steps of {' '.join([type(optimizer).__name__, *strange])} are not told here.")
    weight = float(parameter.detach()[index])
    told = _Telling(weight, gradient, [Line("gradient", gradient)])
    after = rule(told, group, memory)
    return StepTaken(weight, (*told.lines, Line("the new weight", after)), after)


@dataclass
class _Telling:
    """A step while it is told."""

    weight: float
    gradient: float
    lines: list[Line]

    def say(self, words: str, value: float) -> float:
        """Add a line; the value."""
        self.lines.append(Line(words, value))
        return value

    def decayed(self, decay: float) -> float:
        """The gradient with the pull to zero."""
        if not decay:
            return self.gradient
        words = f"plus weight decay {decay:g} · weight {written(self.weight)}"
        return self.say(words, self.gradient + decay * self.weight)


def _sgd(told: _Telling, group: Mapping[str, Any], memory: Mapping[str, float]) -> float:
    found, momentum = told.decayed(group["weight_decay"]), group["momentum"]
    if momentum:
        before = memory.get("momentum_buffer")
        velocity = found if before is None else momentum * before + (1 - group["dampening"]) * found
        told.say(f"momentum: {momentum:g} · {written(before or 0.0)} + that", velocity)
        found = velocity
        if group["nesterov"]:
            plain = told.gradient + group["weight_decay"] * told.weight
            found = told.say(f"looked ahead: gradient + {momentum:g} · momentum", plain + momentum * velocity)
    step = told.say(f"step: learning rate {group['lr']:g} · that", group["lr"] * found)
    return told.weight - step


def _moments(
    told: _Telling, found: float, betas: tuple[float, float], memory: Mapping[str, float]
) -> tuple[float, float, int]:
    time = int(memory.get("step", 0)) + 1
    kept = memory.get("exp_avg", 0.0), memory.get("exp_avg_sq", 0.0)
    mean = betas[0] * kept[0] + (1 - betas[0]) * found
    square = betas[1] * kept[1] + (1 - betas[1]) * found**2
    told.say(f"mean of gradients: {betas[0]:g} · {written(kept[0])} + {1 - betas[0]:.3g} · gradient", mean)
    told.say(f"mean of squares: {betas[1]:g} · {written(kept[1])} + {1 - betas[1]:.3g} · gradient²", square)
    return mean, square, time


def _adam(told: _Telling, group: Mapping[str, Any], memory: Mapping[str, float]) -> float:
    """Kingma and Ba 2015, arXiv:1412.6980; decay apart from the gradient by Loshchilov and Hutter, arXiv:1711.05101."""
    weight, rate, decay = told.weight, group["lr"], group["weight_decay"]
    if group.get("decoupled_weight_decay"):
        if decay:
            weight = told.say(f"weight decay: weight · (1 − {rate:g} · {decay:g})", weight * (1 - rate * decay))
        found = told.gradient
    else:
        found = told.decayed(decay)
    mean, square, time = _moments(told, found, group["betas"], memory)
    mean = told.say(f"mean ÷ (1 − {group['betas'][0]:g}^{time})", mean / (1 - group["betas"][0] ** time))
    square = told.say(f"squares ÷ (1 − {group['betas'][1]:g}^{time})", square / (1 - group["betas"][1] ** time))
    words = f"step: learning rate {rate:g} · mean ÷ (√squares + {group['eps']:g})"
    return weight - told.say(words, rate * mean / (math.sqrt(square) + group["eps"]))


def _nadam(told: _Telling, group: Mapping[str, Any], memory: Mapping[str, float]) -> float:
    """Dozat 2016, as torch has it, with a momentum that grows."""
    weight, rate, decay = told.weight, group["lr"], group["weight_decay"]
    if group.get("decoupled_weight_decay") and decay:
        weight = told.say(f"weight decay: weight · (1 − {rate:g} · {decay:g})", weight * (1 - rate * decay))
        decay = 0.0
    found = told.decayed(decay)
    mean, square, time = _moments(told, found, group["betas"], memory)
    now, then = (
        group["betas"][0] * (1 - 0.5 * 0.96 ** (moment * group["momentum_decay"])) for moment in (time, time + 1)
    )
    # torch keeps this product in float32, whatever the precision of the weights
    product = float(np.float32(memory.get("mu_product", 1.0)) * np.float32(now))
    root = math.sqrt(square / (1 - group["betas"][1] ** time)) + group["eps"]
    told.say("root of the squares, corrected", root)
    step = rate * ((1 - now) / (1 - product) * found + then / (1 - product * then) * mean) / root
    return weight - told.say(f"step: learning rate {rate:g} · (gradient and mean, corrected) ÷ root", step)


def _rmsprop(told: _Telling, group: Mapping[str, Any], memory: Mapping[str, float]) -> float:
    found, alpha, momentum = told.decayed(group["weight_decay"]), group["alpha"], group["momentum"]
    before = memory.get("square_avg", 0.0)
    square = alpha * before + (1 - alpha) * found**2
    told.say(f"mean of squares: {alpha:g} · {written(before)} + {1 - alpha:.3g} · gradient²", square)
    found = told.say(f"gradient ÷ (√squares + {group['eps']:g})", found / (math.sqrt(square) + group["eps"]))
    if momentum:
        kept = memory.get("momentum_buffer", 0.0)
        found = told.say(f"momentum: {momentum:g} · {written(kept)} + that", momentum * kept + found)
    return told.weight - told.say(f"step: learning rate {group['lr']:g} · that", group["lr"] * found)


def _adagrad(told: _Telling, group: Mapping[str, Any], memory: Mapping[str, float]) -> float:
    """Duchi, Hazan and Singer 2011."""
    found, time = told.decayed(group["weight_decay"]), int(memory.get("step", 0)) + 1
    total = told.say("sum of all squares", memory.get("sum", group["initial_accumulator_value"]) + found**2)
    rate = group["lr"] / (1 + (time - 1) * group["lr_decay"])
    words = f"step: learning rate {rate:g} · gradient ÷ (√sum + {group['eps']:g})"
    return told.weight - told.say(words, rate * found / (math.sqrt(total) + group["eps"]))


_RULES: Mapping[str, Callable[[_Telling, Mapping[str, Any], Mapping[str, float]], float]] = {
    "SGD": _sgd, "Adam": _adam, "AdamW": _adam, "NAdam": _nadam, "RMSprop": _rmsprop, "Adagrad": _adagrad,
}  # fmt: skip

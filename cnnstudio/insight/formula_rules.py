"""Formula rules: the arithmetic of what does not slide: activations, normalisations, what joins, attention.

Each as torch documents it: https://docs.pytorch.org/docs/stable/nn.html.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from cnnstudio.insight.calculation import (
    Calculation,
    Line,
    Numbers,
    UnexplainedError,
    Window,
    as_map,
    line_of,
    places_of,
)
from cnnstudio.insight.sliding_rules import array
from cnnstudio.insight.taps import weighed_sum, written
from cnnstudio.wording import counted

Cell = tuple[int, ...]


def own(value: Numbers, cell: Cell, port: int = 0) -> Window:
    """One number of an input, at the place of the output's: of tokens (N, D) it is the one map."""
    channel, row, column = place(cell)
    return places_of(as_map(value), port, [channel], [row], [column])


def place(cell: Cell) -> tuple[int, int, int]:
    """(channel, row, column) in what ``as_map`` makes of a value: (f,) is (f, 0, 0), a token's (n, d) is (0, n, d)."""
    match cell:
        case (channel, row, column):
            return channel, row, column
        case (row, column):
            return 0, row, column
    return cell[0], 0, 0


def linear(layer: nn.Linear, value: Numbers, cell: Cell, fold: tuple[int, int, int] | None) -> Calculation:
    """A fully connected layer's value; of a map that was made a vector, ``fold`` is (C, H, W), as it lay before."""
    weights = array(layer.weight[cell[-1]])
    held = value[cell[0]] if value.ndim == 2 else value
    shape = fold if fold is not None and math.prod(fold) == held.size else (held.size, 1, 1)
    rows, columns = line_of(range(shape[1])), line_of(range(shape[2]))
    values, kernel = held.reshape(shape), weights.reshape(shape)
    taps = np.ones(shape[1:], bool)
    window = Window(0, line_of(range(shape[0])), rows, columns, rows, columns, values, kernel, values * kernel, taps)
    bias = None if layer.bias is None else float(layer.bias[cell[-1]].detach())
    return weighed_sum(cell, [window], bias)


# activations


def _sigmoid(x: float) -> float:
    small = math.exp(-abs(x))  # which does not overflow
    return 1 / (1 + small) if x >= 0 else small / (1 + small)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _expm1(x: float) -> float:
    return math.expm1(min(x, 700.0))


def activation(layer: nn.Module, value: Numbers, cell: Cell) -> Calculation:
    """An activation's value: its formula, with the number put in."""
    window = own(value, cell)
    x = float(window.values[0, 0, 0])
    rule = _ACTIVATIONS.get(type(layer))
    if isinstance(layer, nn.PReLU):
        slopes = array(layer.weight)
        slope = float(slopes[(cell[0] if value.ndim == 3 else cell[-1]) if len(slopes) > 1 else 0])
        formula, out = _leaky(slope, x)
    elif rule is None:
        raise UnexplainedError(f"The formula of {type(layer).__name__} is not told here.")
    else:
        formula, out = rule(layer, x)
    size = max(abs(x), abs(out), 1.0) if math.isfinite(x) else 0.0
    line = Line(f"with x = {written(x)}", out)
    return Calculation(cell, formula, (window,), (line,), out, 0.0 if out in (x, 0.0) else 16 * size)


def _leaky(slope: float, x: float) -> tuple[str, float]:
    return f"x, or {slope:.4g} · x below 0", x if x > 0 or math.isnan(x) else slope * x


def _gelu(layer: Any, x: float) -> tuple[str, float]:
    """Hendrycks and Gimpel 2016, arXiv:1606.08415; exact, or by their approximation."""
    if layer.approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return "½ · x · (1 + tanh(√(2 ÷ π) · (x + 0.044715 · x³)))", 0.5 * x * (1 + math.tanh(inner))
    return "x · Φ(x), the share of a normal distribution below x", x * 0.5 * math.erfc(-x / math.sqrt(2))


def _selu(layer: Any, x: float) -> tuple[str, float]:
    """Klambauer et al. 2017, arXiv:1706.02515, whose two constants these are."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return "1.0507 · x, or 1.7581 · (e^x − 1) below 0", scale * (x if x > 0 else alpha * _expm1(x))


def _softened(layer: Any, x: float) -> tuple[str, float]:
    beta = layer.beta
    out = x if x * beta > layer.threshold else _softplus(x * beta) / beta
    return f"ln(1 + e^({beta:g} · x)) ÷ {beta:g}", out


def _shrunk(layer: Any, x: float) -> tuple[str, float]:
    by = layer.lambd
    return f"x, {by:g} nearer to 0, or 0", x - by if x > by else x + by if x < -by else 0.0


def _kept(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


_ACTIVATIONS: dict[type[nn.Module], Callable[[Any, float], tuple[str, float]]] = {
    nn.ReLU: lambda layer, x: ("max(x, 0)", max(x, 0.0)),
    nn.ReLU6: lambda layer, x: ("min(max(x, 0), 6)", _kept(x, 0.0, 6.0)),
    nn.LeakyReLU: lambda layer, x: _leaky(layer.negative_slope, x),
    nn.RReLU: lambda layer, x: _leaky((layer.lower + layer.upper) / 2, x),  # as it is evaluated
    nn.GELU: _gelu,
    nn.SiLU: lambda layer, x: ("x · sigmoid(x)", x * _sigmoid(x)),
    nn.Hardswish: lambda layer, x: ("x · min(max(x + 3, 0), 6) ÷ 6", x * _kept(x + 3, 0.0, 6.0) / 6),
    nn.Hardsigmoid: lambda layer, x: ("min(max(x + 3, 0), 6) ÷ 6", _kept(x + 3, 0.0, 6.0) / 6),
    nn.Sigmoid: lambda layer, x: ("1 ÷ (1 + e^−x)", _sigmoid(x)),
    nn.Tanh: lambda layer, x: ("tanh(x)", math.tanh(x)),
    nn.Threshold: lambda layer, x: (
        f"x, or {layer.value:g} up to {layer.threshold:g}", x if x > layer.threshold else layer.value
    ),
    nn.ELU: lambda layer, x: (
        f"x, or {layer.alpha:g} · (e^x − 1) below 0", x if x > 0 else layer.alpha * _expm1(x)
    ),
    nn.CELU: lambda layer, x: (
        f"x, or {layer.alpha:g} · (e^(x ÷ {layer.alpha:g}) − 1) below 0",
        x if x > 0 else layer.alpha * _expm1(x / layer.alpha),
    ),
    nn.SELU: _selu,
    nn.Mish: lambda layer, x: ("x · tanh(ln(1 + e^x))", x * math.tanh(_softplus(x))),
    nn.Softplus: _softened,
    nn.Softsign: lambda layer, x: ("x ÷ (1 + |x|)", x / (1 + abs(x))),
    nn.Hardtanh: lambda layer, x: (
        f"x, kept from {layer.min_val:g} to {layer.max_val:g}", _kept(x, layer.min_val, layer.max_val)
    ),
    nn.LogSigmoid: lambda layer, x: ("−ln(1 + e^−x)", -_softplus(-x)),
    nn.Softshrink: _shrunk,
    nn.Hardshrink: lambda layer, x: (f"x, or 0 up to ±{layer.lambd:g}", x if abs(x) > layer.lambd else 0.0),
    nn.Tanhshrink: lambda layer, x: ("x − tanh(x)", x - math.tanh(x)),
    nn.Identity: lambda layer, x: ("x", x),
    nn.Dropout: lambda layer, x: ("x, as nothing is dropped when it is evaluated", x),
    nn.Dropout2d: lambda layer, x: ("x, as nothing is dropped when it is evaluated", x),
    nn.AlphaDropout: lambda layer, x: ("x, as nothing is dropped when it is evaluated", x),
}  # fmt: skip


def softmax(layer: nn.Module, value: Numbers, cell: Cell) -> Calculation:
    """A share: e^x of the number over the sum of e^x of all along the axis; or its logarithm."""
    assert isinstance(layer, nn.Softmax | nn.Softmin | nn.LogSoftmax)
    axis = (layer.dim or 0) - 1 if (layer.dim or 0) > 0 else value.ndim + (layer.dim or -1)
    window = _along(value, cell, axis)
    sign = -1.0 if isinstance(layer, nn.Softmin) else 1.0
    scores = sign * window.values.ravel()
    index = cell[axis]
    top = float(scores.max())
    powers = np.exp(scores - top)
    whole, share = float(powers.sum()), float(powers[index] / powers.sum())
    name = "x" if sign > 0 else "−x"
    lines = [
        Line(f"e^({written(float(scores[index]))} − {written(top)}), less the largest", float(powers[index])),
        Line(f"divided by the sum of {counted(len(powers), 'such power')}, {written(whole)}", share),
    ]
    out = share
    formula = f"e^{name} ÷ sum of all e^{name}"
    if isinstance(layer, nn.LogSoftmax):
        out = float(scores[index] - top - math.log(whole))
        lines += [Line("its natural logarithm", out)]
        formula = f"ln({formula})"
    shown = Window(
        0, window.channels, window.rows, window.columns, window.rows, window.columns, window.values, None,
        powers.reshape(window.values.shape), window.counted,
    )  # fmt: skip
    spread = float(np.abs(scores).max()) + 1.0
    rounding = (len(powers) + 16) * (spread if isinstance(layer, nn.LogSoftmax) else share * spread)
    return Calculation(cell, formula, (shown,), tuple(lines), out, rounding)


def _along(value: Numbers, cell: Cell, axis: int) -> Window:
    """All that lies along an axis through a cell, the axis of the value without its batch."""
    channel, row, column = place(cell)
    held = as_map(value)
    where = [[channel], [row], [column]]
    where[axis if value.ndim == 3 else axis + 1 if value.ndim == 2 else 0] = list(range(value.shape[axis]))
    return places_of(held, 0, *where)


# normalisations


@dataclass(frozen=True)
class _Statistics:
    """What a normalisation takes its mean and variance of, and how it scales what comes out."""

    read: Numbers
    of: str
    running: tuple[float, float] | None
    weight: float | None
    bias: float | None


def normalised(layer: nn.Module, value: Numbers, cell: Cell) -> Calculation:
    """A normalised value: less a mean, divided by a deviation, scaled and shifted."""
    if isinstance(layer, nn.LocalResponseNorm):
        return _local_response(layer, value, cell)
    window, found, eps = own(value, cell), _statistics(layer, as_map(value), cell, value.ndim), _eps(layer)
    x, running = float(window.values[0, 0, 0]), found.running
    average, variance = running or (float(found.read.mean()), float(found.read.var()))
    kind = "running " if running else ""
    deviation = math.sqrt(max(0.0, variance + eps)) or math.nan
    out = (x - average) / deviation
    lines = [
        Line(f"less the {kind}mean {written(average)}", x - average),
        Line(f"divided by √({written(variance)} + {eps:g}), {kind}variance and eps", out),
    ]
    size = (abs(x) + abs(average)) / deviation
    if running is None:  # a mean of so many numbers, and a variance of numbers that may be nearly alike
        largest = float(np.abs(found.read).max())
        size = 2 * largest / deviation * (1 + largest**2 / deviation**2) * (1 + math.sqrt(found.read.size) / 32)
    scale, bias = 1.0 if found.weight is None else found.weight, 0.0 if found.bias is None else found.bias
    formula = "(x − mean) ÷ √(variance + eps)"
    if found.weight is not None:
        out, formula = out * scale, f"{formula} · weight"
        lines += [Line(f"times the weight {written(scale)}", out)]
    if found.bias is not None:
        out, formula = out + bias, f"{formula} + bias"
        lines += [Line(f"plus the bias {written(bias)}", out)]
    note = "" if running else f"Mean and variance are of {found.of}: {counted(found.read.size, 'number')}."
    rounding = 32 * (abs(scale) * size + abs(bias))
    return Calculation(cell, formula, (window,), tuple(lines), out, rounding, note=note)


def _eps(layer: nn.Module) -> float:
    return float(cast(Any, layer).eps)


def _statistics(layer: nn.Module, held: Numbers, cell: Cell, axes: int) -> _Statistics:
    """Of ``held``, which is (C, H, W), as ``as_map`` makes it of a value of so many axes."""
    channel, row, column = place(cell)
    match layer:
        case nn.BatchNorm2d() | nn.BatchNorm1d() | nn.InstanceNorm2d():
            at = channel if axes != 2 else row  # of tokens torch takes the first for channels
            running = None
            if layer.running_mean is not None and layer.running_var is not None:
                running = float(layer.running_mean[at]), float(layer.running_var[at])
            read = held[channel] if axes != 2 else held[0, row]
            return _Statistics(read, "this channel of this picture", running, *_affine(layer, (at,)))
        case nn.GroupNorm():
            each = layer.num_channels // layer.num_groups
            first = channel // each * each
            read, of = held[first : first + each], f"{counted(each, 'channel')} of this picture"
            return _Statistics(read, of, None, *_affine(layer, (channel,)))
        case nn.LayerNorm() if axes == 3 and len(layer.normalized_shape) == 1:
            return _Statistics(held[:, row, column], "the channels at this place", None, *_affine(layer, (channel,)))
        case nn.LayerNorm():
            read, of = (held[0, row], "this token") if axes == 2 else (held, "the whole picture")
            return _Statistics(read, of, None, *_affine(layer, cell[-len(layer.normalized_shape) :]))
    raise UnexplainedError(f"The arithmetic of {type(layer).__name__} is not told here.")


def _affine(layer: nn.Module, at: Cell) -> tuple[float | None, float | None]:
    """What it scales and shifts by at a place; None where it does not."""
    tensors: list[Tensor | None] = [getattr(layer, "weight", None), getattr(layer, "bias", None)]
    weight, bias = (None if tensor is None else float(tensor.detach()[at]) for tensor in tensors)
    return weight, bias


def _local_response(layer: nn.LocalResponseNorm, value: Numbers, cell: Cell) -> Calculation:
    channel, row, column = place(cell)
    first = channel - layer.size // 2
    near = [index for index in range(first, first + layer.size) if 0 <= index < value.shape[0]]
    window = places_of(value, 0, near, [row], [column])
    squares = window.values**2
    x, total = float(value[channel, row, column]), float(squares.sum())
    inner = layer.k + layer.alpha / layer.size * total
    divisor = inner**layer.beta
    out = x / divisor
    lines = (
        Line(f"sum of the squares of {counted(len(near), 'channel')}", total),
        Line(f"({layer.k:g} + {layer.alpha:g} ÷ {layer.size} · sum) to the power {layer.beta:g}", divisor),
        Line(f"{written(x)} divided by that", out),
    )
    shown = Window(
        0, window.channels, window.rows, window.columns, window.rows, window.columns, window.values, None, squares,
        window.counted,
    )  # fmt: skip
    rounding = (32 + 8 * abs(layer.beta) + layer.size * abs(layer.beta)) * abs(out)
    return Calculation(cell, "x ÷ (k + alpha ÷ size · sum of squares)^beta", (shown,), lines, out, rounding)


# what joins


def joined(kind: str, values: Sequence[Numbers], cell: Cell) -> Calculation:
    """Add, Mean and Multiply, number by number; an axis of size 1 is stretched to fit."""
    windows = []
    for port, value in enumerate(values):
        at = tuple(0 if size == 1 else index for size, index in zip(value.shape, cell, strict=True))
        windows.append(own(value, at, port))
    given = [float(window.values[0, 0, 0]) for window in windows]
    if kind == "Multiply":
        out = math.prod(given)
        line = Line(" · ".join(map(written, given)), out)
        return Calculation(cell, "product", tuple(windows), (line,), out, 4 * len(given) * abs(out))
    out = math.fsum(given)
    size = math.fsum(map(abs, given)) if all(map(math.isfinite, given)) else 0.0
    lines = [Line(" + ".join(map(_in_sum, given)), out)]
    formula = "sum"
    if kind == "Mean":
        out, formula = out / len(given), f"sum ÷ {len(given)}"
        lines += [Line(f"divided by {len(given)}", out)]
    return Calculation(cell, formula, tuple(windows), tuple(lines), out, len(given) * size)


def _in_sum(value: float) -> str:
    return f"({written(value)})" if value < 0 else written(value)


def copied(values: Sequence[Numbers], port: int, index: int, cell: Cell) -> Calculation:
    """What only moves numbers about: this one comes from that place of an input; ``index`` is flat."""
    value = values[port]
    at = tuple(int(each) for each in np.unravel_index(index, value.shape))
    window = own(value, at, port)
    out = float(window.values[0, 0, 0])
    words = f"taken from input {port + 1}" if len(values) > 1 else "taken as it is"
    return Calculation(cell, "x, from another place", (window,), (Line(words, out),), out, 0.0)


def attention(layer: nn.MultiheadAttention, value: Numbers, cell: Cell) -> Calculation:
    """A number of a token that has looked at all tokens (N, D): each head's looks, what they bring, and the projection.

    Vaswani et al. 2017, arXiv:1706.03762. The window holds, of each head a row, what the token has taken: (heads, 1,
    D / heads), times the projection's weights.
    """
    token, entry = cell
    size, heads = value.shape[1], layer.num_heads
    assert layer.in_proj_weight is not None
    projected = value @ array(layer.in_proj_weight).T
    if layer.in_proj_bias is not None:
        projected = projected + array(layer.in_proj_bias)
    asked, offered, said = (projected[:, part * size : (part + 1) * size] for part in range(3))
    each = size // heads
    taken, looks = [], []
    for head in range(heads):
        part = slice(head * each, (head + 1) * each)
        scores = offered[:, part] @ asked[token, part] / math.sqrt(each)
        share = np.exp(scores - scores.max())
        share /= share.sum()
        looks.append(share)
        taken.append(share @ said[:, part])
    values = np.stack(taken)[:, None, :]
    weights = array(layer.out_proj.weight[entry]).reshape(heads, 1, each)
    rows, columns = line_of([0]), line_of(range(each))
    taps = np.ones((1, each), bool)
    window = Window(0, line_of(range(heads)), rows, columns, rows, columns, values, weights, values * weights, taps)
    bias = None if layer.out_proj.bias is None else float(layer.out_proj.bias[entry].detach())
    made = weighed_sum(cell, [window], bias)
    first = [
        Line(f"head {head + 1} looks most at token {int(share.argmax()) + 1}, with", float(share.max()))
        for head, share in enumerate(looks)
    ]
    magnitude = float(np.abs(projected).max()) * float(np.abs(weights).sum()) + abs(bias or 0.0)
    spread = 1.0 + float(np.abs(asked[token]).max() * np.abs(offered).max() * each)
    rounding = (size + len(value) + 64) * magnitude * spread
    formula = "sum over heads of (softmax(q · k ÷ √d) · v) × projection" + (" + bias" if bias is not None else "")
    return Calculation(cell, formula, (window,), (*first, *made.lines), made.total, rounding, looks=np.stack(looks))


def gated(value: Numbers, cell: Cell) -> Calculation:
    """GLU: a number of the first half of the channels times the sigmoid of its partner in the second half."""
    half = value.shape[0] // 2
    partner = (cell[0] + half, *cell[1:])
    windows = own(value, cell), own(value, partner)
    a, b = (float(window.values[0, 0, 0]) for window in windows)
    gate = _sigmoid(b)
    out = a * gate
    lines = (Line(f"sigmoid({written(b)})", gate), Line(f"{written(a)} · that", out))
    return Calculation(cell, "a · sigmoid(b)", windows, lines, out, 32 * max(abs(out), abs(a) * 1e-3))

"""Sliding rules: the arithmetic of what slides over a map: convolutions and pools. Each as torch documents it.

See https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html and the pages of its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from cnnstudio.insight.calculation import BEYOND, Calculation, Line, Numbers, UnexplainedError, Window, line_of
from cnnstudio.wording import counted


def array(tensor: Tensor) -> Numbers:
    """A tensor's numbers, exactly, as float64."""
    found: Numbers = tensor.detach().cpu().double().numpy()
    return found


def pair(value: Any) -> tuple[int, int]:
    """One number for both axes, or one for each."""
    return (int(value[0]), int(value[-1])) if isinstance(value, Sequence) else (int(value), int(value))


@dataclass(frozen=True)
class Axis:
    """The taps of a window along one axis: where each lies, and which place it reads, ``BEYOND`` for none."""

    asked: list[int]
    read: list[int]


def conv(layer: nn.Conv2d, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """A convolution's value: the window times the kernel, summed over the channels of its group, plus the bias."""
    channel, *at = cell
    kernel, stride, dilation = pair(layer.kernel_size), pair(layer.stride), pair(layer.dilation)
    sides = sides_of(layer, kernel, dilation)
    axes = [
        axis(at[i] * stride[i] - sides[i], kernel[i], dilation[i], value.shape[i + 1], layer.padding_mode)
        for i in (0, 1)
    ]
    each = layer.in_channels // layer.groups
    first = channel // (layer.out_channels // layer.groups) * each
    window = _weighed(value, range(first, first + each), axes, array(layer.weight[channel]))
    bias = None if layer.bias is None else float(layer.bias[channel].detach())
    return weighed_sum(cell, [window], bias)


def filtered(weight: Tensor, keeps_size: bool, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """The value of a fixed filter that goes over each channel alone; ``weight`` is (C, 1, h, w)."""
    channel, *at = cell
    kernel = int(weight.shape[2]), int(weight.shape[3])
    axes = [axis(at[i] - (kernel[i] - 1) // 2 * keeps_size, kernel[i], 1, value.shape[i + 1], "zeros") for i in (0, 1)]
    return weighed_sum(cell, [_weighed(value, [channel], axes, array(weight[channel]))], None)


def conv_transpose(layer: nn.ConvTranspose2d, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """A transposed convolution's value: of each input that lays its kernel over the place, the weight that lies on it.

    Tap k reads input i where i · stride = place + padding - k · dilation; the other taps lie between the inputs.
    """
    channel, *at = cell
    kernel, stride, dilation = pair(layer.kernel_size), pair(layer.stride), pair(layer.dilation)
    sides = pair(layer.padding)
    axes = []
    for i in (0, 1):
        reached = [at[i] + sides[i] - tap * dilation[i] for tap in range(kernel[i])]
        asked = [place // stride[i] if place % stride[i] == 0 else BEYOND for place in reached]
        axes.append(Axis(asked, [place if 0 <= place < value.shape[i + 1] else BEYOND for place in asked]))
    each, outs = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    first = channel // outs * each
    weights = array(layer.weight[first : first + each, channel % outs])
    window = _weighed(value, range(first, first + each), axes, weights, all_count=False)
    bias = None if layer.bias is None else float(layer.bias[channel].detach())
    return weighed_sum(cell, [window], bias)


def weighed_sum(cell: tuple[int, ...], windows: Sequence[Window], bias: float | None) -> Calculation:
    """Products summed over the channels, and a bias."""
    count = sum(len(window.channels) * int(window.counted.sum()) for window in windows)
    total = float(sum(window.terms.sum() for window in windows))
    size = float(sum(np.abs(window.terms).sum() for window in windows)) + abs(bias or 0.0)
    lines = [Line(f"sum of {counted(count, 'product')}", total)]
    if bias is not None:
        total += bias
        lines += [Line(f"plus the bias {written(bias)}", total)]
    formula = "sum of value × weight" + (" + bias" if bias is not None else "")
    return Calculation(cell, formula, tuple(windows), tuple(lines), total, (count + 4) * size)


def written(value: float) -> str:
    """A number for reading: four digits that count, with a minus and no hyphen."""
    return f"{value:.4g}".replace("-", "−")


def pooled(layer: nn.Module, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """A pool's value: the largest, the mean, or a power mean of a window of its own channel."""
    match layer:
        case nn.MaxPool2d():
            axes = _pool_axes(layer, cell, value)
            return largest(cell, [_read(value, cell[0], axes)])
        case nn.AvgPool2d():
            return _mean_pool(layer, value, cell)
        case nn.LPPool2d():
            return _power_pool(layer, value, cell)
        case nn.AdaptiveAvgPool2d():
            window = _read(value, cell[0], _adaptive(layer.output_size, value, cell))
            return mean(cell, [window], window.values.size)
        case nn.AdaptiveMaxPool2d():
            return largest(cell, [_read(value, cell[0], _adaptive(layer.output_size, value, cell))])
    raise UnexplainedError(f"The windows of {type(layer).__name__} are drawn by chance, so they are not told.")


def largest(cell: tuple[int, ...], windows: Sequence[Window]) -> Calculation:
    """The largest of what counts in one window; it is one of its numbers, so nothing is rounded."""
    (window,) = windows
    held = np.where(window.counted, window.values, -np.inf)
    nan = np.isnan(held)
    index = int(np.argmax(nan if nan.any() else held))
    found = np.unravel_index(index, held.shape)
    channel, row, column = int(found[0]), int(found[1]), int(found[2])
    best = float(window.values[channel, row, column])
    count = len(window.channels) * int(window.counted.sum())
    lines = (Line(f"the largest of {counted(count, 'number')}", best),)
    return Calculation(cell, "largest value", (window,), lines, best, 0.0, (channel, row, column))


def mean(cell: tuple[int, ...], windows: Sequence[Window], divisor: float, note: str = "") -> Calculation:
    """The sum of what counts, divided."""
    total = float(sum(window.terms.sum() for window in windows))
    size = float(sum(np.abs(window.terms).sum() for window in windows))
    count = sum(len(window.channels) * int(window.counted.sum()) for window in windows)
    out = total / divisor
    lines = (Line(f"sum of {counted(count, 'number')}", total), Line(f"divided by {divisor:g}", out))
    rounding = (count + 4) * size / abs(divisor)
    return Calculation(cell, f"sum of values ÷ {divisor:g}", tuple(windows), lines, out, rounding, note=note)


def _mean_pool(layer: nn.AvgPool2d, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    axes = _pool_axes(layer, cell, value)
    window = _read(value, cell[0], axes)
    inside = int(window.counted.sum())
    # what ceil_mode adds behind the padding is never counted, the padding itself by count_include_pad
    sides = pair(layer.padding)
    kept = [sum(place < value.shape[i + 1] + sides[i] for place in axes[i].asked) for i in (0, 1)]
    divisor = layer.divisor_override or (kept[0] * kept[1] if layer.count_include_pad else inside)
    note = ""
    if not layer.divisor_override and kept[0] * kept[1] < window.values[0].size:
        note = "The last window is cut off at the border (ceil_mode), so it is divided by fewer."
    return mean(cell, [window], divisor, note)


def _power_pool(layer: nn.LPPool2d, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """The p-th root of the sum of p-th powers. Of a window that is cut off, torch takes the mean times its whole size.

    Torch takes no absolute value: a sum below zero, which an odd or broken p can give, has no root but for p = 1.
    """
    kernel = pair(layer.kernel_size)
    axes = _pool_axes(layer, cell, value)
    window = _read(value, cell[0], axes)
    power = float(layer.norm_type)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        terms = np.where(window.counted, window.values**power, 0.0)
        total, inside = float(terms.sum()), int(window.counted.sum())
        lines = [Line(f"sum of {counted(inside, 'value')} to the power {power:g}", total)]
        note, whole = "", kernel[0] * kernel[1]
        if inside != whole:
            total *= whole / inside
            lines += [Line(f"times {whole} ÷ {inside}, as the window is cut off", total)]
            note = "The last window is cut off at the border (ceil_mode); PyTorch counts it as though it were full."
        out = float(np.float64(total) ** (1 / power))
        lines += [Line(f"its root of degree {power:g}", out)]
        size = float(np.abs(terms).sum()) * whole / max(1, inside)
        near = abs(total) / size if size else 1.0
        rounding = (whole + 16) * (abs(out) / power / near if near > 1e-9 else size ** (1 / power))
    shown = Window(
        0, window.channels, window.rows, window.columns, window.asked_rows, window.asked_columns,
        window.values, None, terms, window.counted,
    )  # fmt: skip
    formula = f"(sum of value^{power:g})^(1/{power:g})"
    return Calculation(cell, formula, (shown,), tuple(lines), out, float(rounding), note=note)


# where the taps lie


def sides_of(layer: nn.Conv2d, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    """Rows above and columns before; "same" puts the odd one below and behind."""
    if layer.padding == "valid":
        return 0, 0
    if layer.padding == "same":
        return dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2
    return pair(layer.padding)


def axis(start: int, kernel: int, dilation: int, length: int, mode: str) -> Axis:
    """So many taps from ``start`` on, over a map that is so long and goes on beyond its ends as the mode says."""
    asked = [start + tap * dilation for tap in range(kernel)]
    return Axis(asked, [_folded(place, length, mode) for place in asked])


def _folded(place: int, length: int, mode: str) -> int:
    """Which place of the map stands at a place outside of it."""
    if 0 <= place < length:
        return place
    match mode:
        case "reflect":
            return -place if place < 0 else 2 * (length - 1) - place
        case "replicate":
            return 0 if place < 0 else length - 1
        case "circular":
            return place % length
    return BEYOND


def _pool_axes(layer: Any, cell: tuple[int, int, int], value: Numbers) -> list[Axis]:
    kernel, sides, apart = (pair(getattr(layer, name, default)) for name, default in _POOLS_OWN)
    step = kernel if layer.stride is None else pair(layer.stride)
    return [axis(cell[i + 1] * step[i] - sides[i], kernel[i], apart[i], value.shape[i + 1], "zeros") for i in (0, 1)]


_POOLS_OWN = (("kernel_size", 1), ("padding", 0), ("dilation", 1))


def _adaptive(output_size: Any, value: Numbers, cell: tuple[int, int, int]) -> list[Axis]:
    """The i-th window goes from ⌊i · in / out⌋ to before ⌈(i + 1) · in / out⌉; None keeps the size of the input."""
    asked = output_size if isinstance(output_size, Sequence) else (output_size, output_size)
    axes = []
    for i in (0, 1):
        length, out = value.shape[i + 1], value.shape[i + 1] if asked[i] is None else int(asked[i])
        places = list(range(cell[i + 1] * length // out, -(-(cell[i + 1] + 1) * length // out)))
        axes.append(Axis(places, places))
    return axes


def _read(value: Numbers, channel: int, axes: Sequence[Axis]) -> Window:
    """A window of one channel, of which nothing outside the map counts."""
    return _window(value, [channel], axes, None, all_count=False)


def _weighed(
    value: Numbers, channels: Sequence[int], axes: Sequence[Axis], weights: Numbers, *, all_count: bool = True
) -> Window:
    return _window(value, channels, axes, weights, all_count=all_count)


def _window(
    value: Numbers, channels: Sequence[int], axes: Sequence[Axis], weights: Numbers | None, *, all_count: bool
) -> Window:
    rows, columns = (line_of(axis.read) for axis in axes)
    held = value[list(channels)][:, rows][:, :, columns]
    inside = (rows != BEYOND)[:, None] & (columns != BEYOND)[None, :]
    values = np.where(inside, held, 0.0)
    terms = values if weights is None else values * weights
    counts = np.ones_like(inside) if all_count else inside
    asked = [line_of(axis.asked) for axis in axes]
    return Window(0, line_of(channels), rows, columns, asked[0], asked[1], values, weights, terms, counts)

"""Sliding rules: the arithmetic of torch's layers that slide over a map: convolutions and pools.

See https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html and the pages of its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from cnnstudio.insight.calculation import Calculation, Numbers, UnexplainedError
from cnnstudio.insight.taps import (
    Axis,
    axis,
    between,
    kept,
    largest,
    mean,
    mean_pooled,
    power_mean,
    weighed_sum,
    window_at,
)


def array(tensor: Tensor) -> Numbers:
    """A tensor's numbers, exactly, as float64."""
    found: Numbers = tensor.detach().cpu().double().numpy()
    return found


def pair(value: Any) -> tuple[int, int]:
    """One number for both axes, or one for each."""
    return (int(value[0]), int(value[-1])) if isinstance(value, Sequence) else (int(value), int(value))


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
    window = window_at(value, range(first, first + each), axes, array(layer.weight[channel]), all_count=True)
    bias = None if layer.bias is None else float(layer.bias[channel].detach())
    return weighed_sum(cell, [window], bias)


def filtered(weight: Tensor, keeps_size: bool, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """The value of a fixed filter that goes over each channel alone; ``weight`` is (C, 1, h, w)."""
    channel, *at = cell
    kernel = int(weight.shape[2]), int(weight.shape[3])
    axes = [axis(at[i] - (kernel[i] - 1) // 2 * keeps_size, kernel[i], 1, value.shape[i + 1], "zeros") for i in (0, 1)]
    return weighed_sum(cell, [window_at(value, [channel], axes, array(weight[channel]), all_count=True)], None)


def conv_transpose(layer: nn.ConvTranspose2d, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """A transposed convolution's value: of each input whose kernel lies over the place, the weight that lies on it."""
    channel, *at = cell
    kernel, stride, dilation = pair(layer.kernel_size), pair(layer.stride), pair(layer.dilation)
    sides = pair(layer.padding)
    axes = [
        between(at[i], kernel[i], stride=stride[i], padding=sides[i], dilation=dilation[i], length=value.shape[i + 1])
        for i in (0, 1)
    ]
    each, outs = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    first = channel // outs * each
    weights = array(layer.weight[first : first + each, channel % outs])
    window = window_at(value, range(first, first + each), axes, weights)
    bias = None if layer.bias is None else float(layer.bias[channel].detach())
    return weighed_sum(cell, [window], bias)


def pooled(layer: nn.Module, value: Numbers, cell: tuple[int, int, int]) -> Calculation:
    """A pool's value: the largest, the mean, or a power mean of a window of its own channel."""
    channels = [cell[0]]
    match layer:
        case nn.MaxPool2d():
            return largest(cell, [window_at(value, channels, _pool_axes(layer, cell, value))])
        case nn.AvgPool2d():
            axes = _pool_axes(layer, cell, value)
            return mean_pooled(
                cell,
                window_at(value, channels, axes),
                float(kept(axes, pair(layer.padding), value.shape)),
                layer.divisor_override,
                with_padding=layer.count_include_pad,
            )
        case nn.LPPool2d():
            window = window_at(value, channels, _pool_axes(layer, cell, value))
            return power_mean(cell, window, float(layer.norm_type))
        case nn.AdaptiveAvgPool2d():
            window = window_at(value, channels, _adaptive(layer.output_size, value, cell))
            return mean(cell, [window], window.values.size)
        case nn.AdaptiveMaxPool2d():
            return largest(cell, [window_at(value, channels, _adaptive(layer.output_size, value, cell))])
    raise UnexplainedError(f"The windows of {type(layer).__name__} are drawn by chance, so they are not told.")


# where the taps lie


def sides_of(layer: nn.Conv2d, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    """Rows above and columns before; "same" puts the odd one below and behind."""
    if layer.padding == "valid":
        return 0, 0
    if layer.padding == "same":
        return dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2
    return pair(layer.padding)


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
        places = np.arange(cell[i + 1] * length // out, -(-(cell[i + 1] + 1) * length // out))
        axes.append(Axis(places, places))
    return axes

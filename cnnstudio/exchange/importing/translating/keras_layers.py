"""Keras layers: what each layer of Keras 3 is in PyTorch, with its weights turned as torch has them.

Each layer as https://keras.io/api/layers says it, on TensorFlow's and JAX's rules for borders: "same" puts the odd row
behind, and a transposed convolution is the gradient of a convolution that does so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn

from cnnstudio.exchange.importing.translating.keras_activations import activated, activation, made, prelu, relu, softmax
from cnnstudio.exchange.importing.translating.keras_graph import Layer, Rule
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref
from cnnstudio.exchange.importing.translating.windows import (
    Window,
    convolved,
    cropped,
    halves,
    loaded,
    padded,
    pooled,
    same,
    sides,
    transposed,
)


def _pair(told: Any) -> tuple[int, int]:
    first, second = told if isinstance(told, list | tuple) else (told, told)
    return int(first), int(second)


# convolution and pooling


def _window(layer: Layer, value: Ref, kernel: tuple[int, ...]) -> Window:
    told = layer.told
    window = Window(kernel, _pair(told.get("strides", 1)), _pair(told.get("dilation_rate", 1)), (0, 0), (0, 0))
    padding = told.get("padding", "valid")
    if padding not in ("valid", "same"):
        raise Misfit("has a border that no block has")
    if padding == "valid":
        return window
    return Window(kernel, window.strides, window.dilations, *same(sides(layer.scribe, value), window))


def _bias(layer: Layer, place: int) -> Tensor | None:
    return layer.weight(place) if layer.told.get("use_bias", True) else None


def _conv(layer: Layer, value: Ref) -> Ref:
    weight = layer.weight(0).permute(3, 2, 0, 1).contiguous()
    window = _window(layer, value, tuple(weight.shape[2:]))
    groups = int(layer.told.get("groups", 1))
    return activated(layer, _learned(layer, convolved, value, weight, _bias(layer, 1), window, groups=groups))


def _learned(layer: Layer, write: Callable[..., Ref], *given: Any, name: str = "", **named: Any) -> Ref:
    """A convolution of this layer; it learns where the layer did."""
    before = set(dict(layer.scribe.module.named_parameters()))
    result = write(layer.scribe, *given, name=name or layer.name, **named)
    if not layer.told.get("trainable", True):
        for key, each in layer.scribe.module.named_parameters():
            each.requires_grad_(each.requires_grad and key in before)
    return result


def _depthwise(weight: Tensor) -> Tensor:
    """A kernel (height, width, channels, multiplier) as torch's, of as many groups as channels."""
    height, width, channels, multiplier = weight.shape
    return weight.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width).contiguous()


def _depthwise_conv(layer: Layer, value: Ref) -> Ref:
    kernel = layer.weight(0)
    window = _window(layer, value, tuple(kernel.shape[:2]))
    result = _learned(layer, convolved, value, _depthwise(kernel), _bias(layer, 1), window, groups=int(kernel.shape[2]))
    return activated(layer, result)


def _separable_conv(layer: Layer, value: Ref) -> Ref:
    kernel, point = layer.weight(0), layer.weight(1).permute(3, 2, 0, 1).contiguous()
    window, one = _window(layer, value, tuple(kernel.shape[:2])), Window((1, 1), (1, 1), (1, 1), (0, 0), (0, 0))
    groups = int(kernel.shape[2])
    result = _learned(
        layer, convolved, value, _depthwise(kernel), None, window, groups=groups, name=f"{layer.name}_depthwise"
    )
    return activated(layer, _learned(layer, convolved, result, point, _bias(layer, 2), one, groups=1))


def _conv_transpose(layer: Layer, value: Ref) -> Ref:
    """With "same" as many places come out as strides go in, and what is too many is cut off, the odd one behind."""
    weight = layer.weight(0).permute(3, 2, 0, 1).contiguous()
    window = Window(
        tuple(weight.shape[2:]), _pair(layer.told.get("strides", 1)), _pair(layer.told.get("dilation_rate", 1))
    )
    if layer.told.get("output_padding") is not None:
        raise Misfit("says an output padding of its own, which programs take differently")
    whole = [span - stride for span, stride in zip(window.spans, window.strides, strict=True)]
    more = tuple(max(0, -each) for each in whole)
    before: tuple[int, ...] = (0, 0)
    behind: tuple[int, ...] = (0, 0)
    if layer.told.get("padding") == "same":
        before, behind = halves([max(0, each) for each in whole])
    window = Window(window.kernel, window.strides, window.dilations, before, behind)
    result = _learned(layer, transposed, value, weight, _bias(layer, 1), window, more=more, groups=1)
    return activated(layer, result)


def _pool(is_mean: bool) -> Rule:
    def slid(layer: Layer, value: Ref) -> Ref:
        kernel = _pair(layer.told["pool_size"])
        told = {**layer.told, "strides": layer.told.get("strides") or kernel}
        window = _window(Layer(layer.name, layer.kind, told, [], layer.scribe, []), value, kernel)
        return pooled(layer.scribe, value, window, name=layer.name, is_mean=is_mean)

    return slid


def _global_pool(kind: type[nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d]) -> Rule:
    def pooled_whole(layer: Layer, value: Ref) -> Ref:
        sides(layer.scribe, value)
        result = layer.call(kind(1), value)
        return result if layer.told.get("keepdims") else layer.scribe.apply(torch.flatten, result, 1)

    return pooled_whole


# normalisation


def _affine(layer: Layer, sizes: tuple[int, ...]) -> tuple[Tensor, Tensor, int]:
    """Factor and offset, which a layer may lack, and how many weights they are."""
    scale, center = bool(layer.told.get("scale", True)), bool(layer.told.get("center", True))
    weight = layer.weight(0).reshape(sizes) if scale else torch.ones(sizes)
    bias = layer.weight(int(scale)).reshape(sizes) if center else torch.zeros(sizes)
    return weight, bias, scale + center


def _require_last(layer: Layer, value: Ref) -> None:
    axis = layer.told.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if not isinstance(axis, int) or axis % layer.rank(value) != layer.rank(value) - 1:
        raise Misfit("normalises along other axes than the channels, which no block does")


def _batch_norm(layer: Layer, value: Ref) -> Ref:
    """Keras's momentum is what is kept, torch's what is new."""
    _require_last(layer, value)
    channels = layer.scribe.sizes(value)[1]
    kinds: dict[int, Any] = {2: nn.BatchNorm1d, 4: nn.BatchNorm2d}
    if layer.rank(value) not in kinds:
        raise Misfit("normalises what is neither a map nor a row")
    weight, bias, count = _affine(layer, (channels,))
    momentum = round(1 - float(layer.told.get("momentum", 0.99)), 9)
    module = kinds[layer.rank(value)](channels, float(layer.told.get("epsilon", 1e-3)), momentum)
    statistics = layer.weight(count), layer.weight(count + 1)
    loaded(module, weight=weight, bias=bias, running_mean=statistics[0], running_var=statistics[1])
    return layer.call(module, value)


def _layer_norm(layer: Layer, value: Ref) -> Ref:
    _require_last(layer, value)
    value = layer.last(value)
    channels = layer.scribe.sizes(value)[-1]
    weight, bias, _ = _affine(layer, (channels,))
    module = nn.LayerNorm(channels, float(layer.told.get("epsilon", 1e-3)))
    return layer.first(layer.call(loaded(module, weight=weight, bias=bias), value))


def _group_norm(layer: Layer, value: Ref) -> Ref:
    _require_last(layer, value)
    channels, groups = layer.scribe.sizes(value)[1], int(layer.told.get("groups", 32))
    weight, bias, _ = _affine(layer, (channels,))
    module = nn.GroupNorm(channels if groups == -1 else groups, channels, float(layer.told.get("epsilon", 1e-3)))
    return layer.call(loaded(module, weight=weight, bias=bias), value)


def _rescaling(layer: Layer, value: Ref) -> Ref:
    return _shifted(layer, value, np.array(layer.told.get("scale", 1.0)), np.array(layer.told.get("offset", 0.0)))


def _normalization(layer: Layer, value: Ref) -> Ref:
    told, held = layer.told, layer.variables
    mean, variance = (
        np.array(told[key]) if told.get(key) is not None else held[i] for i, key in enumerate(("mean", "variance"))
    )
    scale = 1 / np.maximum(np.sqrt(variance.astype(np.float64)), 1e-7)
    return _shifted(layer, value, scale, -mean * scale)


def _shifted(layer: Layer, value: Ref, scale: np.ndarray, offset: np.ndarray) -> Ref:
    """A value times a factor plus an offset, a number each or one a channel."""
    for function, usual, each in ((torch.mul, 1.0, scale), (torch.add, 0.0, offset)):
        if each.size == 1 and float(each.reshape(-1)[0]) != usual:
            value = layer.scribe.apply(function, value, float(each.reshape(-1)[0]))
        elif each.size > 1:
            channels = layer.scribe.sizes(value)[1]
            numbers = torch.tensor(each.reshape(-1), dtype=torch.float32)
            if len(numbers) != channels:
                raise Misfit("has numbers for other axes than the channels")
            numbers = numbers.reshape(channels, *(1,) * (layer.rank(value) - 2))
            value = layer.scribe.apply(function, value, layer.scribe.hold(numbers, layer.name, learns=False))
    return value


# shapes


def _dense(layer: Layer, value: Ref) -> Ref:
    """On a map it works on the channels of each pixel, as a 1×1 convolution does."""
    weight, is_map = layer.weight(0).T.contiguous(), layer.rank(value) == 4
    module = nn.Linear(weight.shape[1], weight.shape[0], bool(layer.told.get("use_bias", True)))
    result = layer.call(loaded(module, weight=weight, bias=_bias(layer, 1)), layer.last(value))
    return activated(layer, layer.first(result) if is_map else result)


def _flatten(layer: Layer, value: Ref) -> Ref:
    """Keras reads height, width, channels."""
    is_turned = layer.rank(value) == 4 and layer.scribe.sizes(value)[2:] != (1, 1)
    return layer.scribe.apply(torch.flatten, layer.last(value) if is_turned else value, 1)


def _reshape(layer: Layer, value: Ref) -> Ref:
    target = tuple(int(size) for size in layer.told["target_shape"])
    whole = math.prod(layer.scribe.sizes(value)[1:])
    known = math.prod(size for size in target if size != -1)
    target = tuple(whole // known if size == -1 else size for size in target)
    if len(target) == 3 and target[:2] == (1, 1) and layer.rank(value) == 2:
        return layer.scribe.apply(torch.Tensor.reshape, value, (-1, target[2], 1, 1))
    return layer.first(layer.scribe.apply(torch.Tensor.reshape, layer.last(value), (-1, *target)))


def _permute(layer: Layer, value: Ref) -> Ref:
    order = (0, *(int(axis) for axis in layer.told["dims"]))
    return layer.first(layer.scribe.apply(torch.permute, layer.last(value), order))


def _sides(told: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Before and behind, for rows and columns."""
    rows, columns = told if isinstance(told, list | tuple) else (told, told)
    return _pair(rows), _pair(columns)


def _zero_padding(layer: Layer, value: Ref) -> Ref:
    rows, columns = _sides(layer.told["padding"])
    return padded(layer.scribe, value, (rows[0], columns[0]), (rows[1], columns[1]))


def _cropping(layer: Layer, value: Ref) -> Ref:
    return cropped(layer.scribe, value, list(_sides(layer.told["cropping"])))


def _upsampling(layer: Layer, value: Ref) -> Ref:
    mode = layer.told.get("interpolation", "nearest")
    if mode not in ("nearest", "bilinear"):
        raise Misfit(f"lays pixels out ({str(mode)[:20]}) as no block does")
    factors = tuple(map(float, _pair(layer.told["size"])))
    return layer.scribe.apply(F.interpolate, value, None, factors, mode)


def _merged(function: Callable[..., Any]) -> Rule:
    def merged(layer: Layer, *values: Ref) -> Ref:
        result = values[0]
        for other in values[1:]:
            result = layer.scribe.apply(function, result, other)
        return result

    return merged


def _average(layer: Layer, *values: Ref) -> Ref:
    return layer.scribe.apply(torch.div, _merged(torch.add)(layer, *values), float(len(values)))


def _concatenate(layer: Layer, *values: Ref) -> Ref:
    return layer.scribe.apply(torch.cat, list(values), layer.axis(values[0], layer.told.get("axis", -1)))


def _same(layer: Layer, value: Ref) -> Ref:
    return value


def _left_out(layer: Layer, value: Ref) -> Ref:
    layer.notes.append(f"{layer.title}: does nothing when it predicts and has no block, so left out.")
    return value


LAYERS: dict[str, Rule] = {
    "Conv2D": _conv,
    "DepthwiseConv2D": _depthwise_conv,
    "SeparableConv2D": _separable_conv,
    "Conv2DTranspose": _conv_transpose,
    "Dense": _dense,
    "MaxPooling2D": _pool(False),
    "AveragePooling2D": _pool(True),
    "GlobalAveragePooling2D": _global_pool(nn.AdaptiveAvgPool2d),
    "GlobalMaxPooling2D": _global_pool(nn.AdaptiveMaxPool2d),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
    "Activation": activation,
    "ReLU": relu,
    "LeakyReLU": made(lambda told: nn.LeakyReLU(float(told.get("negative_slope", 0.3)))),
    "ELU": made(lambda told: nn.ELU(float(told.get("alpha", 1.0)))),
    "PReLU": prelu,
    "Softmax": softmax,
    "Dropout": made(lambda told: nn.Dropout(float(told.get("rate", 0.5)))),
    "SpatialDropout2D": made(lambda told: nn.Dropout2d(float(told.get("rate", 0.5)))),
    "AlphaDropout": made(lambda told: nn.AlphaDropout(float(told.get("rate", 0.5)))),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "ZeroPadding2D": _zero_padding,
    "Cropping2D": _cropping,
    "UpSampling2D": _upsampling,
    "Add": _merged(torch.add),
    "Subtract": _merged(torch.sub),
    "Multiply": _merged(torch.mul),
    "Maximum": _merged(torch.maximum),
    "Minimum": _merged(torch.minimum),
    "Average": _average,
    "Concatenate": _concatenate,
    "Identity": _same,
    "ActivityRegularization": _same,
    "GaussianNoise": _left_out,
    "GaussianDropout": _left_out,
    "RandomFlip": _left_out,
    "RandomRotation": _left_out,
    "RandomZoom": _left_out,
    "RandomTranslation": _left_out,
    "RandomContrast": _left_out,
    "RandomBrightness": _left_out,
}

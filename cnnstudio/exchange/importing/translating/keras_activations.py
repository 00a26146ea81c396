"""Keras activations: layers of single numbers, and the activation that a layer has of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from cnnstudio.exchange.importing.translating.keras_graph import Layer, Rule
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref
from cnnstudio.exchange.importing.translating.windows import loaded

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "swish": nn.SiLU,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_swish": nn.Hardswish,
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "celu": nn.CELU,
    "selu": nn.SELU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "tanh_shrink": nn.Tanhshrink,
    "log_sigmoid": nn.LogSigmoid,
}


def activated(layer: Layer, value: Ref, told: Any = None) -> Ref:
    """A value behind the activation that a layer has of its own."""
    told = layer.told.get("activation") if told is None else told
    if isinstance(told, dict):
        is_plain = told.get("class_name") == "function" and told.get("module") in ("builtins", "keras.activations")
        told = told.get("config") if is_plain else told.get("class_name")
    match told:
        case None | "linear":
            return value
        case "softmax":
            return layer.call(nn.Softmax(layer.axis(value, -1)), value, name=f"{layer.name}_softmax")
        case "log_softmax":
            return layer.call(nn.LogSoftmax(layer.axis(value, -1)), value, name=f"{layer.name}_log_softmax")
        case "exponential":
            return layer.scribe.apply(torch.exp, value)
        case str() if told in _ACTIVATIONS:
            name = layer.name if layer.kind == "Activation" else f"{layer.name}_{told}"
            return layer.call(_ACTIVATIONS[told](), value, name=name)
    raise Misfit("has an activation that is not known here")


def activation(layer: Layer, value: Ref) -> Ref:
    """The activation that a layer is."""
    return activated(layer, value)


def relu(layer: Layer, value: Ref) -> Ref:
    """Nothing below, perhaps no more than so much above."""
    most, slope, least = (layer.told.get(key) for key in ("max_value", "negative_slope", "threshold"))
    match (most, slope or 0.0, least or 0.0):
        case (None, 0.0, 0.0):
            made: nn.Module = nn.ReLU()
        case (6 | 6.0, 0.0, 0.0):
            made = nn.ReLU6()
        case (float() | int(), 0.0, 0.0):
            made = nn.Hardtanh(0.0, float(most))
        case (None, negative, 0.0):
            made = nn.LeakyReLU(float(negative))
        case (None, 0.0, threshold):
            made = nn.Threshold(float(threshold), 0.0)
        case _:
            raise Misfit("bends in more places than a block does")
    return layer.call(made, value)


def made(make: Callable[[Any], nn.Module]) -> Rule:
    """A layer of torch's, from what the file says of this one."""
    return lambda layer, value: layer.call(make(layer.told), value)


def softmax(layer: Layer, value: Ref) -> Ref:
    """Shares along one axis."""
    return layer.call(nn.Softmax(layer.axis(value, layer.told.get("axis", -1))), value)


def prelu(layer: Layer, value: Ref) -> Ref:
    """A slope for what is negative: one, or one a channel."""
    slope = layer.weight(0)
    if any(size != 1 for size in slope.shape[:-1]):
        raise Misfit("has a slope for each pixel, which no block has: share it over the axes 1 and 2")
    return layer.call(loaded(nn.PReLU(slope.numel()), weight=slope.reshape(-1)), value)

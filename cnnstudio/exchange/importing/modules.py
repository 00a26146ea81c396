"""Modules: what each module of ``torch.nn`` is as a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from torch import Tensor, fx, nn

from cnnstudio.blocks import (
    GLU,
    AvgPool2d,
    Conv2d,
    Flatten,
    LayerNorm,
    LayerNorm2d,
    Linear,
    LPPool2d,
    MaxPool2d,
    Pad,
    PReLU,
    StochasticDepth,
)
from cnnstudio.exchange.importing import torchvisions
from cnnstudio.exchange.importing.recognition import Rule, Steps, Unknown, Value, Weight
from cnnstudio.exchange.importing.recording import BRANCHES
from cnnstudio.graph import BLOCKS, Block, parameters

# what a module can be told that its block cannot
_UNSAID: dict[str, dict[str, Any]] = {
    "AvgPool2d": {"divisor_override": None},
    "MaxPool2d": {"return_indices": False},
    "AdaptiveMaxPool2d": {"return_indices": False},
    "ConvTranspose2d": {"padding_mode": "zeros"},
    "Softplus": {"threshold": 20.0},
    "Flatten": {"start_dim": 1, "end_dim": -1},
    "Upsample": {"size": None},
}


_ALIKE = {
    "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "Conv2d", "ConvTranspose2d",
    "GroupNorm", "InstanceNorm2d", "LPPool2d", "LocalResponseNorm", "MaxPool2d", "PixelShuffle", "PixelUnshuffle",
    "ChannelShuffle", "Upsample",
}  # fmt: skip
"""Modules whose block has the same name and parameters, and that work on the map in its own layout."""


_EVERYWHERE = {
    "AlphaDropout", "CELU", "Dropout", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity",
    "LeakyReLU", "LogSigmoid", "Mish", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink",
    "Softsign", "Tanh", "Tanhshrink", "Threshold",
}  # fmt: skip
"""Modules of single numbers, which no layout concerns."""


_DROPOUTS = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


def module_rule(module: nn.Module) -> Rule | None:
    """The rule for a call of this module, or None."""
    name = type(module).__name__
    if does_nothing(module):
        return _nothing
    if name in BRANCHES:
        return torchvisions.stochastic_depth
    if type(module).__module__.startswith("torchvision."):
        return torchvisions.MODULES.get(name)
    if not type(module).__module__.startswith("torch.nn.modules."):
        return None
    if any(getattr(module, key, value) != value for key, value in _UNSAID.get(name, {}).items()):
        return None
    if getattr(module, "align_corners", False):
        return None
    if name in _EVERYWHERE:
        return lambda steps, node: steps.follow(node, alike(steps.module(node)))
    if name in _ALIKE:
        return lambda steps, node: steps.on_map(node, alike(steps.module(node)), weights=weights_of(steps, node))
    return _MODULES.get(name)


def _nothing(steps: Steps, node: fx.Node) -> Value:
    """What went in; but where others of the class leave out a branch, here it is left out for no sample."""
    if type(steps.module(node)) is nn.Identity and steps.is_branch(node):
        return steps.follow(node, StochasticDepth(0.0))
    return steps.values[steps.source(node)]


def does_nothing(module: nn.Module) -> bool:
    """Whether what comes out is what went in, in training as well."""
    return type(module) in _DROPOUTS and getattr(module, "p", 0.0) == 0


def alike(module: nn.Module) -> Block:
    """The block that has the same name and parameters as a module of torch."""
    made = BLOCKS[type(module).__name__]
    told = {each.name: _told(module, each.name) for each in parameters(made)}
    return made(**own_stride(made, told))


def own_stride(made: Callable[..., Block], told: dict[str, Any]) -> dict[str, Any]:
    """Pooling moves by its window where nothing else is said."""
    if made in (MaxPool2d, AvgPool2d, LPPool2d) and told.get("stride") in (told["kernel_size"], ()):
        told["stride"] = None
    return told


def _told(module: nn.Module, name: str) -> Any:
    value = getattr(module, name)
    return value is not None if name == "bias" and (value is None or isinstance(value, Tensor)) else value


def weights_of(steps: Steps, node: fx.Node, turn: str = "") -> list[Weight]:
    """Every tensor of the module that this step calls, under its own name."""
    module = steps.module(node)
    return [Weight(name, f"{node.target}.{name}", turn) for name in module.state_dict()]


def _flatten(steps: Steps, node: fx.Node) -> Value:
    return steps.on_map(node, Flatten())


def _dropout2d(steps: Steps, node: fx.Node) -> Value:
    return steps.on_map(node, alike(steps.module(node)))


def _glu(steps: Steps, node: fx.Node) -> Value:
    if steps.module(node).dim % steps.seen(node).dim() != 1:
        raise Unknown
    return steps.on_map(node, GLU())


def _pad(mode: Literal["zeros", "reflect", "replicate", "circular"]) -> Rule:
    def padded(steps: Steps, node: fx.Node) -> Value:
        left, right, top, bottom = steps.module(node).padding
        return steps.on_map(node, Pad(top, bottom, left, right, mode))

    return padded


def _prelu(steps: Steps, node: fx.Node) -> Value:
    count = steps.module(node).num_parameters
    return steps.on_map(node, PReLU(count != 1), weights=weights_of(steps, node))


def _linear(steps: Steps, node: fx.Node) -> Value:
    return linear_of(steps, node, steps.module(node).out_features, weights_of(steps, node))


def linear_of(steps: Steps, node: fx.Node, out_features: int, weights: list[Weight]) -> Value:
    """A linear layer; a 1×1 convolution where the channels were moved to the end."""
    bias = len(weights) == 2
    source = steps.source(node)
    value, _ = steps.map(source)
    if value.layout == "first":
        return Value(steps.add(node, Linear(out_features, bias), value.part, weights=weights))
    if value.layout == "loose":
        raise Unknown
    if value.is_dealt:
        weights = [replace(w, turn="deal1") if w.name == "weight" else w for w in weights]
    part = steps.add(node, Conv2d(out_features, 1, bias=bias), value.part, weights=weights)
    return replace(value, part=part, is_dealt=False)


def _layer_norm(steps: Steps, node: fx.Node) -> Value:
    module = steps.module(node)
    return layer_norm_of(steps, node, tuple(module.normalized_shape), module.eps, weights_of(steps, node))


def layer_norm_of(steps: Steps, node: fx.Node, sizes: tuple[int, ...], eps: float, weights: list[Weight]) -> Value:
    """LayerNorm over the last axes of these sizes; of the channels alone where they were moved to the end."""
    affine, bias = bool(weights), len(weights) != 1
    source = steps.source(node)
    value, shape = steps.map(source)
    if value.layout not in ("first", "loose") and sizes == (shape.channels,):
        if value.is_dealt:
            weights = [replace(weight, turn="deal0") for weight in weights]
        part = steps.add(node, LayerNorm2d(eps, affine, bias), value.part, weights=weights)
        return replace(value, part=part)
    if value.layout != "first" or sizes != (tuple(shape) if shape.is_map else (shape[-1],)):
        raise Unknown
    return Value(steps.add(node, LayerNorm(eps, affine, bias), value.part, weights=weights))


_MODULES: dict[str, Rule] = {
    "Flatten": _flatten,
    "Dropout2d": _dropout2d,
    "GLU": _glu,
    "ZeroPad2d": _pad("zeros"),
    "ReflectionPad2d": _pad("reflect"),
    "ReplicationPad2d": _pad("replicate"),
    "CircularPad2d": _pad("circular"),
    "PReLU": _prelu,
    "Linear": _linear,
    "LayerNorm": _layer_norm,
}

"""Functions: what each function of PyTorch, or method of a tensor, is as a block."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import fx, nn

from cnnstudio import blocks
from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    ChannelPad,
    ChannelPool,
    Conv2d,
    Flatten,
    MaxPool2d,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    Upsample,
)
from cnnstudio.exchange.importing.modules import linear_of, module_rule, own_stride
from cnnstudio.exchange.importing.norm_functions import batch_norm, given_weights, group_norm, instance_norm, layer_norm
from cnnstudio.exchange.importing.recognition import Rule, Steps, Unknown, Value
from cnnstudio.exchange.importing.tensor_operations import (
    add,
    cat,
    flatten,
    getitem,
    mul,
    permute,
    reshape,
    transpose,
)
from cnnstudio.exchange.importing.torchvisions import merge_patches
from cnnstudio.graph import Block


def _following(made: Callable[..., Block]) -> Rule:
    """A function of single numbers that is told nothing else."""

    def followed(steps: Steps, node: fx.Node) -> Value:
        if len(node.args) > 2 or not all(isinstance(told, bool) for told in node.args[1:]):
            raise Unknown
        if set(node.kwargs) - {"input", "inplace"}:
            raise Unknown
        return steps.follow(node, made())

    return followed


def _pooling(made: Callable[..., Block], *names: str) -> Rule:
    """A pooling function whose arguments are called as the parameters of its block."""

    def pooled(steps: Steps, node: fx.Node) -> Value:
        values = {name: steps.argument(node, 1 + i, name) for i, name in enumerate(names)}
        told = {name: value for name, value in values.items() if value is not None}
        if told.pop("divisor_override", None) or told.pop("return_indices", False):
            raise Unknown
        return steps.on_map(node, made(**own_stride(made, told)))

    return pooled


def _mean(steps: Steps, node: fx.Node) -> Value:
    """The mean over height and width is global average pooling."""
    source = steps.source(node)
    value, shape = steps.map(source)
    dims = steps.argument(node, 1, "dim")
    axes = {int(dim) % 4 for dim in (dims if isinstance(dims, tuple) else (dims,))}
    if axes == {1} and steps.argument(node, 2, "keepdim", False):
        return steps.on_map(node, ChannelPool("mean"))
    if not shape.is_map or value.is_dealt or axes != {"first": {2, 3}, "last": {1, 2}}.get(value.layout):
        raise Unknown
    part = steps.add(node, AdaptiveAvgPool2d(1), value.part, name="pool")
    if steps.argument(node, 2, "keepdim", False):
        return Value(part, value.layout)
    return Value(steps.add(node, Flatten(), part, name="flatten"))


def _amax(steps: Steps, node: fx.Node) -> Value:
    """The maximum over the channels, or over height and width."""
    dims, keeps = steps.argument(node, 1, "dim"), steps.argument(node, 2, "keepdim", False)
    axes = {int(dim) % 4 for dim in (dims if isinstance(dims, tuple) else (dims,))}
    if axes == {1} and keeps:
        return steps.on_map(node, ChannelPool("max"))
    if axes != {2, 3}:
        raise Unknown
    pooled = steps.on_map(node, AdaptiveMaxPool2d(1))
    return pooled if keeps else Value(steps.add(node, Flatten(), pooled.part, name="flatten"))


def _dropout(steps: Steps, node: fx.Node) -> Value:
    if steps.argument(node, 2, "training", True):  # it drops in evaluation too
        raise Unknown
    p = steps.argument(node, 1, "p", 0.5)
    return steps.follow(node, blocks.Dropout(p)) if p else steps.values[steps.source(node)]


def _softmax(made: type[blocks.Softmax | blocks.LogSoftmax | blocks.Softmin]) -> Rule:
    def shared(steps: Steps, node: fx.Node) -> Value:
        dim = steps.module(node).dim if node.op == "call_module" else steps.argument(node, 1, "dim")
        return steps.on_map(node, made(int(dim) % steps.seen(node).dim()))

    return shared


def _leaky(steps: Steps, node: fx.Node) -> Value:
    return steps.follow(node, blocks.LeakyReLU(steps.argument(node, 1, "negative_slope", 0.01)))


def _elu(steps: Steps, node: fx.Node) -> Value:
    return steps.follow(node, blocks.ELU(steps.argument(node, 1, "alpha", 1.0)))


def _gelu(steps: Steps, node: fx.Node) -> Value:
    return steps.follow(node, blocks.GELU(steps.argument(node, 1, "approximate", "none")))


def _interpolate(steps: Steps, node: fx.Node) -> Value:
    told = {name: steps.argument(node, i, name) for i, name in enumerate(_INTERPOLATE) if i}
    mode: Any = told["mode"] or "nearest"
    before, after = steps.seen(steps.source(node)).shape[2:], steps.seen(node).shape[2:]
    if told["align_corners"] or told["antialias"] or any(new % old for old, new in zip(before, after, strict=True)):
        raise Unknown
    return steps.on_map(node, Upsample(tuple(new // old for old, new in zip(before, after, strict=True)), mode))


_INTERPOLATE = (
    "input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias",
)  # fmt: skip


def _pixel_shuffle(steps: Steps, node: fx.Node) -> Value:
    return steps.on_map(node, PixelShuffle(steps.argument(node, 1, "upscale_factor")))


def _pixel_unshuffle(steps: Steps, node: fx.Node) -> Value:
    return steps.on_map(node, PixelUnshuffle(steps.argument(node, 1, "downscale_factor")))


def _pad(steps: Steps, node: fx.Node) -> Value:
    sides, mode = steps.argument(node, 1, "pad"), steps.argument(node, 2, "mode", "constant")
    left, right, top, bottom, before, behind = (*sides, 0, 0, 0, 0, 0, 0)[:6]
    if len(sides) > 6 or steps.argument(node, 3, "value"):
        raise Unknown
    if before or behind:  # of the channels, as a shortcut that learns nothing has them
        if mode != "constant" or min(before, behind) < 0 or any((left, right, top, bottom)):
            raise Unknown
        return steps.on_map(node, ChannelPad(behind, before))
    return steps.on_map(node, Pad(top, bottom, left, right, "zeros" if mode == "constant" else mode))


def _same(steps: Steps, node: fx.Node) -> Value:
    """A cast, a copy or a move that leaves every number what it was."""
    source = steps.source(node)
    if steps.seen(source).dtype != steps.seen(node).dtype:
        raise Unknown
    return steps.values[source]


def _linear_function(steps: Steps, node: fx.Node) -> Value:
    weights = given_weights(steps, node, 1)
    return linear_of(steps, node, steps.seen(node).shape[-1], weights)


def _conv_function(steps: Steps, node: fx.Node) -> Value:
    weights = given_weights(steps, node, 1)
    stride, padding, dilation, groups = (
        steps.argument(node, index, name, default)
        for index, (name, default) in enumerate((("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1)), 3)
    )
    filters = steps.seen(node.args[1]).shape
    block = Conv2d(filters[0], tuple(filters[2:]), stride, padding, dilation, groups, len(weights) == 2)
    return steps.on_map(node, block, weights=weights)


FUNCTIONS: dict[str, Rule] = {
    "add": add,
    "mul": mul,
    "cat": cat,
    "flatten": flatten,
    "view": reshape,
    "reshape": reshape,
    "permute": permute,
    "transpose": transpose,
    "swapaxes": transpose,
    "getitem": getitem,
    "contiguous": _same,
    **dict.fromkeys(("alias", "clone", "cpu", "cuda", "detach", "double", "float", "half", "to", "type_as"), _same),
    "squeeze": reshape,
    "unsqueeze": reshape,
    "mean": _mean,
    "amax": _amax,
    "dropout": _dropout,
    "softmax": _softmax(blocks.Softmax),
    "log_softmax": _softmax(blocks.LogSoftmax),
    "softmin": _softmax(blocks.Softmin),
    "leaky_relu": _leaky,
    "elu": _elu,
    "gelu": _gelu,
    "relu": _following(blocks.ReLU),
    "relu6": _following(blocks.ReLU6),
    "selu": _following(blocks.SELU),
    "sigmoid": _following(blocks.Sigmoid),
    "silu": _following(blocks.SiLU),
    "tanh": _following(blocks.Tanh),
    "hardswish": _following(blocks.Hardswish),
    "hardsigmoid": _following(blocks.Hardsigmoid),
    "mish": _following(blocks.Mish),
    "softplus": _following(blocks.Softplus),
    "logsigmoid": _following(blocks.LogSigmoid),
    "max_pool2d": _pooling(MaxPool2d, "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    "avg_pool2d": _pooling(
        AvgPool2d, "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"
    ),
    "adaptive_avg_pool2d": _pooling(AdaptiveAvgPool2d, "output_size"),
    "adaptive_max_pool2d": _pooling(AdaptiveMaxPool2d, "output_size", "return_indices"),
    "interpolate": _interpolate,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "pad": _pad,
    "linear": _linear_function,
    "batch_norm": batch_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "conv2d": _conv_function,
    "_patch_merging_pad": merge_patches,
}


def rule(steps: Steps, node: fx.Node) -> Rule | None:
    """The rule for this step, or None."""
    if node.op == "call_module":
        module = steps.module(node)
        return module_rule(module) or FUNCTIONS.get(_MODULES.get(type(module), ""))
    if node.op == "call_method":
        return FUNCTIONS.get(str(node.target).rstrip("_"))
    name = str(getattr(node.target, "__name__", "")).rstrip("_")
    if not _is_torchs(node.target):
        return None
    return FUNCTIONS.get(_OPERATORS.get(name, name))


_MODULES = {
    nn.Softmax: "softmax",
    nn.LogSoftmax: "log_softmax",
    nn.Softmin: "softmin",
}  # whose axis is counted from the end as well
_OPERATORS = {"iadd": "add", "imul": "mul", "concat": "cat", "concatenate": "cat"}


_TORCHVISIONS = {"_patch_merging_pad"}


def _is_torchs(function: Any) -> bool:
    name = str(getattr(function, "__name__", ""))
    if name in _TORCHVISIONS:
        return str(getattr(function, "__module__", "")).startswith("torchvision.")
    return any(getattr(place, name, None) is function for place in (torch, F, operator))

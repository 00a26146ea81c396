"""ONNX layers: convolution, pooling, normalisation and what else learns or slides.

Each operator as https://onnx.ai/onnx/operators says it; what torch has no argument for (uneven padding) is a step of
its own before or behind.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import nn

from cnnstudio.exchange.importing.translating.onnx_graph import OnnxGraph, number, sides, tensor
from cnnstudio.exchange.importing.translating.onnx_model import OnnxNode
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref

_CONVS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, Any] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
_MAXES: dict[int, Any] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}


def loaded(module: nn.Module, **tensors: torch.Tensor | None) -> nn.Module:
    """A layer with these tensors for its own. Raises ``Misfit`` where their sizes differ."""
    told, own = {name: each for name, each in tensors.items() if each is not None}, module.state_dict()
    if any(own[name].shape != given.shape for name, given in told.items()):
        raise Misfit("holds weights of other sizes than it says")
    module.load_state_dict(told, strict=False, assign=True)
    return module


def slid(graph: OnnxGraph, node: OnnxNode, kernel: tuple[int, ...], value: Ref) -> tuple[Any, Any, Any, Any]:
    """Strides, dilations, and padding before and behind, of a window over what flows."""
    told, axes = node.attributes, len(kernel)
    strides, dilations = (tuple(told.get(key) or (1,) * axes) for key in ("strides", "dilations"))
    pads = tuple(told.get("pads") or (0,) * 2 * axes)
    before, behind = pads[:axes], pads[axes:]
    automatic = told.get("auto_pad", "NOTSET") or "NOTSET"
    lengths = sides(graph, value)
    if not axes == len(strides) == len(dilations) == len(before) == len(behind) == len(lengths):
        raise Misfit("slides over other axes than what it is given has")
    if automatic == "VALID":
        before = behind = (0,) * axes
    elif automatic.startswith("SAME"):
        whole = [
            max(0, (math.ceil(length / s) - 1) * s + (k - 1) * d + 1 - length)
            for length, s, k, d in zip(lengths, strides, kernel, dilations, strict=True)
        ]
        half, rest = tuple(each // 2 for each in whole), tuple(each - each // 2 for each in whole)
        before, behind = (half, rest) if automatic == "SAME_UPPER" else (rest, half)
    return strides, dilations, before, behind


def padded(graph: OnnxGraph, value: Ref, before: Any, behind: Any, filling: float = 0.0) -> Ref:
    """What flows with a border, the last axis first as torch counts."""
    if not any((*before, *behind)):
        return value
    pairs = [side for pair in zip(reversed(before), reversed(behind), strict=True) for side in pair]
    return graph.scribe.apply(F.pad, value, tuple(pairs), **({"value": filling} if filling else {}))


def conv(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A convolution, with a bias that is added right behind it."""
    value, weight = graph.flow(node), graph.weight(node, 1)
    kernel = tuple(weight.shape[2:])
    if len(kernel) not in _CONVS:
        raise Misfit("is a convolution over other axes than torch has")
    strides, dilations, before, behind = slid(graph, node, kernel, value)
    bias = graph.constant(node, 2)
    adding, offset = (
        (None, None) if bias is not None else added(graph, node.outputs[0], (len(weight), *(1,) * len(kernel)))
    )
    bias = offset if offset is not None else bias
    if before != behind or any(side < 0 for side in before):
        value, before = padded(graph, value, before, behind), (0,) * len(kernel)
    groups = int(node.attributes.get("group", 1))
    module = _CONVS[len(kernel)](
        weight.shape[1] * groups, len(weight), kernel, strides, before, dilations, groups, bias is not None,
        device="meta",
    )  # fmt: skip
    loaded(module, weight=weight, bias=None if bias is None else tensor(bias))
    made = graph.scribe.call(module, value, name=graph.named(node))
    if adding is not None:
        graph.take(adding, made)
    return made


def added(graph: OnnxGraph, name: str, sizes: tuple[int, ...]) -> tuple[OnnxNode | None, np.ndarray | None]:
    """The sum right behind a value, where it adds one number to each channel and nothing else reads the value."""
    node = graph.reader(name)
    if node is None or node.operator != "Add":
        return None, None
    other = next((each for each in node.inputs if each != name), "")
    found = graph.values.get(other)
    if not isinstance(found, np.ndarray) or found.size != sizes[0] or found.dtype.kind != "f":
        return None, None
    if (1,) * (len(sizes) + 1 - found.ndim) + found.shape != (1, *sizes):
        return None, None
    return node, found.reshape(-1)


def conv_transpose(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A transposed convolution; what its padding takes unevenly away is cut off behind it."""
    value, weight, told = graph.flow(node), graph.weight(node, 1), node.attributes
    kernel = tuple(weight.shape[2:])
    if len(kernel) not in _TRANSPOSED:
        raise Misfit("is a convolution over other axes than torch has")
    strides, dilations, before, behind = slid(graph, node, kernel, value)
    more = tuple(told.get("output_padding") or (0,) * len(kernel))
    lengths, automatic = sides(graph, value), told.get("auto_pad", "NOTSET") or "NOTSET"
    wanted = told.get("output_shape")
    if not wanted and automatic.startswith("SAME"):
        wanted = [length * stride for length, stride in zip(lengths, strides, strict=True)]
    if wanted:
        full = [
            (length - 1) * s + (k - 1) * d + 1 + m
            for length, s, k, d, m in zip(lengths, strides, kernel, dilations, more, strict=True)
        ]
        whole = [each - want for each, want in zip(full, wanted[-len(full) :], strict=True)]
        half, rest = tuple(each // 2 for each in whole), tuple(each - each // 2 for each in whole)
        before, behind = (half, rest) if automatic == "SAME_UPPER" else (rest, half)
    groups, bias = int(told.get("group", 1)), graph.constant(node, 2)
    cut = None
    if before != behind or any(side < 0 for side in before):
        cut = [(b, e - m) for b, e, m in zip(before, behind, more, strict=True)]
        if min(map(min, cut)) < 0:
            raise Misfit("pads its output unevenly in a way that no block does")
        before, more = (0,) * len(kernel), (0,) * len(kernel)
    module = _TRANSPOSED[len(kernel)](
        len(weight), weight.shape[1] * groups, kernel, strides, before, more, groups, bias is not None, dilations,
        device="meta",
    )  # fmt: skip
    loaded(module, weight=weight, bias=None if bias is None else tensor(bias))
    made = graph.scribe.call(module, value, name=graph.named(node))
    return cropped(graph, made, cut) if cut is not None else made


def cropped(graph: OnnxGraph, value: Ref, cut: list[tuple[int, int]]) -> Ref:
    """What flows without so many rows or columns before and behind."""
    lengths = graph.scribe.sizes(value)[2:]
    spans = [slice(first, length - last) for (first, last), length in zip(cut, lengths, strict=True)]
    return graph.scribe.apply(operator.getitem, value, (slice(None), slice(None), *spans))


def pool(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Maximum or mean of a window.

    Padding that is uneven because the window does not fit at the end is what torch calls ``ceil_mode``: both leave out
    what lies outside.
    """
    value, told = graph.flow(node), node.attributes
    kernel = tuple(told["kernel_shape"])
    is_mean = node.operator == "AveragePool"
    if len(node.outputs) > 1 and graph.readers.get(node.outputs[1]):
        raise Misfit("is asked where it found its maxima, which no block tells")
    strides, dilations, before, behind = slid(graph, node, kernel, value)
    ceil, counts = bool(told.get("ceil_mode", 0)), bool(told.get("count_include_pad", 0))
    if is_mean and any(each != 1 for each in dilations):
        raise Misfit("takes the mean of what lies apart, which no block does")
    windows = list(zip(sides(graph, value), kernel, strides, dilations, before, behind, strict=True))
    if before != behind or any(2 * b > k for b, k in zip(before, kernel, strict=True)):
        spans = [_places(n + b + e, (k, s, d), ceil) for n, k, s, d, b, e in windows]
        rounded = [_places(n + 2 * b, (k, s, d), True, n + b) for n, k, s, d, b, _ in windows]
        fits = all(2 * b <= k for b, k in zip(before, kernel, strict=True))
        if fits and spans == rounded and not (is_mean and counts):
            ceil = True
        elif is_mean and not counts:
            return _mean_inside(graph, node, value, (kernel, strides, before, behind, ceil))
        else:
            value = padded(
                graph, value, before, behind, 0.0 if is_mean or _is_never_negative(graph, node) else -math.inf
            )
            before = (0,) * len(kernel)
    if len(kernel) not in _MAXES:
        raise Misfit("is a pooling over other axes than torch has")
    if is_mean:
        means: dict[int, Any] = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
        module = means[len(kernel)](kernel, strides, before, ceil, counts)
    else:
        module = _MAXES[len(kernel)](kernel, strides, before, dilations, ceil_mode=ceil)
    return graph.scribe.call(module, value, name=graph.named(node))


def _places(length: int, window: tuple[int, int, int], ceil: bool, end: int | None = None) -> int:
    """At how many places a window (size, stride, dilation) stands; with ``ceil`` none of them begins behind ``end``."""
    kernel, stride, dilation = window
    span = length - (kernel - 1) * dilation - 1
    count = -(-span // stride) + 1 if ceil else span // stride + 1
    return count - 1 if ceil and end is not None and (count - 1) * stride >= end else count


def _is_never_negative(graph: OnnxGraph, node: OnnxNode) -> bool:
    """Whether what is pooled comes straight out of a ReLU or the like, so that a border of zeros never wins."""
    before = next((each for each in graph.nodes if node.inputs[0] in each.outputs), None)
    return before is not None and before.operator in ("Relu", "Sigmoid", "HardSigmoid", "Softmax", "Abs")


def _mean_inside(graph: OnnxGraph, node: OnnxNode, value: Ref, told: Any) -> Ref:
    """The mean of what lies inside under a window that is padded unevenly: of all, divided by how many are inside."""
    kernel, strides, before, behind, ceil = told
    if ceil:
        raise Misfit("rounds its size up and pads unevenly, which no block does")
    lengths = sides(graph, value)
    pairs = [side for pair in zip(reversed(before), reversed(behind), strict=True) for side in pair]
    inside = F.avg_pool2d(F.pad(torch.ones(1, 1, *lengths), tuple(pairs)), kernel, strides)
    pooled = graph.scribe.call(
        nn.AvgPool2d(kernel, strides), padded(graph, value, before, behind), name=graph.named(node)
    )
    share = graph.scribe.hold(1 / inside, f"{graph.named(node)}_inside")
    getattr(graph.scribe.module, share.name).requires_grad_(False)
    return graph.scribe.apply(torch.mul, pooled, share)


def global_pool(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """The mean or the maximum of each map."""
    module = nn.AdaptiveAvgPool2d(1) if node.operator == "GlobalAveragePool" else nn.AdaptiveMaxPool2d(1)
    value = graph.flow(node)
    if len(sides(graph, value)) != 2:
        raise Misfit("pools what is no map")
    return graph.scribe.call(module, value, name=graph.named(node))


def gemm(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A linear layer."""
    told = node.attributes
    if told.get("transA"):
        raise Misfit("turns what it is given, so that the images of a batch would be mixed")
    weight = graph.weight(node, 1) * float(told.get("alpha", 1.0))
    weight = weight if told.get("transB") else weight.T
    bias = graph.constant(node, 2)
    if bias is not None:
        bias = np.broadcast_to(bias * np.float32(told.get("beta", 1.0)), (1, len(weight)))[0]
    return linear(graph, node, graph.flow(node), weight, bias)


def matmul(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A linear layer where one factor stands in the file, with what is added right behind it; else a product."""
    right = graph.given(node, 1)
    if isinstance(right, Ref) or right is None or right.ndim != 2:
        return graph.scribe.apply(torch.matmul, graph.operand(node, 0), graph.operand(node, 1))
    adding, bias = added(graph, node.outputs[0], (right.shape[1],))
    made = linear(graph, node, graph.flow(node), tensor(right).T, bias)
    if adding is not None:
        graph.take(adding, made)
    return made


def linear(graph: OnnxGraph, node: OnnxNode, value: Ref, weight: torch.Tensor, bias: np.ndarray | None) -> Ref:
    """A linear layer with these weights."""
    module = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta")
    loaded(module, weight=weight.contiguous(), bias=None if bias is None else tensor(bias))
    return graph.scribe.call(module, value, name=graph.named(node))


def batch_norm(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Batch normalisation; ONNX counts momentum the other way round."""
    told, value = node.attributes, graph.flow(node)
    if told.get("training_mode") or not told.get("spatial", 1):
        raise Misfit(
            "normalises by the images of each batch, also when it predicts: the file was exported while training"
        )
    weight, bias, mean, var = (graph.weight(node, place) for place in range(1, 5))
    axes = len(graph.scribe.sizes(value))
    kinds: dict[int, Any] = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}
    if axes not in kinds:
        raise Misfit("normalises what is neither a map nor a row")
    momentum = round(1 - number(node, "momentum", 0.9), 6)
    module = kinds[axes](len(weight), number(node, "epsilon", 1e-5), momentum)
    loaded(module, weight=weight, bias=bias, running_mean=mean, running_var=var)
    return graph.scribe.call(module, value, name=graph.named(node))


def instance_norm(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Each map by its own mean and deviation."""
    value, weight, bias = graph.flow(node), graph.weight(node, 1), graph.weight(node, 2)
    eps = number(node, "epsilon", 1e-5)
    if len(graph.scribe.sizes(value)) != 4:  # as a group norm is written
        held = [
            graph.scribe.hold(each, f"{graph.named(node)}_{name}")
            for name, each in (("weight", weight), ("bias", bias))
        ]
        return graph.scribe.apply(F.instance_norm, value, None, None, *held, True, 0.1, eps)
    module = loaded(nn.InstanceNorm2d(len(weight), eps, affine=True), weight=weight, bias=bias)
    return graph.scribe.call(module, value, name=graph.named(node))


def layer_norm(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """The last axes by their mean and deviation."""
    value, weight, bias = graph.flow(node), graph.weight(node, 1), graph.constant(node, 2)
    sizes = graph.scribe.sizes(value)
    over = sizes[int(node.attributes.get("axis", -1)) % len(sizes) :]
    eps = number(node, "epsilon", 1e-5)
    module = nn.LayerNorm(over, eps, bias=bias is not None)
    loaded(module, weight=weight.reshape(over), bias=None if bias is None else tensor(bias).reshape(over))
    return graph.scribe.call(module, value, name=graph.named(node))


def group_norm(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Groups of channels by their mean and deviation; until opset 20 with a factor a group."""
    value, weight, bias = graph.flow(node), graph.weight(node, 1), graph.weight(node, 2)
    groups, channels = int(node.attributes["num_groups"]), graph.scribe.sizes(value)[1]
    if len(weight) != channels:
        weight, bias = (each.repeat_interleave(channels // groups) for each in (weight, bias))
    module = nn.GroupNorm(groups, channels, number(node, "epsilon", 1e-5))
    return graph.scribe.call(loaded(module, weight=weight, bias=bias), value, name=graph.named(node))


def local_response_norm(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Each number by those of the channels beside it."""
    told = node.attributes
    size = int(told["size"])
    if size % 2 == 0:
        raise Misfit("reads unevenly many channels on both sides, which no block does")
    numbers = (number(node, key, usual) for key, usual in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    return graph.scribe.call(nn.LocalResponseNorm(size, *numbers), graph.flow(node), name=graph.named(node))


def prelu(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A slope for what is negative: one, or one a channel."""
    value, slope = graph.flow(node), graph.weight(node, 1)
    sizes = graph.scribe.sizes(value)
    per_channel = (sizes[1], *(1,) * (len(sizes) - 2))
    if slope.numel() != 1 and tuple(slope.shape)[-len(per_channel) :] != per_channel:
        raise Misfit("has a slope for each pixel, which no block has")
    module = loaded(nn.PReLU(slope.numel()), weight=slope.reshape(-1))
    return graph.scribe.call(module, value, name=graph.named(node))

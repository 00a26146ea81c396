"""ONNX layers: convolution, pooling, normalisation and what else learns or slides.

Each operator as https://onnx.ai/onnx/operators says it; what torch has no argument for (uneven padding) is a step of
its own before or behind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import nn

from cnnstudio.exchange.importing.translating.onnx_graph import OnnxGraph, number, tensor
from cnnstudio.exchange.importing.translating.onnx_model import OnnxNode
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref
from cnnstudio.exchange.importing.translating.windows import (
    Window,
    convolved,
    halves,
    loaded,
    pooled,
    same,
    sides,
    transposed,
)


def slid(graph: OnnxGraph, node: OnnxNode, kernel: tuple[int, ...], value: Ref) -> Window:
    """The window of a node over what flows, with its border."""
    told, axes = node.attributes, len(kernel)
    strides, dilations = (tuple(told.get(key) or (1,) * axes) for key in ("strides", "dilations"))
    pads = tuple(told.get("pads") or (0,) * 2 * axes)
    before, behind = pads[:axes], pads[axes:]
    automatic = told.get("auto_pad", "NOTSET") or "NOTSET"
    lengths = sides(graph.scribe, value)
    if not axes == len(strides) == len(dilations) == len(before) == len(behind) == len(lengths):
        raise Misfit("slides over other axes than what it is given has")
    if automatic == "VALID":
        before = behind = (0,) * axes
    elif automatic.startswith("SAME"):
        half, rest = same(lengths, Window(kernel, strides, dilations))
        before, behind = (half, rest) if automatic == "SAME_UPPER" else (rest, half)
    return Window(kernel, strides, dilations, before, behind)


def conv(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """A convolution, with a bias that is added right behind it."""
    value, weight, bias = graph.flow(node), graph.weight(node, 1), graph.constant(node, 2)
    window, adding = slid(graph, node, tuple(weight.shape[2:]), value), None
    if bias is None:
        adding, bias = added(graph, node.outputs[0], (len(weight), *(1,) * len(window.kernel)))
    groups, offset = int(node.attributes.get("group", 1)), None if bias is None else tensor(bias)
    made = convolved(graph.scribe, value, weight, offset, window, groups=groups, name=graph.named(node))
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
    """A transposed convolution, whose border may follow from the size that it is to give."""
    value, weight, told = graph.flow(node), graph.weight(node, 1), node.attributes
    window = slid(graph, node, tuple(weight.shape[2:]), value)
    more = tuple(told.get("output_padding") or (0,) * len(window.kernel))
    lengths, automatic = sides(graph.scribe, value), told.get("auto_pad", "NOTSET") or "NOTSET"
    wanted = told.get("output_shape")
    if not wanted and automatic.startswith("SAME"):
        wanted = [length * stride for length, stride in zip(lengths, window.strides, strict=True)]
    if wanted:
        told_sizes = zip(lengths, window.strides, window.spans, more, wanted[-len(lengths) :], strict=True)
        half, rest = halves([(length - 1) * stride + span + m - want for length, stride, span, m, want in told_sizes])
        before, behind = (half, rest) if automatic == "SAME_UPPER" else (rest, half)
        window = replace(window, before=before, behind=behind)
    groups, bias = int(told.get("group", 1)), graph.constant(node, 2)
    offset = None if bias is None else tensor(bias)
    return transposed(graph.scribe, value, weight, offset, window, more=more, groups=groups, name=graph.named(node))


def pool(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """Maximum or mean of a window."""
    value, told = graph.flow(node), node.attributes
    if len(node.outputs) > 1 and graph.readers.get(node.outputs[1]):
        raise Misfit("is asked where it found its maxima, which no block tells")
    return pooled(
        graph.scribe,
        value,
        slid(graph, node, tuple(told["kernel_shape"]), value),
        name=graph.named(node),
        is_mean=node.operator == "AveragePool",
        ceil=bool(told.get("ceil_mode", 0)),
        counts=bool(told.get("count_include_pad", 0)),
        is_never_negative=_is_never_negative(graph, node),
    )


def _is_never_negative(graph: OnnxGraph, node: OnnxNode) -> bool:
    """Whether what is pooled comes straight out of a ReLU or the like, so that a border of zeros never wins."""
    before = next((each for each in graph.nodes if node.inputs[0] in each.outputs), None)
    return before is not None and before.operator in ("Relu", "Sigmoid", "HardSigmoid", "Softmax", "Abs")


def global_pool(graph: OnnxGraph, node: OnnxNode) -> Ref:
    """The mean or the maximum of each map."""
    module = nn.AdaptiveAvgPool2d(1) if node.operator == "GlobalAveragePool" else nn.AdaptiveMaxPool2d(1)
    value = graph.flow(node)
    if len(sides(graph.scribe, value)) != 2:
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

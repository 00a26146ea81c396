"""ONNX functions: activations and arithmetic; and what is done for each operator.

Each operator as https://onnx.ai/onnx/operators says it, older opsets included.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from cnnstudio.exchange.importing.translating import onnx_layers, onnx_shapes
from cnnstudio.exchange.importing.translating.onnx_constants import axes
from cnnstudio.exchange.importing.translating.onnx_graph import OnnxGraph, number
from cnnstudio.exchange.importing.translating.onnx_model import OnnxNode
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref

Rule = Callable[[OnnxGraph, OnnxNode], Any]


# activations


def _layer(made: Callable[[OnnxNode], nn.Module]) -> Rule:
    def activated(graph: OnnxGraph, node: OnnxNode) -> Ref:
        return graph.scribe.call(made(node), graph.flow(node), name=graph.named(node))

    return activated


def _gated(gate: Callable[[OnnxNode], nn.Module], whole: Callable[[], nn.Module]) -> Rule:
    """An activation, or what it is together with a product with what it reads: x·sigmoid(x) is SiLU."""

    def activated(graph: OnnxGraph, node: OnnxNode) -> Ref:
        value, module = graph.flow(node), gate(node)
        after = graph.reader(node.outputs[0])
        is_plain = type(module) in (nn.Sigmoid, nn.Hardsigmoid)
        if is_plain and after is not None and after.operator == "Mul" and node.inputs[0] in after.inputs:
            made = graph.scribe.call(whole(), value, name=graph.named(after))
            graph.take(after, made)
            return made
        return graph.scribe.call(module, value, name=graph.named(node))

    return activated


def _hard_sigmoid(graph: OnnxGraph, node: OnnxNode) -> Ref:
    alpha, beta = number(node, "alpha", 0.2), number(node, "beta", 0.5)
    if math.isclose(alpha, 1 / 6, rel_tol=1e-5) and beta == 0.5:
        return _gated(lambda each: nn.Hardsigmoid(), nn.Hardswish)(graph, node)  # type: ignore[no-any-return]
    sloped = graph.scribe.apply(torch.add, graph.scribe.apply(torch.mul, graph.flow(node), alpha), beta)
    return graph.scribe.apply(torch.clamp, sloped, 0.0, 1.0)


def _clip(graph: OnnxGraph, node: OnnxNode) -> Ref:
    bounds: list[float | None] = []
    for place, name in ((1, "min"), (2, "max")):
        found: Any = graph.constant(node, place)
        found = node.attributes.get(name) if found is None else found.reshape(-1)[0]
        bounds.append(None if found is None or abs(found) > 3e38 else float(f"{float(found):.7g}"))
    value, name = graph.flow(node), graph.named(node)
    match bounds:
        case [0.0, 6.0]:
            return graph.scribe.call(nn.ReLU6(), value, name=name)
        case [0.0, None]:
            return graph.scribe.call(nn.ReLU(), value, name=name)
        case [None, None]:
            return value
        case [float(low), float(high)] if low < high:
            return graph.scribe.call(nn.Hardtanh(low, high), value, name=name)
    return graph.scribe.apply(torch.clamp, value, *bounds)


def _softmax(made: Callable[..., nn.Module]) -> Rule:
    def shared(graph: OnnxGraph, node: OnnxNode) -> Ref:
        value = graph.flow(node)
        sizes = graph.scribe.sizes(value)
        is_old = graph.opset < 13
        axis = int(node.attributes.get("axis", 1 if is_old else -1)) % len(sizes)
        if is_old and any(size != 1 for size in sizes[axis + 1 :]):
            raise Misfit("makes shares of several axes at once, as before opset 13, which no block does")
        return graph.scribe.call(made(axis), value, name=graph.named(node))

    return shared


def _dropout(graph: OnnxGraph, node: OnnxNode) -> Ref:
    ratio = graph.constant(node, 1)
    p = float(ratio.reshape(-1)[0]) if ratio is not None else node.attributes.get("ratio", 0.5)
    return graph.scribe.call(nn.Dropout(float(f"{p:.7g}")), graph.flow(node), name=graph.named(node))


# arithmetic


def _of_two(function: Callable[..., Any]) -> Rule:
    def computed(graph: OnnxGraph, node: OnnxNode) -> Ref:
        made = graph.operand(node, 0)
        for place in range(1, len(node.inputs)):
            made = graph.scribe.apply(function, made, graph.operand(node, place))
        return made if isinstance(made, Ref) else graph.flow(node)

    return computed


def _product(function: Callable[..., Any]) -> Rule:
    """A product or a quotient; one by √2 may begin a GELU, as files before opset 20 write it."""
    plain = _of_two(function)
    return lambda graph, node: _gelu(graph, node) or plain(graph, node)


def _gelu(graph: OnnxGraph, node: OnnxNode) -> Ref | None:
    """The GELU that begins here: ½ x (1 + erf(x / √2)), each step read by the next alone; None where it is none."""
    place = next((each for each in (0, 1) if isinstance(graph.given(node, each), Ref)), None)
    if place is None or not _is_number(graph, node, math.sqrt(2 if node.operator == "Div" else 0.5)):
        return None
    chain, image = [node], node.inputs[place]
    for operator, wanted in (("Erf", None), ("Add", 1.0), ("Mul", None), ("Mul", 0.5)):
        after = graph.reader(chain[-1].outputs[0])
        if after is None or after.operator != operator:
            return None
        if wanted is not None and not _is_number(graph, after, wanted):
            return None
        chain.append(after)
    if image not in chain[3].inputs or (node.operator == "Div" and place):
        return None
    made = graph.scribe.call(nn.GELU(), graph.flow(node, place), name=graph.named(node))
    for each in chain[1:]:
        graph.take(each, made)
    return made


def _is_number(graph: OnnxGraph, node: OnnxNode, wanted: float) -> bool:
    """Whether one of two operands is this number."""
    found = [graph.values.get(name) for name in node.inputs]
    numbers = [float(each.reshape(-1)[0]) for each in found if isinstance(each, np.ndarray) and each.size == 1]
    return len(numbers) == 1 and math.isclose(numbers[0], wanted, rel_tol=1e-5)


def _of_one(function: Callable[..., Any]) -> Rule:
    return lambda graph, node: graph.scribe.apply(function, graph.flow(node))


def _compared(function: Callable[..., Any]) -> Rule:
    """The larger or the smaller of two, of which one may be a number."""

    def computed(graph: OnnxGraph, node: OnnxNode) -> Ref:
        made: Any = graph.operand(node, 0)
        for place in range(1, len(node.inputs)):
            other = graph.operand(node, place)
            numbers = [each for each in (made, other) if isinstance(each, int | float)]
            flows = [each for each in (made, other) if not isinstance(each, int | float)]
            if numbers:
                word = "min" if function is torch.maximum else "max"
                made = graph.scribe.apply(torch.clamp, flows[0], **{word: numbers[0]})
            else:
                made = graph.scribe.apply(function, made, other)
        return made  # type: ignore[no-any-return]

    return computed


def _mean(function: Callable[..., Any]) -> Rule:
    """A mean, sum or extreme over axes: an attribute until opset 17, an input from then on."""

    def reduced(graph: OnnxGraph, node: OnnxNode) -> Ref:
        value = graph.flow(node)
        rank = len(graph.scribe.sizes(value))
        found = axes(node.attributes, [value, graph.given(node, 1)])
        if not found:
            if node.attributes.get("noop_with_empty_axes"):
                return value
            raise Misfit("works on the images of a batch together")
        over = tuple(sorted(axis % rank for axis in found))
        if 0 in over:
            raise Misfit("works on the images of a batch together")
        return graph.scribe.apply(function, value, over, bool(node.attributes.get("keepdims", 1)))

    return reduced


RULES: dict[str, Rule] = {
    "Conv": onnx_layers.conv,
    "ConvTranspose": onnx_layers.conv_transpose,
    "Gemm": onnx_layers.gemm,
    "MatMul": onnx_layers.matmul,
    "BatchNormalization": onnx_layers.batch_norm,
    "InstanceNormalization": onnx_layers.instance_norm,
    "LayerNormalization": onnx_layers.layer_norm,
    "GroupNormalization": onnx_layers.group_norm,
    "LRN": onnx_layers.local_response_norm,
    "PRelu": onnx_layers.prelu,
    "MaxPool": onnx_layers.pool,
    "AveragePool": onnx_layers.pool,
    "GlobalAveragePool": onnx_layers.global_pool,
    "GlobalMaxPool": onnx_layers.global_pool,
    "Relu": _layer(lambda node: nn.ReLU()),
    "LeakyRelu": _layer(lambda node: nn.LeakyReLU(number(node, "alpha", 0.01))),
    "Elu": _layer(lambda node: nn.ELU(number(node, "alpha", 1.0))),
    "Celu": _layer(lambda node: nn.CELU(number(node, "alpha", 1.0))),
    "Selu": _layer(lambda node: nn.SELU()),
    "Tanh": _layer(lambda node: nn.Tanh()),
    "Softplus": _layer(lambda node: nn.Softplus()),
    "Softsign": _layer(lambda node: nn.Softsign()),
    "Mish": _layer(lambda node: nn.Mish()),
    "HardSwish": _layer(lambda node: nn.Hardswish()),
    "Gelu": _layer(lambda node: nn.GELU(node.attributes.get("approximate", "none"))),
    "Sigmoid": _gated(lambda node: nn.Sigmoid(), nn.SiLU),
    "HardSigmoid": _hard_sigmoid,
    "Clip": _clip,
    "Softmax": _softmax(nn.Softmax),
    "LogSoftmax": _softmax(nn.LogSoftmax),
    "Dropout": _dropout,
    "Add": _of_two(torch.add),
    "Sum": _of_two(torch.add),
    "Sub": _of_two(torch.sub),
    "Mul": _product(torch.mul),
    "Div": _product(torch.div),
    "Pow": _of_two(torch.pow),
    "Max": _compared(torch.maximum),
    "Min": _compared(torch.minimum),
    "Sqrt": _of_one(torch.sqrt),
    "Exp": _of_one(torch.exp),
    "Log": _of_one(torch.log),
    "Neg": _of_one(torch.neg),
    "Abs": _of_one(torch.abs),
    "Erf": _of_one(torch.erf),
    "Reciprocal": _of_one(torch.reciprocal),
    "Sin": _of_one(torch.sin),
    "Cos": _of_one(torch.cos),
    "ReduceMean": _mean(torch.mean),
    "ReduceSum": _mean(torch.sum),
    "ReduceMax": _mean(torch.amax),
    "ReduceMin": _mean(torch.amin),
    "Reshape": onnx_shapes.reshape,
    "Flatten": onnx_shapes.flatten,
    "Squeeze": onnx_shapes.squeeze,
    "Unsqueeze": onnx_shapes.unsqueeze,
    "Transpose": onnx_shapes.transpose,
    "Concat": onnx_shapes.joined,
    "Split": onnx_shapes.split,
    "Slice": onnx_shapes.sliced,
    "Gather": onnx_shapes.gather,
    "Expand": onnx_shapes.expand,
    "Pad": onnx_shapes.pad,
    "Resize": onnx_shapes.resize,
    "Upsample": onnx_shapes.resize,
    "DepthToSpace": onnx_shapes.depth_to_space,
    "Cast": onnx_shapes.cast,
    "Identity": onnx_shapes.same,
}

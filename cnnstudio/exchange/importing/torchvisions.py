"""Torchvision's own: modules and functions that only its models have."""

from __future__ import annotations

from dataclasses import replace

from torch import fx

from cnnstudio.blocks import CosineWindowAttention, Pad, PixelUnshuffle, StochasticDepth, WindowAttention
from cnnstudio.exchange.importing.recognition import Rule, Steps, Unknown, Value, Weight
from cnnstudio.exchange.importing.recording import rate


def _window_attention(steps: Steps, node: fx.Node) -> Value:
    module = steps.module(node)
    size, shift = set(module.window_size), set(module.shift_size)
    value = steps.values[steps.source(node)]
    if len(size) != 1 or len(shift) != 1 or module.attention_dropout or module.dropout or value.layout != "last":
        raise Unknown
    is_second = type(module).__name__.endswith("V2")
    kind = CosineWindowAttention if is_second else WindowAttention
    names = ["qkv.weight", "qkv.bias", "proj.weight", "proj.bias"]
    names += ["logit_scale", "cpb_mlp.0.weight", "cpb_mlp.0.bias", "cpb_mlp.2.weight"] if is_second else []
    weights = [Weight(name, f"{node.target}.{name}") for name in names]
    if not is_second:
        weights.append(Weight("position_bias", f"{node.target}.relative_position_bias_table"))
    block = kind(num_heads=module.num_heads, window_size=size.pop(), shift=shift.pop())
    return replace(value, part=steps.add(node, block, value.part, weights=weights))


def _relative_attention(steps: Steps, node: fx.Node) -> Value:
    module = steps.module(node)
    value = steps.values[steps.source(node)]
    if value.layout not in ("windows", "grid"):
        raise Unknown
    _, shape = steps.map(steps.source(node))
    size = value.side if value.layout == "windows" else shape[1] // value.side
    weights = [
        Weight(ours, f"{node.target}.{theirs}.{each}")
        for ours, theirs, each in (
            ("qkv.weight", "to_qkv", "weight"),
            ("qkv.bias", "to_qkv", "bias"),
            ("proj.weight", "merge", "weight"),
            ("proj.bias", "merge", "bias"),
        )
    ]
    weights.append(Weight("position_bias", f"{node.target}.relative_position_bias_table"))
    block = WindowAttention(
        module.n_heads, size, windows="grid" if value.layout == "grid" else "tiles", scale_by="token"
    )
    return replace(value, part=steps.add(node, block, value.part, weights=weights))


def _partition(steps: Steps, node: fx.Node) -> Value:
    part = steps.plain(steps.source(node))
    side = int(steps.argument(node, 1, "p"))
    if any(length % side for length in steps.parts[part].shape.spatial):
        raise Unknown
    return Value(part, "windows", side)


def _swap(steps: Steps, node: fx.Node) -> Value:
    value, module = steps.values[steps.source(node)], steps.module(node)
    other = {"windows": "grid", "grid": "windows"}.get(value.layout)
    if other is None or {module.a, module.b} != {-2, -3}:
        raise Unknown
    return Value(value.part, "grid" if other == "grid" else "windows", value.side)


def _departition(steps: Steps, node: fx.Node) -> Value:
    value, shape = steps.map(steps.source(node))
    side, rows, columns = (int(steps.argument(node, 1 + i, n)) for i, n in enumerate(_DEPARTITION))
    if value.layout != "windows" or (side, (rows * side, columns * side)) != (value.side, shape.spatial):
        raise Unknown
    return Value(value.part)


_DEPARTITION = ("p", "h_partitions", "w_partitions")


MODULES: dict[str, Rule] = {
    "ShiftedWindowAttention": _window_attention,
    "ShiftedWindowAttentionV2": _window_attention,
    "RelativePositionalMultiHeadAttention": _relative_attention,
    "WindowPartition": _partition,
    "SwapAxes": _swap,
    "WindowDepartition": _departition,
}


def stochastic_depth(steps: Steps, node: fx.Node) -> Value:
    """A branch that is left out for a share of the samples while training; torchvision's, or one of many's own."""
    module = steps.module(node)
    p = rate(module)
    if not isinstance(p, float) or getattr(module, "mode", "row") != "row":
        raise Unknown
    if not p and not steps.is_branch(node):
        return steps.values[steps.source(node)]
    return steps.follow(node, StochasticDepth(round(p, 6)))  # torchvision works out 0.07500000000000001


def merge_patches(steps: Steps, node: fx.Node) -> Value:
    """Swin's merging: each 2 × 2 square of pixels becomes one pixel of four times as many channels."""
    value, shape = steps.map(steps.source(node))
    if value.layout != "last" or value.is_dealt:
        raise Unknown
    part, (bottom, right) = value.part, (length % 2 for length in shape.spatial)
    if bottom or right:
        part = steps.add(node, Pad(0, bottom, 0, right), part, name="pad")
    return Value(steps.add(node, PixelUnshuffle(2), part, name="merge"), "last", is_dealt=True)

"""Terms: what papers call an operation, and what they tell of its parameters."""

from __future__ import annotations

import re

from cnnstudio.blocks.group import Group
from cnnstudio.graph import Block, Composite, Shape, Window

_CALLED = {
    "Conv2d": "Conv", "DepthwiseConv2d": "Depthwise conv", "ConvTranspose2d": "Transposed conv",
    "MaxPool2d": "Max pool", "AvgPool2d": "Avg pool", "LPPool2d": "LP pool", "FractionalMaxPool2d": "Frac. max pool",
    "BatchNorm2d": "BN", "BatchNorm1d": "BN", "InstanceNorm2d": "IN", "LayerNorm": "LN", "LayerNorm2d": "LN",
    "GroupNorm": "GN", "LocalResponseNorm": "LRN", "Tanh": "tanh", "Sigmoid": "sigmoid", "Softmax": "softmax",
    "Dropout": "dropout", "Dropout2d": "dropout",
}  # fmt: skip
_ADAPTIVE = {"AdaptiveAvgPool2d": "avg pool", "AdaptiveMaxPool2d": "max pool"}


def called(block: Block) -> str:
    """The name of what a block does, without its parameters; the name of its class for a person's own composite."""
    name = type(block).__name__
    if name in _CALLED:
        return _CALLED[name]
    title = block.class_name if isinstance(block, Group) else block.title
    return re.sub(r"(?<=[a-z])[12]d$", "", title)


def title(block: Block, shape: Shape, window: Window | None) -> str:
    """``Conv 5 × 5``, ``Global avg pool``, ``Residual``; ``shape`` is what comes out."""
    name = type(block).__name__
    if name in _ADAPTIVE:
        return ("Global " if shape.is_map and shape.spatial == (1, 1) else "Adaptive ") + _ADAPTIVE[name]
    if window is None or isinstance(block, Composite):
        return called(block)
    height, width = window.kernel
    return f"{called(block)} {height} × {width}"


def parameters(block: Block, shape: Shape, window: Window | None) -> list[str]:
    """What else a paper says: stride, padding, dilation, groups; of a composite, what its face says."""
    if type(block).__name__ in _ADAPTIVE:
        return []
    if window is not None and not isinstance(block, Composite):
        told = []
        if window.stride != (1, 1):
            told.append(f"stride {_one(window.stride)}")
        if any(map(any, window.padding)):
            (top, bottom), (left, right) = window.padding
            told.append(f"pad {_one((top, left))}" if (top, left) == (bottom, right) else "padded")
        if window.dilation != (1, 1):
            told.append(f"dilation {_one(window.dilation)}")
        groups = block.values.get("groups", 1)
        if isinstance(groups, int) and groups > 1:
            told.append(f"{groups} groups")
        return told
    if not isinstance(block, Composite) or isinstance(block, Group):
        return []  # all that a group says of itself are its name and how often it repeats
    words = [word.strip() for word in block.brief().split("·")]
    words = [word for word in words if word and word not in {str(shape), *map(str, shape)}]
    return [_spelt(word) for word in words]


def _spelt(word: str) -> str:
    """``stride 2`` for s2, ``factor 6`` for ×6, ``3 × 3`` for 3×3."""
    for short, long in ((r"^s(\d+)$", r"stride \1"), (r"^×(.+)$", r"factor \1"), (r"(?<=\d)×(?=\d)", " × ")):
        word = re.sub(short, long, word)
    return word


def _one(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} × {pair[1]}"

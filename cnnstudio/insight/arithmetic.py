"""Arithmetic: how one number that a layer of a built network gives comes about, by the layer's own numbers (torch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.blocks import Add, ChannelPool, FilterConv2d, LayerScale, Maxout, Mean, Multiply, PositionEmbedding
from cnnstudio.graph import Block, Composite
from cnnstudio.insight import formula_rules as formulas
from cnnstudio.insight import sliding_rules as sliding
from cnnstudio.insight import taps
from cnnstudio.insight.calculation import Calculation, Line, Numbers, UnexplainedError, as_map, places_of

Layer = nn.Module | Tensor | None
Floats = NDArray[np.floating[Any]]

_SOFTMAX = (nn.Softmax, nn.Softmin, nn.LogSoftmax)
_POOLS = (
    nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.FractionalMaxPool2d,
)  # fmt: skip
_NORMS = (
    nn.BatchNorm2d, nn.BatchNorm1d, nn.InstanceNorm2d, nn.GroupNorm, nn.LayerNorm, nn.LocalResponseNorm,
)  # fmt: skip
_MOVES = frozenset((
    "Flatten", "Concat", "ChannelSlice", "ChannelPad", "ChannelShuffle", "Permute", "Reshape", "PixelShuffle",
    "PixelUnshuffle", "Pad", "Crop", "Tokens", "TokenMap", "ClassToken", "FirstToken", "StochasticDepth",
))  # fmt: skip
_FIRST = 1 << 40  # larger than any number that a network has learned


def arithmetic(
    block: Block,
    layer: Layer,
    inputs: Sequence[Floats],
    cell: tuple[int, ...],
    output: Floats | None = None,
    *,
    fold: tuple[int, int, int] | None = None,
) -> Calculation:
    """How the number at ``cell`` of what ``block`` makes of ``inputs`` comes about.

    ``layer`` is what the built network has for the block: a module in eval mode, a parameter, or None where its forward
    needs none. Inputs and output are of one picture, without its axis: (C, H, W), (F,) or (N, D), and ``cell`` is a
    place in the output. ``output`` is what the network has given, in its own float32 or float64; it is computed where
    it is not known. ``fold`` is how the vector that enters a Linear lay as a map. Raises ``UnexplainedError`` for what
    is not told: blocks that are made of blocks, windows drawn by chance, lines of PyTorch; ``IndexError`` for a cell
    that is not there.
    """
    if isinstance(block, Composite):
        raise UnexplainedError(f"{block.title} is made of other blocks: open it to see how their values come about.")
    if not inputs:
        raise UnexplainedError(f"{block.title} reads nothing: its numbers are the picture's own.")
    if output is None:
        output = computed(block, layer, inputs)
    values = [np.asarray(each, np.float64) for each in inputs]
    if isinstance(layer, nn.Linear):
        found: Calculation | None = formulas.linear(layer, values[0], cell, fold)
    else:
        found = _of_layer(block, layer, values, cell)
    if found is None:
        found = _of_block(block, layer, values, cell)
    return replace(found, result=float(output[cell]), eps=float(np.finfo(output.dtype).eps))


def _of_layer(block: Block, layer: Layer, values: list[Numbers], cell: tuple[int, ...]) -> Calculation | None:
    """By the kind of its module; None where it has none, or one that the block must tell."""
    value = values[0]
    match layer:
        case nn.Conv2d():
            return sliding.conv(layer, value, formulas.place(cell))
        case nn.ConvTranspose2d():
            return sliding.conv_transpose(layer, value, formulas.place(cell))
        case nn.MultiheadAttention():
            return formulas.attention(layer, value, (cell[0], cell[1]))
        case nn.GLU():
            return formulas.gated(value, cell)
        case nn.Module() if isinstance(layer, _POOLS):
            return sliding.pooled(layer, value, formulas.place(cell))
        case nn.Module() if isinstance(layer, _NORMS):
            return formulas.normalised(layer, value, cell)
        case nn.Module() if isinstance(layer, _SOFTMAX):
            return formulas.softmax(layer, value, cell)
        case nn.Module() if block.family in ("activation", "regularization") and type(block).__name__ not in _MOVES:
            return formulas.activation(layer, value, cell)
    return None


def _of_block(block: Block, layer: Layer, values: list[Numbers], cell: tuple[int, ...]) -> Calculation:
    """Of a block that has no module, or one of its own."""
    match block:
        case Add() | Mean() | Multiply():
            return formulas.joined(type(block).__name__, values, cell)
        case ChannelPool():
            channels = range(len(values[0]))
            window = places_of(values[0], 0, channels, [cell[1]], [cell[2]])
            if block.kind == "max":
                return taps.largest(cell, [window])
            return taps.mean(cell, [window], len(channels))
        case Maxout():
            first = cell[0] * block.pieces
            _, row, column = formulas.place(cell)
            pieces = range(first, first + block.pieces)
            return taps.largest(cell, [places_of(as_map(values[0]), 0, pieces, [row], [column])])
        case LayerScale() | PositionEmbedding() if isinstance(layer, Tensor):
            learned = sliding.array(layer)
            learned = np.broadcast_to(learned[0] if learned.ndim > values[0].ndim else learned, values[0].shape)
            kind = "Multiply" if isinstance(block, LayerScale) else "Add"
            return formulas.joined(kind, [values[0], learned], cell)
        case FilterConv2d() if isinstance(layer, Tensor):
            return sliding.filtered(layer, block.padding == "same", values[0], formulas.place(cell))
    if type(block).__name__ in _MOVES:
        return _moved(block, layer, values, cell)
    raise UnexplainedError(f"The arithmetic of {block.title} is not told here.")


def _moved(block: Block, layer: Layer, values: list[Numbers], cell: tuple[int, ...]) -> Calculation:
    """What only moves numbers about is given their numbers, from 1, and says by that where each has come from."""
    ends = np.cumsum([0, *(value.size for value in values)])
    marks = [
        np.arange(_FIRST + start, _FIRST + end, dtype=np.float64).reshape(value.shape)
        for start, end, value in zip(ends, ends[1:], values, strict=False)
    ]
    mark = float(computed(block, layer, marks)[cell])
    if mark < _FIRST:
        words = "learned, whatever comes in" if isinstance(layer, Tensor) else "put in, whatever comes in"
        return Calculation(cell, "a number of its own", (), (Line(words, mark),), mark, 0.0)
    index = int(mark) - _FIRST
    port = int(np.searchsorted(ends, index, side="right")) - 1
    return formulas.copied(values, port, index - int(ends[port]), cell)


def computed(block: Block, layer: Layer, inputs: Sequence[Floats]) -> Floats:
    """What a block makes of inputs of one picture, in their own precision, by the expression that its source has."""
    names = [f"x{port}" for port in range(len(inputs))]
    given = {name: torch.from_numpy(np.ascontiguousarray(each))[None] for name, each in zip(names, inputs, strict=True)}
    if isinstance(layer, nn.Module | Tensor):
        place = next((each.device for each in _tensors(layer)), None)
        given = {name: each.to(place) for name, each in given.items()}
    # the expression is written by the block from checked and coerced values
    words = {"self": SimpleNamespace(layer=layer), "torch": torch, "nn": nn, "F": nn.functional} | given
    with torch.no_grad():
        found: Tensor = eval(block.forward("layer", *names), words)
    made: Floats = found[0].cpu().numpy()
    return made


def _tensors(layer: nn.Module | Tensor) -> list[Tensor]:
    return [layer] if isinstance(layer, Tensor) else [*layer.parameters(), *layer.buffers()]

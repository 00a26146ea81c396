"""The arithmetic of single values against torch: layers drawn by chance, some cells of each.

Promises: what is computed from a window, a kernel and the lines behind it is the number that torch gives, but for the
rounding of so many additions; in float64 to a few units in the last place. It prints how many settings agree, of how
many, and the largest differences, relative to the numbers that were added up. A number on the command line is how many
settings to draw; the tests draw a few hundred.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from cnnstudio import blocks as b
from cnnstudio.graph import Block
from cnnstudio.insight.arithmetic import Layer, arithmetic, computed
from cnnstudio.insight.calculation import Calculation

SETTINGS = 5_000
CELLS = 4
Drawn = tuple[Block, Layer, list[tuple[int, ...]]]


@dataclass(frozen=True, eq=False)
class Setting:
    """A layer with random weights, what enters it, and what it gives."""

    block: Block
    layer: Layer
    inputs: list[Any]
    output: Any

    def at(self, cell: tuple[int, ...]) -> Calculation:
        return arithmetic(self.block, self.layer, self.inputs, cell, self.output)


def settings(count: int, seed: int = 0) -> Iterator[Setting]:
    """So many layers in turn, each with parameters, weights and inputs drawn by chance; half of them in float64."""
    chance, drawn = random.Random(seed), torch.Generator().manual_seed(seed)
    makers = [*MAKERS.values()]
    made, turn = 0, 0
    while made < count:
        maker = makers[turn % len(makers)]
        turn += 1
        dtype = (torch.float32, torch.float64)[chance.randrange(2)]
        try:
            block, layer, shapes = maker(chance)
        except _UNFIT:
            continue
        if isinstance(layer, nn.Module):
            layer.to(dtype).eval()
        _fill(layer, drawn)
        inputs = [
            torch.randn(shape, generator=drawn, dtype=dtype).numpy() * chance.choice((0.1, 1, 10)) for shape in shapes
        ]
        inputs = [np.asarray(each, np.float32 if dtype is torch.float32 else np.float64) for each in inputs]
        try:
            output = computed(block, layer, inputs)
        except _UNFIT:
            continue  # such a window does not fit
        if output.size:
            made += 1
            yield Setting(block, layer, inputs, output)


_UNFIT = (RuntimeError, ValueError, IndexError, NotImplementedError)


def cells(shape: tuple[int, ...], chance: random.Random, count: int = CELLS) -> Iterator[tuple[int, ...]]:
    """The first and the last cell, and some between."""
    yield tuple(0 for _ in shape)
    yield tuple(size - 1 for size in shape)
    for _ in range(count - 2):
        yield tuple(chance.randrange(size) for size in shape)


def _fill(layer: Layer, drawn: torch.Generator) -> None:
    with torch.no_grad():
        if isinstance(layer, Tensor):
            layer.copy_(torch.randn(layer.shape, generator=drawn))
        elif layer is not None:
            for name, tensor in [*layer.named_parameters(), *layer.named_buffers()]:
                if tensor.is_floating_point():
                    fresh = torch.randn(tensor.shape, generator=drawn, dtype=tensor.dtype)
                    tensor.copy_(fresh.abs() + 0.1 if name == "running_var" else fresh)


# what is drawn


def _sides(chance: random.Random) -> tuple[int, int]:
    return chance.randint(3, 11), chance.randint(3, 11)


def _pair(chance: random.Random, low: int, high: int) -> Any:
    return (
        chance.randint(low, high) if chance.random() < 0.5 else (chance.randint(low, high), chance.randint(low, high))
    )


def _conv(chance: random.Random) -> Drawn:
    groups, size = chance.choice((1, 1, 2, 3)), _sides(chance)
    into, out = groups * chance.randint(1, 3), groups * chance.randint(1, 3)
    modes: tuple[Literal["zeros", "reflect", "replicate", "circular"], ...] = (
        "zeros", "reflect", "replicate", "circular",
    )  # fmt: skip
    mode = chance.choice(modes)
    is_same = chance.random() < 0.2
    layer = nn.Conv2d(
        into, out, _pair(chance, 1, 4), 1 if is_same else _pair(chance, 1, 3),
        "same" if is_same else _pair(chance, 0, 3), _pair(chance, 1, 2), groups, chance.random() < 0.7, mode,
    )  # fmt: skip
    return b.Conv2d(), layer, [(into, *size)]


def _transposed(chance: random.Random) -> Drawn:
    groups = chance.choice((1, 1, 2, 3))
    into, out = groups * chance.randint(1, 3), groups * chance.randint(1, 3)
    layer = nn.ConvTranspose2d(
        into, out, _pair(chance, 1, 4), _pair(chance, 1, 3), _pair(chance, 0, 2), _pair(chance, 0, 1), groups,
        chance.random() < 0.7, _pair(chance, 1, 2),
    )  # fmt: skip
    return b.ConvTranspose2d(), layer, [(into, *_sides(chance))]


def _pool(kind: str) -> Callable[[random.Random], Drawn]:
    def make(chance: random.Random) -> Drawn:
        shape = (chance.randint(1, 3), *_sides(chance))
        kernel, stride, ceil = _pair(chance, 1, 4), chance.choice((None, _pair(chance, 1, 3))), chance.random() < 0.5
        if kind == "max":
            return (
                b.MaxPool2d(),
                nn.MaxPool2d(kernel, stride, _pair(chance, 0, 2), _pair(chance, 1, 2), ceil_mode=ceil),
                [shape],
            )
        if kind == "avg":
            divisor = chance.choice((None, None, 5))
            counts = chance.random() < 0.5
            return b.AvgPool2d(), nn.AvgPool2d(kernel, stride, _pair(chance, 0, 2), ceil, counts, divisor), [shape]
        if kind == "lp":
            return b.LPPool2d(), nn.LPPool2d(chance.choice((1.0, 2.0, 2.0, 3.0, 4.0)), kernel, stride, ceil), [shape]
        made = nn.AdaptiveMaxPool2d if kind == "adaptive max" else nn.AdaptiveAvgPool2d
        block = b.AdaptiveMaxPool2d() if kind == "adaptive max" else b.AdaptiveAvgPool2d()
        return block, made(chance.choice((1, 2, 3, (2, 5), (7, 1), (None, 3)))), [shape]

    return make


def _norm(chance: random.Random) -> Drawn:
    channels, size = 2 * chance.randint(1, 4), _sides(chance)
    shape: tuple[int, ...] = (channels, *size)
    affine, eps = chance.random() < 0.7, chance.choice((1e-5, 1e-3, 0.1))
    match chance.randrange(8):
        case 0:
            return b.BatchNorm2d(), nn.BatchNorm2d(channels, eps, 0.1, affine, chance.random() < 0.7), [shape]
        case 1:
            return b.BatchNorm1d(), nn.BatchNorm1d(channels, eps, 0.1, affine), [(channels,)]
        case 2:
            return b.InstanceNorm2d(), nn.InstanceNorm2d(channels, eps, 0.1, affine, chance.random() < 0.3), [shape]
        case 3:
            return b.GroupNorm(), nn.GroupNorm(chance.choice((1, 2, channels)), channels, eps, affine), [shape]
        case 4:
            return b.LayerNorm(), nn.LayerNorm(shape, eps, affine), [shape]
        case 5:
            return b.LayerNorm(), nn.LayerNorm(channels, eps, affine, chance.random() < 0.5), [(size[0], channels)]
        case 6:
            return b.LayerNorm2d(), nn.LayerNorm(channels, eps, affine), [shape]
    layer = nn.LocalResponseNorm(
        chance.randint(1, 6), chance.choice((1e-4, 0.5)), chance.choice((0.75, 1.0)), chance.choice((1.0, 2.0))
    )
    return b.LocalResponseNorm(), layer, [shape]


def _activation(chance: random.Random) -> Drawn:
    shape = chance.choice(((3, 4, 5), (7,), (4, 6)))
    layers: list[tuple[Block, nn.Module]] = [
        (b.ReLU(), nn.ReLU()), (b.ReLU6(), nn.ReLU6()), (b.LeakyReLU(), nn.LeakyReLU(0.2)), (b.RReLU(), nn.RReLU()),
        (b.GELU(), nn.GELU()), (b.GELU(), nn.GELU("tanh")), (b.SiLU(), nn.SiLU()), (b.Hardswish(), nn.Hardswish()),
        (b.Hardsigmoid(), nn.Hardsigmoid()), (b.Sigmoid(), nn.Sigmoid()), (b.Tanh(), nn.Tanh()),
        (b.Threshold(), nn.Threshold(0.3, 2.0)), (b.PReLU(), nn.PReLU()), (b.ELU(), nn.ELU(0.7)),
        (b.CELU(), nn.CELU(0.7)), (b.SELU(), nn.SELU()), (b.Mish(), nn.Mish()), (b.Softplus(), nn.Softplus(2.0, 5.0)),
        (b.Softsign(), nn.Softsign()), (b.Hardtanh(), nn.Hardtanh(-0.5, 2.0)), (b.LogSigmoid(), nn.LogSigmoid()),
        (b.Softshrink(), nn.Softshrink(0.3)), (b.Hardshrink(), nn.Hardshrink(0.3)), (b.Tanhshrink(), nn.Tanhshrink()),
        (b.Identity(), nn.Identity()), (b.Dropout(), nn.Dropout()), (b.Dropout2d(), nn.Dropout2d()),
    ]  # fmt: skip
    block, layer = chance.choice(layers)
    if isinstance(layer, nn.Dropout2d):
        shape = (3, 4, 5)
    if isinstance(layer, nn.PReLU) and len(shape) == 3:
        layer = nn.PReLU(3)
    return block, layer, [shape]


def _softmax(chance: random.Random) -> Drawn:
    shape = chance.choice(((3, 4, 5), (7,), (4, 6)))
    dim = chance.choice([*range(1, len(shape) + 1), -1])
    block, kind = chance.choice(((b.Softmax(), nn.Softmax), (b.Softmin(), nn.Softmin), (b.LogSoftmax(), nn.LogSoftmax)))
    return block, kind(dim=dim), [shape]


def _linear(chance: random.Random) -> Drawn:
    into, out = chance.randint(1, 40), chance.randint(1, 8)
    return b.Linear(), nn.Linear(into, out, chance.random() < 0.7), [chance.choice(((into,), (5, into)))]


def _joined(chance: random.Random) -> Drawn:
    shape, count = chance.choice(((3, 4, 5), (7,), (4, 6))), chance.randint(2, 4)
    block = chance.choice((b.Add(), b.Mean(), b.Multiply(), b.Concat()))
    shapes: list[tuple[int, ...]] = [shape] * count
    if isinstance(block, b.Multiply) and len(shape) == 3:
        shapes = [shape, chance.choice(((3, 1, 1), (1, 4, 5)))]
    return block, None, shapes


def _attention(chance: random.Random) -> Drawn:
    heads, each = chance.choice((1, 2, 4)), chance.randint(1, 4)
    layer = nn.MultiheadAttention(heads * each, heads, bias=chance.random() < 0.7, batch_first=True)
    return b.SelfAttention(heads), layer, [(chance.randint(1, 9), heads * each)]


def _rest(chance: random.Random) -> Drawn:
    size = _sides(chance)
    shape = (4, *size)
    pads = nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d
    sides = chance.randint(0, 2), chance.randint(0, 2), chance.randint(0, 2), chance.randint(0, 2)
    choices: list[Callable[[], Drawn]] = [
        lambda: (b.Flatten(), None, [shape]),
        lambda: (b.ChannelPool(chance.choice(("mean", "max"))), None, [shape]),
        lambda: (b.Maxout(2), None, [chance.choice((shape, (8,)))]),
        lambda: (b.GLU(), nn.GLU(dim=1), [chance.choice((shape, (8,)))]),
        lambda: (b.LayerScale(), nn.Parameter(torch.zeros(4, 1, 1)), [shape]),
        lambda: (b.LayerScale(), nn.Parameter(torch.zeros(6)), [(5, 6)]),
        lambda: (b.PositionEmbedding(), nn.Parameter(torch.zeros(1, 5, 6)), [(5, 6)]),
        lambda: (b.ClassToken(), nn.Parameter(torch.zeros(1, 1, 6)), [(5, 6)]),
        lambda: (b.FirstToken(), None, [(5, 6)]),
        lambda: (b.Tokens(), None, [shape]),
        lambda: (b.ChannelShuffle(2), nn.ChannelShuffle(2), [shape]),
        lambda: (b.ChannelSlice(1, 3), None, [shape]),
        lambda: (b.ChannelPad(2, 1), None, [shape]),
        lambda: (b.PixelShuffle(2), nn.PixelShuffle(2), [shape]),
        lambda: (b.PixelUnshuffle(1), nn.PixelUnshuffle(1), [shape]),
        lambda: (b.Pad(), chance.choice(pads)(sides), [shape]),
        lambda: (b.Crop(1, 0, 1, 0), None, [shape]),
        lambda: (b.FilterConv2d(padding="same"), nn.Parameter(torch.zeros(4, 1, 3, 3)), [shape]),
        lambda: (b.FilterConv2d(padding="valid"), nn.Parameter(torch.zeros(4, 1, 3, 2)), [shape]),
    ]  # fmt: skip
    return chance.choice(choices)()


MAKERS: dict[str, Callable[[random.Random], Drawn]] = {
    "convolution": _conv, "transposed": _transposed, "max pool": _pool("max"), "mean pool": _pool("avg"),
    "power pool": _pool("lp"), "adaptive mean": _pool("adaptive avg"), "adaptive max": _pool("adaptive max"),
    "normalisation": _norm, "activation": _activation, "softmax": _softmax, "linear": _linear, "join": _joined,
    "attention": _attention, "other": _rest,
}  # fmt: skip


def main(count: int) -> int:
    """Walk so many settings; say what does not agree."""
    warnings.simplefilter("ignore")
    chance, agreeing, kinds = random.Random(1), 0, Counter[str]()
    largest: dict[str, tuple[float, float, str]] = {}
    values = 0
    for setting in settings(count):
        name = type(setting.block).__name__
        kinds[name] += 1
        agrees = True
        for cell in cells(setting.output.shape, chance):
            found = setting.at(cell)
            values += 1
            agrees &= found.agrees
            kind = str(setting.output.dtype)
            relative = found.difference / max(abs(found.result), 1e-3)
            if np.isfinite(relative) and relative > largest.get(kind, (-1.0,))[0]:
                largest[kind] = relative, found.difference, f"{name} at {cell}: {found.total!r} for {found.result!r}"
            if not found.agrees:
                print(f"{setting.block} {setting.layer} {setting.inputs[0].shape} {kind} at {cell}: "
                      f"{found.total!r}, torch {found.result!r}, slack {found.slack:.3g}")  # fmt: skip
        agreeing += agrees
    print(f"{agreeing:,} of {count:,} settings agree, {values:,} values of {len(kinds)} kinds of blocks")
    for kind, (relative, absolute, words) in sorted(largest.items()):
        print(f"largest difference in {kind}: {relative:.3g} of the value, {absolute:.3g} ({words})")
    return int(agreeing < count)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SETTINGS))

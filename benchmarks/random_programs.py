"""Formulas against torch where nobody looked: 4,000 window settings and 1,000 small networks, all drawn at random.

Promises: of a window every size that comes out, or that it does not fit, exactly when torch says so; of a network the
shape of its output, the parameters and the multiply-accumulates. It says what differs. A number on the command line is
the seed to begin with.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Bottleneck,
    Concat,
    Conv2d,
    ConvBNReLU,
    ConvTranspose2d,
    DepthwiseSeparable,
    Flatten,
    GroupNorm,
    Input,
    InvertedResidual,
    LayerNorm2d,
    Linear,
    LPPool2d,
    MaxPool2d,
    Multiply,
    Pad,
    ReLU,
    Residual,
    SelfAttention,
    SqueezeExcite,
    TokenMap,
    Tokens,
    Upsample,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, ParameterError, Shape, ShapeError, Sketch
from cnnstudio.training.build import build

WINDOWS, PROGRAMS = 4_000, 1_000


def _window(luck: random.Random) -> Block:
    """A layer that slides, with settings that are mostly, but not always, possible."""

    def pair(low: int, high: int) -> Any:
        return luck.choice((luck.randint(low, high), (luck.randint(low, high), luck.randint(low, high))))

    kernel, stride, padding, dilation = pair(1, 5), pair(1, 4), pair(0, 3), pair(1, 3)
    kind = luck.randrange(6)
    if kind == 0:
        mode = luck.choice(("zeros", "reflect", "replicate", "circular"))
        return Conv2d(2, kernel, stride, luck.choice((padding, padding, "same", "valid")), dilation, padding_mode=mode)
    if kind == 1:
        return ConvTranspose2d(2, kernel, stride, padding, pair(0, 2), dilation=dilation)
    if kind == 2:
        return MaxPool2d(kernel, luck.choice((None, stride)), padding, dilation, luck.random() < 0.5)
    if kind == 3:
        return AvgPool2d(kernel, luck.choice((None, stride)), padding, luck.random() < 0.5, luck.random() < 0.5)
    if kind == 4:
        return LPPool2d(2.0, kernel, luck.choice((None, stride)), luck.random() < 0.5)
    return Pad(*(luck.randint(0, 6) for _ in range(4)), luck.choice(("zeros", "reflect", "replicate", "circular")))


def windows(count: int, seed: int = 0) -> Iterator[str]:
    """Where our size and torch's differ, or only one of them refuses."""
    luck = random.Random(seed)
    for _ in range(count):
        block, shape = _window(luck), Shape(2, luck.randint(1, 12), luck.randint(1, 12))
        try:
            ours: Shape | None = block.shape(shape)
        except ShapeError:
            ours = None
        try:
            made: nn.Module = eval(block.init(shape) or "", {"nn": nn})
            theirs: Shape | None = Shape(*made(torch.zeros(1, *shape)).shape[1:])
        except (RuntimeError, ValueError):
            theirs = None
        if theirs is not None and not theirs.numel:  # torch gives a map of no rows, and nobody wants one
            theirs = None
        if ours != theirs:
            yield f"{block} over {shape}: told {ours}, torch {theirs}"


_LAYERS: tuple[Callable[[random.Random], Block], ...] = (
    lambda luck: Conv2d(
        luck.choice((4, 8)), luck.choice((1, 3, (1, 3))), luck.choice((1, 2)), 1, groups=luck.choice((1, 2))
    ),
    lambda luck: ConvBNReLU(luck.choice((4, 8)), 3, luck.choice((1, 2)), bias=luck.random() < 0.5),
    lambda luck: DepthwiseSeparable(8, bias=luck.random() < 0.5, norm=luck.random() < 0.5),
    lambda luck: InvertedResidual(luck.choice((4, 8)), expansion=2.0, norm=luck.random() < 0.5),
    lambda luck: Residual(luck.choice((4, 8)), luck.choice((1, 2)), bias=luck.random() < 0.5),
    lambda luck: Bottleneck(8, luck.choice((1, 2))),
    lambda luck: SqueezeExcite(2),
    lambda luck: MaxPool2d(2, ceil_mode=luck.random() < 0.5),
    lambda luck: ConvTranspose2d(4, 2, 2),
    lambda luck: Upsample(2, luck.choice(("nearest", "bilinear"))),
    lambda luck: Pad(*(luck.randint(0, 2) for _ in range(4)), luck.choice(("zeros", "replicate", "symmetric"))),
    lambda luck: luck.choice((ReLU(), BatchNorm2d(), GroupNorm(2), LayerNorm2d())),
)


def program(luck: random.Random) -> Graph:
    """A network of layers, branches and at times attention, in which everything fits."""
    draw = Sketch()
    x = draw(Input((luck.choice((2, 4)), luck.randint(6, 12), luck.randint(6, 12))))
    for _ in range(luck.randint(2, 6)):
        before = x
        x = _fitting(draw, luck.choice(_LAYERS)(luck), x)
        if luck.random() < 0.3:
            x = _fitting(draw, luck.choice((Add(), Concat(), Multiply())), x, before)
    if luck.random() < 0.2:
        shape = infer(draw.graph()).facts[x].shape
        x = draw.chain(
            x, AdaptiveAvgPool2d(3), Tokens(), SelfAttention(2 if shape.channels % 2 == 0 else 1), TokenMap()
        )
    draw.chain(x, *luck.choice(((AdaptiveAvgPool2d(1),), ())), Flatten(), Linear(10))
    return draw.graph()


def _fitting(draw: Sketch, block: Block, *inputs: str) -> str:
    """``block`` behind its inputs, or the first of these where it does not fit."""
    facts = infer(draw.graph()).facts
    try:
        block.shape(*(facts[name].shape for name in inputs))
    except (ShapeError, ParameterError):
        return inputs[0]
    return draw(block, *inputs)


def programs(count: int, seed: int = 0) -> Iterator[str]:
    """Where the numbers that are told of a network are not those of its module."""
    for number in range(seed, seed + count):
        graph = program(random.Random(number))
        analysis = infer(graph)
        if analysis.totals is None:
            yield f"program {number}: {next(iter(analysis.errors.values()))}"
            continue
        text = source(graph)
        module = build(text.text, text.class_name).eval()
        shape = analysis.facts[graph.inputs[0].name].shape
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            out = module(torch.randn(2, *shape))
        told = (analysis.facts[graph.outputs[0].name].shape, analysis.totals.parameters, 2 * analysis.totals.macs)
        parameters = sum(parameter.numel() for parameter in module.parameters())
        real = (Shape(*out.shape[1:]), parameters, counter.get_total_flops() // 2)
        if told != real:
            yield f"program {number}: told {told}, torch {real}\n{text.text}"


def main(seed: int) -> int:
    """Draw everything and say what differs."""
    warnings.simplefilter("ignore")
    wrong = [*windows(WINDOWS, seed), *programs(PROGRAMS, seed)]
    for each in wrong:
        print(each)
    print(f"{WINDOWS:,} windows and {PROGRAMS:,} networks, {len(wrong)} differ")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

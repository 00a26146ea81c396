"""ResNet and those that came of it: networks that learn what to add.

He et al. 2015, arXiv:1512.03385; ResNeXt arXiv:1611.05431; Wide ResNet arXiv:1605.07146; SENet arXiv:1709.01507;
pre-activation arXiv:1603.05027.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Bottleneck,
    Conv2d,
    ConvBNReLU,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    PreActResidual,
    ReLU,
    Residual,
)
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

# layers with weights -> blocks a stage
DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def resnet(
    depth: int,
    classes: int = 1000,
    size: Size = IMAGENET,
    *,
    groups: int = 1,
    width: int = 64,
    squeeze: int = 0,
) -> Graph:
    """ResNet of 18, 34, 50, 101 or 152 layers: 25,557,032 parameters for 50 and 1,000 classes.

    From 50 on ``groups`` and ``width``, the channels of a group in the first stage, make ResNeXt (32, 4) and Wide
    ResNet (1, 128); ``squeeze`` is the reduction of a squeeze-and-excitation in each block, 16 for SE-ResNet.
    """

    def residual(channels: int, stride: int) -> Block:
        if depth < 50:
            return Residual(channels, stride, squeeze)
        return Bottleneck(4 * channels, stride, channels * width // 64 * groups, groups, squeeze)

    draw = Sketch()
    if is_small(size):
        x = draw(ConvBNReLU(64), draw(Input(size)), name="stem")
    else:
        x = draw(ConvBNReLU(64, 7, 2), draw(Input(size)), name="stem")
        x = draw(MaxPool2d(3, 2, 1), x)
    x = _stages(draw, x, (64, 128, 256, 512), DEPTHS[depth], residual)
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def preact_resnet(depth: int = 18, classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """Pre-activation ResNet of 18 or 34 layers."""
    draw = Sketch()
    if is_small(size):
        x = draw(Conv2d(64, 3, padding=1, bias=False), draw(Input(size)), name="stem")
    else:
        x = draw(Conv2d(64, 7, 2, 3, bias=False), draw(Input(size)), name="stem")
        x = draw(MaxPool2d(3, 2, 1), x)
    x = _stages(draw, x, (64, 128, 256, 512), DEPTHS[depth], PreActResidual)
    x = draw.chain(x, BatchNorm2d(), ReLU(), AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def small_resnet(classes: int = 10, size: Size = (3, 32, 32)) -> Graph:
    """A 3×3 stem of 64 and stages of 64, 128 and 256, two blocks each: 2,777,674 parameters for ten classes."""
    draw = Sketch()
    x = draw(ConvBNReLU(64), draw(Input(size)), name="stem")
    x = _stages(draw, x, (64, 128, 256), (2, 2, 2), Residual)
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def _stages(
    draw: Sketch, x: str, widths: tuple[int, ...], counts: tuple[int, ...], made: Callable[[int, int], Block]
) -> str:
    """Stages of ``made(channels, stride)``; each but the first halves the map in its first block."""
    for stage, (channels, count) in enumerate(zip(widths, counts, strict=True), start=1):
        for number in range(1, count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            x = draw(made(channels, stride), x, name=f"stage{stage}_{number}")
    return x

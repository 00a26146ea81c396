"""MaxViT: convolution, attention in tiles and attention in a grid, in turn. Tu et al. 2022, arXiv:2204.01697."""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Conv2d,
    ConvBNReLU,
    Flatten,
    Input,
    LayerNorm,
    Linear,
    MaxVitBlock,
    Tanh,
)
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

STEM = 64
STAGES = ((64, 2), (128, 2), (256, 5), (512, 2))  # channels, blocks
HEAD = 32  # channels of a head
WINDOW, SMALL_WINDOW = 7, 4  # sides that divide every map of images of 224 and of 32 pixels
DROP = 0.2  # share of the samples that leave out the last branches; the first are never left out


def maxvit(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """MaxViT-T: 30,919,624 parameters with 1,000 classes."""
    small = is_small(size)
    window = SMALL_WINDOW if small else WINDOW
    total, done = sum(count for _, count in STAGES), 0
    draw = Sketch()
    stem = ConvBNReLU(STEM, 3, 1 if small else 2, activation="GELU", eps=1e-3)
    x = draw(stem, draw(Input(size)), name="stem")
    x = draw(Conv2d(STEM, 3, padding=1), x, name="stem_conv")
    for stage, (channels, count) in enumerate(STAGES, start=1):
        for number in range(1, count + 1):
            stride = 1 if number > 1 or (small and stage == 1) else 2
            drop = round(DROP * done / (total - 1), 4)
            x = draw(MaxVitBlock(channels, stride, channels // HEAD, window, drop), x, name=f"stage{stage}_{number}")
            done += 1
    x = draw(AdaptiveAvgPool2d(1), x, name="pool")
    x = draw.chain(x, Flatten(), LayerNorm())
    x = draw(Linear(STAGES[-1][0]), x, name="last")
    draw(Linear(classes, bias=False), draw(Tanh(), x), name="head")
    return in_stages(draw.graph())

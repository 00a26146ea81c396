"""VGG: stacks of 3×3 convolutions. Simonyan and Zisserman 2014, arXiv:1409.1556."""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvBNReLU,
    Dropout,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
)
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

# layers with weights -> convolutions a stage
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def vgg(depth: int, classes: int = 1000, size: Size = IMAGENET, norm: bool = False) -> Graph:
    """VGG of 11, 13, 16 or 19 layers, with or without BatchNorm: 138,357,544 parameters for 16 and 1,000 classes."""
    draw = Sketch()
    x = draw(Input(size))
    for stage, (count, channels) in enumerate(zip(DEPTHS[depth], (64, 128, 256, 512, 512), strict=True), start=1):
        for number in range(1, count + 1):
            x = draw(Conv2d(channels, 3, padding=1), x, name=f"conv{stage}_{number}")
            if norm:
                x = draw(BatchNorm2d(), x, name=f"bn{stage}_{number}")
            x = draw(ReLU(), x, name=f"relu{stage}_{number}")
        x = draw(MaxPool2d(2), x)
    small = is_small(size)
    x = draw.chain(x, AdaptiveAvgPool2d(1 if small else 7), Flatten())
    width = 512 if small else 4096
    x = draw.chain(x, Linear(width), ReLU(), Dropout(), Linear(width), ReLU(), Dropout())
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def vgg_small(classes: int = 10, size: Size = (3, 32, 32)) -> Graph:
    """Three stages of two 3×3 convolutions with BatchNorm, of 32, 64 and 128 channels, and a small head."""
    draw = Sketch()
    x = draw(Input(size))
    for stage, channels in enumerate((32, 64, 128), start=1):
        for number in (1, 2):
            x = draw(ConvBNReLU(channels), x, name=f"conv{stage}_{number}")
        x = draw(MaxPool2d(2), x)
    x = draw.chain(x, Flatten(), Linear(256), ReLU(), Dropout(0.5))
    draw(Linear(classes), x)
    return in_stages(draw.graph())

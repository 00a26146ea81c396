"""VGG: stacks of 3×3 convolutions. Simonyan and Zisserman 2014, arXiv:1409.1556."""

from __future__ import annotations

from cnnstudio.blocks import ConvBNReLU, Dropout, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.graph import Graph, Sketch
from cnnstudio.graph.layout import laid_out


def vgg_small(classes: int = 10, size: tuple[int, int, int] = (3, 32, 32)) -> Graph:
    """Three stages of two 3×3 convolutions with BatchNorm, of 32, 64 and 128 channels, and a small head."""
    draw = Sketch()
    x = draw(Input(size))
    for stage, channels in enumerate((32, 64, 128), start=1):
        for number in (1, 2):
            x = draw(ConvBNReLU(channels), x, name=f"conv{stage}_{number}")
        x = draw(MaxPool2d(2), x)
    x = draw.chain(x, Flatten(), Linear(256), ReLU(), Dropout(0.5))
    draw(Linear(classes), x)
    return laid_out(draw.graph())

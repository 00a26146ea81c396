"""Xception: an Inception of nothing but depthwise separable convolutions. Chollet 2016, arXiv:1610.02357."""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvBNReLU,
    DepthwiseConv2d,
    Flatten,
    Input,
    Linear,
    ReLU,
    XceptionBlock,
)
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import HEAD, in_stages
from cnnstudio.zoo.template import Size, is_small


def xception(classes: int = 1000, size: Size = (3, 299, 299)) -> Graph:
    """Xception: 22,855,952 parameters for 1,000 classes."""
    small = is_small(size)
    draw = Sketch()
    x = draw(ConvBNReLU(32) if small else ConvBNReLU(32, 3, 2, 0), draw(Input(size)), name="stem1")
    x = draw(ConvBNReLU(64, 3, padding=None if small else 0), x, name="stem2")
    x = draw(XceptionBlock(128, 1 if small else 2, relu_first=False), x, name="entry1")
    x = draw(XceptionBlock(256, 2), x, name="entry2")
    x = draw(XceptionBlock(728, 2), x, name="entry3")
    for number in range(1, 9):
        x = draw(XceptionBlock(728, 1, 3), x, name=f"middle{number}")
    x = draw(XceptionBlock(1024, 2, grow_first=False), x, name="exit1")
    for channels in (1536, 2048):
        x = draw.chain(x, DepthwiseConv2d(bias=False), Conv2d(channels, 1, bias=False), BatchNorm2d(), ReLU())
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    begins = {"stem1": "Entry flow", "middle1": "Middle flow", "exit1": "Exit flow", "pool1": HEAD}
    return in_stages(draw.graph(), begins)

"""SENet and PyramidNet: what came of widening ResNet, and plain networks of its depth.

Hu et al. 2017, arXiv:1709.01507; Han et al. 2016, arXiv:1610.02915; the plain one of He et al. 2015, arXiv:1512.03385.
"""

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
    PyramidBlock,
    ReLU,
    SEBottleneck,
)
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.resnet import DEPTHS
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small


def senet154(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """SENet-154, which won ImageNet's last contest: 115,088,984 parameters for 1,000 classes."""
    draw = Sketch()
    x = draw(ConvBNReLU(64, stride=1 if is_small(size) else 2), draw(Input(size)), name="stem1")
    x = draw(ConvBNReLU(64), x, name="stem2")
    x = draw(ConvBNReLU(128), x, name="stem3")
    if not is_small(size):
        x = draw(MaxPool2d(3, 2, ceil_mode=True), x)
    for stage, (channels, count) in enumerate(zip((256, 512, 1024, 2048), DEPTHS[152], strict=True), start=1):
        for number in range(1, count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            x = draw(SEBottleneck(channels, stride, shortcut=1 if stage == 1 else 3), x, name=f"stage{stage}_{number}")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Dropout(0.2))
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def pyramidnet(classes: int = 10, size: Size = (3, 32, 32), depth: int = 110, more: int = 48) -> Graph:
    """PyramidNet for small pictures: of 110 layers and 48 channels more 1,772,706 parameters for ten classes."""
    draw = Sketch()
    x = draw(Conv2d(16, 3, padding=1, bias=False), draw(Input(size)), name="stem")
    x = draw(BatchNorm2d(), x)
    blocks = (depth - 2) // 6
    for index in range(3 * blocks):
        stage, number = divmod(index, blocks)
        channels = round(16 + more * (index + 1) / (3 * blocks))
        stride = 2 if stage and not number else 1
        x = draw(PyramidBlock(channels, stride), x, name=f"stage{stage + 1}_{number + 1}")
    x = draw.chain(x, BatchNorm2d(), ReLU(), AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def plain34(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """ResNet-34 without its shortcuts: deep, and harder to train. 21,623,848 parameters, as many MACs as ResNet-34."""
    draw = Sketch()
    if is_small(size):
        x = draw(ConvBNReLU(64), draw(Input(size)), name="stem")
    else:
        x = draw(ConvBNReLU(64, 7, 2), draw(Input(size)), name="stem")
        x = draw(MaxPool2d(3, 2, 1), x)
    for stage, (channels, count) in enumerate(zip((64, 128, 256, 512), DEPTHS[34], strict=True), start=1):
        for number in range(1, 2 * count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            x = draw(ConvBNReLU(channels, stride=stride), x, name=f"stage{stage}_{number}")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())

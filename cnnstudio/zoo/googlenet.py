"""GoogLeNet and Inception v3: kernels of several sizes side by side.

Szegedy et al. 2014, arXiv:1409.4842, and 2015, arXiv:1512.00567; both as in torchvision, without auxiliary heads.
"""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    ConvBNReLU,
    Dropout,
    Flatten,
    Inception,
    InceptionA,
    InceptionB,
    InceptionC,
    InceptionD,
    InceptionE,
    Input,
    Linear,
    MaxPool2d,
)
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

EPS = 1e-3

# name -> maps of 1×1, 3×3 reduced, 3×3, 5×5 reduced, 5×5, pooling; None is where the map is halved
MODULES: dict[str, tuple[int, int, int, int, int, int] | None] = {
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "pool3": None,
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "pool4": None,
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}


# the stem of Inception v3
STEM: dict[str, Block] = {
    "conv1": ConvBNReLU(32, 3, 2, 0, eps=EPS),
    "conv2": ConvBNReLU(32, 3, padding=0, eps=EPS),
    "conv3": ConvBNReLU(64, 3, eps=EPS),
    "pool1": MaxPool2d(3, 2),
    "conv4": ConvBNReLU(80, 1, eps=EPS),
    "conv5": ConvBNReLU(192, 3, padding=0, eps=EPS),
    "pool2": MaxPool2d(3, 2),
}
SMALL_STEM: dict[str, Block] = {"stem": ConvBNReLU(192, eps=EPS)}


def googlenet(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """GoogLeNet with BatchNorm: 6,624,904 parameters for 1,000 classes."""
    draw = Sketch()
    x = draw(Input(size))
    if is_small(size):
        x = draw(ConvBNReLU(192, eps=EPS), x, name="stem")
    else:
        x = draw(ConvBNReLU(64, 7, 2, eps=EPS), x, name="conv1")
        x = draw(MaxPool2d(3, 2, ceil_mode=True), x, name="pool1")
        x = draw(ConvBNReLU(64, 1, eps=EPS), x, name="conv2")
        x = draw(ConvBNReLU(192, eps=EPS), x, name="conv3")
        x = draw(MaxPool2d(3, 2, ceil_mode=True), x, name="pool2")
    for name, maps in MODULES.items():
        pool = MaxPool2d(2 if name == "pool4" else 3, 2, ceil_mode=True)
        x = draw(Inception(*maps, kernel5x5=3, eps=EPS) if maps else pool, x, name=name)
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Dropout(0.2))
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def inception_v3(classes: int = 1000, size: Size = (3, 299, 299)) -> Graph:
    """Inception v3: 23,834,568 parameters for 1,000 classes."""
    draw = Sketch()
    x = draw(Input(size))
    for name, made in (SMALL_STEM if is_small(size) else STEM).items():
        x = draw(made, x, name=name)
    modules: list[list[Block]] = [
        [InceptionA(32), InceptionA(64), InceptionA(64), InceptionB()],
        [InceptionC(128), InceptionC(160), InceptionC(160), InceptionC(192), InceptionD()],
        [InceptionE(), InceptionE()],
    ]
    for stage, blocks in enumerate(modules, start=1):
        for number, made in enumerate(blocks, start=1):
            x = draw(made, x, name=f"mixed{stage}_{number}")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Dropout(0.5), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())

"""SqueezeNet: AlexNet's accuracy with 50 times fewer weights. Iandola et al. 2016, arXiv:1602.07360."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, Dropout, Fire, Flatten, Input, MaxPool2d, ReLU
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.zoo.stages import HEAD, in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

FIRES = (
    Fire(16, 64, 64),
    Fire(16, 64, 64),
    Fire(32, 128, 128),
    Fire(32, 128, 128),
    Fire(48, 192, 192),
    Fire(48, 192, 192),
    Fire(64, 256, 256),
    Fire(64, 256, 256),
)


def squeezenet1_0(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """SqueezeNet 1.0: 1,248,424 parameters for 1,000 classes."""
    return _squeezenet(classes, size, Conv2d(96, 7, 2), pooled=(0, 3, 7))


def squeezenet1_1(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """SqueezeNet 1.1, 2.4 times cheaper: 1,235,496 parameters for 1,000 classes."""
    return _squeezenet(classes, size, Conv2d(64, 3, 2), pooled=(0, 2, 4))


def _squeezenet(classes: int, size: Size, stem: Block, pooled: tuple[int, ...]) -> Graph:
    """``pooled``: before which of the fire modules, counted from 0, the map is halved."""
    draw = Sketch()
    small = is_small(size)
    x = draw.chain(draw(Input(size)), Conv2d(64, 3, padding=1) if small else stem, ReLU())
    for number, fire in enumerate(FIRES):
        if number in pooled and not (small and number == 0):
            x = draw(MaxPool2d(3, 2, ceil_mode=True), x)
        x = draw(fire, x)
    draw.chain(x, Dropout(), Conv2d(classes, 1), ReLU(), AdaptiveAvgPool2d(1), Flatten())
    begins = {f"fire{first + 1}": f"Stage {stage}" for stage, first in enumerate(pooled, start=1)}
    return in_stages(draw.graph(), {**begins, "dropout1": HEAD})

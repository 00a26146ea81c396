"""AlexNet: ReLU, dropout and GPUs. Krizhevsky, Sutskever and Hinton 2012; here in the form of arXiv:1404.5997."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, Dropout, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import HEAD, in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small


def alexnet(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """AlexNet on one GPU, as in torchvision: 61,100,840 parameters for 1,000 classes."""
    draw = Sketch()
    x = draw(Input(size))
    small = is_small(size)
    x = draw.chain(x, Conv2d(64, 3, padding=1) if small else Conv2d(64, 11, 4, 2), ReLU(), MaxPool2d(3, 2))
    x = draw.chain(x, Conv2d(192, 5, padding=2), ReLU(), MaxPool2d(3, 2))
    x = draw.chain(x, Conv2d(384, 3, padding=1), ReLU())
    x = draw.chain(x, Conv2d(256, 3, padding=1), ReLU())
    x = draw.chain(x, Conv2d(256, 3, padding=1), ReLU(), MaxPool2d(3, 2))
    x = draw.chain(x, AdaptiveAvgPool2d(2 if small else 6), Flatten())
    width = 1024 if small else 4096
    x = draw.chain(x, Dropout(), Linear(width), ReLU(), Dropout(), Linear(width), ReLU())
    draw(Linear(classes), x)
    return in_stages(draw.graph(), {"conv1": "Stage 1", "conv2": "Stage 2", "conv3": "Stage 3", "pool4": HEAD})

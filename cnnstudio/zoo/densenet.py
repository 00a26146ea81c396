"""DenseNet: every layer reads what all layers before it found. Huang et al. 2016, arXiv:1608.06993."""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    ConvBNReLU,
    DenseBlock,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
    Transition,
)
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import HEAD, in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

# layers with weights -> growth, channels of the stem, layers a block
DEPTHS = {
    121: (32, 64, (6, 12, 24, 16)),
    161: (48, 96, (6, 12, 36, 24)),
    169: (32, 64, (6, 12, 32, 32)),
    201: (32, 64, (6, 12, 48, 32)),
}


def densenet(depth: int, classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """DenseNet of 121, 161, 169 or 201 layers: 7,978,856 parameters for 121 and 1,000 classes."""
    growth, stem, counts = DEPTHS[depth]
    draw = Sketch()
    if is_small(size):
        x = draw(ConvBNReLU(stem), draw(Input(size)), name="stem")
    else:
        x = draw(ConvBNReLU(stem, 7, 2), draw(Input(size)), name="stem")
        x = draw(MaxPool2d(3, 2, 1), x)
    for stage, layers in enumerate(counts, start=1):
        x = draw(DenseBlock(layers, growth), x, name=f"dense{stage}")
        if stage < len(counts):
            x = draw(Transition(), x, name=f"transition{stage}")
    x = draw.chain(x, BatchNorm2d(), ReLU(), AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    begins = {f"dense{stage}": f"Dense {stage}" for stage in range(1, len(counts) + 1)}
    return in_stages(draw.graph(), {**begins, "pool2" if not is_small(size) else "pool1": HEAD})

"""ResNet: networks that learn what to add. He, Zhang, Ren and Sun 2015, arXiv:1512.03385."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, ConvBNReLU, Flatten, Input, Linear, Residual
from cnnstudio.graph import Graph, Sketch
from cnnstudio.graph.layout import laid_out


def small_resnet(classes: int = 10, size: tuple[int, int, int] = (3, 32, 32)) -> Graph:
    """A 3×3 stem of 64 and stages of 64, 128 and 256, two blocks each: 2,777,674 parameters for ten classes."""
    draw = Sketch()
    x = draw(Input(size))
    x = draw(ConvBNReLU(64), x, name="stem")
    for stage, channels in enumerate((64, 128, 256), start=1):
        for number in (1, 2):
            stride = 2 if stage > 1 and number == 1 else 1
            x = draw(Residual(channels, stride), x, name=f"stage{stage}_{number}")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return laid_out(draw.graph())

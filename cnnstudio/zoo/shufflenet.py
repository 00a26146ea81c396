"""ShuffleNetV2: split, go round, shuffle. Ma et al. 2018, arXiv:1807.11164."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, ConvBNReLU, Flatten, Input, Linear, MaxPool2d, ShuffleUnit
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

# factor -> channels of the three stages and of the last convolution
WIDTHS = {
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}


def shufflenet_v2(width: float = 1.0, classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """ShuffleNetV2 of width 0.5, 1, 1.5 or 2: 2,278,604 parameters for 1 and 1,000 classes."""
    *stages, last = WIDTHS[width]
    draw = Sketch()
    if is_small(size):
        x = draw(ConvBNReLU(24), draw(Input(size)), name="stem")
    else:
        x = draw(ConvBNReLU(24, 3, 2), draw(Input(size)), name="stem")
        x = draw(MaxPool2d(3, 2, 1), x)
    for stage, (channels, count) in enumerate(zip(stages, (4, 8, 4), strict=True), start=1):
        for number in range(1, count + 1):
            x = draw(ShuffleUnit(channels, 2 if number == 1 else 1), x, name=f"stage{stage}_{number}")
    x = draw(ConvBNReLU(last, 1), x, name="last")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())

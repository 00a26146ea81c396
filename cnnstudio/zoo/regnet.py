"""RegNet: networks whose widths follow a line. Radosavovic et al. 2020, arXiv:2003.13678."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, ConvBNReLU, Flatten, Input, Linear, RegNetBlock
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

# key -> channels a stage, blocks a stage, width of a group; y has squeeze-and-excitation.
# They are what the paper's formula gives for the parameters in torchvision's regnet.py.
VARIANTS = {
    "x_400mf": ((32, 64, 160, 400), (1, 2, 7, 12), 16),
    "x_800mf": ((64, 128, 288, 672), (1, 3, 7, 5), 16),
    "x_1_6gf": ((72, 168, 408, 912), (2, 4, 10, 2), 24),
    "x_3_2gf": ((96, 192, 432, 1008), (2, 6, 15, 2), 48),
    "x_8gf": ((80, 240, 720, 1920), (2, 5, 15, 1), 120),
    "x_16gf": ((256, 512, 896, 2048), (2, 6, 13, 1), 128),
    "x_32gf": ((336, 672, 1344, 2520), (2, 7, 13, 1), 168),
    "y_400mf": ((48, 104, 208, 440), (1, 3, 6, 6), 8),
    "y_800mf": ((64, 144, 320, 784), (1, 3, 8, 2), 16),
    "y_1_6gf": ((48, 120, 336, 888), (2, 6, 17, 2), 24),
    "y_3_2gf": ((72, 216, 576, 1512), (2, 5, 13, 1), 24),
    "y_8gf": ((224, 448, 896, 2016), (2, 4, 10, 1), 56),
    "y_16gf": ((224, 448, 1232, 3024), (2, 4, 11, 1), 112),
    "y_32gf": ((232, 696, 1392, 3712), (2, 5, 12, 1), 232),
    "y_128gf": ((528, 1056, 2904, 7392), (2, 7, 17, 1), 264),
}


def regnet(variant: str = "y_400mf", classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """RegNetX or RegNetY: 4,344,144 parameters for Y of 400 million multiply-accumulates and 1,000 classes."""
    widths, counts, group_width = VARIANTS[variant]
    squeeze = 0.25 if variant.startswith("y") else 0.0
    small = is_small(size)
    draw = Sketch()
    x = draw(ConvBNReLU(32, 3, 1 if small else 2), draw(Input(size)), name="stem")
    for stage, (channels, count) in enumerate(zip(widths, counts, strict=True), start=1):
        for number in range(1, count + 1):
            still = number > 1 or (small and stage == 1)
            made = RegNetBlock(channels, 1 if still else 2, min(group_width, channels), squeeze)
            x = draw(made, x, name=f"stage{stage}_{number}")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())

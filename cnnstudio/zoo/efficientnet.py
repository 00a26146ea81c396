"""EfficientNet B0 to B7 and V2: depth, width and resolution scaled together.

Tan and Le 2019, arXiv:1905.11946, and 2021, arXiv:2104.00298.
"""

from __future__ import annotations

from math import ceil

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    ConvBNReLU,
    Dropout,
    Flatten,
    FusedMBConv,
    Input,
    Linear,
    MBConv,
)
from cnnstudio.blocks.efficient import divisible
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import Size, is_small

DROP = 0.2  # share of the samples that leave out the last branch; the first is never left out

# fused, expansion, kernel, stride, channels, blocks
Row = tuple[bool, int, int, int, int, int]
B0: tuple[Row, ...] = (
    (False, 1, 3, 1, 16, 1),
    (False, 6, 3, 2, 24, 2),
    (False, 6, 5, 2, 40, 2),
    (False, 6, 3, 2, 80, 3),
    (False, 6, 5, 1, 112, 3),
    (False, 6, 5, 2, 192, 4),
    (False, 6, 3, 1, 320, 1),
)

# number -> width, depth, side of the image, dropout
SCALES = {
    0: (1.0, 1.0, 224, 0.2),
    1: (1.0, 1.1, 240, 0.2),
    2: (1.1, 1.2, 288, 0.3),  # as torchvision was trained; the paper has 260
    3: (1.2, 1.4, 300, 0.3),
    4: (1.4, 1.8, 380, 0.4),
    5: (1.6, 2.2, 456, 0.4),
    6: (1.8, 2.6, 528, 0.5),
    7: (2.0, 3.1, 600, 0.5),
}

# variant -> channels of the stem, stages, side of the image, dropout
V2: dict[str, tuple[int, tuple[Row, ...], int, float]] = {
    "s": (
        24,
        (
            (True, 1, 3, 1, 24, 2),
            (True, 4, 3, 2, 48, 4),
            (True, 4, 3, 2, 64, 4),
            (False, 4, 3, 2, 128, 6),
            (False, 6, 3, 1, 160, 9),
            (False, 6, 3, 2, 256, 15),
        ),
        384,
        0.2,
    ),
    "m": (
        24,
        (
            (True, 1, 3, 1, 24, 3),
            (True, 4, 3, 2, 48, 5),
            (True, 4, 3, 2, 80, 5),
            (False, 4, 3, 2, 160, 7),
            (False, 6, 3, 1, 176, 14),
            (False, 6, 3, 2, 304, 18),
            (False, 6, 3, 1, 512, 5),
        ),
        480,
        0.3,
    ),
    "l": (
        32,
        (
            (True, 1, 3, 1, 32, 4),
            (True, 4, 3, 2, 64, 7),
            (True, 4, 3, 2, 96, 7),
            (False, 4, 3, 2, 192, 10),
            (False, 6, 3, 1, 224, 19),
            (False, 6, 3, 2, 384, 25),
            (False, 6, 3, 1, 640, 7),
        ),
        480,
        0.4,
    ),
}


def efficientnet(number: int, classes: int = 1000, size: Size | None = None) -> Graph:
    """EfficientNet-B0 to B7: 5,288,548 parameters for B0 and 1,000 classes."""
    width, depth, side, dropout = SCALES[number]
    return scaled_efficientnet(width, depth, side, classes, size, dropout=dropout, eps=1e-3 if number >= 5 else 1e-5)


def scaled_efficientnet(
    width: float,
    depth: float,
    side: int,
    classes: int = 1000,
    size: Size | None = None,
    *,
    dropout: float = 0.2,
    eps: float = 1e-5,
) -> Graph:
    """EfficientNet-B0 with so many times its channels and blocks, for images of this side, or of another ``size``."""
    rows = tuple(
        (fused, expansion, kernel, stride, divisible(channels * width), ceil(count * depth))
        for fused, expansion, kernel, stride, channels, count in B0
    )
    draw = Sketch()
    x = _features(draw, size or (3, side, side), divisible(32 * width), rows, eps)
    x = draw(ConvBNReLU(4 * rows[-1][4], 1, activation="SiLU", eps=eps), x, name="last")
    return _headed(draw, x, dropout, classes)


def efficientnet_v2(variant: str, classes: int = 1000, size: Size | None = None) -> Graph:
    """EfficientNetV2-S, M or L ("s", "m", "l"): 21,458,488 parameters for S and 1,000 classes."""
    stem, rows, side, dropout = V2[variant]
    draw = Sketch()
    x = _features(draw, size or (3, side, side), stem, rows, 1e-3)
    x = draw(ConvBNReLU(1280, 1, activation="SiLU", eps=1e-3), x, name="last")
    return _headed(draw, x, dropout, classes)


def _features(draw: Sketch, size: Size, stem: int, rows: tuple[Row, ...], eps: float) -> str:
    """The stem and the stages; the name of the last block."""
    small = is_small(size)
    x = draw(ConvBNReLU(stem, 3, 1 if small else 2, activation="SiLU", eps=eps), draw(Input(size)), name="stem")
    total = sum(row[-1] for row in rows)
    done = 0
    for stage, (fused, expansion, kernel, stride, channels, count) in enumerate(rows, start=1):
        for number in range(1, count + 1):
            made = FusedMBConv if fused else MBConv
            drop = round(DROP * done / total, 4)
            still = number > 1 or (small and stage <= 2)
            block = made(channels, kernel, 1 if still else stride, expansion, drop, eps)
            x = draw(block, x, name=f"stage{stage}_{number}")
            done += 1
    return x


def _headed(draw: Sketch, x: str, dropout: float, classes: int) -> Graph:
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Dropout(dropout))
    draw(Linear(classes), x)
    return in_stages(draw.graph())

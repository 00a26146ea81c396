"""MobileNet V1 to V3 and MNASNet: depthwise convolutions for phones.

arXiv:1704.04861, arXiv:1801.04381, arXiv:1905.02244 and arXiv:1807.11626.
"""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    ConvBNReLU,
    DepthwiseSeparable,
    Dropout,
    Flatten,
    Hardswish,
    Input,
    InvertedResidual,
    Linear,
)
from cnnstudio.blocks.efficient import divisible
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

EPS = 1e-3  # of BatchNorm in MobileNetV3

# channels and stride of each block of V1, by stage
V1 = (((64, 1),), ((128, 2), (128, 1)), ((256, 2), (256, 1)), ((512, 2), *[(512, 1)] * 5), ((1024, 2), (1024, 1)))

# expansion, channels, blocks, stride of each stage of V2
V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))

# kernel, expanded channels, channels, squeeze, hard swish, stride of each block of V3, by stage
Row = tuple[int, int, int, bool, bool, int]
V3: dict[str, tuple[tuple[Row, ...], ...]] = {
    "large": (
        ((3, 16, 16, False, False, 1),),
        ((3, 64, 24, False, False, 2), (3, 72, 24, False, False, 1)),
        ((5, 72, 40, True, False, 2), (5, 120, 40, True, False, 1), (5, 120, 40, True, False, 1)),
        (
            (3, 240, 80, False, True, 2),
            (3, 200, 80, False, True, 1),
            (3, 184, 80, False, True, 1),
            (3, 184, 80, False, True, 1),
        ),
        ((3, 480, 112, True, True, 1), (3, 672, 112, True, True, 1)),
        ((5, 672, 160, True, True, 2), (5, 960, 160, True, True, 1), (5, 960, 160, True, True, 1)),
    ),
    "small": (
        ((3, 16, 16, True, False, 2),),
        ((3, 72, 24, False, False, 2), (3, 88, 24, False, False, 1)),
        ((5, 96, 40, True, True, 2), (5, 240, 40, True, True, 1), (5, 240, 40, True, True, 1)),
        ((5, 120, 48, True, True, 1), (5, 144, 48, True, True, 1)),
        ((5, 288, 96, True, True, 2), (5, 576, 96, True, True, 1), (5, 576, 96, True, True, 1)),
    ),
}

# kernel, expansion, channels, blocks, stride of each stage of MNASNet 1.0
MNASNET = ((3, 3, 24, 3, 2), (5, 3, 40, 3, 2), (5, 6, 80, 3, 2), (3, 6, 96, 2, 1), (5, 6, 192, 4, 2), (3, 6, 320, 1, 1))


def mobilenet_v1(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """MobileNet: 4,231,976 parameters for 1,000 classes."""
    small = is_small(size)
    draw = Sketch()
    x = draw(ConvBNReLU(32, 3, 1 if small else 2), draw(Input(size)), name="stem")
    for stage, rows in enumerate(V1, start=1):
        for number, (channels, stride) in enumerate(rows, start=1):
            made = DepthwiseSeparable(channels, 3, 1 if small and stage <= 2 else stride)
            x = draw(made, x, name=f"stage{stage}_{number}")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def mobilenet_v2(classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """MobileNetV2: 3,504,872 parameters for 1,000 classes."""
    small = is_small(size)
    draw = Sketch()
    x = draw(ConvBNReLU(32, 3, 1 if small else 2, activation="ReLU6"), draw(Input(size)), name="stem")
    for stage, (expansion, channels, count, stride) in enumerate(V2, start=1):
        for number in range(1, count + 1):
            still = number > 1 or (small and stage <= 2)
            made = InvertedResidual(channels, 3, 1 if still else stride, expansion)
            x = draw(made, x, name=f"stage{stage}_{number}")
    x = draw(ConvBNReLU(1280, 1, activation="ReLU6"), x, name="last")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Dropout(0.2))
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def mobilenet_v3(variant: str, classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """MobileNetV3 "small" or "large": 2,542,856 or 5,483,032 parameters for 1,000 classes."""
    small = is_small(size)
    draw = Sketch()
    stem = ConvBNReLU(16, 3, 1 if small else 2, activation="Hardswish", eps=EPS)
    x = draw(stem, draw(Input(size)), name="stem")
    channels = 16
    for stage, rows in enumerate(V3[variant], start=1):
        for number, (kernel, expanded, channels, squeeze, hard, stride) in enumerate(rows, start=1):
            made = InvertedResidual(
                channels,
                kernel,
                1 if small and stage <= 2 else stride,
                expanded=expanded,
                squeeze=squeeze,
                activation="Hardswish" if hard else "ReLU",
                eps=EPS,
            )
            x = draw(made, x, name=f"stage{stage}_{number}")
    x = draw(ConvBNReLU(6 * channels, 1, activation="Hardswish", eps=EPS), x, name="last")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten())
    x = draw.chain(x, Linear(1280 if variant == "large" else 1024), Hardswish(), Dropout(0.2))
    draw(Linear(classes), x)
    return in_stages(draw.graph())


def mnasnet(width: float = 1.0, classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """MNASNet of any width, found by search: 4,383,312 parameters for 1.0 and 1,000 classes."""
    stem = divisible(32 * width)
    small = is_small(size)
    draw = Sketch()
    x = draw(ConvBNReLU(stem, 3, 1 if small else 2), draw(Input(size)), name="stem")
    x = draw(ConvBNReLU(stem, 3, groups=stem), x, name="depthwise")
    x = draw(ConvBNReLU(divisible(16 * width), 1, activation="none"), x, name="pointwise")
    for stage, (kernel, expansion, channels, count, stride_of_first) in enumerate(MNASNET, start=1):
        for number in range(1, count + 1):
            stride = 1 if number > 1 or (small and stage == 1) else stride_of_first
            made = InvertedResidual(divisible(channels * width), kernel, stride, expansion, activation="ReLU")
            x = draw(made, x, name=f"stage{stage}_{number}")
    x = draw(ConvBNReLU(1280, 1), x, name="last")
    x = draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Dropout(0.2))
    draw(Linear(classes), x)
    return in_stages(draw.graph())

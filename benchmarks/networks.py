"""Networks to measure with: plain primitives, as many nodes as are asked for."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, Add, BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Graph, Sketch


def residual_chain(nodes: int, channels: int = 32, size: int = 32) -> Graph:
    """About ``nodes`` nodes: a stem, residual blocks of eight primitives each, a head."""
    draw = Sketch()
    x = draw.chain(draw(Input((3, size, size))), Conv2d(channels, padding=1, bias=False), BatchNorm2d(), ReLU())
    for _ in range(max(1, (nodes - 7) // 7)):
        y = draw.chain(x, Conv2d(channels, padding=1, bias=False), BatchNorm2d(), ReLU())
        y = draw.chain(y, Conv2d(channels, padding=1, bias=False), BatchNorm2d())
        x = draw(ReLU(), draw(Add(), y, x))
    draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Linear(10))
    return draw.graph()

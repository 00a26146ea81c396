"""LeNet-5: LeCun, Bottou, Bengio and Haffner 1998, the network that read the digits on cheques."""

from __future__ import annotations

from cnnstudio.blocks import AvgPool2d, Conv2d, Flatten, Input, Linear, Tanh
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import HEAD, in_stages


def lenet5(classes: int = 10, size: tuple[int, int, int] = (1, 28, 28)) -> Graph:
    """LeNet-5 with tanh, average pooling and no padding: 44,426 parameters for ten classes of 1 × 28 × 28."""
    draw = Sketch()
    x = draw(Input(size))
    x = draw.chain(x, Conv2d(6, 5), Tanh(), AvgPool2d(2))
    x = draw.chain(x, Conv2d(16, 5), Tanh(), AvgPool2d(2))
    x = draw.chain(x, Flatten(), Linear(120), Tanh(), Linear(84), Tanh())
    draw(Linear(classes), x)
    return in_stages(draw.graph(), {"conv1": "Stage 1", "conv2": "Stage 2", "flatten1": HEAD})

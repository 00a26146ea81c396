"""Attention: let the network weigh its own channels and places."""

from __future__ import annotations

from typing import ClassVar, Literal

from cnnstudio.blocks.activation import Hardsigmoid, Nonlinearity, Sigmoid, nonlinearity
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Multiply
from cnnstudio.blocks.pooling import AdaptiveAvgPool2d
from cnnstudio.blocks.wording import require_map
from cnnstudio.graph import Composite, Graph, Shape, Sketch, block
from cnnstudio.graph.parameter import Count


@block
class SqueezeExcite(Composite):
    """Weigh each channel by a number from 0 to 1 that is computed from the means of all channels.

    Squeeze: average each map to one number. Excite: two small layers turn these into one weight a channel. Then the
    maps are scaled by their weights. Hu, Shen and Sun 2017, arXiv:1709.01507.

    reduction: the layer in the middle has this many times fewer channels, but at least one
    activation: what stands between the two layers
    gate: what squeezes the weights into 0 to 1
    """

    title: ClassVar[str] = "Squeeze-and-excitation"
    keywords: ClassVar[str] = "squeezeexcite se senet channel attention gate"
    stem: ClassVar[str] = "se"

    reduction: Count = 16
    activation: Nonlinearity = "ReLU"
    gate: Literal["Sigmoid", "Hardsigmoid"] = "Sigmoid"

    def graph(self, *inputs: Shape) -> Graph:
        (shape,) = inputs
        require_map(self, shape)
        draw = Sketch()
        entry = draw(Input(shape))
        x = draw(AdaptiveAvgPool2d(1), entry, name="pool")
        x = draw(Conv2d(max(1, shape.channels // self.reduction), 1), x, name="squeeze")
        for made in nonlinearity(self.activation):
            x = draw(made, x, name=made.stem)
        x = draw(Conv2d(shape.channels, 1), x, name="excite")
        x = draw(Sigmoid() if self.gate == "Sigmoid" else Hardsigmoid(), x, name="gate")
        draw(Multiply(), entry, x, name="scale")
        return draw.graph()

    def brief(self) -> str:
        return f"÷ {self.reduction}"

"""Attention: let the network weigh its own channels and places."""

from __future__ import annotations

from math import log2
from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.activation import Hardsigmoid, Nonlinearity, Sigmoid, nonlinearity
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Concat, Multiply
from cnnstudio.blocks.phrases import OptionalChannels, counted, require_map
from cnnstudio.blocks.pooling import AdaptiveAvgPool2d, ChannelPool
from cnnstudio.blocks.reshaping import Permute
from cnnstudio.graph import Block, Composite, Pen, Reach, Saved, Shape, block, own_places
from cnnstudio.graph.parameter import Count, Range


@block
class SqueezeExcite(Composite):
    """Weigh each channel by a number from 0 to 1 that is computed from the means of all channels.

    Squeeze: average each map to one number. Excite: two small layers turn these into one weight a channel. Then the
    maps are scaled by their weights. Hu, Shen and Sun 2017, arXiv:1709.01507.

    reduction: the layer in the middle has this many times fewer channels, but at least one
    channels: how many channels the layer in the middle has; left open, what the reduction gives
    activation: what stands between the two layers
    gate: what squeezes the weights into 0 to 1
    """

    title: ClassVar[str] = "Squeeze-and-excitation"
    keywords: ClassVar[str] = "squeezeexcite se senet channel attention gate"
    stem: ClassVar[str] = "se"

    reduction: Count = 16
    channels: OptionalChannels = None
    activation: Nonlinearity = "ReLU"
    gate: Literal["Sigmoid", "Hardsigmoid"] = "Sigmoid"

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = draw(Input(shape))
        x = draw(AdaptiveAvgPool2d(1), entry, name="pool")
        x = draw(Conv2d(self.channels or max(1, shape.channels // self.reduction), 1), x, name="squeeze")
        for made in nonlinearity(self.activation):
            x = draw(made, x, name=made.stem)
        x = draw(Conv2d(shape.channels, 1), x, name="excite")
        x = draw(Sigmoid() if self.gate == "Sigmoid" else Hardsigmoid(), x, name="gate")
        draw(Multiply(), entry, x, name="scale")

    def brief(self) -> str:
        return f"÷ {self.reduction}" if self.channels is None else str(self.channels)


@block
class EfficientChannelAttention(Composite):
    """Weigh each channel by a number from 0 to 1 that is computed from its mean and those of its neighbours.

    A one-dimensional convolution runs along the channels: a handful of weights, where squeeze-and-excitation has
    thousands. Wang et al. 2019, ECA-Net, arXiv:1910.03151.

    kernel_size: how many neighbouring channels are looked at; left open, it grows with the number of channels
    """

    title: ClassVar[str] = "Efficient channel attention"
    keywords: ClassVar[str] = "efficientchannelattention eca gate"
    stem: ClassVar[str] = "eca"

    kernel_size: Annotated[int | None, Range(1, 63)] = None

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        nearest = int(abs((log2(shape.channels) + 1) / 2))
        kernel = self.kernel_size or nearest + (nearest + 1) % 2
        entry = draw(Input(shape))
        x = draw(AdaptiveAvgPool2d(1), entry, name="pool")
        x = draw(Permute((2, 3, 1)), x, name="to_row")
        x = draw(Conv2d(1, (1, kernel), padding="same", bias=False), x, name="conv")
        x = draw(Permute((3, 1, 2)), x, name="to_channels")
        x = draw(Sigmoid(), x, name="gate")
        draw(Multiply(), entry, x, name="scale")

    def brief(self) -> str:
        return "" if self.kernel_size is None else counted(self.kernel_size, "channel")


@block
class SpatialAttention(Composite):
    """Weigh each pixel by a number from 0 to 1, which says where to look.

    The mean and the maximum over the channels, two maps, pass a convolution and a sigmoid.
    Woo et al. 2018, CBAM, arXiv:1807.06521.

    kernel_size: side of the filter in pixels
    """

    title: ClassVar[str] = "Spatial attention"
    keywords: ClassVar[str] = "spatialattention cbam where mask gate"

    kernel_size: Annotated[int, Range(1, 63)] = 7

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = draw(Input(shape))
        mean, most = (
            draw(ChannelPool("mean"), entry, name="mean"),
            draw(ChannelPool("max"), entry, name="maximum"),
        )
        x = draw(Concat(), mean, most, name="both")
        x = draw(Conv2d(1, self.kernel_size, padding="same", bias=False), x, name="conv")
        x = draw(Sigmoid(), x, name="gate")
        draw(Multiply(), entry, x, name="scale")

    def brief(self) -> str:
        return f"{self.kernel_size}×{self.kernel_size}"


@block
class ChannelAttention(Block):
    """Weigh each channel by a number from 0 to 1 that is computed from the means and the maxima of all channels.

    Both pass the same two small layers, whose results are added. Woo et al. 2018, CBAM, arXiv:1807.06521.

    reduction: the layer in the middle has this many times fewer channels, but at least one
    """

    title: ClassVar[str] = "Channel attention"
    keywords: ClassVar[str] = "channelattention cbam gate"

    reduction: Count = 16

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0])
        return inputs[0]

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(3, 0, 1, 2),)  # the means and the maxima are of whole maps

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        channels, middle = inputs[0].channels, self._middle(inputs[0])
        return {"0.weight": Shape(middle, channels, 1, 1), "2.weight": Shape(channels, middle, 1, 1)}

    def macs(self, *inputs: Shape) -> int:
        return 4 * inputs[0].channels * self._middle(inputs[0])

    def saved(self, *inputs: Shape) -> Saved:
        channels, middle = inputs[0].channels, self._middle(inputs[0])
        return Saved(besides=Shape(3 * channels + 2 * middle).bytes)  # of means and maxima alike, and the gate

    def init(self, *inputs: Shape) -> str:
        channels, middle = inputs[0].channels, self._middle(inputs[0])
        squeeze, excite = (
            f"nn.Conv2d({channels}, {middle}, 1, bias=False)",
            f"nn.Conv2d({middle}, {channels}, 1, bias=False)",
        )
        return f"nn.Sequential({squeeze}, nn.ReLU(), {excite})"

    def forward(self, name: str, *inputs: str) -> str:
        x = inputs[0]
        mean, most = f"{x}.mean((2, 3), keepdim=True)", f"{x}.amax((2, 3), keepdim=True)"
        return f"{x} * torch.sigmoid(self.{name}({mean}) + self.{name}({most}))"

    def brief(self) -> str:
        return f"÷ {self.reduction}"

    def _middle(self, shape: Shape) -> int:
        return max(1, shape.channels // self.reduction)


@block
class CBAM(Composite):
    """Channel attention, then spatial attention: first what matters, then where. Woo et al. 2018, arXiv:1807.06521.

    reduction: the layer in the middle of the channel attention has this many times fewer channels
    kernel_size: side of the filter of the spatial attention in pixels
    """

    keywords: ClassVar[str] = "convolutional block attention module channel spatial"

    reduction: Count = 16
    kernel_size: Annotated[int, Range(1, 63)] = 7

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        x = draw(ChannelAttention(self.reduction), draw(Input(inputs[0])), name="channel_attention")
        draw(SpatialAttention(self.kernel_size), x, name="spatial_attention")

    def brief(self) -> str:
        return f"÷ {self.reduction} · {self.kernel_size}×{self.kernel_size}"

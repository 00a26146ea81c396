"""Dense blocks: every layer reads what all layers before it found."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import ReLU
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Concat
from cnnstudio.blocks.normalization import BatchNorm2d
from cnnstudio.blocks.phrases import require_map
from cnnstudio.blocks.pooling import AvgPool2d
from cnnstudio.blocks.regularization import Dropout
from cnnstudio.graph import Block, Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Range, Rate

Times = Annotated[int, Range(1, 64)]


@block
class DenseLayer(Composite):
    """Make a few new feature maps of all that there are, and put them behind them.

    BatchNorm, ReLU and a 1×1 convolution to a fixed width, then BatchNorm, ReLU and a 3×3 convolution.
    Huang et al. 2016, DenseNet, arXiv:1608.06993.

    growth: how many feature maps are added
    bottleneck: how many times the growth the 1×1 convolution is wide
    drop: share of the new numbers that are set to zero while training
    """

    title: ClassVar[str] = "Dense layer"
    keywords: ClassVar[str] = "denselayer densenet growth concat reuse"
    stem: ClassVar[str] = "layer"

    growth: Channels = 32
    bottleneck: Times = 4
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = draw(Input(shape))
        dropout: list[Block] = [Dropout(self.drop)] if self.drop else []
        x = draw.chain(
            entry,
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.growth * self.bottleneck, 1, bias=False),
            BatchNorm2d(),
            ReLU(),
            Conv2d(self.growth, 3, padding=1, bias=False),
            *dropout,
        )
        draw(Concat(), entry, x, name="both")

    def brief(self) -> str:
        return f"+ {self.growth}"


@block
class DenseBlock(Composite):
    """Dense layers one behind the other: the maps grow by the same number at each.

    Huang et al. 2016, DenseNet, arXiv:1608.06993.

    layers: how many dense layers
    growth: how many feature maps each adds
    bottleneck: how many times the growth the 1×1 convolutions are wide
    drop: share of the new numbers that are set to zero while training
    """

    title: ClassVar[str] = "Dense block"
    keywords: ClassVar[str] = "denseblock densenet growth concat reuse"
    stem: ClassVar[str] = "dense"

    layers: Annotated[int, Range(1, 128)] = 4
    growth: Channels = 32
    bottleneck: Times = 4
    drop: Rate = 0.0

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        draw.chain(draw(Input(inputs[0])), *[DenseLayer(self.growth, self.bottleneck, self.drop)] * self.layers)

    def brief(self) -> str:
        return f"{self.layers} × {self.growth}"


@block
class Transition(Composite):
    """Between two dense blocks: a 1×1 convolution to fewer channels, then average pooling to half the size.

    Huang et al. 2016, DenseNet, arXiv:1608.06993.

    compression: share of the channels that is kept
    """

    keywords: ClassVar[str] = "densenet compression downsample"

    compression: Annotated[float, Range(0.01, 1.0)] = 0.5

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        x = draw(BatchNorm2d(), draw(Input(shape)), name="bn")
        x = draw(ReLU(), x, name="relu")
        x = draw(Conv2d(max(1, int(shape.channels * self.compression)), 1, bias=False), x, name="conv")
        draw(AvgPool2d(2), x, name="pool")

    def brief(self) -> str:
        return f"× {self.compression:g}"

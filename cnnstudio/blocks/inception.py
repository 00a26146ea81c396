"""Inception: kernels of several sizes side by side, whose maps are laid behind one another."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.convolution import ConvBNReLU
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Concat
from cnnstudio.blocks.normalization import Epsilon
from cnnstudio.blocks.phrases import require_map
from cnnstudio.blocks.pooling import AvgPool2d, MaxPool2d
from cnnstudio.graph import Block, Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Channels, Range


class Branches(Composite):
    """The base of modules whose branches all read the input and are joined in their order."""

    keywords: ClassVar[str] = "googlenet inception parallel branches"
    stem: ClassVar[str] = "inception"

    def branches(self) -> dict[str, list[Block]]:
        """Branch -> its blocks, one behind the other."""
        raise NotImplementedError

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        entry = draw(Input(inputs[0]))
        ends = []
        for branch, blocks in self.branches().items():
            x = entry
            for number, made in enumerate(blocks, start=1):
                x = draw(made, x, name=branch if len(blocks) == 1 else f"{branch}_{number}")
            ends.append(x)
        draw(Concat(), *ends, name="cat")


@block
class Inception(Branches):
    """GoogLeNet's module: 1×1, 3×3 and 5×5 convolutions and pooling side by side, with 1×1 before the dear ones.

    Szegedy et al. 2014, arXiv:1409.4842. BatchNorm follows each convolution, as in torchvision, which also has a 3×3
    where the paper has the 5×5.

    conv1x1: how many maps the 1×1 convolution makes
    reduce3x3: to how many maps a 1×1 convolution reduces before the 3×3
    conv3x3: how many maps the 3×3 convolution makes
    reduce5x5: to how many maps a 1×1 convolution reduces before the 5×5
    conv5x5: how many maps the 5×5 convolution makes
    pool_proj: how many maps a 1×1 convolution makes of the pooled input
    kernel5x5: side of the "5×5" filter
    eps: what BatchNorm adds to the variance
    """

    conv1x1: Channels = 64
    reduce3x3: Channels = 96
    conv3x3: Channels = 128
    reduce5x5: Channels = 16
    conv5x5: Channels = 32
    pool_proj: Channels = 32
    kernel5x5: Annotated[int, Range(1, 15)] = 5
    eps: Epsilon = 1e-5

    def branches(self) -> dict[str, list[Block]]:
        padding = self.kernel5x5 // 2
        return {
            "conv1x1": [_conv(self.conv1x1, eps=self.eps)],
            "conv3x3": [_conv(self.reduce3x3, eps=self.eps), _conv(self.conv3x3, 3, eps=self.eps)],
            "conv5x5": [
                _conv(self.reduce5x5, eps=self.eps),
                ConvBNReLU(self.conv5x5, self.kernel5x5, padding=padding, eps=self.eps),
            ],
            "pool": [MaxPool2d(3, 1, 1), _conv(self.pool_proj, eps=self.eps)],
        }

    def brief(self) -> str:
        return f"{self.conv1x1} + {self.conv3x3} + {self.conv5x5} + {self.pool_proj}"


@block
class InceptionA(Branches):
    """Inception v3's module for large maps: 1×1, 5×5, two 3×3 in a row, and pooling. Szegedy 2015, arXiv:1512.00567.

    pool_features: how many maps a 1×1 convolution makes of the pooled input
    eps: what BatchNorm adds to the variance
    """

    title: ClassVar[str] = "Inception A"

    pool_features: Channels = 64
    eps: Epsilon = 1e-3

    def branches(self) -> dict[str, list[Block]]:
        eps = self.eps
        return {
            "conv1x1": [_conv(64, eps=eps)],
            "conv5x5": [_conv(48, eps=eps), _conv(64, 5, eps=eps)],
            "double3x3": [_conv(64, eps=eps), _conv(96, 3, eps=eps), _conv(96, 3, eps=eps)],
            "pool": [AvgPool2d(3, 1, 1), _conv(self.pool_features, eps=eps)],
        }

    def brief(self) -> str:
        return f"{64 + 64 + 96 + self.pool_features}"


@block
class InceptionB(Branches):
    """Inception v3's module that halves large maps: two strided convolutions and pooling. arXiv:1512.00567.

    eps: what BatchNorm adds to the variance
    """

    title: ClassVar[str] = "Inception B"

    eps: Epsilon = 1e-3

    def branches(self) -> dict[str, list[Block]]:
        eps = self.eps
        return {
            "conv3x3": [_strided(384, eps)],
            "double3x3": [_conv(64, eps=eps), _conv(96, 3, eps=eps), _strided(96, eps)],
            "pool": [MaxPool2d(3, 2)],
        }

    def brief(self) -> str:
        return "s2"


@block
class InceptionC(Branches):
    """Inception v3's module for middle maps: 7×7 convolutions cut into 1×7 and 7×1. arXiv:1512.00567.

    channels7x7: how many maps the 7×7 branches have inside
    eps: what BatchNorm adds to the variance
    """

    title: ClassVar[str] = "Inception C"

    channels7x7: Channels = 128
    eps: Epsilon = 1e-3

    def branches(self) -> dict[str, list[Block]]:
        inner, eps = self.channels7x7, self.eps
        row, column = (1, 7), (7, 1)
        return {
            "conv1x1": [_conv(192, eps=eps)],
            "conv7x7": [_conv(inner, eps=eps), _conv(inner, row, eps=eps), _conv(192, column, eps=eps)],
            "double7x7": [
                _conv(inner, eps=eps),
                _conv(inner, column, eps=eps),
                _conv(inner, row, eps=eps),
                _conv(inner, column, eps=eps),
                _conv(192, row, eps=eps),
            ],
            "pool": [AvgPool2d(3, 1, 1), _conv(192, eps=eps)],
        }

    def brief(self) -> str:
        return f"768 · {self.channels7x7}"


@block
class InceptionD(Branches):
    """Inception v3's module that halves middle maps. arXiv:1512.00567.

    eps: what BatchNorm adds to the variance
    """

    title: ClassVar[str] = "Inception D"

    eps: Epsilon = 1e-3

    def branches(self) -> dict[str, list[Block]]:
        eps = self.eps
        seven: list[Block] = [
            _conv(192, eps=eps),
            _conv(192, (1, 7), eps=eps),
            _conv(192, (7, 1), eps=eps),
            _strided(192, eps),
        ]
        return {
            "conv3x3": [_conv(192, eps=eps), _strided(320, eps)],
            "conv7x7": seven,
            "pool": [MaxPool2d(3, 2)],
        }

    def brief(self) -> str:
        return "s2"


@block
class InceptionE(Composite):
    """Inception v3's module for small maps: 3×3 convolutions split into 1×3 and 3×1 side by side. arXiv:1512.00567.

    eps: what BatchNorm adds to the variance
    """

    title: ClassVar[str] = "Inception E"
    keywords: ClassVar[str] = "googlenet inception parallel branches"
    stem: ClassVar[str] = "inception"

    eps: Epsilon = 1e-3

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        eps = self.eps
        entry = draw(Input(inputs[0]))
        one = draw(_conv(320, eps=eps), entry, name="conv1x1")
        x = draw(_conv(384, eps=eps), entry, name="conv3x3_reduce")
        row = draw(_conv(384, (1, 3), eps=eps), x, name="conv3x3_row")
        column = draw(_conv(384, (3, 1), eps=eps), x, name="conv3x3_column")
        x = draw(_conv(448, eps=eps), entry, name="double3x3_reduce")
        x = draw(_conv(384, 3, eps=eps), x, name="double3x3_conv")
        double_row = draw(_conv(384, (1, 3), eps=eps), x, name="double3x3_row")
        double_column = draw(_conv(384, (3, 1), eps=eps), x, name="double3x3_column")
        pool = draw(_conv(192, eps=eps), draw(AvgPool2d(3, 1, 1), entry, name="pool"), name="pool_conv")
        draw(Concat(), one, row, column, double_row, double_column, pool, name="cat")

    def brief(self) -> str:
        return "2048"


def _conv(channels: int, kernel: int | tuple[int, int] = 1, eps: float = 1e-5) -> ConvBNReLU:
    return ConvBNReLU(channels, kernel, eps=eps)


def _strided(channels: int, eps: float) -> ConvBNReLU:
    return ConvBNReLU(channels, 3, 2, padding=0, eps=eps)

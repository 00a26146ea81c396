"""Where data enters the network."""

from __future__ import annotations

from typing import ClassVar

from cnnstudio.graph import Arity, Block, Shape, block
from cnnstudio.graph.parameter import Sizes


@block
class Input(Block):
    """The images that the network is given, one shape for all of them.

    The batch is not part of the shape: PyTorch puts it in front, (N, C, H, W). Data of another size is resized to
    this one before it enters.

    size: channels, height and width of one image; 1 × 28 × 28 is a grey picture, 3 × 32 × 32 a coloured one
    """

    arity: ClassVar[Arity] = Arity(0, 0)
    keywords: ClassVar[str] = "image data source start placeholder"

    size: Sizes = (1, 28, 28)

    def shape(self, *inputs: Shape) -> Shape:
        return Shape(*self.size)

    def brief(self) -> str:
        return str(Shape(*self.size))

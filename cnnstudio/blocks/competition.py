"""Competition: activations that make one channel of several."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import Activation
from cnnstudio.blocks.phrases import counted, nearest_divisor
from cnnstudio.graph import Listed, Reach, Remedy, Saves, Shape, ShapeError, Slid, block, own_places
from cnnstudio.graph.parameter import Range


@block
class GLU(Activation):
    """Let the second half of the channels be a gate for the first: a × sigmoid(b). Dauphin 2016, arXiv:1612.08083."""

    family: ClassVar[str] = "activation"
    keywords: ClassVar[str] = "gated linear unit gate halves"

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if shape[0] % 2:
            raise ShapeError(f"{counted(shape[0], 'channel')} cannot be split into two halves.")
        return Shape(shape[0] // 2, *shape[1:])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        half = inputs[0][0] // 2
        both = Listed((0,), tuple(range(half)), tuple(range(half, 2 * half)), has_holes=True)
        return (Reach((both, *own_places(len(inputs[0])).spans[1:])),)

    def init(self, *inputs: Shape) -> str:
        return "nn.GLU(dim=1)"


@block
class Maxout(Activation):
    """Split the channels into groups and keep the largest of each: the network learns its own activation.

    Put a convolution or linear layer with ``pieces`` times as many channels before it. Goodfellow et al. 2013,
    arXiv:1302.4389.

    pieces: how many channels compete for one that comes out
    """

    family: ClassVar[str] = "activation"
    keywords: ClassVar[str] = "maximum channels competition"
    saves: ClassVar[Saves] = "both"

    pieces: Annotated[int, Range(2, 64)] = 2

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if shape[0] % self.pieces:
            nearest = nearest_divisor(self.pieces, shape[0])
            remedy = [Remedy(f"Set pieces to {nearest}", (Maxout(nearest),))] if nearest > 1 else []
            raise ShapeError(f"{counted(shape[0], 'channel')} cannot be split into groups of {self.pieces}.", *remedy)
        return Shape(shape[0] // self.pieces, *shape[1:])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach((Slid(0, self.pieces, self.pieces), *own_places(len(inputs[0])).spans[1:])),)

    def init(self, *inputs: Shape) -> str | None:
        return None

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]}.unflatten(1, (-1, {self.pieces!r})).amax(2)"

    def brief(self) -> str:
        return f"of {self.pieces}"

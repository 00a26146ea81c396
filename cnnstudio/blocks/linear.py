"""Linear layers: every number that comes out depends on every number that comes in."""

from __future__ import annotations

from typing import ClassVar

from cnnstudio.blocks.phrases import arguments
from cnnstudio.blocks.pooling import AdaptiveAvgPool2d
from cnnstudio.graph import Block, Everything, Reach, Remedy, Shape, ShapeError, block, own_places
from cnnstudio.graph.parameter import Count


@block
class Flatten(Block):
    """Write all the numbers of a sample in one row: channel after channel, row after row."""

    keywords: ClassVar[str] = "vector reshape view head"
    is_view: ClassVar[bool] = True
    reads_in_order: ClassVar[bool] = True

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        rank = len(inputs[0])
        # whoever reads the row next reads the whole map
        return (own_places(1) if rank == 1 else Reach((Everything("shared out"),) * rank),)

    def shape(self, *inputs: Shape) -> Shape:
        return Shape(inputs[0].numel)

    def forward(self, name: str, *inputs: str) -> str:
        return f"torch.flatten({inputs[0]}, 1)"


@block
class Linear(Block):
    """Connect every number that comes in with every number that goes out, each with its own weight.

    As the last layer it gives one score a class. On a sequence of tokens it works on each token alike.

    out_features: how many numbers come out; in the last layer, as many as there are classes
    bias: add one learned number to each
    """

    keywords: ClassVar[str] = "fully connected dense fc head classifier scores"
    stem: ClassVar[str] = "fc"

    out_features: Count = 10
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) > 2:
            raise ShapeError(
                f"Linear takes a vector, but {shape} is a stack of feature maps. Flatten it first, or average each "
                "map to one number.",
                Remedy("Insert Flatten", (Flatten(),), port=0),
                Remedy("Insert global average pooling and Flatten", (AdaptiveAvgPool2d(1), Flatten()), port=0),
            )
        return Shape(*shape[:-1], self.out_features)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(len(inputs[0]), len(inputs[0]) - 1),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        weight = Shape(self.out_features, self._in_features(inputs[0]))
        return {"weight": weight, "bias": Shape(self.out_features)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> int:
        return inputs[0].numel * self.out_features

    def init(self, *inputs: Shape) -> str:
        in_features = self._in_features(inputs[0])
        return arguments("nn.Linear", self, in_features, self.out_features, skip=("out_features",))

    def brief(self) -> str:
        return str(self.out_features)

    @staticmethod
    def _in_features(shape: Shape) -> int:
        """The last size of a vector or of tokens; of feature maps, what they are when flattened."""
        return shape.numel if shape.is_map else shape[-1]

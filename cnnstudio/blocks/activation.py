"""Activations: functions of one number, which let a stack of layers be more than one linear map."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.wording import arguments
from cnnstudio.graph import Block, Remedy, Shape, ShapeError, block
from cnnstudio.graph.parameter import Range


class Activation(Block):
    """The base of blocks that take any shape and give it back."""

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def init(self, *inputs: Shape) -> str:
        return arguments(f"nn.{type(self).__name__}", self)


@block
class ReLU(Activation):
    """Keep what is positive, set the rest to zero: max(0, x). The usual choice."""

    keywords: ClassVar[str] = "rectifier rectified linear nonlinearity"


@block
class ReLU6(Activation):
    """ReLU that stops at 6, min(max(0, x), 6): MobileNet's, made for arithmetic of few bits."""

    keywords: ClassVar[str] = "rectifier mobilenet clipped"
    stem: ClassVar[str] = "relu"


@block
class LeakyReLU(Activation):
    """ReLU that lets a little of the negative side through, so that no unit dies.

    negative_slope: what negative values are multiplied by
    """

    keywords: ClassVar[str] = "rectifier leaky slope"
    stem: ClassVar[str] = "relu"

    negative_slope: Annotated[float, Range(-100.0, 100.0)] = 0.01

    def init(self, *inputs: Shape) -> str:
        return f"nn.LeakyReLU({self.negative_slope!r})"

    def brief(self) -> str:
        return f"slope {self.negative_slope:g}"


@block
class GELU(Activation):
    """x times the probability that a normal variable is below x: a smooth ReLU, used by ConvNeXt and transformers.

    Hendrycks and Gimpel 2016, arXiv:1606.08415.

    approximate: compute it exactly ("none") or by a formula with tanh
    """

    keywords: ClassVar[str] = "gaussian smooth transformer convnext"

    approximate: Literal["none", "tanh"] = "none"


@block
class SiLU(Activation):
    """x times its sigmoid, also called swish: smooth, and slightly negative below zero; EfficientNet's."""

    keywords: ClassVar[str] = "swish sigmoid efficientnet"


@block
class Hardswish(Activation):
    """Swish made of straight pieces, x × min(max(0, x + 3), 6) / 6: MobileNetV3's, cheap to compute."""

    keywords: ClassVar[str] = "swish mobilenet hard"


@block
class Hardsigmoid(Activation):
    """The sigmoid made of straight pieces, min(max(0, x + 3), 6) / 6: a gate from 0 to 1, cheap to compute."""

    keywords: ClassVar[str] = "gate mobilenet hard"


@block
class Sigmoid(Activation):
    """Squeeze any number into 0 to 1, by 1 / (1 + exp(-x)): a gate or a probability."""

    keywords: ClassVar[str] = "logistic gate probability"


@block
class Tanh(Activation):
    """Squeeze any number into -1 to 1; LeNet's activation."""

    keywords: ClassVar[str] = "hyperbolic tangent lenet"


@block
class Softmax(Activation):
    """Turn scores into shares that add up to 1.

    Training needs none: PyTorch's cross-entropy takes the scores themselves and has the softmax inside.

    dim: the axis that adds up to 1; 1 is the channels of feature maps and the entries of a vector
    """

    keywords: ClassVar[str] = "probabilities classes scores"

    dim: Annotated[int, Range(1, 3)] = 1

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if self.dim > len(shape):
            axes = "has only axis 1" if len(shape) == 1 else f"has only axes 1 to {len(shape)}"
            raise ShapeError(
                f"dim is {self.dim}, but {shape} {axes} (axis 0 is the batch).", Remedy("Set dim to 1", (Softmax(),))
            )
        return shape

    def init(self, *inputs: Shape) -> str:
        return f"nn.Softmax(dim={self.dim!r})"


@block
class Identity(Activation):
    """Give back what comes in: a place that is kept free, or a shortcut that can be seen."""

    keywords: ClassVar[str] = "nothing pass through shortcut placeholder"


Nonlinearity = Literal["ReLU", "ReLU6", "LeakyReLU", "GELU", "SiLU", "Hardswish", "Sigmoid", "Tanh", "none"]

_NONLINEARITIES: dict[str, type[Activation]] = {
    made.__name__: made for made in (ReLU, ReLU6, LeakyReLU, GELU, SiLU, Hardswish, Sigmoid, Tanh)
}


def nonlinearity(word: Nonlinearity) -> list[Block]:
    """The activation that a parameter of a composite names, as a list of one, or of none for "none"."""
    return [_NONLINEARITIES[word]()] if word != "none" else []

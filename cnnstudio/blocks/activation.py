"""Activations: functions of one number, which let a stack of layers be more than one linear map."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.phrases import arguments
from cnnstudio.graph import Block, Reach, Remedy, Saved, Saves, Shape, ShapeError, block, own_places
from cnnstudio.graph.parameter import Range


class Activation(Block):
    """The base of blocks that take any shape and give it back, number by number."""

    is_pointwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def init(self, *inputs: Shape) -> str | None:
        return arguments(f"nn.{type(self).__name__}", self)


@block
class ReLU(Activation):
    """Keep what is positive, set the rest to zero: max(0, x). The usual choice."""

    keywords: ClassVar[str] = "rectifier rectified linear nonlinearity"
    saves: ClassVar[Saves] = "output"


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
class RReLU(Activation):
    """LeakyReLU with a slope that is drawn anew for each number while training, against overfitting.

    In evaluation the slope is the mean of the two bounds. Xu et al. 2015, arXiv:1505.00853.

    lower: the least slope
    upper: the greatest slope, which may not be below it
    """

    keywords: ClassVar[str] = "rectifier randomized randomised leaky slope"
    stem: ClassVar[str] = "relu"

    lower: Annotated[float, Range(-100.0, 100.0)] = 1 / 8
    upper: Annotated[float, Range(-100.0, 100.0)] = 1 / 3

    def saved(self, *inputs: Shape) -> Saved:
        return Saved(besides=inputs[0].bytes)  # the slopes

    def shape(self, *inputs: Shape) -> Shape:
        if self.lower > self.upper:
            swapped = Remedy("Swap the two", (RReLU(self.upper, self.lower),))
            raise ShapeError(f"the least slope, {self.lower:g}, is above the greatest, {self.upper:g}.", swapped)
        return inputs[0]

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.RReLU", self)

    def brief(self) -> str:
        return f"slope {self.lower:.3g} to {self.upper:.3g}"


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
    saves: ClassVar[Saves] = "output"


@block
class Tanh(Activation):
    """Squeeze any number into -1 to 1; LeNet's activation."""

    keywords: ClassVar[str] = "hyperbolic tangent lenet"
    saves: ClassVar[Saves] = "output"


@block
class Softmax(Activation):
    """Turn scores into shares that add up to 1.

    Training needs none: PyTorch's cross-entropy takes the scores themselves and has the softmax inside.

    dim: the axis that adds up to 1; 1 is the channels of feature maps and the entries of a vector
    """

    keywords: ClassVar[str] = "probabilities classes scores softmax2d"
    saves: ClassVar[Saves] = "output"

    dim: Annotated[int, Range(1, 3)] = 1

    def shape(self, *inputs: Shape) -> Shape:
        return _along(self, self.dim, inputs[0])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(len(inputs[0]), self.dim - 1),)

    def init(self, *inputs: Shape) -> str:
        return f"nn.Softmax(dim={self.dim!r})"


@block
class Softmin(Activation):
    """Turn scores into shares that add up to 1, the largest share for the lowest score.

    dim: the axis that adds up to 1; 1 is the channels of feature maps and the entries of a vector
    """

    keywords: ClassVar[str] = "probabilities distances scores softmax"
    saves: ClassVar[Saves] = "output"

    dim: Annotated[int, Range(1, 3)] = 1

    def shape(self, *inputs: Shape) -> Shape:
        return _along(self, self.dim, inputs[0])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(len(inputs[0]), self.dim - 1),)

    def init(self, *inputs: Shape) -> str:
        return f"nn.Softmin(dim={self.dim!r})"


@block
class Threshold(Activation):
    """Keep what is above a threshold and put one number in the place of the rest.

    threshold: what is not above it is replaced
    value: what stands in its place
    """

    keywords: ClassVar[str] = "cut step rectifier"

    threshold: Annotated[float, Range(-1_000.0, 1_000.0)] = 0.0
    value: Annotated[float, Range(-1_000.0, 1_000.0)] = 0.0

    def init(self, *inputs: Shape) -> str:
        return f"nn.Threshold({self.threshold!r}, {self.value!r})"


@block
class PReLU(Activation):
    """Leaky ReLU whose slope on the negative side is learned. He et al. 2015, arXiv:1502.01852.

    per_channel: learn a slope for each channel instead of one for all
    init_slope: the slope to begin with
    """

    keywords: ClassVar[str] = "rectifier parametric learned slope"

    per_channel: bool = False
    init_slope: Annotated[float, Range(-100.0, 100.0)] = 0.25

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return {"weight": Shape(inputs[0][0] if self.per_channel else 1)}

    def init(self, *inputs: Shape) -> str:
        slopes = [f"num_parameters={inputs[0][0]!r}"] if self.per_channel else []
        start = [f"init={self.init_slope!r}"] if self.init_slope != 0.25 else []
        return f"nn.PReLU({', '.join(slopes + start)})"


@block
class ELU(Activation):
    """ReLU with a smooth exponential below zero, down to -alpha. Clevert et al. 2015, arXiv:1511.07289.

    alpha: how far below zero it goes
    """

    keywords: ClassVar[str] = "exponential linear unit smooth"

    alpha: Annotated[float, Range(0.0, 100.0)] = 1.0


@block
class CELU(Activation):
    """ELU whose slope is 1 at zero for every alpha. Barron 2017, arXiv:1704.07483.

    alpha: how far below zero it goes
    """

    keywords: ClassVar[str] = "continuously differentiable exponential linear unit"

    alpha: Annotated[float, Range(0.01, 100.0)] = 1.0


@block
class SELU(Activation):
    """ELU scaled so that activations keep mean 0 and variance 1 from layer to layer.

    Klambauer et al. 2017, arXiv:1706.02515.
    """

    keywords: ClassVar[str] = "scaled exponential self normalizing"


@block
class Mish(Activation):
    """x times tanh(softplus(x)): smooth, slightly negative below zero. Misra 2019, arXiv:1908.08681."""

    keywords: ClassVar[str] = "smooth swish yolo"


@block
class Softplus(Activation):
    """log(1 + exp(x)), a smooth ReLU that is never zero.

    beta: how sharply it bends at zero
    """

    keywords: ClassVar[str] = "smooth rectifier"

    beta: Annotated[float, Range(0.01, 100.0)] = 1.0


@block
class Softsign(Activation):
    """x / (1 + |x|): like tanh, but slower to reach -1 and 1."""

    keywords: ClassVar[str] = "squash"

    def saved(self, *inputs: Shape) -> Saved:
        return Saved(besides=inputs[0].bytes)  # 1 + |x|


@block
class Hardtanh(Activation):
    """The number itself between two bounds, the bound beyond them.

    min_val: the lower bound
    max_val: the upper bound
    """

    keywords: ClassVar[str] = "clip clamp hyperbolic tangent hard"

    min_val: Annotated[float, Range(-100.0, 0.0)] = -1.0
    max_val: Annotated[float, Range(0.001, 100.0)] = 1.0


@block
class LogSigmoid(Activation):
    """The logarithm of the sigmoid, always below zero."""

    keywords: ClassVar[str] = "logistic logarithm"

    def saved(self, *inputs: Shape) -> Saved:
        return Saved(besides=inputs[0].bytes)


@block
class LogSoftmax(Activation):
    """The logarithm of the softmax, for a loss that wants logarithms of probabilities.

    dim: the axis that adds up to 1 before the logarithm
    """

    keywords: ClassVar[str] = "logarithm probabilities classes scores"
    saves: ClassVar[Saves] = "output"

    dim: Annotated[int, Range(1, 3)] = 1

    def shape(self, *inputs: Shape) -> Shape:
        return _along(self, self.dim, inputs[0])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(len(inputs[0]), self.dim - 1),)

    def init(self, *inputs: Shape) -> str:
        return f"nn.LogSoftmax(dim={self.dim!r})"


@block
class Softshrink(Activation):
    """Pull every number towards zero by a fixed amount, and those that are nearer to zero all the way.

    lambd: by how much
    """

    keywords: ClassVar[str] = "threshold sparse lambda"

    lambd: Annotated[float, Range(0.0, 100.0)] = 0.5


@block
class Hardshrink(Activation):
    """Set numbers near zero to zero and leave the others as they are.

    lambd: how near
    """

    keywords: ClassVar[str] = "threshold sparse lambda"

    lambd: Annotated[float, Range(0.0, 100.0)] = 0.5


@block
class Tanhshrink(Activation):
    """The number less its tanh: next to nothing near zero, the number less 1 far from it."""

    keywords: ClassVar[str] = "hyperbolic tangent"

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("nothing", besides=inputs[0].bytes)  # tanh x


@block
class Identity(Activation):
    """Give back what comes in: a place that is kept free, or a shortcut that can be seen."""

    keywords: ClassVar[str] = "nothing pass through shortcut placeholder"
    is_view: ClassVar[bool] = True


Nonlinearity = Literal[
    "ReLU", "ReLU6", "LeakyReLU", "ELU", "GELU", "SiLU", "Mish", "Hardswish", "Sigmoid", "Tanh", "none"
]

_NONLINEARITIES: dict[str, type[Activation]] = {
    made.__name__: made for made in (ReLU, ReLU6, LeakyReLU, ELU, GELU, SiLU, Mish, Hardswish, Sigmoid, Tanh)
}


def nonlinearity(word: Nonlinearity) -> list[Block]:
    """The activation that a parameter of a composite names, as a list of one, or of none for "none"."""
    return [_NONLINEARITIES[word]()] if word != "none" else []


def _along(block: Block, dim: int, shape: Shape) -> Shape:
    """``shape`` itself. Raises ``ShapeError`` where it has no such axis."""
    if dim > len(shape):
        axes = "has only axis 1" if len(shape) == 1 else f"has only axes 1 to {len(shape)}"
        raise ShapeError(
            f"dim is {dim}, but {shape} {axes} (axis 0 is the batch).", Remedy("Set dim to 1", (type(block)(),))
        )
    return shape

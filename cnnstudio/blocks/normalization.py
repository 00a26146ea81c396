"""Normalization: bring activations to a common scale, so that training is quick and stable."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from cnnstudio.blocks.phrases import arguments, counted, kind, nearest_divisor, require_map
from cnnstudio.graph import Block, Everything, Reach, Remedy, Saved, Shape, ShapeError, Slid, block, own_places
from cnnstudio.graph.parameter import Costless, Count, Range, Rate

Epsilon = Annotated[float, Range(1e-12, 1.0), Costless()]


@block
class BatchNorm2d(Block):
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it by two learned numbers.

    While training it uses the batch's own mean and variance and keeps a running average of both; in evaluation it
    uses that average. Placed after a convolution, it makes the convolution's bias superfluous.
    Ioffe and Szegedy 2015, arXiv:1502.03167.

    eps: added to the variance, so that nothing is divided by zero
    momentum: share of the newest batch in the running average
    affine: learn a scale and a shift for each channel
    track_running_stats: keep the running average; without it, evaluation uses the batch too
    """

    keywords: ClassVar[str] = "bn batch normalisation normalization"
    stem: ClassVar[str] = "bn"

    eps: Epsilon = 1e-5
    momentum: Rate = 0.1
    affine: bool = True
    track_running_stats: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) == 1:
            require_map(self, shape, Remedy("Use BatchNorm1d", (BatchNorm1d(**self.values),)))
        require_map(self, shape)
        return shape

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(len(inputs[0]), has_statistics=not self.track_running_stats),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return _scale_and_shift(Shape(inputs[0].channels), self.affine, self.affine)

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.BatchNorm2d", self, inputs[0].channels)


@block
class BatchNorm1d(Block):
    """BatchNorm for a vector: bring each number to mean 0 and variance 1 over the batch, then scale and shift it.

    eps: added to the variance, so that nothing is divided by zero
    momentum: share of the newest batch in the running average
    affine: learn a scale and a shift for each number
    track_running_stats: keep the running average; without it, evaluation uses the batch too
    """

    keywords: ClassVar[str] = "bn batch normalisation normalization vector linear"
    stem: ClassVar[str] = "bn"

    eps: Epsilon = 1e-5
    momentum: Rate = 0.1
    affine: bool = True
    track_running_stats: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            remedy = [Remedy("Use BatchNorm2d", (BatchNorm2d(**self.values),))] if shape.is_map else []
            raise ShapeError(f"BatchNorm1d works on a vector, but {shape} is {kind(shape)}.", *remedy)
        return shape

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(1, has_statistics=not self.track_running_stats),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return _scale_and_shift(Shape(inputs[0][0]), self.affine, self.affine)

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.BatchNorm1d", self, inputs[0][0])


@block
class InstanceNorm2d(Block):
    """Bring each feature map of each sample to mean 0 and variance 1: forget the contrast of the picture.

    Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022; style transfer made it known.

    eps: added to the variance, so that nothing is divided by zero
    momentum: share of the newest batch in the running average, where one is kept
    affine: learn a scale and a shift for each channel
    track_running_stats: keep a running average and use it in evaluation
    """

    keywords: ClassVar[str] = "instance normalisation normalization style contrast"
    stem: ClassVar[str] = "norm"

    eps: Epsilon = 1e-5
    momentum: Rate = 0.1
    affine: bool = False
    track_running_stats: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        if shape.spatial == (1, 1):
            raise ShapeError(
                f"{shape} has one pixel a channel; brought to mean 0, nothing of it would be left.",
                Remedy("Use LayerNorm", (LayerNorm(),)),
            )
        return shape

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(len(inputs[0]), has_statistics=not self.track_running_stats),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return _scale_and_shift(Shape(inputs[0].channels), self.affine, self.affine)

    def saved(self, *inputs: Shape) -> Saved:
        channels = inputs[0].channels
        weights = Shape(channels if self.affine else 0)  # for each sample, as the running averages are
        return Saved(besides=_statistics(channels) * (2 if self.track_running_stats else 1) + weights.bytes)

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.InstanceNorm2d", self, inputs[0].channels)


@block
class LayerNorm(Block):
    """Bring all the numbers of one sample to mean 0 and variance 1, then scale and shift each by learned numbers.

    It does not look at the batch, so training and evaluation are the same. A vector is normalised as a whole, a
    sequence token by token, feature maps over channels, height and width together, with a weight for each number.
    To normalise over the channels alone at each pixel, as ConvNeXt does, use LayerNorm2d.
    Ba, Kiros and Hinton 2016, arXiv:1607.06450.

    eps: added to the variance, so that nothing is divided by zero
    elementwise_affine: learn a scale and a shift
    bias: learn the shift too
    """

    keywords: ClassVar[str] = "ln layer normalisation normalization transformer"
    stem: ClassVar[str] = "norm"

    eps: Epsilon = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        rank = len(inputs[0])
        return (own_places(rank, has_statistics=True) if inputs[0].is_map else own_places(rank, rank - 1),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return _scale_and_shift(self._normalized(inputs[0]), self.elementwise_affine, self.bias)

    def saved(self, *inputs: Shape) -> Saved:
        return Saved(besides=_statistics(inputs[0].numel // self._normalized(inputs[0]).numel))

    def init(self, *inputs: Shape) -> str:
        shape = self._normalized(inputs[0])
        return arguments("nn.LayerNorm", self, shape[0] if len(shape) == 1 else tuple(shape))

    @staticmethod
    def _normalized(shape: Shape) -> Shape:
        return shape if shape.is_map else Shape(shape[-1])


@block
class LayerNorm2d(Block):
    """At each pixel bring the channels to mean 0 and variance 1, then scale and shift each channel.

    This is LayerNorm as ConvNeXt uses it: the channels are moved to the end, normalised and moved back.
    Liu et al. 2022, arXiv:2201.03545.

    eps: added to the variance, so that nothing is divided by zero
    elementwise_affine: learn a scale and a shift for each channel
    bias: learn the shift too
    """

    keywords: ClassVar[str] = "layer normalisation normalization convnext channels last"
    stem: ClassVar[str] = "norm"

    eps: Epsilon = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0], Remedy("Use LayerNorm, which takes vectors too", (LayerNorm(),)))
        return inputs[0]

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(3, 0),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return _scale_and_shift(Shape(inputs[0].channels), self.elementwise_affine, self.bias)

    def saved(self, *inputs: Shape) -> Saved:
        return Saved(besides=_statistics(inputs[0][1] * inputs[0][2]))

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.LayerNorm", self, inputs[0].channels)

    def forward(self, name: str, *inputs: str) -> str:
        return f"self.{name}({inputs[0]}.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)"


@block
class GroupNorm(Block):
    """Split the channels into groups and bring each group of one sample to mean 0 and variance 1.

    One group normalises the whole sample, as many groups as channels normalise each map alone. It works with batches
    of any size. Wu and He 2018, arXiv:1803.08494.

    num_groups: how many groups; it must divide the channels
    eps: added to the variance, so that nothing is divided by zero
    affine: learn a scale and a shift for each channel
    """

    keywords: ClassVar[str] = "gn group normalisation normalization"
    stem: ClassVar[str] = "norm"

    num_groups: Count = 8
    eps: Epsilon = 1e-5
    affine: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        channels = inputs[0].channels
        if channels % self.num_groups:
            nearest = nearest_divisor(self.num_groups, channels)
            raise ShapeError(
                f"{counted(channels, 'channel')} cannot be split into {self.num_groups} equal groups.",
                Remedy(f"Set num_groups to {nearest}", (replace(self, num_groups=nearest),)),
            )
        return inputs[0]

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        rank = len(inputs[0])
        if rank == 3:
            return (own_places(rank, has_statistics=True),)
        return (Reach((Everything("all" if self.num_groups == 1 else "some"), *own_places(rank, 1).spans[1:])),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return _scale_and_shift(Shape(inputs[0].channels), self.affine, self.affine)

    def saved(self, *inputs: Shape) -> Saved:
        return Saved(besides=_statistics(self.num_groups))

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.GroupNorm", self, self.num_groups, inputs[0].channels, skip=("num_groups",))

    def brief(self) -> str:
        return counted(self.num_groups, "group")


@block
class LocalResponseNorm(Block):
    """Damp each value by the values of the neighbouring channels at the same pixel, as AlexNet did.

    Each is divided by (k + alpha / size × sum of the squares of its neighbours) to the power of beta. It learns
    nothing; BatchNorm has replaced it. Krizhevsky, Sutskever and Hinton 2012.

    size: how many channels make a neighbourhood
    alpha: how strongly the neighbours damp
    beta: the exponent
    k: keeps the divisor away from zero
    """

    keywords: ClassVar[str] = "lrn alexnet local response normalisation normalization"
    stem: ClassVar[str] = "norm"

    size: Count = 5
    alpha: Annotated[float, Range(0.0, 1_000.0)] = 1e-4
    beta: Annotated[float, Range(0.0, 1_000.0)] = 0.75
    k: Annotated[float, Range(1e-6, 1_000.0)] = 1.0

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0])
        return inputs[0]

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach((Slid(0, self.size, before=self.size // 2), *own_places(3).spans[1:])),)

    def saved(self, *inputs: Shape) -> Saved:
        channels, height, width = inputs[0]
        squares = Shape(channels + self.size - 1, height, width)  # with zeros before and behind
        return Saved(besides=squares.bytes + 2 * inputs[0].bytes)  # and the divisor, and what it was made of

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.LocalResponseNorm", self, self.size, skip=("size",))

    def brief(self) -> str:
        return counted(self.size, "channel")


def _scale_and_shift(shape: Shape, scale: bool, shift: bool) -> dict[str, Shape]:
    return {} if not scale else {"weight": shape, "bias": shape} if shift else {"weight": shape}


def _statistics(count: int) -> int:
    """Bytes of the mean and of the deviation of so many sets of numbers."""
    return Shape(2, count).bytes

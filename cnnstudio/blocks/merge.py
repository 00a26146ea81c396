"""Merges: where branches of the network come together."""

from __future__ import annotations

from typing import ClassVar

from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.linear import Flatten
from cnnstudio.blocks.phrases import kind
from cnnstudio.blocks.pooling import AdaptiveAvgPool2d
from cnnstudio.graph import (
    Arity,
    Block,
    Listed,
    Own,
    Reach,
    Remedy,
    Saved,
    Saves,
    Shape,
    ShapeError,
    Slid,
    block,
    own_places,
)


@block
class Add(Block):
    """Add the inputs number by number; all must have the same shape. The skip of a residual network ends here.

    PyTorch would stretch an axis of size 1 to fit; here that is refused, since in an addition it is nearly always a
    mistake. Multiply does stretch.
    """

    arity: ClassVar[Arity] = Arity(2, None)
    keywords: ClassVar[str] = "sum plus skip residual shortcut elementwise"
    saves: ClassVar[Saves] = "nothing"
    is_pointwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return _equal(self, inputs)

    def forward(self, name: str, *inputs: str) -> str:
        return " + ".join(inputs)


@block
class Multiply(Block):
    """Multiply the inputs number by number: a gate that lets a part of a signal through.

    An axis of size 1 is stretched to fit, so C × 1 × 1 scales whole channels and 1 × H × W scales pixels.
    """

    arity: ClassVar[Arity] = Arity(2, None)
    keywords: ClassVar[str] = "product times gate scale attention mask elementwise"
    stem: ClassVar[str] = "scale"

    def shape(self, *inputs: Shape) -> Shape:
        result = inputs[0]
        for port, shape in enumerate(inputs):
            if len(shape) != len(result):
                raise ShapeError(
                    f"Multiply needs the same kind of thing at each input, but input 1 is {kind(inputs[0])}, "
                    f"{inputs[0]}, and input {port + 1} is {kind(shape)}, {shape}."
                )
            if shape == result:
                continue
            if any(a != b and 1 not in (a, b) for a, b in zip(result, shape, strict=True)):
                raise ShapeError(
                    f"Multiply needs sizes that are equal, or 1, along each axis, but {result} meets {shape} at input "
                    f"{port + 1}."
                )
            result = Shape(*[b if a == 1 else a for a, b in zip(result, shape, strict=True)])
        return result

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        out = self.shape(*inputs)
        return tuple([own_places(len(shape)) if shape == out else _stretched(shape, out) for shape in inputs])

    def saved(self, *inputs: Shape) -> Saved:
        # of more than two the products on the way
        products = [self.shape(*inputs[:count]) for count in range(2, len(inputs))]
        return Saved(besides=sum(product.bytes for product in products))

    def forward(self, name: str, *inputs: str) -> str:
        return " * ".join(inputs)


@block
class Mean(Block):
    """Take the mean of the inputs number by number; all must have the same shape.

    FractalNet joins its paths this way. Larsson et al. 2016, arXiv:1605.07648.
    """

    arity: ClassVar[Arity] = Arity(2, None)
    keywords: ClassVar[str] = "average join fractal elementwise"
    saves: ClassVar[Saves] = "nothing"
    is_pointwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return _equal(self, inputs)

    def forward(self, name: str, *inputs: str) -> str:
        return f"({' + '.join(inputs)}) / {len(inputs)}"


@block
class Concat(Block):
    """Lay the inputs one behind the other along the channels; everything else must have the same size.

    Dense and inception networks gather what their branches found this way.
    """

    arity: ClassVar[Arity] = Arity(2, None)
    keywords: ClassVar[str] = "concatenate cat join stack channels dense inception"
    stem: ClassVar[str] = "cat"
    saves: ClassVar[Saves] = "nothing"

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for port, shape in enumerate(inputs):
            if len(shape) != len(first):
                flat = 0 if first.is_map else port
                flatten = (Remedy(f"Flatten input {flat + 1}", (Flatten(),), port=flat),)
                raise ShapeError(
                    f"Concat joins things of one kind, but input 1 is {kind(first)}, {first}, and input {port + 1} is "
                    f"{kind(shape)}, {shape}.",
                    *(flatten if {len(first), len(shape)} == {1, 3} else ()),
                )
            if shape[1:] != first[1:]:
                raise ShapeError(
                    f"Concat joins along the channels, so all else must be equal, but input 1 is {first} and input "
                    f"{port + 1} is {shape}.",
                    *_resizings(first, shape, port),
                )
        return Shape(sum([shape[0] for shape in inputs]), *first[1:])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        found, before = [], 0
        for shape in inputs:
            found.append(Reach((Slid(0, before=before), *own_places(len(shape)).spans[1:])))
            before += shape[0]
        return tuple(found)

    def forward(self, name: str, *inputs: str) -> str:
        return f"torch.cat([{', '.join(inputs)}], dim=1)"


def _stretched(shape: Shape, out: Shape) -> Reach:
    """Along an axis of size 1 every value reads the one place that there is."""
    return Reach(
        tuple(Own(axis) if length == out[axis] else Listed((), (0,), (0,)) for axis, length in enumerate(shape))
    )


def _equal(block: Block, inputs: tuple[Shape, ...]) -> Shape:
    """The one shape of all inputs. Raises ``ShapeError`` where they differ."""
    for port, shape in enumerate(inputs):
        if shape != inputs[0]:
            raise ShapeError(
                f"{block.title} needs equal shapes, but input 1 is {inputs[0]} and input {port + 1} is {shape}.",
                *_projections(inputs[0], shape, port),
            )
    return inputs[0]


def _projections(first: Shape, other: Shape, port: int) -> list[Remedy]:
    """1×1 convolutions that make one of two maps equal to the other; the smaller map is the aim."""
    remedies = []
    for shape, aim, at in ((other, first, port), (first, other, 0)):
        if not (shape.is_map and aim.is_map):
            continue
        stride = -(-shape[1] // aim[1]), -(-shape[2] // aim[2])
        projection = Conv2d(aim.channels, 1, stride, bias=False)
        if projection.shape(shape) == aim:
            with_stride = f" with stride {projection.stride}" if stride != (1, 1) else ""
            remedies.append(Remedy(f"Insert a 1×1 convolution{with_stride} at input {at + 1}", (projection,), port=at))
    return remedies


def _resizings(first: Shape, other: Shape, port: int) -> list[Remedy]:
    """Pooling of the larger of two maps to the size of the smaller."""
    if not first.is_map or not other.is_map:
        return []
    (shape, aim, at) = (first, other, 0) if first[1] * first[2] > other[1] * other[2] else (other, first, port)
    size = aim.spatial
    pooling = AdaptiveAvgPool2d(size)
    return [Remedy(f"Average input {at + 1} to {size[0]} × {size[1]}", (pooling,), port=at)] if shape != aim else []

"""Pooling: windows that summarise the pixels under them and learn nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.phrases import arguments, counted, require_map, side, window_does_not_fit
from cnnstudio.graph import Block, Listed, Own, Reach, Remedy, Saved, Shape, ShapeError, Window, block, own_places, pair
from cnnstudio.graph.parameter import NaturalPair, PositivePair, Range
from cnnstudio.graph.shape import BYTES_PER_INDEX

PoolStride = Annotated[int | tuple[int, int] | None, Range(1, 1_024)]


@block
class MaxPool2d(Block):
    """Keep the largest value under each window, which says whether a feature is anywhere near.

    It halves the map (with a window of 2) and keeps every channel to itself. A small shift of the image changes
    little of what comes out.

    kernel_size: side of the window in pixels, or height and width
    stride: how many pixels the window moves at a step; left open, as many as it is wide
    padding: rows and columns round the map that never win; at most half the window
    dilation: distance between the window's pixels
    ceil_mode: also take the last window where it hangs over the edge
    """

    keywords: ClassVar[str] = "maximum subsampling downsample"
    stem: ClassVar[str] = "pool"

    kernel_size: PositivePair = 2
    stride: PoolStride = None
    padding: NaturalPair = 0
    dilation: PositivePair = 1
    ceil_mode: bool = False

    def window(self, *inputs: Shape) -> Window:
        return _pool_window(self, pair(self.dilation))

    def shape(self, *inputs: Shape) -> Shape:
        return _pooled(self, self.window(), inputs[0])

    def saved(self, *inputs: Shape) -> Saved:
        return _with_places(self.shape(*inputs))

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.MaxPool2d", self, self.kernel_size, skip=("kernel_size",))

    def brief(self) -> str:
        return _pool_brief(self)


@block
class AvgPool2d(Block):
    """Take the mean of the values under each window, which says how much of a feature is here.

    kernel_size: side of the window in pixels, or height and width
    stride: how many pixels the window moves at a step; left open, as many as it is wide
    padding: rows and columns of zeros round the map; at most half the window
    ceil_mode: also take the last window where it hangs over the edge
    count_include_pad: count the zeros of the padding in the mean
    """

    keywords: ClassVar[str] = "average mean subsampling downsample"
    stem: ClassVar[str] = "pool"

    kernel_size: PositivePair = 2
    stride: PoolStride = None
    padding: NaturalPair = 0
    ceil_mode: bool = False
    count_include_pad: bool = True

    def window(self, *inputs: Shape) -> Window:
        return _pool_window(self, (1, 1))

    def shape(self, *inputs: Shape) -> Shape:
        return _pooled(self, self.window(), inputs[0])

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.AvgPool2d", self, self.kernel_size, skip=("kernel_size",))

    def brief(self) -> str:
        return _pool_brief(self)


@block
class AdaptiveAvgPool2d(Block):
    """Average the map down to a given size, whatever its size; 1 is global average pooling.

    With 1, each feature map becomes one number, its mean over height × width, so that the head needs few weights and
    images of any size fit.

    output_size: height and width of what comes out
    """

    keywords: ClassVar[str] = "global average pooling gap mean head"
    stem: ClassVar[str] = "pool"

    output_size: PositivePair = 1

    def window(self, *inputs: Shape) -> Window | None:
        return _adaptive_window(inputs[0], pair(self.output_size))

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        return super().reach(*inputs) or (_adaptive_reach(inputs[0], pair(self.output_size)),)

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0])
        return Shape(inputs[0].channels, *pair(self.output_size))

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("nothing" if self.output_size == 1 else "inputs")  # a mean over all divides by a number alone

    def init(self, *inputs: Shape) -> str:
        return f"nn.AdaptiveAvgPool2d({self.output_size!r})"

    def brief(self) -> str:
        return f"→ {side(self.output_size)}"


@block
class AdaptiveMaxPool2d(Block):
    """Take maxima so that the map comes out at a given size, whatever its size; 1 is global max pooling.

    output_size: height and width of what comes out
    """

    keywords: ClassVar[str] = "global max pooling maximum head"
    stem: ClassVar[str] = "pool"

    output_size: PositivePair = 1

    def window(self, *inputs: Shape) -> Window | None:
        return _adaptive_window(inputs[0], pair(self.output_size))

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        return super().reach(*inputs) or (_adaptive_reach(inputs[0], pair(self.output_size)),)

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0])
        return Shape(inputs[0].channels, *pair(self.output_size))

    def saved(self, *inputs: Shape) -> Saved:
        return _with_places(self.shape(*inputs))

    def init(self, *inputs: Shape) -> str:
        return f"nn.AdaptiveMaxPool2d({self.output_size!r})"

    def brief(self) -> str:
        return f"→ {side(self.output_size)}"


@block
class LPPool2d(Block):
    """Take the p-norm of the values under each window: between a sum (p = 1) and a maximum (p very large).

    norm_type: the exponent p
    kernel_size: side of the window in pixels, or height and width
    stride: how many pixels the window moves at a step; left open, as many as it is wide
    ceil_mode: also take the last window where it hangs over the edge
    """

    keywords: ClassVar[str] = "power average norm subsampling downsample"
    stem: ClassVar[str] = "pool"

    norm_type: Annotated[float, Range(1.0, 16.0)] = 2.0
    kernel_size: PositivePair = 2
    stride: PoolStride = None
    ceil_mode: bool = False

    def window(self, *inputs: Shape) -> Window:
        return _pool_window(self, (1, 1))

    def shape(self, *inputs: Shape) -> Shape:
        return _pooled(self, self.window(), inputs[0])

    def saved(self, *inputs: Shape) -> Saved:
        # the powers, and what becomes of their means on the way back to the root
        return Saved(besides=inputs[0].bytes + 4 * self.shape(*inputs).bytes)

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.LPPool2d", self, self.norm_type, self.kernel_size, skip=("norm_type", "kernel_size"))

    def brief(self) -> str:
        return f"p {self.norm_type:g} · {_pool_brief(self)}"


@block
class FractionalMaxPool2d(Block):
    """Max pooling with windows at random steps, so that the map shrinks by less than half.

    Graham 2014, arXiv:1412.6071.

    output_size: height and width of what comes out
    kernel_size: side of the window in pixels, or height and width
    """

    keywords: ClassVar[str] = "random maximum subsampling"
    stem: ClassVar[str] = "pool"

    output_size: PositivePair = 4
    kernel_size: PositivePair = 2

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        kernel, size = pair(self.kernel_size), pair(self.output_size)
        for name, length, span, out in zip(("height", "width"), shape.spatial, kernel, size, strict=True):
            if out + span - 1 > length:
                most = tuple(max(1, x - k + 1) for x, k in zip(shape.spatial, kernel, strict=True))
                fits = all(x >= k for x, k in zip(shape.spatial, kernel, strict=True))
                smaller = min(size[0], most[0]), min(size[1], most[1])
                raise ShapeError(
                    f"{counted(out, 'window')} of {counted(span, 'pixel')} {'needs' if out == 1 else 'need'} a {name} "
                    f"of at least {out + span - 1}, and it is {length}.",
                    *([Remedy(f"Set output_size to {side(smaller)}", (replace(self, output_size=smaller),))] * fits),
                )
        return Shape(shape.channels, *size)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (_fractional_reach(inputs[0], pair(self.kernel_size), pair(self.output_size)),)

    def saved(self, *inputs: Shape) -> Saved:
        return _with_places(self.shape(*inputs))

    def init(self, *inputs: Shape) -> str:
        return f"nn.FractionalMaxPool2d({self.kernel_size!r}, output_size={self.output_size!r})"

    def brief(self) -> str:
        return f"{side(self.kernel_size)} → {side(self.output_size)}"


@block
class ChannelPool(Block):
    """Take the mean or the maximum over the channels at each pixel: one map comes out.

    kind: mean or maximum
    """

    title: ClassVar[str] = "Channel pool"
    keywords: ClassVar[str] = "channelpool mean maximum across channels attention"
    stem: ClassVar[str] = "pool"

    kind: Literal["mean", "max"] = "mean"

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0])
        return Shape(1, *inputs[0].spatial)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(3, 0),)

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("both" if self.kind == "max" else "nothing")

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]}.{'mean' if self.kind == 'mean' else 'amax'}(1, keepdim=True)"

    def brief(self) -> str:
        return self.kind


_Pool = MaxPool2d | AvgPool2d | LPPool2d


def _padding(pool: _Pool) -> tuple[int, int]:
    return (0, 0) if isinstance(pool, LPPool2d) else pair(pool.padding)


@lru_cache(maxsize=1_024)  # networks have many pools and few windows
def _pool_window(pool: _Pool, dilation: tuple[int, int]) -> Window:
    kernel, (vertical, horizontal) = pair(pool.kernel_size), _padding(pool)
    stride = kernel if pool.stride is None else pair(pool.stride)
    return Window(kernel, stride, ((vertical, vertical), (horizontal, horizontal)), dilation, pool.ceil_mode)


def _pooled(pool: _Pool, window: Window, shape: Shape) -> Shape:
    require_map(pool, shape)
    if not isinstance(pool, LPPool2d) and pool.padding:
        _check_padding(pool, window)
    height, width = window.size(shape[1], shape[2])
    if height < 1 or width < 1:
        raise window_does_not_fit(
            pool,
            shape,
            window,
            Remedy("Pool the whole map instead", (AdaptiveAvgPool2d(1),)),
        )
    return Shape(shape.channels, height, width)


def _check_padding(pool: MaxPool2d | AvgPool2d, window: Window) -> None:
    for (padding, _), kernel in zip(window.padding, window.kernel, strict=True):
        if padding > kernel // 2:
            half = window.kernel[0] // 2, window.kernel[1] // 2
            legal = min(window.padding[0][0], half[0]), min(window.padding[1][0], half[1])
            raise ShapeError(
                f"the padding of a pool may be at most half its window: with a window of {kernel} at most "
                f"{kernel // 2}, not {padding}.",
                Remedy(f"Set the padding to {side(legal, always=False)}", (replace(pool, padding=legal),)),
            )


def _pool_brief(pool: _Pool) -> str:
    words = [side(pool.kernel_size)]
    words += [f"s{side(pool.stride, always=False)}"] if pool.stride is not None else []
    words += [f"p {side(_padding(pool), always=False)}"] if _padding(pool) != (0, 0) else []
    return " · ".join(words)


def _with_places(out: Shape) -> Saved:
    """What goes in, and where each maximum was."""
    return Saved(besides=out.numel * BYTES_PER_INDEX, to_predict=True)


def _adaptive_window(shape: Shape, size: tuple[int, int]) -> Window | None:
    """The window of an adaptive pool where all its windows are equal: where the sizes divide without a rest."""
    if not shape.is_map or any(length % out for length, out in zip(shape.spatial, size, strict=True)):
        return None
    side = shape.spatial[0] // size[0], shape.spatial[1] // size[1]
    return Window(side, side)


def _adaptive_reach(shape: Shape, size: tuple[int, int]) -> Reach:
    """Of an adaptive pool whose windows differ: the i-th goes from ⌊i · in / out⌋ to before ⌈(i + 1) · in / out⌉."""
    rows, columns = (
        Listed(
            (axis + 1,),
            tuple(place * length // out for place in range(out)),
            tuple(-(-(place + 1) * length // out) - 1 for place in range(out)),
        )
        for axis, (length, out) in enumerate(zip(shape.spatial, size, strict=True))
    )
    return Reach((Own(0), rows, columns))


def _fractional_reach(shape: Shape, kernel: tuple[int, int], size: tuple[int, int]) -> Reach:
    """Of random windows, wherever they may come to lie: the i-th begins within a pixel of i · (in - K) / (out - 1)."""
    spans = []
    for axis, (length, span, out) in enumerate(zip(shape.spatial, kernel, size, strict=True)):
        room, steps = length - span, max(1, out - 1)
        first = [place * room // steps if place < out - 1 else room for place in range(out)]
        last = [min(-(-place * room // steps), room) if place < out - 1 else room for place in range(out)]
        is_loose = any(room * place % steps for place in range(out))
        spans.append(Listed((axis + 1,), tuple(first), tuple(end + span - 1 for end in last), is_loose))
    return Reach((Own(0), *spans))

"""Convolutions: small filters that slide over the image and are learned."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.activation import Nonlinearity, nonlinearity
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.normalization import BatchNorm2d, Epsilon, LayerNorm2d
from cnnstudio.blocks.phrases import arguments, counted, nearest_divisor, require_map, side, window_does_not_fit
from cnnstudio.graph import Block, Composite, Pen, Reach, Remedy, Saved, Shape, ShapeError, Window, block, pair, under
from cnnstudio.graph.parameter import (
    MOST_PADDING,
    Channels,
    Count,
    IntPair,
    NaturalPair,
    Padding,
    ParameterError,
    PositivePair,
    Range,
)


@block
class Conv2d(Block):
    """Slide small learned filters over the image; each gives one feature map.

    At every place a filter multiplies the pixels under it by its weights, over all input channels, and adds them
    up with a bias. PyTorch does not flip the filter, so this is cross-correlation.

    out_channels: how many filters, and so how many feature maps come out
    kernel_size: side of the filter in pixels, or height and width
    stride: how many pixels the filter moves at a step; 2 halves the map
    padding: rows and columns put round the image; "same" keeps the size at stride 1, "valid" puts none
    dilation: distance between the filter's pixels; above 1 it sees further with the same weights
    groups: split the channels into this many groups that do not see each other
    bias: add one learned number to each feature map
    padding_mode: what the padding is filled with
    """

    keywords: ClassVar[str] = "convolution filter kernel atrous dilated grouped pointwise 1x1 strided"

    out_channels: Channels = 16
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    padding: Padding = 0
    dilation: PositivePair = 1
    groups: Count = 1
    bias: bool = True
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    def window(self, *inputs: Shape) -> Window:
        return _window(self.kernel_size, self.stride, self.padding, self.dilation)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (under(self.window(), self.padding_mode, "all" if self.groups == 1 else "some"),)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        if self.groups != 1:
            check_groups(self, shape.channels)
        window = self.window(shape)
        if self.padding == "same" and window.stride != (1, 1):
            raise ShapeError(
                f'padding "same" keeps the size, so it allows only stride 1, not {side(self.stride)}.',
                Remedy(f"Set the padding to {side(self.half, always=False)}", (replace(self, padding=self.half),)),
                Remedy("Set the stride to 1", (replace(self, stride=1),)),
            )
        if self.padding_mode not in ("zeros", "replicate"):
            self._check_padding_mode(shape, window)
        height, width = window.size(shape[1], shape[2])
        if height < 1 or width < 1:
            remedy = Remedy('Set the padding to "same" and the stride to 1', (replace(self, padding="same", stride=1),))
            raise window_does_not_fit(self, shape, window, remedy)
        return Shape(self.out_channels, height, width)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        tall, wide = pair(self.kernel_size)
        weight = Shape(self.out_channels, inputs[0][0] // self.groups, tall, wide)
        return {"weight": weight, "bias": Shape(self.out_channels)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> int:
        channels, height, width = inputs[0]
        window = self.window()
        tall, wide = window.kernel
        height, width = window.size(height, width)
        return self.out_channels * (channels // self.groups) * tall * wide * height * width

    def saved(self, *inputs: Shape) -> Saved:
        (top, bottom), (left, right) = self.window().padding
        if self.padding_mode == "zeros" and (top, left) == (bottom, right):
            return Saved()
        channels, height, width = inputs[0]
        padded = Shape(channels, height + top + bottom, width + left + right)
        return Saved("inputs" if self.padding_mode in ("reflect", "replicate") else "nothing", besides=padded.bytes)

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.Conv2d", self, inputs[0].channels, self.out_channels, skip=("out_channels",))

    def brief(self) -> str:
        words = [str(self.out_channels), side(self.kernel_size)]
        words += [f"s{side(self.stride, always=False)}"] if self.stride != 1 else []
        words += [f"p {side(self.padding, always=False)}"] if self.padding not in (0, "valid") else []
        words += [f"d{side(self.dilation, always=False)}"] if self.dilation != 1 else []
        words += [f"g{self.groups}"] if self.groups != 1 else []
        return " · ".join(words)

    @property
    def half(self) -> tuple[int, int] | int:
        """The padding that keeps the size at stride 1: half of what the filter spans, exact where that is odd."""
        return _half(self.kernel_size, self.dilation)

    def _check_padding_mode(self, shape: Shape, window: Window) -> None:
        for name, size, padding in zip(("height", "width"), shape.spatial, window.padding, strict=True):
            # reflection cannot use the border pixel itself, circular padding can go round once
            most = size - 1 if self.padding_mode == "reflect" else size
            if max(padding) > most:
                raise ShapeError(
                    f"{self.padding_mode} padding takes its pixels from the image, so at {name} {size} it can be at "
                    f"most {most}, not {max(padding)}.",
                    Remedy("Pad with zeros", (replace(self, padding_mode="zeros"),)),
                )


@block
class ConvTranspose2d(Block):
    """Spread each pixel through learned filters onto a larger map: the way back from a strided convolution.

    Every input pixel lays the whole filter, times its value, onto the output; where filters overlap they add up.
    The size is (H - 1) × stride - 2 × padding + dilation × (kernel - 1) + output padding + 1.

    out_channels: how many feature maps come out
    kernel_size: side of the filter in pixels, or height and width
    stride: how many output pixels lie between the filters of two neighbours; 2 doubles the map
    padding: rows and columns cut off round the output
    output_padding: rows and columns added below and to the right, to choose among the sizes that the stride allows
    groups: split the channels into this many groups that do not see each other
    bias: add one learned number to each feature map
    dilation: distance between the filter's pixels
    """

    keywords: ClassVar[str] = "deconvolution upsample transposed fractionally strided decoder"

    out_channels: Channels = 16
    kernel_size: PositivePair = 2
    stride: PositivePair = 1
    padding: NaturalPair = 0
    output_padding: NaturalPair = 0
    groups: Count = 1
    bias: bool = True
    dilation: PositivePair = 1

    def window(self, *inputs: Shape) -> Window:
        vertical, horizontal = pair(self.padding)
        return Window(
            pair(self.kernel_size),
            pair(self.stride),
            ((vertical, vertical), (horizontal, horizontal)),
            pair(self.dilation),
            transposed=True,
            output_padding=pair(self.output_padding),
        )

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (under(self.window(), channels="all" if self.groups == 1 else "some"),)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        check_groups(self, shape.channels)
        window = self.window(shape)
        for extra, stride, dilation in zip(window.output_padding, window.stride, window.dilation, strict=True):
            if extra >= max(stride, dilation):
                raise ShapeError(
                    f"the output padding, {extra}, must be smaller than the stride, {stride}, or the dilation, "
                    f"{dilation}.",
                    Remedy("Set the output padding to 0", (replace(self, output_padding=0),)),
                )
        height, width = window.size(*shape.spatial)
        if height < 1 or width < 1:
            raise ShapeError(
                f"padding of {side(self.padding, always=False)} cuts off the whole map: nothing would be left of "
                f"{shape}.",
                Remedy("Set the padding to 0", (replace(self, padding=0),)),
            )
        return Shape(self.out_channels, height, width)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        kernel = pair(self.kernel_size)
        weights = {"weight": Shape(inputs[0].channels, self.out_channels // self.groups, *kernel)}
        return weights | ({"bias": Shape(self.out_channels)} if self.bias else {})

    def macs(self, *inputs: Shape) -> int:
        return self.weights(*inputs)["weight"].numel * Shape(*inputs[0].spatial).numel

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.ConvTranspose2d", self, inputs[0].channels, self.out_channels, skip=("out_channels",))

    def brief(self) -> str:
        words = [str(self.out_channels), side(self.kernel_size)]
        words += [f"s{side(self.stride, always=False)}"] if self.stride != 1 else []
        words += [f"p {side(self.padding, always=False)}"] if self.padding != 0 else []
        words += [f"g{self.groups}"] if self.groups != 1 else []
        return " · ".join(words)


@block
class PatchifyStem(Composite):
    """Cut the image into squares that do not overlap, make each one pixel of many channels, and normalise it.

    ConvNeXt begins so, with squares of 4. Liu et al. 2022, arXiv:2201.03545.

    out_channels: how many feature maps come out
    patch_size: side of a square in pixels
    eps: what LayerNorm adds to the variance
    """

    title: ClassVar[str] = "Patchify stem"
    keywords: ClassVar[str] = "patchifystem convnext patches stem layernorm"
    stem: ClassVar[str] = "stem"

    out_channels: Channels = 96
    patch_size: Annotated[int, Range(1, 1_024)] = 4
    eps: Epsilon = 1e-6

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        x = draw(Conv2d(self.out_channels, self.patch_size, self.patch_size), draw(Input(inputs[0])), name="conv")
        draw(LayerNorm2d(self.eps), x, name="norm")

    def brief(self) -> str:
        return f"{self.out_channels} · {side(self.patch_size)}"


@block
class DepthwiseConv2d(Block):
    """A convolution that keeps the channels apart: each has filters of its own, and nothing mixes them.

    A 1×1 convolution usually follows and does the mixing. It is Conv2d with as many groups as channels.

    kernel_size: side of the filter in pixels, or height and width
    stride: how many pixels the filter moves at a step; 2 halves the map
    padding: rows and columns put round the image; "same" keeps the size at stride 1, "valid" puts none
    dilation: distance between the filter's pixels
    multiplier: how many filters each channel has, and so how many times more channels come out
    bias: add one learned number to each feature map
    """

    keywords: ClassVar[str] = "depthwise convolution channelwise separable mobilenet"
    stem: ClassVar[str] = "depthwise"

    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    padding: Padding = 1
    dilation: PositivePair = 1
    multiplier: Annotated[int, Range(1, 64)] = 1
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        try:
            return self._conv(shape).shape(shape)
        except ParameterError as error:
            raise ShapeError(f"with {self.multiplier} filters a channel {error}") from error
        except ShapeError as error:
            shared = set(self.values) & set(Conv2d().values)
            mended = [
                Remedy(remedy.title, (replace(self, **{key: remedy.blocks[0].values[key] for key in shared}),))
                for remedy in error.remedies
            ]
            raise ShapeError(error.sentence, *mended) from error

    def window(self, *inputs: Shape) -> Window:
        return Conv2d(1, self.kernel_size, self.stride, self.padding, self.dilation).window()

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return self._conv(inputs[0]).weights(*inputs)

    def macs(self, *inputs: Shape) -> int:
        return self._conv(inputs[0]).macs(*inputs)

    def saved(self, *inputs: Shape) -> Saved:
        return self._conv(inputs[0]).saved(*inputs)

    def init(self, *inputs: Shape) -> str:
        return self._conv(inputs[0]).init(*inputs)

    def brief(self) -> str:
        words = [side(self.kernel_size)] + ([f"× {self.multiplier}"] if self.multiplier != 1 else [])
        words += [f"s{side(self.stride, always=False)}"] if self.stride != 1 else []
        return " · ".join(words)

    def _conv(self, shape: Shape) -> Conv2d:
        channels = shape.channels
        return Conv2d(
            channels * self.multiplier, self.kernel_size, self.stride, self.padding, self.dilation, channels, self.bias
        )


@lru_cache(maxsize=1_024)  # networks have thousands of convolutions and few windows
def _window(kernel_size: IntPair, stride: IntPair, padding: IntPair | str, dilation: IntPair) -> Window:
    kernel, spread = pair(kernel_size), pair(dilation)
    if padding == "same":
        total = [d * (k - 1) for k, d in zip(kernel, spread, strict=True)]
        # torch puts the odd row or column after the image
        around = ((total[0] // 2, total[0] - total[0] // 2), (total[1] // 2, total[1] - total[1] // 2))
    else:
        vertical, horizontal = (0, 0) if padding == "valid" else pair(padding)
        around = ((vertical, vertical), (horizontal, horizontal))
    return Window(kernel, pair(stride), around, spread)


def _half(kernel_size: int | tuple[int, int], dilation: int | tuple[int, int]) -> tuple[int, int] | int:
    (height, width), (down, across) = pair(kernel_size), pair(dilation)
    vertical, horizontal = down * (height - 1) // 2, across * (width - 1) // 2
    return vertical if vertical == horizontal else (vertical, horizontal)


def check_groups(conv: Conv2d | ConvTranspose2d, in_channels: int) -> None:
    """Raise ``ShapeError`` unless the groups divide the channels that come in and those that go out."""
    if in_channels % conv.groups == 0 and conv.out_channels % conv.groups == 0:
        return
    nearest = nearest_divisor(conv.groups, in_channels, conv.out_channels)
    come, go = "comes" if in_channels == 1 else "come", "goes" if conv.out_channels == 1 else "go"
    raise ShapeError(
        f"{conv.groups} groups must divide both the {counted(in_channels, 'channel')} that {come} in and the "
        f"{conv.out_channels} that {go} out.",
        Remedy(f"Set groups to {nearest}", (replace(conv, groups=nearest),)),
    )


@block
class ConvBNReLU(Composite):
    """Convolution, BatchNorm and ReLU, the three that usually go together.

    The convolution needs no bias, as BatchNorm would take it away again; some courses give it one all the same.

    out_channels: how many feature maps come out
    kernel_size: side of the filter in pixels, or height and width
    stride: how many pixels the filter moves at a step; 2 halves the map
    padding: rows and columns put round the image; left open, as many as keep the size at stride 1 and odd kernels
    dilation: distance between the filter's pixels
    groups: split the channels into this many groups that do not see each other
    activation: what comes after BatchNorm
    eps: what BatchNorm adds to the variance
    bias: add one learned number to each feature map of the convolution
    """

    title: ClassVar[str] = "Conv + BN + ReLU"
    keywords: ClassVar[str] = "convbnrelu convolution batchnorm block cbr"
    stem: ClassVar[str] = "block"

    out_channels: Channels = 16
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    padding: Annotated[int | tuple[int, int] | None, Range(0, MOST_PADDING)] = None
    dilation: PositivePair = 1
    groups: Count = 1
    activation: Nonlinearity = "ReLU"
    eps: Epsilon = 1e-5
    bias: bool = False

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        x = draw(Input(inputs[0]))
        x = draw(self.convolution, x, name="conv")
        x = draw(BatchNorm2d(self.eps), x, name="bn")
        for made in nonlinearity(self.activation):
            x = draw(made, x, name=made.stem)

    @property
    def convolution(self) -> Conv2d:
        """The convolution that it begins with. Raises ``ShapeError`` where no padding keeps the size."""
        padding = _half(self.kernel_size, self.dilation) if self.padding is None else self.padding
        if max(pair(padding)) > MOST_PADDING:
            raise ShapeError(
                f"to keep the size, {max(pair(padding)):,} rows or columns had to be put round the map, more than the "
                f"{MOST_PADDING:,} that can be.",
                Remedy("Set padding to 0", (replace(self, padding=0),)),
            )
        return Conv2d(self.out_channels, self.kernel_size, self.stride, padding, self.dilation, self.groups, self.bias)

    def brief(self) -> str:
        conv = (self if self.padding is not None else replace(self, padding=0)).convolution
        return conv.brief() + (f" · {self.activation}" if self.activation != "ReLU" else "")

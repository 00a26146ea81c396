"""Convolutions: small filters that slide over the image and are learned."""

from __future__ import annotations

from typing import ClassVar, Literal

from cnnstudio.blocks.wording import arguments, side, window_does_not_fit
from cnnstudio.graph import Block, Remedy, Shape, ShapeError, Window, block, pair
from cnnstudio.graph.parameter import Channels, Count, Padding, PositivePair


def require_map(block: Block, shape: Shape) -> None:
    """Raise ``ShapeError`` unless ``shape`` is a stack of feature maps (C, H, W)."""
    if not shape.is_map:
        raise ShapeError(
            f"{block.title} slides over feature maps, channels × height × width, but {shape} is "
            f"{'a vector' if len(shape) == 1 else 'a sequence of tokens'}. Put it before the layer that flattens."
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

    keywords: ClassVar[str] = "convolution filter kernel atrous dilated grouped pointwise"

    out_channels: Channels = 16
    kernel_size: PositivePair = 3
    stride: PositivePair = 1
    padding: Padding = 0
    dilation: PositivePair = 1
    groups: Count = 1
    bias: bool = True
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    def window(self, *inputs: Shape) -> Window:
        kernel, dilation = pair(self.kernel_size), pair(self.dilation)
        if self.padding == "same":
            total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
            # torch puts the odd row or column after the image
            padding = ((total[0] // 2, total[0] - total[0] // 2), (total[1] // 2, total[1] - total[1] // 2))
        else:
            vertical, horizontal = (0, 0) if self.padding == "valid" else pair(self.padding)
            padding = ((vertical, vertical), (horizontal, horizontal))
        return Window(kernel, pair(self.stride), padding, dilation)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        self._check_groups(shape.channels)
        window = self.window(shape)
        if self.padding == "same" and window.stride != (1, 1):
            raise ShapeError(
                f'padding "same" keeps the size, so it allows only stride 1, not {side(self.stride)}.',
                Remedy(f"Set the padding to {self._half()}", (_with(self, padding=self._half()),)),
                Remedy("Set the stride to 1", (_with(self, stride=1),)),
            )
        self._check_padding_mode(shape, window)
        height, width = window.size(*shape.spatial)
        if height < 1 or width < 1:
            raise window_does_not_fit(
                self, shape, window, Remedy('Set the padding to "same"', (_with(self, padding="same", stride=1),))
            )
        return Shape(self.out_channels, height, width)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        kernel = pair(self.kernel_size)
        weights = {"weight": Shape(self.out_channels, inputs[0].channels // self.groups, *kernel)}
        return weights | ({"bias": Shape(self.out_channels)} if self.bias else {})

    def macs(self, *inputs: Shape) -> int:
        return self.weights(*inputs)["weight"].numel * Shape(*self.shape(*inputs).spatial).numel

    def init(self, *inputs: Shape) -> str:
        return arguments("nn.Conv2d", self, inputs[0].channels, self.out_channels, skip=("out_channels",))

    def brief(self) -> str:
        words = [str(self.out_channels), side(self.kernel_size)]
        words += [f"s{side(self.stride, always=False)}"] if self.stride != 1 else []
        words += [f"p {side(self.padding, always=False)}"] if self.padding not in (0, "valid") else []
        words += [f"d{side(self.dilation, always=False)}"] if self.dilation != 1 else []
        words += [f"g{self.groups}"] if self.groups != 1 else []
        return " · ".join(words)

    def _half(self) -> tuple[int, int] | int:
        vertical, horizontal = ((extent - 1) // 2 for extent in self.window().extent)
        return vertical if vertical == horizontal else (vertical, horizontal)

    def _check_groups(self, in_channels: int) -> None:
        if in_channels % self.groups == 0 and self.out_channels % self.groups == 0:
            return
        legal = [g for g in range(1, in_channels + 1) if in_channels % g == 0 and self.out_channels % g == 0]
        nearest = min(legal, key=lambda g: (abs(g - self.groups), g))
        raise ShapeError(
            f"{self.groups} groups must divide both the {in_channels} channels that come in and the "
            f"{self.out_channels} that go out.",
            Remedy(f"Set groups to {nearest}", (_with(self, groups=nearest),)),
        )

    def _check_padding_mode(self, shape: Shape, window: Window) -> None:
        if self.padding_mode in ("zeros", "replicate"):
            return
        for name, size, padding in zip(("height", "width"), shape.spatial, window.padding, strict=True):
            # reflection cannot use the border pixel itself, circular padding can go round once
            most = size - 1 if self.padding_mode == "reflect" else size
            if max(padding) > most:
                raise ShapeError(
                    f"{self.padding_mode} padding takes its pixels from the image, so at {name} {size} it can be at "
                    f"most {most}, not {max(padding)}.",
                    Remedy("Pad with zeros", (_with(self, padding_mode="zeros"),)),
                )


def _with(conv: Conv2d, **changes: object) -> Conv2d:
    return type(conv)(**{**conv.values, **changes})

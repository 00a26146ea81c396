"""Sliding window: the arithmetic of everything that slides over an image, written once.

Source: the Shape sections of https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html, MaxPool2d.html
and ConvTranspose2d.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any


def pair(value: Any) -> tuple[int, int]:
    """A parameter that is one number or a pair, as (vertical, horizontal)."""
    return value if isinstance(value, tuple) else (value, value)


@dataclass(frozen=True)
class Window:
    """A kernel on its way over the rows and the columns of a map; every field is (vertical, horizontal).

    ``padding`` is ((top, bottom), (left, right)) in pixels. ``transposed`` turns the map from input to output round,
    as in ConvTranspose2d; ``output_padding`` belongs to it alone.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    ceil_mode: bool = False
    transposed: bool = False
    output_padding: tuple[int, int] = (0, 0)

    @cached_property
    def extent(self) -> tuple[int, int]:
        """How many pixels the dilated kernel spans: D (K - 1) + 1."""
        (height, width), (down, across) = self.kernel, self.dilation
        return down * (height - 1) + 1, across * (width - 1) + 1

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(H, W) of what comes out; an entry below 1 means that the window does not fit."""
        if not self.transposed and not self.ceil_mode:  # nearly every window
            (tall, wide), (down, across), ((top, bottom), (left, right)) = self.extent, self.stride, self.padding
            return (height + top + bottom - tall) // down + 1, (width + left + right - wide) // across + 1
        return self._along(0, height), self._along(1, width)

    def _along(self, axis: int, length: int) -> int:
        stride, extent = self.stride[axis], self.extent[axis]
        before, after = self.padding[axis]
        if self.transposed:
            return (length - 1) * stride - before - after + extent + self.output_padding[axis]
        room = length + before + after - extent
        steps = -(-room // stride) + 1  # torch lets even the first window hang over the edge, by less than a stride
        # with ceil_mode the last window must still start inside the input or the padding before it
        return steps - 1 if (steps - 1) * stride >= length + before else steps

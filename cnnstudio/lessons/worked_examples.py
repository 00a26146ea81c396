"""Worked examples: what lies under the microscope to begin with, all to be checked by hand; and filters by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.microscope import Microscope
from cnnstudio.lessons.microscope_setting import Setting
from cnnstudio.lessons.photograph import photograph


@dataclass(frozen=True)
class Example:
    """A title, what is to be seen in it, and the numbers."""

    title: str
    sentence: str
    make: Callable[[], Microscope]


VERTICAL = ((1, 0, -1), (1, 0, -1), (1, 0, -1))
FILTERS: dict[str, tuple[tuple[float, ...], ...]] = {
    "Vertical edges": VERTICAL,
    "Horizontal edges": ((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
    "Sobel x": ((1, 0, -1), (2, 0, -2), (1, 0, -1)),
    "Sobel y": ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    "Blur": ((1 / 9,) * 3,) * 3,
    "Laplacian": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "Sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
}
"""Name -> the kernel as textbooks write it, for a true convolution."""


def filtered(microscope: Microscope, name: str) -> Microscope:
    """The same numbers under a filter, as pictures in textbooks are made: flipped, and mirrored at the edges.

    That is SciPy's ``convolve2d`` with mode "same" and boundary "symm".
    """
    kernel = np.array(FILTERS[name], np.float64)
    setting = replace(
        microscope.setting, operation="convolution", dimensions="2-D", kernel_size=3, stride=1, padding=1,
        padding_mode="symmetric", dilation=1, out_channels=1, groups=1, bias=False,
    )  # fmt: skip
    made = microscope.set(setting)
    weight = np.broadcast_to(kernel / len(made.value), made.weight.shape) if len(made.value) > 1 else kernel[None, None]
    return replace(made, weight=np.array(weight))


def _of(value: object, weight: object = None, bias: object = None, **values: object) -> Callable[[], Microscope]:
    return lambda: Microscope.of(replace(Setting(), **values), value, weight, bias)  # type: ignore[arg-type]


def _on_photograph(name: str) -> Callable[[], Microscope]:
    return lambda: filtered(Microscope.of(Setting(), photograph()), name)


def _channels(*kernels: object) -> Numbers:
    return np.array(kernels, np.float64)


_FIVE = ((1, 0, 2, 1, 0), (0, 1, 3, 0, 1), (2, 1, 0, 2, 1), (1, 0, 1, 0, 2), (0, 1, 2, 1, 0))
_SIXTEEN = np.arange(1.0, 17).reshape(4, 4)
_POOLED = ((1, 3, 2, 4), (5, 6, 1, 2), (0, 2, 8, 3), (1, 4, 5, 7))
_BLOCKS = ((1, 2, 5, 6), (3, 4, 7, 8), (9, 10, 13, 14), (11, 12, 15, 16))
_LINE = (1, 3, 4, 1, 10, 3, 0, 1)
_POOL = {"kernel_size": 2, "stride": 2}
_COLOURS = (((9, 0), (0, 9)), ((0, 9), (0, 9)), ((0, 0), (9, 9)))

EXAMPLES = (
    Example(
        "A kernel over 5 × 5",
        "Nine products and their sum, nine times. One set of course notes prints another table for these numbers; this "
        "one is right, and PyTorch gives the same.",
        _of(_FIVE, VERTICAL),
    ),
    Example(
        "An edge filter over 1 to 16",
        "The numbers rise evenly, so the filter finds the same slope at every place: −6.",
        _of(_SIXTEEN, VERTICAL),
    ),
    Example(
        "True convolution along a row",
        "The kernel 1 0 −1 is flipped before it slides. Choose cross-correlation, and every sign turns round.",
        _of(_LINE, (1, 0, -1), operation="convolution", dimensions="1-D"),
    ),
    Example(
        "Keeping the size with padding",
        "One row and one column of zeros on each side: the map stays 5 × 5, as K = 3 takes away 2.",
        _of(_FIVE, VERTICAL, padding=1),
    ),
    Example(
        "Strides: 8 becomes 3",
        "At stride 2 the last column is never read: ⌊5 / 2⌋ leaves a rest, and the floor drops it.",
        _of(np.arange(64.0).reshape(8, 8) % 7, VERTICAL, stride=2),
    ),
    Example(
        "Padding: reflect",
        "A kernel of one number shows what the padding holds: 1 2 3 becomes 2 1 2 3 2, mirrored at the last number.",
        _of((1, 2, 3), (1,), dimensions="1-D", padding=1, padding_mode="reflect"),
    ),
    Example(
        "Padding: symmetric",
        "Mirrored at the edge, so the last number stands twice: 1 1 2 3 3. PyTorch's layers do not know this one.",
        _of((1, 2, 3), (1,), dimensions="1-D", padding=1, padding_mode="symmetric"),
    ),
    Example(
        "Edges in textbooks: flipped, symmetric",
        "Pictures in textbooks are true convolutions with a symmetric border: 3 6 6 3 in every row.",
        lambda: filtered(Microscope.of(Setting(), _SIXTEEN), "Vertical edges"),
    ),
    Example(
        "Edges in PyTorch: not flipped, zeros",
        "The same filter as Conv2d computes it, with zeros round the numbers: the first row is −8 −4 −4 10.",
        _of(_SIXTEEN, VERTICAL, padding=1),
    ),
    Example(
        "A wider view: dilation 2",
        "Nine weights that see 5 × 5: the window reads every other place.",
        _of(np.arange(49.0).reshape(7, 7) % 5, VERTICAL, dilation=2),
    ),
    Example(
        "Three channels, one kernel for each",
        "A map that comes out is the sum over all maps that go in: 27 products and a bias.",
        _of(np.arange(75.0).reshape(3, 5, 5) % 4, [_channels(VERTICAL, FILTERS["Horizontal edges"], VERTICAL)], (1,)),
    ),
    Example(
        "1 × 1 mixes channels",
        "No neighbour is read: each number that comes out weighs the three numbers at its own place.",
        _of(_COLOURS, _channels([[[1]], [[1]], [[1]]], [[[1]], [[-1]], [[0]]])),
    ),
    Example(
        "Groups: each channel for itself",
        "As many groups as channels: a depthwise convolution, 9 weights a channel.",
        _of(
            np.arange(50.0).reshape(2, 5, 5) % 4,
            _channels([VERTICAL], [FILTERS["Horizontal edges"]]),
            groups=2,
        ),
    ),
    Example(
        "Max pooling",
        "The largest number under each window of 2 × 2, and nothing is learned.",
        _of(_POOLED, operation="max pooling", **_POOL),
    ),
    Example(
        "Average pooling",
        "The mean of the same four numbers.",
        _of(_POOLED, operation="average pooling", **_POOL),
    ),
    Example(
        "Pooling four blocks: the largest",
        "Each block of four has its largest number in the corner: 4 8 12 16.",
        _of(_BLOCKS, operation="max pooling", **_POOL),
    ),
    Example(
        "Pooling four blocks: the mean",
        "2.5 6.5 10.5 14.5: the same four blocks, averaged.",
        _of(_BLOCKS, operation="average pooling", **_POOL),
    ),
    Example(
        "A strided convolution for a pool",
        "A kernel of four quarters at stride 2 is average pooling, and it could learn something better.",
        _of(_POOLED, ((0.25, 0.25), (0.25, 0.25)), stride=2),
    ),
    Example(
        "Global average pooling",
        "One number for the whole map: its mean over height × width.",
        _of(_POOLED, operation="global average pooling"),
    ),
    Example(
        "LP pooling",
        "The root of the sum of squares: 3 and 4 give 5. With p = 1 it is a sum, with a large p nearly the maximum.",
        _of(((3, 4, 1, 0), (0, 0, 0, 0)), operation="LP pooling", **_POOL),
    ),
    Example(
        "The last window of ceil_mode",
        "Five columns, windows of two: the third window hangs over the edge, and what is outside does not count.",
        _of(_FIVE, operation="average pooling", ceil_mode=True, **_POOL),
    ),
    Example(
        "Transposed convolution",
        "Each number lays the kernel, times itself, onto a larger map. Where two kernels overlap they add up.",
        _of(((1, 2), (3, 4)), ((1, 2, 1), (2, 4, 2), (1, 2, 1)), operation="transposed convolution", stride=2),
    ),
    Example(
        "Sobel on a photograph",
        "Bright where the picture gets brighter to the right, dark where it gets darker. Change its kernel.",
        _on_photograph("Sobel x"),
    ),
    Example(
        "Laplacian on a photograph",
        "Edges of all directions at once; flat parts give 0, for the kernel's numbers add up to 0.",
        _on_photograph("Laplacian"),
    ),
)

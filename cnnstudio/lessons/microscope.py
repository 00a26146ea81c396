"""Microscope: numbers, a kernel and how it goes over them, as a value; what comes out, and how each number of it does.

NumPy alone: torch is only what it is held against, by ``benchmarks/microscope.py``. Sizes and what cannot be come from
the blocks, the arithmetic of one window from ``insight/taps``, as for the layers of a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from cnnstudio.blocks import AdaptiveAvgPool2d
from cnnstudio.compiler.formula import Formula, formula
from cnnstudio.graph import ParameterError, Remedy, Shape, ShapeError, Window, pair
from cnnstudio.insight.calculation import BEYOND, Calculation, Numbers, Places
from cnnstudio.insight.taps import (
    Axis,
    axis,
    between,
    kept,
    largest,
    mean_pooled,
    power_mean,
    weighed_sum,
    window_at,
)
from cnnstudio.lessons.microscope_setting import CONVOLVED, GLOBAL, Setting

MOST_ENTRIES = 90_000  # of a matrix: 300 × 300


@dataclass(frozen=True, eq=False)
class Microscope:
    """``value`` (C, H, W) lies under it, ``weight`` (maps, channels of a group, h, w) and ``bias`` (maps,) go over it.

    The weight is as a person writes it, and the true convolution flips it: ``laid`` is what lies over the numbers. All
    are float64. Only where ``refusal`` is empty is there anything to compute.
    """

    setting: Setting
    value: Numbers
    weight: Numbers
    bias: Numbers

    @classmethod
    def of(cls, setting: Setting, value: object, weight: object = None, bias: object = None) -> Microscope:
        """With these numbers, of which axes in front may be left out; sizes and channels are those of the numbers."""
        numbers = _axes(value, 3)
        kernel = _axes(weight, 4) if weight is not None else None
        known: dict[str, Any] = {"in_channels": len(numbers), "height": numbers.shape[1], "width": numbers.shape[2]}
        if kernel is not None:
            size = kernel.shape[3] if setting.is_flat or kernel.shape[2] == kernel.shape[3] else kernel.shape[2:]
            known |= {"out_channels": len(kernel), "kernel_size": size}
        if bias is not None:
            known |= {"bias": True}
        fitted = replace(setting, **known)
        start = cls(fitted, numbers, np.zeros((0, 0, 0, 0)) if kernel is None else kernel, np.zeros(1))
        made = start.set(fitted)
        return made if bias is None else replace(made, bias=_axes(bias, 1))

    def set(self, setting: Setting) -> Microscope:
        """With another setting: the numbers that there are stay, and where more are needed some are put in."""
        shape = tuple(setting.shape)
        value = _fitted(self.value, shape, _counting(shape) if max(shape) <= 16 else None)
        kernel, weight = setting.kernel_shape, self.weight  # which a pool leaves alone
        if setting.is_weighed:
            weight = _fitted(weight, kernel, _beginning(kernel))
        return Microscope(setting, value, weight, _fitted(self.bias, (setting.out_channels,), None))

    def put(self, what: str, cell: tuple[int, int, int], number: float, channel: int = 0) -> Microscope:
        """With another number in one (map, row, column) of the "input", the "kernel" or the "bias".

        The map is one that goes in, of a kernel which of those that it reads; ``channel`` is the one that comes out.
        """
        into, row, column = cell
        name, place = {
            "input": ("value", (into, row, column)),
            "kernel": ("weight", (channel, into, row, column)),
            "bias": ("bias", (channel,)),
        }[what]
        numbers: Numbers = np.array(getattr(self, name))
        numbers[place] = number
        changed: dict[str, Any] = {name: numbers}
        return replace(self, **changed)

    # what cannot be

    @cached_property
    def _error(self) -> ShapeError | None:
        setting, shape = self.setting, self.setting.shape
        try:
            setting.block.shape(shape)
        except ShapeError as error:
            return error
        if setting.padding == "same" and setting.matters("padding") and setting.operation not in CONVOLVED:
            return ShapeError('"same" is a word that only a convolution knows: here the padding is a number.')
        if setting.operation in CONVOLVED and setting.padding_mode == "symmetric":
            for name, length, sides in zip(("height", "width"), shape.spatial, self._window.padding, strict=True):
                if max(sides) > length:
                    return ShapeError(
                        f"symmetric padding mirrors the numbers themselves, so at {name} {length} it can be at most "
                        f"{length}, not {max(sides)}."
                    )
        return None

    @property
    def refusal(self) -> str:
        """Why this setting cannot be, as a sentence; empty where it can."""
        sentence = self._error.sentence if self._error is not None else ""
        return sentence[:1].upper() + sentence[1:]

    @property
    def remedies(self) -> list[tuple[str, Setting]]:
        """Ways out of the refusal: what each does, and the setting that it makes."""
        if self._error is None:
            return []
        if not self._error.remedies:
            title, way = self._less_padding
            return [(title, way)] if way is not None else []
        made = [(remedy.title, self._after(remedy)) for remedy in self._error.remedies]
        if self.setting.operation in CONVOLVED and self.setting.padding_mode in ("reflect", "circular"):
            made.insert(0, self._less_padding)
        return [(title, setting) for title, setting in made if setting is not None and not self.set(setting).refusal]

    @property
    def _less_padding(self) -> tuple[str, Setting | None]:
        """The largest padding that can be."""
        ways = (replace(self.setting, padding=sides) for sides in range(8, -1, -1))
        found = next((way for way in ways if not self.set(way).refusal), None)
        return f"Set the padding to {found.padding if found else 0}", found

    def _after(self, remedy: Remedy) -> Setting | None:
        setting, block = self.setting, remedy.blocks[0] if remedy.port is None else None
        if isinstance(block, AdaptiveAvgPool2d):
            return replace(setting, operation="global average pooling")
        if block is None or type(block) is not type(setting.block):
            return None
        before = setting.block.values
        changed = {name: value for name, value in block.values.items() if value != before[name]}
        try:
            return replace(setting, **changed) if changed.keys() <= setting.values.keys() else None
        except ParameterError:
            return None

    # what comes out

    @cached_property
    def _window(self) -> Window:
        window = self.setting.block.window(self.setting.shape)
        assert window is not None  # each of these layers slides
        return window

    @cached_property
    def shape(self) -> Shape:
        """(C, H, W) of what comes out."""
        return self.setting.block.shape(self.setting.shape)

    @property
    def _mode(self) -> str:
        return self.setting.padding_mode if self.setting.operation in CONVOLVED else "zeros"

    @cached_property
    def laid(self) -> Numbers:
        """The kernel as it lies over the numbers: flipped along both axes for the true convolution."""
        return self.weight[..., ::-1, ::-1] if self.setting.operation == "convolution" else self.weight

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """The taps of all windows along the rows and along the columns, (windows, kernel) each."""
        setting, found = self.setting, []
        for i in (0, 1):
            length, places = self.value.shape[i + 1], np.arange(self.shape.spatial[i])[:, None]
            if setting.operation in GLOBAL:
                found.append(axis(0 * places, length, 1, length, "zeros"))
                continue
            window = self._window
            kernel, step, apart, before = (
                window.kernel[i], window.stride[i], window.dilation[i], window.padding[i][0],
            )  # fmt: skip
            if setting.is_transposed:
                found.append(between(places, kernel, stride=step, padding=before, dilation=apart, length=length))
            else:
                found.append(axis(places * step - before, kernel, apart, length, self._mode))
        return found[0], found[1]

    @cached_property
    def output(self) -> Numbers:
        """All that comes out, (C, H, W)."""
        setting = self.setting
        if setting.is_weighed:
            return self._weighed(self.value)
        whole = float(np.prod(setting.kernel))
        if setting.operation in ("max pooling", "global max pooling"):
            found = np.full(tuple(self.shape), -np.inf)
            for _, _, read in self._reads(self.value, -np.inf):
                np.maximum(found, read, out=found)
            return found
        inside = np.multiply.outer(*((each.read != BEYOND).sum(-1) for each in self.axes))
        if setting.operation == "LP pooling":
            with np.errstate(invalid="ignore", over="ignore"):
                powers = sum(read for _, _, read in self._reads(self.value**setting.norm_type, 0.0))
                root: Numbers = (powers * (whole / inside)) ** (1 / setting.norm_type)
            return root
        total = sum(read for _, _, read in self._reads(self.value, 0.0))
        mean: Numbers = total / self._divisor
        return mean

    @cached_property
    def _divisor(self) -> Numbers:
        """What each sum of an average is divided by, (H, W)."""
        if self.setting.operation == "average pooling" and self.setting.count_include_pad:
            return kept(self.axes, self._sides, self.value.shape)
        inside: Numbers = np.multiply.outer(*((each.read != BEYOND).sum(-1) for each in self.axes)).astype(np.float64)
        return inside

    @property
    def _sides(self) -> tuple[int, int]:
        (top, _), (left, _) = self._window.padding
        return top, left

    def _reads(self, value: Numbers, beyond: float) -> Iterator[tuple[int, int, Numbers]]:
        """Tap by tap what all windows read there, (C, H, W) of the output; ``beyond`` where that is no place."""
        rows, columns = self.axes
        filled = np.pad(value, ((0, 0), (0, 1), (0, 1)), constant_values=beyond)  # which BEYOND, -1, reads
        if not self.setting.is_transposed:  # all that is read lies at even steps, so views of one padded map will do
            lines, steps = zip(*(self._line(i) for i in (0, 1)), strict=True)
            padded = filled[:, lines[0]][:, :, lines[1]]
            ends = [(len(each.read) - 1) * step + 1 for each, step in zip(self.axes, steps, strict=True)]
            for down, up in enumerate(rows.asked[0] - rows.asked[0, 0]):
                for across, left in enumerate(columns.asked[0] - columns.asked[0, 0]):
                    yield down, across, padded[:, up : up + ends[0] : steps[0], left : left + ends[1] : steps[1]]
            return
        for down in range(rows.read.shape[1]):
            band = filled[:, rows.read[:, down]]
            for across in range(columns.read.shape[1]):
                yield down, across, band[:, :, columns.read[:, across]]

    def _line(self, i: int) -> tuple[Places, int]:
        """Along an axis: what stands at each place from the first tap to the last one, and how far windows move."""
        asked, length = self.axes[i].asked, self.value.shape[i + 1]
        first, last = int(asked.min()), int(asked.max())
        step = int(asked[1, 0] - asked[0, 0]) if len(asked) > 1 else 1
        return axis(first, last - first + 1, 1, length, self._mode).read, step

    def _weighed(self, value: Numbers) -> Numbers:
        groups = self.setting.groups
        found = np.zeros(tuple(self.shape)) + (self.bias[:, None, None] if self.setting.bias else 0.0)
        outs, ins = len(found) // groups, len(value) // groups
        for down, across, read in self._reads(value, 0.0):
            for group in range(groups):
                made = slice(group * outs, (group + 1) * outs)
                weights = self.laid[made, :, down, across]
                under = read[group * ins : (group + 1) * ins]
                found[made] += weights[:, :, None] * under if ins == 1 else np.tensordot(weights, under, 1)
        return found

    def channels_of(self, channel: int) -> range:
        """Which of the maps that go in one that comes out is made of."""
        if not self.setting.is_weighed:
            return range(channel, channel + 1)
        each = self.setting.in_channels // self.setting.groups
        first = channel // (self.setting.out_channels // self.setting.groups) * each
        return range(first, first + each)

    def calculation(self, cell: tuple[int, int, int]) -> Calculation:
        """How the number at (map, row, column) of what comes out comes about."""
        setting, (channel, row, column) = self.setting, cell
        axes = self.axes[0].at(row), self.axes[1].at(column)
        channels = self.channels_of(channel)
        if setting.is_weighed:
            window = window_at(self.value, channels, axes, self.laid[channel], all_count=not setting.is_transposed)
            made = weighed_sum(cell, [window], float(self.bias[channel]) if setting.bias else None)
        else:
            made = self._pooled(cell, axes)
        return replace(made, result=float(self.output[cell]), eps=float(np.finfo(np.float64).eps))

    def _pooled(self, cell: tuple[int, int, int], axes: Sequence[Axis]) -> Calculation:
        setting, window = self.setting, window_at(self.value, [cell[0]], axes)
        if setting.operation in ("max pooling", "global max pooling"):
            return largest(cell, [window])
        if setting.operation == "LP pooling":
            return power_mean(cell, window, setting.norm_type)
        sides, counts = ((0, 0), False) if setting.operation in GLOBAL else (self._sides, setting.count_include_pad)
        return mean_pooled(cell, window, float(kept(axes, sides, self.value.shape)), None, with_padding=counts)

    # a transposed convolution, step by step

    def landing(self, row: int, column: int) -> tuple[range, range]:
        """Where the kernel comes to lie on the output for a place of the input, beyond its edges too."""
        window, found = self._window, []
        for i, place in enumerate((row, column)):
            first = place * window.stride[i] - window.padding[i][0]
            found.append(range(first, first + window.extent[i], window.dilation[i]))
        return found[0], found[1]

    def output_after(self, step: int) -> Numbers:
        """What has come out once the first ``step`` places of the input, row by row, have laid down their kernels."""
        read = self.value.copy()
        read.reshape(len(read), -1)[:, step:] = 0.0
        return self._weighed(read)

    # as a matrix

    @cached_property
    def _matrices(self) -> dict[tuple[int, int], Numbers | None]:
        return {}

    def matrix(self, channel: int, into: int) -> Numbers | None:
        """The matrix (places of a map that comes out, places of one that goes in) that does the same as the kernel.

        The sum over the maps of their products with it, and the bias, is the map that comes out. None where there is
        no such matrix, as for a maximum, and where it would have more than ``MOST_ENTRIES``.
        """
        if (channel, into) not in self._matrices:
            self._matrices[channel, into] = self._matrix(channel, into)
        return self._matrices[channel, into]

    def _matrix(self, channel: int, into: int) -> Numbers | None:
        linear = self.setting.is_weighed or self.setting.operation in ("average pooling", "global average pooling")
        (height, width), (rows, columns) = self.shape.spatial, self.axes
        if not linear or height * width * self.value[0].size > MOST_ENTRIES:
            return None
        found = np.zeros((height, width, *self.value.shape[1:]))
        channels = self.channels_of(channel)
        if into not in channels:
            return found.reshape(height * width, -1)
        for down in range(rows.read.shape[1]):
            for across in range(columns.read.shape[1]):
                i, j = np.nonzero(rows.read[:, down] != BEYOND)[0], np.nonzero(columns.read[:, across] != BEYOND)[0]
                places = (i[:, None], j[None, :], rows.read[i, down][:, None], columns.read[j, across][None, :])
                if self.setting.is_weighed:
                    share: Numbers | float = float(self.laid[channel, channels.index(into), down, across])
                else:
                    share = 1.0 / self._divisor[np.ix_(i, j)]
                found[places] += share  # no window reads a place twice by one tap
        return found.reshape(height * width, -1)

    # in words

    @property
    def formula(self) -> Formula | None:
        """The output size with the numbers in it, the parameters and the cost; of 1-D the width alone."""
        made = formula(self.setting.block, (self.setting.shape,))
        if made is None or not self.setting.is_flat:
            return made
        lines = [line.removeprefix("width: ") for line in made.lines if not line.startswith("height: ")]
        return replace(made, lines=tuple(line.removeprefix("height and width: ") for line in lines))

    @property
    def convention(self) -> str:
        """What is done, and how the edges are taken, in a few words."""
        setting = self.setting
        words = [{"convolution": "convolution, the kernel is flipped"}.get(setting.operation, setting.operation)]
        if setting.operation in CONVOLVED:
            padded = setting.padding == "same" or max(pair(setting.padding)) > 0
            mode = setting.padding_mode
            words.append(f"{mode} at the edges" if padded and mode != "valid" else "no padding (valid)")
        sentence = ", ".join(words)
        return sentence[:1].upper() + sentence[1:]


def _axes(numbers: object, count: int) -> Numbers:
    found = np.asarray(numbers, np.float64)
    return found.reshape((1,) * (count - found.ndim) + found.shape)


def _fitted(numbers: Numbers, shape: tuple[int, ...], fill: Numbers | None) -> Numbers:
    """The numbers in another shape: cut off, and where there are too few those of ``fill``, or the same once more."""
    if numbers.shape == shape:
        return numbers
    if fill is None:
        return np.resize(numbers, shape) if numbers.ndim == 1 else _repeated(numbers, shape)
    made = fill.copy()
    common = tuple(slice(min(a, b)) for a, b in zip(numbers.shape, shape, strict=True))
    made[common] = numbers[common]
    return made


def _repeated(numbers: Numbers, shape: tuple[int, ...]) -> Numbers:
    wanted = [(0, max(0, b - a)) for a, b in zip(numbers.shape, shape, strict=True)]
    return np.pad(numbers, wanted, mode="wrap")[tuple(slice(length) for length in shape)]


def _counting(shape: tuple[int, ...]) -> Numbers:
    """Small numbers without a pattern, always the same."""
    places = np.indices(shape)
    made: Numbers = ((places * np.array([5, 7, 3]).reshape(-1, 1, 1, 1)).sum(0) ** 2 % 11 % 4).astype(np.float64)
    return made


def _beginning(shape: tuple[int, ...]) -> Numbers:
    """Kernels to begin with: each looks for an edge, the next one for the same edge turned or the other way round."""
    made = np.zeros(shape)
    for out, into in np.ndindex(*shape[:2]):
        turned, sign = (out + into) % 2, 1.0 if (out + into) % 4 < 2 else -1.0
        plane = made[out, into]
        if turned:
            plane[0, :], plane[-1, :] = sign, -sign if shape[2] > 1 else sign
        else:
            plane[:, 0], plane[:, -1] = sign, -sign if shape[3] > 1 else sign
    return made

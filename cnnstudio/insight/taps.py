"""Taps: where the taps of a window lie, what they read, and what is made of it. NumPy; knows no torch.

Whatever slides over a map is told by these few rules, in a layer of a network as under the microscope. See
https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html and the pages of its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnstudio.insight.calculation import BEYOND, Calculation, Line, Numbers, Places, Window, line_of
from cnnstudio.wording import counted


@dataclass(frozen=True, eq=False)
class Axis:
    """The taps along one axis: where each lies, and which place it reads, ``BEYOND`` for none.

    Of one window they are (kernel,), of all windows of a map (windows, kernel).
    """

    asked: Places
    read: Places

    def at(self, window: int) -> Axis:
        """Those of one of the windows."""
        return Axis(self.asked[window], self.read[window])


def axis(start: int | Places, kernel: int, dilation: int, length: int, mode: str) -> Axis:
    """So many taps from ``start`` on, over a map that is so long and goes on beyond its ends as the mode says.

    ``start`` is one place or an array of them, (windows, 1). The modes are those of torch's ``padding_mode``, and
    "symmetric" as NumPy's ``pad`` has it.
    """
    asked = np.asarray(start + np.arange(kernel, dtype=np.int64) * dilation)
    return Axis(asked, _folded(asked, length, mode))


def between(place: int | Places, kernel: int, *, stride: int, padding: int, dilation: int, length: int) -> Axis:
    """The taps of a transposed window over a place of the output, or over an array of them, (places, 1).

    Tap k reads input i where i · stride = place + padding - k · dilation; the other taps lie between the inputs.
    """
    reached = np.asarray(place + padding - np.arange(kernel, dtype=np.int64) * dilation)
    asked = np.where(reached % stride == 0, reached // stride, BEYOND)
    return Axis(asked, np.where((asked >= 0) & (asked < length), asked, BEYOND))


def _folded(places: Places, length: int, mode: str) -> Places:
    """Which places of the map stand at these, of which some are outside of it."""
    match mode:
        case "reflect":
            inside = np.where(places < 0, -places, np.where(places >= length, 2 * (length - 1) - places, places))
        case "symmetric":
            inside = np.where(places < 0, -1 - places, np.where(places >= length, 2 * length - 1 - places, places))
        case "replicate":
            inside = np.clip(places, 0, length - 1)
        case "circular":
            inside = places % length
        case _:
            inside = np.where((places >= 0) & (places < length), places, BEYOND)
    return np.asarray(inside, np.int64)


def window_at(
    value: Numbers,
    channels: Sequence[int],
    axes: Sequence[Axis],
    weights: Numbers | None = None,
    *,
    all_count: bool = False,
) -> Window:
    """What one window reads of these channels of ``value`` (C, H, W), times its weights (P, h, w) where it has some.

    With ``all_count`` what lies outside of the map counts, as zero; else it does not.
    """
    rows, columns = (line_of(each.read) for each in axes)
    held = value[list(channels)][:, rows][:, :, columns]
    inside = (rows != BEYOND)[:, None] & (columns != BEYOND)[None, :]
    values = np.where(inside, held, 0.0)
    terms = values if weights is None else values * weights
    counts = np.ones_like(inside) if all_count else inside
    return Window(0, line_of(channels), rows, columns, axes[0].asked, axes[1].asked, values, weights, terms, counts)


# what is made of a window


def weighed_sum(cell: tuple[int, ...], windows: Sequence[Window], bias: float | None) -> Calculation:
    """Products summed over the channels, and a bias."""
    count = sum(len(window.channels) * int(window.counted.sum()) for window in windows)
    total = float(sum(window.terms.sum() for window in windows))
    size = float(sum(np.abs(window.terms).sum() for window in windows)) + abs(bias or 0.0)
    lines = [Line(f"sum of {counted(count, 'product')}", total)]
    if bias is not None:
        total += bias
        lines += [Line(f"plus the bias {written(bias)}", total)]
    formula = "sum of value × weight" + (" + bias" if bias is not None else "")
    return Calculation(cell, formula, tuple(windows), tuple(lines), total, (count + 4) * size)


def written(value: float) -> str:
    """A number for reading: four digits that count, with a minus and no hyphen."""
    return f"{value:.4g}".replace("-", "−")


def largest(cell: tuple[int, ...], windows: Sequence[Window]) -> Calculation:
    """The largest of what counts in one window; it is one of its numbers, so nothing is rounded."""
    (window,) = windows
    held = np.where(window.counted, window.values, -np.inf)
    nan = np.isnan(held)
    index = int(np.argmax(nan if nan.any() else held))
    found = np.unravel_index(index, held.shape)
    channel, row, column = int(found[0]), int(found[1]), int(found[2])
    best = float(held[channel, row, column])
    count = len(window.channels) * int(window.counted.sum())
    lines = (Line(f"the largest of {counted(count, 'number')}", best),)
    if not count:
        return Calculation(cell, "largest value", (window,), lines, best, 0.0, note=BESIDE)
    return Calculation(cell, "largest value", (window,), lines, best, 0.0, (channel, row, column))


def mean(cell: tuple[int, ...], windows: Sequence[Window], divisor: float, note: str = "") -> Calculation:
    """The sum of what counts, divided."""
    total = float(sum(window.terms.sum() for window in windows))
    size = float(sum(np.abs(window.terms).sum() for window in windows))
    count = sum(len(window.channels) * int(window.counted.sum()) for window in windows)
    out = total / divisor
    lines = (Line(f"sum of {counted(count, 'number')}", total), Line(f"divided by {divisor:g}", out))
    rounding = (count + 4) * size / abs(divisor)
    return Calculation(cell, f"sum of values ÷ {divisor:g}", tuple(windows), lines, out, rounding, note=note)


BESIDE = "The window reads no place of the map, so PyTorch gives −∞."
CUT = "The last window is cut off at the border (ceil_mode), so it is divided by fewer."
CUT_POWER = "The last window is cut off at the border (ceil_mode); PyTorch counts it as though it were full."


def kept(axes: Sequence[Axis], padding: tuple[int, int], shape: tuple[int, ...]) -> Numbers:
    """How many taps of a mean's windows are counted in its divisor where padding counts, (windows,) along each axis.

    What ``ceil_mode`` adds behind the padding is never counted. The product of both axes is the divisor.
    """
    down, across = (
        (each.asked < length + sides).sum(-1) for each, sides, length in zip(axes, padding, shape[-2:], strict=True)
    )
    counts: Numbers = np.multiply.outer(down, across).astype(np.float64)
    return counts


def mean_pooled(
    cell: tuple[int, ...], window: Window, kept_taps: float, divisor: float | None, *, with_padding: bool
) -> Calculation:
    """The mean of a window of which ``kept_taps`` count with the padding; ``divisor`` takes the place of any count."""
    chosen = divisor or (kept_taps if with_padding else int(window.counted.sum()))
    is_cut = not divisor and kept_taps < window.values[0].size
    return mean(cell, [window], chosen, CUT if is_cut else "")


def power_mean(cell: tuple[int, ...], window: Window, power: float) -> Calculation:
    """The p-th root of the sum of p-th powers. Of a window that is cut off, torch takes the mean times its whole size.

    Torch takes no absolute value: a sum below zero, which an odd or broken p can give, has no root but for p = 1.
    """
    whole = window.values[0].size
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        terms = np.where(window.counted, window.values**power, 0.0)
        total, inside = float(terms.sum()), int(window.counted.sum())
        lines = [Line(f"sum of {counted(inside, 'value')} to the power {power:g}", total)]
        note = ""
        if inside != whole:
            total *= whole / inside
            lines += [Line(f"times {whole} ÷ {inside}, as the window is cut off", total)]
            note = CUT_POWER
        out = float(np.float64(total) ** (1 / power))
        lines += [Line(f"its root of degree {power:g}", out)]
        size = float(np.abs(terms).sum()) * whole / max(1, inside)
        near = abs(total) / size if size else 1.0
        rounding = (whole + 16) * (abs(out) / power / near if near > 1e-9 else size ** (1 / power))
    shown = Window(
        0, window.channels, window.rows, window.columns, window.asked_rows, window.asked_columns,
        window.values, None, terms, window.counted,
    )  # fmt: skip
    formula = f"(sum of value^{power:g})^(1/{power:g})"
    return Calculation(cell, formula, (shown,), tuple(lines), out, float(rounding), note=note)

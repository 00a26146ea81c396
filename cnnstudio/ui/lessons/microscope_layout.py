"""Microscope layout: where on the stage numbers, pictures, frames and words stand. Paints nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QFont, QFontMetricsF

from cnnstudio.insight.calculation import BEYOND, Numbers
from cnnstudio.insight.taps import axis
from cnnstudio.ui.lessons.microscope_view import View, why_no_matrix
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.number_grid import NumberGrid, Scale, scale_of, written

GAP, SMALL_GAP = 10, 2
SMALL = 16  # pixels of the figures, below which words are short, too
SIZES = (40, 32, 26, 22, 19, 16, 13, 11, 10)  # pixels of the figures at the normal size of text
MOST_NUMBERS = 16  # rows and columns of a map that is shown in numbers; a larger one is a picture
MOST_MATRIX = 40  # the same of a matrix
CLEAR = 6  # pixels of a cell, from which one is framed by itself
Key = Literal["input", "kernel", "bias", "output", "matrix", "other"]


@dataclass(frozen=True, eq=False)
class Plate:
    """A grid of numbers; ``channel`` is the map that it is of, and ``first`` the place of its first cell."""

    grid: NumberGrid
    key: Key
    channel: int = 0
    first: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class PicturePlate:
    """A map that is shown as a picture."""

    values: Numbers
    box: QRectF
    key: Key
    is_signed: bool


@dataclass
class Layout:
    """All that is painted, in figures of one font and words of another."""

    figures: QFont
    letters: QFont
    plates: list[Plate] = field(default_factory=list)
    pictures: list[PicturePlate] = field(default_factory=list)
    words: list[tuple[QRectF, str, str]] = field(default_factory=list)  # where, what, in which role
    frames: list[tuple[QRectF, str]] = field(default_factory=list)  # where, in which colour
    width: float = 0.0
    height: float = 0.0


def laid_out(view: View, room: QSizeF) -> Layout:
    """The layout in the largest letters with which it fits, or in the smallest."""
    least = _Builder(view, SIZES[-1], room).build()
    larger = min(room.width() / max(1.0, least.width), room.height() / max(1.0, least.height))
    for size in SIZES[:-1]:
        if size <= SIZES[-1] * larger + 1:  # about as much as its letters all grows
            made = _Builder(view, size, room).build()
            if made.width <= room.width() and made.height <= room.height():
                return made
    return least


class _Builder:
    def __init__(self, view: View, size: int, room: QSizeF) -> None:
        self.view, self.microscope, self.room = view, view.microscope, room
        figures, letters = theme.monospace("small"), theme.font("small" if size < SMALL else "body")
        figures.setPixelSize(round(size * theme.scale))
        metrics, self.small = QFontMetricsF(figures), QFontMetricsF(letters)
        self.advance, self.high = metrics.horizontalAdvance("0"), math.ceil(metrics.height()) + 3.0
        self.top = math.ceil(self.small.height()) + 3.0
        self.made = Layout(figures, letters)
        self.x, self.gap, self.is_small = 2.0, SMALL_GAP if size < SMALL else GAP, size < SMALL

    def build(self) -> Layout:
        if self.view.is_matrix:
            self._matrix()
        else:
            self._input()
            self._rows()
            self._output()
        self.made.width = math.ceil(self.x) + 2
        return self.made

    # pieces

    def _say(self, words: str, x: float, y: float, role: str = "muted") -> float:
        wide = math.ceil(self.small.horizontalAdvance(words)) + 4
        self.made.words.append((QRectF(x, y, wide, math.ceil(self.small.height())), words, role))
        self._reach(x + wide, y + self.small.height())
        return x + wide

    def _reach(self, right: float, bottom: float) -> None:
        self.x = max(self.x, right)
        self.made.height = max(self.made.height, math.ceil(bottom) + 2)

    def _grid(
        self,
        numbers: Numbers,
        x: float,
        y: float,
        key: Key,
        *,
        what: str,
        scale: Scale | None = None,
        channel: int = 0,
        first: tuple[int, int] = (0, 0),
        outside: NDArray[np.bool_] | None = None,
        counted: NDArray[np.bool_] | None = None,
        faded: NDArray[np.bool_] | None = None,
        winner: tuple[int, int] | None = None,
    ) -> NumberGrid:
        scale = scale or scale_of(numbers, self.advance, self.high)
        box = QRectF(x, y, scale.wide * numbers.shape[1], self.high * numbers.shape[0])
        no, yes = np.zeros(numbers.shape, bool), np.ones(numbers.shape, bool)
        grid = NumberGrid(
            numbers, scale, box, self.high, what,
            no if outside is None else outside, yes if counted is None else counted, winner, faded,
        )  # fmt: skip
        self.made.plates.append(Plate(grid, key, channel, first))
        self._reach(box.right(), box.bottom())
        return grid

    def _picture(self, values: Numbers, x: float, key: Key, is_signed: bool, share: float = 0.34) -> QRectF:
        height, width = values.shape
        place = min(self.room.width() * share, max(96.0, self.room.height() - self.top - 2))
        scale = min(place / height, place / width)
        scale = float(int(scale)) if scale >= 2 else max(scale, 1.0) if max(height, width) <= 128 else scale
        box = QRectF(x, self.top, width * scale, height * scale)
        self.made.pictures.append(PicturePlate(values, box, key, is_signed))
        self._reach(box.right(), box.bottom())
        return box

    # what goes in

    def _input(self) -> None:
        microscope, view = self.microscope, self.view
        channels = microscope.channels_of(view.channel)
        shown = view.into if view.into in channels else channels[0]
        words = "input" if len(microscope.value) == 1 else f"input, map {shown + 1} of {len(microscope.value)}"
        x = self.x
        self._say(words, x, 0.0)
        value = microscope.value[shown]
        row, column = view.at
        rows, columns = (
            (np.array([row]), np.array([column]))
            if microscope.setting.is_transposed
            else (microscope.axes[0].asked[row], microscope.axes[1].asked[column])
        )
        if max(value.shape) > MOST_NUMBERS:
            box = self._picture(value, x, "input", is_signed=bool((value < 0).any()))
            wide, high = box.width() / value.shape[1], box.height() / value.shape[0]
            origin = (0, 0)
        else:
            lines, numbers, outside, counted = self._padded(shown)
            origin = (int(lines[0][0]), int(lines[1][0]))
            grid = self._grid(
                numbers, x, self.top, "input", what="input", channel=shown, first=origin, outside=outside,
                counted=counted,
            )  # fmt: skip
            box, wide, high = grid.box, grid.scale.wide, grid.high
        left, up = box.x() - origin[1] * wide, box.y() - origin[0] * high
        whole = QRectF(
            left + columns[0] * wide, up + rows[0] * high, (columns[-1] - columns[0] + 1) * wide,
            (rows[-1] - rows[0] + 1) * high,
        )  # fmt: skip
        is_apart = any(len(each) > 1 and each[1] - each[0] > 1 for each in (rows, columns))
        if is_apart and wide >= CLEAR:
            self.made.frames += [
                (QRectF(left + j * wide, up + i * high, wide, high), "validation") for i in rows for j in columns
            ]
        else:
            self.made.frames.append((whole, "validation"))
        self.x = max(self.x, whole.right() + 1) + self.gap

    def _padded(
        self, channel: int
    ) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], Numbers, NDArray[np.bool_], NDArray[np.bool_]]:
        """A map with all that windows read round it: the places, the numbers, which are outside, and which count."""
        microscope, setting = self.microscope, self.microscope.setting
        value, places, read = microscope.value[channel], [], []
        window = setting.block.window(setting.shape)
        for i in (0, 1):
            length, first, last = value.shape[i], 0, value.shape[i] - 1
            if not setting.is_transposed and window is not None:
                before, after = window.padding[i]
                asked = microscope.axes[i].asked
                first, last = min(-before, int(asked.min())), max(length - 1 + after, int(asked.max()))
            mode = setting.padding_mode if setting.operation in ("cross-correlation", "convolution") else "zeros"
            found = axis(first, last - first + 1, 1, length, mode)
            places.append(found.asked)
            read.append(found.read)
        held = value[np.ix_(*read)]
        beyond = [(each < 0) | (each >= length) for each, length in zip(places, value.shape, strict=True)]
        outside = np.logical_or.outer(*beyond)
        is_blank = np.logical_or.outer(*((each == BEYOND) for each in read))
        numbers = np.where(is_blank, 0.0, held)
        is_zero = setting.is_weighed or (setting.operation == "average pooling" and setting.count_include_pad)
        counted = ~is_blank if not is_zero else np.ones_like(is_blank)
        if is_zero and not setting.is_weighed and window is not None:  # nothing counts that ceil_mode adds behind it
            inside = [
                each < length + window.padding[i][1]
                for i, (each, length) in enumerate(zip(places, value.shape, strict=True))
            ]
            counted &= np.logical_and.outer(*inside)
        return (places[0], places[1]), numbers, outside, counted

    # what is done with it

    def _rows(self) -> None:
        """A row for each map that is read: the kernel, what lies under it, and the products."""
        microscope, setting, view = self.microscope, self.microscope.setting, self.view
        y, start = self.top, self.x
        channels = microscope.channels_of(view.channel)
        windows = self._windows()
        values = np.stack([window for window, _, _ in windows])
        terms = np.stack([term for _, term, _ in windows])
        scales = [scale_of(numbers.ravel()[None], self.advance, self.high) for numbers in (values, terms)]
        weights = None
        if setting.is_weighed:
            weights = scale_of(microscope.weight[view.channel].ravel()[None], self.advance, self.high)
        for number, (channel, (window, term, counted)) in enumerate(zip(channels, windows, strict=True)):
            x, name = start, f"map {channel + 1}: " if len(channels) > 1 else ""
            label = y - self.top
            if setting.is_weighed:
                kernel = microscope.weight[view.channel, number]
                self._say(f"{name}kernel", x, label)
                grid = self._grid(kernel, x, y, "kernel", what="weight", scale=weights, channel=number)
                x = grid.box.right()
                if setting.operation == "convolution":
                    x = self._sign("→", x, grid)
                    self._say("flipped", x, label)
                    laid = microscope.laid[view.channel, number]
                    grid = self._grid(laid, x, y, "other", what="flipped weight", scale=weights)
                    x = grid.box.right()
                x = self._sign("×", x, grid)
                self._say("number" if setting.is_transposed else "window", x, label)
                numbers = self._grid(window, x, y, "other", what="value", scale=scales[0], counted=counted)
                x = self._sign("=", numbers.box.right(), grid)
                products = f"{'' if self.is_small else 'products, '}Σ {self._sum(term)}"
                self._say("lands there" if setting.is_transposed else products, x, label)
                last = self._grid(term, x, y, "other", what="product", scale=scales[1])
            else:
                self._say(f"{name}window", x, label)
                winner = view.calculation.winner
                last = self._grid(
                    window, x, y, "other", what="value", scale=scales[0], counted=counted,
                    winner=None if winner is None else winner[1:],
                )  # fmt: skip
                if not np.array_equal(term, window):
                    x = self._sign("→", last.box.right(), last)
                    self._say(f"to the power {setting.norm_type:g}", x, label)
                    last = self._grid(term, x, y, "other", what="term", scale=scales[1], counted=counted)
            y = max(last.box.bottom(), y + self.high * setting.kernel[0] * setting.is_weighed) + self.top + 2
            self._reach(x, y - self.top)
        if setting.bias:
            x = self.x + self.gap
            self._say("bias", x, 0.0)
            self._grid(microscope.bias[view.channel : view.channel + 1][None], x, self.top, "bias", what="bias")
        self.x += 2 * self.gap

    def _windows(self) -> list[tuple[Numbers, Numbers, NDArray[np.bool_]]]:
        """Of each map that is read: what lies under the window, the terms, and which count."""
        microscope, view = self.microscope, self.view
        if microscope.setting.is_transposed:
            channels, (row, column) = microscope.channels_of(view.channel), view.at
            numbers = [microscope.value[channel, row, column] for channel in channels]
            return [
                (np.array([[number]]), number * microscope.weight[view.channel, index], np.ones((1, 1), bool))
                for index, number in enumerate(numbers)
            ]
        (window,) = view.calculation.windows
        return [(window.values[index], window.terms[index], window.counted) for index in range(len(window.channels))]

    def _sign(self, sign: str, x: float, beside: NumberGrid) -> float:
        wide = math.ceil(self.small.horizontalAdvance(sign)) + self.gap
        self.made.words.append((QRectF(x, beside.box.y(), wide, beside.box.height()), sign, "sign"))
        return x + wide

    @staticmethod
    def _sum(terms: Numbers) -> str:
        scale = scale_of(terms, 1.0)
        return written(float(terms.sum()), scale.decimals)

    # what comes out

    def _output(self) -> None:
        microscope, view = self.microscope, self.view
        row, column = view.at
        is_laid = microscope.setting.is_transposed
        whole = view.so_far
        output, faded = whole[view.channel], None
        words = "output" if len(whole) == 1 else f"output, map {view.channel + 1} of {len(whole)}"
        if is_laid:
            words += f", after {view.step + 1} of {view.steps}"
        x = self.x
        self._say(words, x, 0.0)
        if max(output.shape) > MOST_NUMBERS:
            box = self._picture(output, x, "output", is_signed=bool((output < 0).any()))
            wide, high = box.width() / output.shape[1], box.height() / output.shape[0]
        else:
            faded = self._untouched(output.shape)
            scale = scale_of(microscope.output[view.channel], self.advance, self.high)
            grid = self._grid(output, x, self.top, "output", what="output", scale=scale, faded=faded)
            box, wide, high = grid.box, grid.scale.wide, grid.high
        if is_laid:
            rows, columns = (
                [place for place in places if 0 <= place < length]
                for places, length in zip(microscope.landing(row, column), output.shape, strict=True)
            )
            self.made.frames += [
                (QRectF(box.x() + j * wide, box.y() + i * high, wide, high), "accent") for i in rows for j in columns
            ]
        else:
            self.made.frames.append((QRectF(box.x() + column * wide, box.y() + row * high, wide, high), "accent"))

    def _untouched(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which places of the output no step has reached."""
        view, found = self.view, np.ones(shape, bool)
        if not self.microscope.setting.is_transposed:
            found.reshape(-1)[: view.step + 1] = False
            return found
        for step in range(view.step + 1):
            rows, columns = (
                [place for place in places if 0 <= place < length]
                for places, length in zip(self.microscope.landing(*divmod(step, view.paths[1])), shape, strict=True)
            )
            found[np.ix_(rows, columns)] = False
        return found

    # as a matrix

    def _matrix(self) -> None:
        microscope, view = self.microscope, self.view
        channels = microscope.channels_of(view.channel)
        into = view.into if view.into in channels else channels[0]
        matrix = microscope.matrix(view.channel, into)
        if matrix is None:
            self._reach(self._say(why_no_matrix(microscope), self.x, 0.0), self.top)
            return
        read, made = microscope.value[into].reshape(1, -1), (matrix @ microscope.value[into].ravel())[:, None]
        is_one_of_many = len(microscope.value) * len(microscope.output) > 1
        many = f", map {into + 1} into map {view.channel + 1}" if is_one_of_many else ""
        words = f"matrix of {matrix.shape[0]:,} × {matrix.shape[1]:,}{many}; above it the input, row after row"
        x = self.x
        self._say(words, x, 0.0)
        is_laid = microscope.setting.is_transposed
        if max(matrix.shape) > MOST_MATRIX:
            box = self._picture(matrix, x, "matrix", is_signed=bool((matrix < 0).any()), share=1.0)
            wide, high = box.width() / matrix.shape[1], box.height() / matrix.shape[0]
        else:
            wide = max(scale_of(each, self.advance).wide for each in (matrix, read))
            scales = [
                Scale(each.decimals, each.largest, wide) for each in (scale_of(m, self.advance) for m in (read, matrix))
            ]
            self._grid(read, x, self.top, "other", what="value", scale=scales[0])
            grid = self._grid(matrix, x, self.top + self.high + 4, "matrix", what="weight", scale=scales[1])
            sign = self._sign("=", grid.box.right(), grid)
            self._grid(made, sign, grid.box.y(), "other", what="sum")
            box, high = grid.box, grid.high
        if is_laid:
            frame = QRectF(box.x() + view.step * wide, box.y(), wide, box.height())
        else:
            frame = QRectF(box.x(), box.y() + view.step * high, box.width(), high)
        self.made.frames.append((frame, "accent"))

"""Microscope view: what of a microscope is looked at, and at which step. Paints nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from cnnstudio.insight.calculation import Calculation, Numbers
from cnnstudio.lessons.microscope import Microscope


@dataclass(frozen=True)
class View:
    """What is looked at: the map that comes out, one that goes in, which step, and whether as a matrix."""

    microscope: Microscope
    channel: int = 0
    into: int = 0
    step: int = 0
    is_matrix: bool = False

    @property
    def paths(self) -> tuple[int, int]:
        """Rows and columns of what is gone through step by step: the output, or the input that is laid down."""
        microscope = self.microscope
        if microscope.setting.is_transposed:
            return int(microscope.value.shape[1]), int(microscope.value.shape[2])
        height, width = microscope.shape.spatial
        return height, width

    @property
    def steps(self) -> int:
        """How many steps there are."""
        height, width = self.paths
        return height * width

    @property
    def at(self) -> tuple[int, int]:
        """Row and column of the step."""
        return divmod(self.step, self.paths[1])

    @cached_property
    def calculation(self) -> Calculation:
        """How the number at this step comes about; of a transposed convolution a step makes no number."""
        return self.microscope.calculation((self.channel, *self.at))

    @cached_property
    def so_far(self) -> Numbers:
        """What has come out by this step: all of it but where kernels are laid down one after the other."""
        is_laid = self.microscope.setting.is_transposed
        return self.microscope.output_after(self.step + 1) if is_laid else self.microscope.output


def why_no_matrix(microscope: Microscope) -> str:
    """Why there is no matrix to show."""
    if "max" in microscope.setting.operation or "LP" in microscope.setting.operation:
        return "No matrix does this: what comes out is no weighted sum of what goes in."
    rows, columns = math.prod(microscope.shape.spatial), microscope.value[0].size
    return f"The matrix would have {rows:,} × {columns:,} numbers, nearly all of them 0. Take fewer rows and columns."


def told_step(view: View) -> str:
    """What happens at a step, in words."""
    row, column = view.at
    if view.microscope.setting.is_transposed:
        number = view.microscope.value[view.microscope.channels_of(view.channel)[0], row, column]
        return f"The number in row {row + 1}, column {column + 1}, {_read(float(number))}, lays its kernel down."
    return f"Row {row + 1}, column {column + 1}: {_lines(view.calculation)}"


def _lines(made: Calculation) -> str:
    """The lines of a calculation in one."""
    words = "; ".join(f"{line.words} = {_read(line.value)}" for line in made.lines)
    return f"{words}. {made.note}".strip()


def _read(number: float) -> str:
    return f"{number:.7g}".replace("-", "−")

"""Arithmetic words: what the arithmetic panel says of a value, its field and its roundings. Knows no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnnstudio.insight.calculation import BEYOND, Calculation
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import html
from cnnstudio.ui.widgets.number_grid import decimals_of

if TYPE_CHECKING:
    from cnnstudio.insight.examination import Examined


def read(number: float) -> str:
    """A number of a line: seven digits that count, as many as a float32 keeps at least."""
    return f"{number:.7g}".replace("-", "−")


def place(found: Examined) -> str:
    """Where a number stands, counted from 1."""
    cell = [each + 1 for each in found.cell]
    match len(cell):
        case 3:
            return f"map {cell[0]:,}, row {cell[1]:,}, column {cell[2]:,}"
        case 2:
            return f"token {cell[0]:,}, number {cell[1]:,}"
    return f"number {cell[0]:,} of {len(found.output):,}"


def span(places: range) -> str:
    """``3 to 5``, ``3``, counted from 1."""
    return f"{places.start + 1:,}" if len(places) == 1 else f"{places.start + 1:,} to {places.stop:,}"


def field(found: Examined) -> str:
    """How much of the picture a number sees."""
    box, seen = found.field, found.seen
    if box is None or seen is None:
        return "Its field is not known"
    if not all(box):
        return "It sees no pixel"
    size = f"{len(box[0])} × {len(box[1])}"
    height, width = found.picture.image.shape[1:]
    if (len(box[0]), len(box[1])) == (height, width):
        return f"It sees the whole picture, {size}"
    return f"It sees at most {size} pixels" if seen.status == "upper bound" else f"It sees {size} pixels"


def reached(found: Examined, pixel: tuple[int, int], places: tuple[range, ...] | None) -> str:
    """Where a pixel goes."""
    start = f"The pixel in row {pixel[0] + 1}, column {pixel[1] + 1}"
    if places is None:
        return f"{start}: where it goes is not known for {found.node}."
    if not all(places):
        return f"{start} reaches no value of {found.node}."
    bound = "at most " if found.seen is not None and found.seen.way == "upper bound" else ""
    if len(places) == 1:
        kind = "tokens" if found.output.ndim == 2 else "numbers"
        return f"{start} reaches {bound}{kind} {span(places[0])} of {found.node}."
    return f"{start} reaches {bound}rows {span(places[0])}, columns {span(places[1])} of {found.node}."


def input_map(
    found: Examined, rows: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.floating[Any]], tuple[range, range] | None, str] | None:
    """The map that the first row of numbers is read from, what of it the window covers, and its name."""
    if found.calculation is None or not rows:
        return None
    window = found.calculation.windows[rows[0][0]]
    if window.port >= len(found.inputs) or found.calculation.looks is not None:
        return None
    value, channel = found.inputs[window.port], int(window.channels[rows[0][1]])
    read = [window.rows[window.rows != BEYOND], window.columns[window.columns != BEYOND]]
    box = None
    if all(len(each) for each in read):
        box = range(int(read[0].min()), int(read[0].max()) + 1), range(int(read[1].min()), int(read[1].max()) + 1)
    name = f"{found.reads[window.port]}, map {channel + 1:,}"
    if value.ndim == 3:
        return value[channel], box, name
    if window.values.shape[1:] != (1, 1):
        return window.values[rows[0][1]], None, name
    return None


def agreement(made: Calculation) -> str:
    """Whether what is computed here is what PyTorch gives."""
    if made.difference == 0:
        return "That is the same number, to the last digit."
    if made.agrees:
        return (
            f"That differs by {made.difference:.1e}: PyTorch rounds at each step to float32, and the lines here do not."
        )
    return f"That differs by {made.difference:.3g}, more than rounding explains. Please tell us of this network."


def rounding(made: Calculation) -> str:
    """Whether the numbers as they are shown, rounded, add up to the sum as it is shown; empty where they do."""
    if made.winner is not None:
        return ""
    for window in made.windows:
        for index, total in enumerate(window.sums[:64]):
            terms = window.terms[index]
            decimals = decimals_of(terms)
            if not np.isfinite(total):
                return ""
            if abs(float(np.round(terms, decimals).sum()) - round(float(total), decimals)) > 0.5 * 10.0**-decimals:
                return "The grids are rounded for reading: added up as they stand, the last digit may differ."
    return ""


def told(made: Calculation, shown: int, cut: int) -> str:
    """The lines of a calculation as rich text, with what is to be known of it; ``cut`` channels are not shown."""
    rows = [(html(line.words), read(line.value)) for line in made.lines]
    rows += [("<b>PyTorch gives</b>", f"<b>{read(made.result)}</b>")]
    table = "".join(
        f"<tr><td>{left}</td><td align='right' style='white-space: nowrap'>&nbsp;{right}</td></tr>"
        for left, right in rows
    )
    less = f"Shown are the {shown} of {shown + cut:,} channels that give most; the sums are of all." if cut else ""
    notes = [html(note) for note in (made.note, agreement(made), rounding(made), less) if note]
    small = "".join(f"<p style='color: {theme.palette.muted}; margin-top: 4px'>{note}</p>" for note in notes)
    head = f"<tr><td colspan='2'><b>{html(made.formula)}</b></td></tr>"
    return f"<table width='100%' cellspacing='0' cellpadding='1'>{head}{table}</table>{small}"

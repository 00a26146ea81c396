"""Update: a weight, its gradient as a sum of products, and what the next step makes of it, as a view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QScrollBar, QVBoxLayout, QWidget

from cnnstudio.ui.insight.arithmetic_words import read
from cnnstudio.ui.insight.value_view import LOW
from cnnstudio.ui.insight.weight_grid import WeightGrid
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.labels import Elided, Rich
from cnnstudio.ui.widgets.number_grid import decimals_of, written
from cnnstudio.ui.widgets.sizes import NO_LIMIT

if TYPE_CHECKING:
    from cnnstudio.insight.update import Update

MOST = 12  # products that are listed
NARROW, ROOMY, WIDE = 480, 820, 1_100  # pixels at the normal size of text
SUM = 340  # pixels at the normal size of text, of the products
CLOSE = 1e-4  # a measured slope that differs by no more than this share is the same
Index = tuple[int, ...]


class UpdateView(QWidget):
    """At the left the weights, in the middle what is added up to the gradient, at the right the step, line by line.

    ``chosen`` says the index of the weight that was chosen; ``hovered`` tells of the one under the mouse.
    """

    chosen = Signal(tuple)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(1)  # it has its parts one under the other as soon as it is narrow
        self.found: Update | None = None
        self.grid = WeightGrid()
        self.grid.setToolTip(
            tip("Click a weight to follow it. Arrow keys step, Page Up and Page Down change the kernel")
        )
        self.grid.chosen.connect(self._choose)
        self.grid.hovered.connect(self.hovered)
        self.name = Elided()
        self.name.setProperty("role", "muted")
        self.name.setProperty("textSize", "small")
        left = QVBoxLayout()
        left.setSpacing(3)
        left.addWidget(self.name)
        left.addWidget(self.grid)
        left.addStretch(1)
        self.sum, self.lines = _text(), _text()
        told = QWidget()
        self._told = QBoxLayout(QBoxLayout.Direction.LeftToRight, told)
        self._told.setContentsMargins(0, 0, 0, 0)
        self._told.setSpacing(18)
        self._told.addWidget(self.sum)
        self._told.addWidget(self.lines, 1)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(14)
        self._row.addLayout(left)
        self._area = _scrolled(told)
        self._row.addWidget(self._area, 1)

    @property
    def bar(self) -> QScrollBar:
        """Which scrolls what is said."""
        return self._area.verticalScrollBar()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width, ways = self.width() / theme.scale, QBoxLayout.Direction
        is_narrow = width < NARROW and self.height() >= LOW * theme.scale
        self._row.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        self._told.setDirection(ways.TopToBottom if width < ROOMY else ways.LeftToRight)
        self.sum.setMaximumWidth(int(SUM * theme.scale) if width >= ROOMY else NO_LIMIT)
        self.sum.setMinimumWidth(int(SUM * theme.scale) if width >= ROOMY else 0)
        self.grid.set_most(7 if width >= WIDE else 4 if width >= NARROW else 3)

    def show_update(self, found: Update) -> None:
        """Show one weight."""
        self.found = found
        values, gradients, at = plane(found)
        self.grid.show_weights(values, gradients, at)
        self.name.setText(kernel_name(found))
        self.restyle()

    def restyle(self) -> None:
        """Write anew, in the colours of the theme."""
        if self.found is not None:
            self.sum.setText(sum_told(self.found))
            self.lines.setText(step_told(self.found))

    def step(self, channel: int, row: int, column: int) -> None:
        """Go to the neighbour: of a kernel within it, and from kernel to kernel; of a matrix along its sides."""
        if self.found is None:
            return
        at, shape = list(self.found.index), self.found.weights.shape
        if len(shape) == 4:
            kernel = at[0] * shape[1] + at[1] + channel
            if shape[2] == shape[3] == 1:
                at = [at[0] + row, at[1] + column + channel, 0, 0]
            else:
                at = [kernel // shape[1], kernel % shape[1], at[2] + row, at[3] + column]
                if not 0 <= kernel < shape[0] * shape[1]:
                    return
        elif len(shape) == 2:
            at = [at[0] + row + channel, at[1] + column]
        else:
            at = [at[0] + row + column + channel]
        if all(0 <= each < size for each, size in zip(at, shape, strict=True)):
            self.chosen.emit(tuple(at))

    def _choose(self, row: int, column: int) -> None:
        if self.found is None:
            return
        index = self.found.index
        match self.found.weights.shape:
            case (_, _, 1, 1):
                self.chosen.emit((row, column, 0, 0))
            case (_, _, _, _):
                self.chosen.emit((*index[:2], row, column))
            case (_, _):
                self.chosen.emit((row, column))
            case _:
                self.chosen.emit((column,))


def plane(found: Update) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[int, int]]:
    """The plane of weights in which the chosen one lies, their gradients, and where it stands there."""
    index, both = found.index, (found.weights, found.gradients)
    if len(index) == 4 and found.weights.shape[2:] == (1, 1):
        weights, gradients = (each[:, :, 0, 0] for each in both)
        return weights, gradients, (index[0], index[1])
    if len(index) == 4:
        weights, gradients = (each[index[0], index[1]] for each in both)
        return weights, gradients, (index[2], index[3])
    if len(index) == 2:
        return *both, (index[0], index[1])
    weights, gradients = (each[None] for each in both)
    return weights, gradients, (0, index[0])


def kernel_name(found: Update) -> str:
    """Which weights are shown."""
    index, shape = found.index, found.weights.shape
    if len(shape) == 4 and shape[2:] != (1, 1):
        return f"Filter {index[0] + 1:,} of {shape[0]:,}, channel {index[1] + 1:,} of {shape[1]:,}"
    if len(shape) == 1:
        return f"The scales of {shape[0]:,} channels"
    return f"{shape[0]:,} outputs, down, by {shape[1]:,} inputs"


def weight_name(found: Update) -> str:
    """Which weight is followed, counted from 1."""
    at = [each + 1 for each in found.index]
    match len(at):
        case 4 if found.weights.shape[2:] != (1, 1):
            return f"weight of filter {at[0]:,}, channel {at[1]:,}, row {at[2]:,}, column {at[3]:,}"
        case 4 | 2:
            return f"weight of output {at[0]:,} for input {at[1]:,}"
    return f"scale of channel {at[0]:,}"


def sum_told(found: Update) -> str:
    """The gradient as a sum, the largest products first, as rich text."""
    listed = found.largest(MOST)
    where = {3: "image: row, column", 2: "image: token", 1: "image"}.get(found.slope.terms.ndim, "image: place")
    entered, upstream = in_columns([row[1] for row in listed]), in_columns([row[2] for row in listed])
    product = in_columns([row[3] for row in listed])
    table = "".join(
        f"<tr><td style='white-space: nowrap'>{': '.join(filter(None, (_number(at[:1]), _number(at[1:]))))}</td>"
        f"{_cell(entered(x))}{_cell(f'× {upstream(slope)}')}{_cell(f'= {product(made)}')}</tr>"
        for at, x, slope, made in listed
    )
    rest = found.slope.terms.size - len(listed)
    if rest:
        others = product(found.slope.gradient - sum(row[3] for row in listed))
        table += f"<tr><td colspan='3'>the other {rest:,} places together</td>{_cell(f'+ {others}')}</tr>"
    whole = _cell(f"<b>{product(found.gradient)}</b>")
    total = f"<tr><td colspan='3'><b>gradient, the sum of all</b></td>{whole}</tr>"
    heads = "".join(f"<td align='right'>&nbsp;&nbsp;{words}</td>" for words in ("read", "upstream", "product"))
    muted = theme.palette.muted
    head = f"<tr style='color: {muted}'><td style='white-space: nowrap'>{where}</td>{heads}</tr>"
    note = "What the weight has read, times how the loss changes with what came out there: the upstream gradient. "
    if rest:
        note += f"The {len(listed)} largest of {found.slope.terms.size:,} products are listed. "
    note += found.batch
    return (
        f"<table cellspacing='0' cellpadding='1'>{head}{table}{total}</table>"
        f"<p style='color: {muted}; margin-top: 4px'>{html(note)}</p>"
    )


def step_told(found: Update) -> str:
    """From the gradient to the new weight, and the numeric check, as rich text."""
    rows = [("the weight", read(found.step.before))]
    rows += [(html(line.words), read(line.value)) for line in found.step.lines[:-1]]
    rows += [("<b>the new weight</b>", f"<b>{read(found.step.after)}</b>")]
    table = "".join(f"<tr><td>{left}</td>{_cell(right)}</tr>" for left, right in rows)
    table += f"<tr><td><br>measured slope of the loss</td>{_cell(f'<br>{read(found.measured)}')}</tr>"
    notes = (found.memory, check(found), found.mode)
    small = "".join(f"<p style='color: {theme.palette.muted}; margin-top: 4px'>{html(note)}</p>" for note in notes)
    return f"<table width='100%' cellspacing='0' cellpadding='1'>{table}</table>{small}"


def check(found: Update) -> str:
    """What the loss a little above and below the weight says of the gradient."""
    apart = abs(found.measured - found.gradient)
    way = "Measured: the loss with the weight a little larger and a little smaller"
    if apart <= CLOSE * max(abs(found.gradient), 1e-8):
        return f"{way}. It agrees with the gradient to {apart:.1e}."
    return (
        f"{way}. It differs from the gradient by {apart:.1e}: there may be a kink between, "
        "as where a ReLU begins or another value becomes the largest of a pool."
    )


def in_columns(numbers: Sequence[float]) -> Callable[[float], str]:
    """How these are written so that they stand below each other: with as many decimals each."""
    decimals = decimals_of(np.array(numbers))
    return lambda number: written(number, decimals)


def _number(at: tuple[int, ...]) -> str:
    return ", ".join(f"{each + 1:,}" for each in at)


def _cell(words: str) -> str:
    return f"<td align='right' style='white-space: nowrap'>&nbsp;&nbsp;{words}</td>"


def _text() -> Rich:
    made = Rich()
    made.setWordWrap(True)
    made.setAlignment(Qt.AlignmentFlag.AlignTop)
    made.setProperty("textSize", "small")
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys go from weight to weight
    return area

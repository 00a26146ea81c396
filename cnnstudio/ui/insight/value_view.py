"""Value view: one number of a node, the pictures round it, the numbers that it reads, and its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QScrollBar, QVBoxLayout, QWidget

from cnnstudio.ui.insight import arithmetic_words as words
from cnnstudio.ui.insight.cell_picture import CellPicture
from cnnstudio.ui.insight.number_sheet import NumberSheet
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.labels import Elided, Rich
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.wording import counted

if TYPE_CHECKING:
    import numpy as np

    from cnnstudio.insight.examination import Examined

BAR = 14  # pixels, of a scroll bar
LOW = 240  # pixels at the normal size of text: there is no room for one part under the other
NARROW = 640  # pixels at the normal size of text
HIGH = 380  # pixels at the normal size of text, from which pictures stand one under the other
READING = 260  # pixels at the normal size of text: of what is done with the numbers, line by line
LEAST = 64  # pixels of the side of a picture
LINES = 150  # pixels at the normal size of text, at least, of what is done with the numbers where it is low
NUMBERS = 170  # pixels at the normal size of text, at least
FEW = 100  # pixels: less is too little for a picture where there is height
LONG = 64  # numbers: a longer vector would be too thin to be clicked


@dataclass(frozen=True, eq=False)
class Look:
    """What a look has found: a number, and how strongly it depends on each pixel, over so many pictures."""

    found: Examined
    cloud: NDArray[np.float64] | None
    pictures: int


class ValueView(QWidget):
    """The pictures at the left, the numbers in the middle, what is done with them line by line at the right.

    ``said`` tells of what is under the mouse, and where a pixel goes.
    """

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(1)  # it has its parts one under the other as soon as it is narrow
        self.shown: Look | None = None
        self.pixel: tuple[int, int] | None = None
        pictures = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._pictures = row = QBoxLayout(QBoxLayout.Direction.LeftToRight, pictures)
        self._told = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for each in (self._row, row, self._told):
            each.setContentsMargins(0, 0, 0, 0)
            each.setSpacing(10)
        self.picture = CellPicture("The picture, with what the value sees of it")
        self.picture.setToolTip(tip("Click a pixel to see where it goes"))
        self.picture.chosen.connect(self._follow_pixel)
        self.input = CellPicture("The map that is read, with the window")
        self.input.setToolTip(tip("Click a value of this map to see how it comes about"))
        self.output = CellPicture("The map that comes out, with the value")
        self.output.setToolTip(tip("Click another value of this map. Arrow keys step, Page Up and Page Down change it"))
        self._names = [Elided() for _ in range(3)]
        for view, name in zip((self.picture, self.input, self.output), self._names, strict=True):
            name.setProperty("role", "muted")
            name.setProperty("textSize", "small")
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(name)
            column.addWidget(view, 1)
            row.addLayout(column)
        self.sheet = NumberSheet()
        self.sheet.hovered.connect(self.said)
        self.lines = Rich()
        self.lines.setWordWrap(True)
        self.lines.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._numbers, self._reading = _scrolled(self.sheet), _scrolled(self.lines)
        self._numbers.setWidgetResizable(False)
        row.addStretch(1)
        self._row.addWidget(pictures)
        self._told.addWidget(self._numbers, 1)
        self._told.addWidget(self._reading)
        self._row.addLayout(self._told, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give each part the room that there is.

        A narrow view has its parts one under the other. A high one has its pictures so, and what is done with the
        numbers under the numbers where it would not fit beside them.
        """
        width, height, scale = self.width(), self.height(), theme.scale
        is_narrow, is_high = narrow(width, height), height >= HIGH * scale
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._row.setDirection(down if is_narrow else across)
        self._pictures.setDirection(down if is_high and not is_narrow else across)
        sheet, reading, count = self.sheet.whole, int(READING * scale), 3
        beside = width - sheet - reading - 50  # is left for the pictures, where all is side by side
        if is_narrow:
            side = (width - 50) // 3
        elif is_high:
            side = min((height - 80) // 3, beside if beside >= FEW else width // 4)
        else:
            reading = int(min((READING - 20) * scale, width * 0.42))
            numbers, least = int(NUMBERS * scale), int(LINES * scale)
            count = 3 if width >= 3 * (LEAST + 10) + numbers + least + BAR else 2  # the numbers before a picture
            reading = min(reading, max(least, width - count * (LEAST + 10) - numbers - BAR - 10))
            side = min(height - 24, int(width * 0.13), (width - reading - numbers - 40 - BAR) // count)
        side = max(LEAST, min(side, 300))
        for view in (self.picture, self.input, self.output):
            view.setFixedWidth(side)
            view.setMinimumHeight(side if is_narrow or is_high else LEAST)
            view.setMaximumHeight(side if is_narrow or is_high else NO_LIMIT)
        self.setMinimumHeight(0 if is_narrow else int(95 * scale))  # a high one may become a low one again
        is_below = is_narrow or (is_high and beside < FEW)
        self._told.setDirection(down if is_below else across)
        if is_high:
            reading = max(reading, min(width - side - sheet - 50, int((width - side) * 0.35)))
        self._reading.setMinimumWidth(0 if is_below else reading)
        self._reading.setMaximumWidth(NO_LIMIT if is_below else reading)
        set_size(self.lines, "" if is_high else "small")
        needed = int(110 * scale) if is_narrow else min(self.lines.heightForWidth(width - side - 30) + 12, height // 2)
        self._reading.setMinimumHeight(needed if is_below else 0)
        self._reading.setMaximumHeight(needed if is_below and is_high else NO_LIMIT)
        pictures = 0 if is_narrow else side + 10 if is_high else count * (side + 10)
        self.sheet.set_room(width - pictures - (0 if is_below else reading + 10) - BAR)
        found = self.shown.found.output if self.shown is not None else None
        self.output.setVisible(count == 3 and (found is None or found.ndim > 1 or len(found) <= LONG))
        self._names[2].setVisible(count == 3)  # its keys remain, and the caption says which value it is
        self.input.setVisible(self._has_input)
        self._names[1].setVisible(self._has_input)

    @property
    def bar(self) -> QScrollBar:
        """Which scrolls the numbers."""
        return self._numbers.verticalScrollBar()

    @property
    def _has_input(self) -> bool:
        return self.shown is not None and words.input_map(self.shown.found, self.sheet.rows) is not None

    def _follow_pixel(self, row: int, column: int) -> None:
        self.pixel = (row, column) if self.pixel != (row, column) else None
        if self.shown is not None:
            self._show_marks(self.shown)

    def show_look(self, look: Look) -> None:
        """Show a number, with what stands round it."""
        self.shown = look
        self.sheet.show_calculation(look.found.calculation, look.found.reads)
        self.restyle()
        self._show_marks(look)
        self._fit()

    def restyle(self) -> None:
        """The pictures follow the theme by themselves; the numbers have other letters."""
        if self.shown is not None:
            self._show_lines(self.shown.found)

    def _show_marks(self, look: Look) -> None:
        found, reached = look.found, None
        self.picture.show_image(found.picture.image)
        cloud = look.cloud / (look.cloud.max() or 1.0) if look.cloud is not None else None
        self.picture.mark(found.field, self.pixel, cloud)
        self._names[0].setText(words.field(found))
        if self.pixel is not None:
            reached = found.reached(*self.pixel)
            self.said.emit(words.reached(found, self.pixel, reached))
        read = words.input_map(found, self.sheet.rows)
        if read is not None:
            values, box, name = read
            self.input.show_map(values)
            self.input.mark(box)
            self._names[1].setText(name)
        output, cell = found.output, found.cell
        if output.ndim == 3:
            self.output.show_map(output[cell[0]])
            self._names[2].setText(f"Map {cell[0] + 1:,} of {len(output):,}")
        elif output.ndim == 2:
            self.output.show_map(output)
            self._names[2].setText(f"{output.shape[0]:,} tokens of {output.shape[1]:,}")
        else:
            self.output.show_map(output[:, None])
            self._names[2].setText(counted(len(output), "number"))
        at = (cell[1], cell[2]) if len(cell) == 3 else (cell[0], cell[1]) if len(cell) == 2 else (cell[0], 0)
        box = None
        if reached is not None:
            box = (reached[0], reached[1]) if len(reached) == 2 else (reached[0], range(self.output.shape[1]))
        self.output.mark(box, at)

    def _show_lines(self, found: Examined) -> None:
        made, cut = found.calculation, self.sheet.cut
        self.lines.setText(html(found.why) if made is None else words.told(made, len(self.sheet.rows), cut))


def narrow(width: int, height: int) -> bool:
    """Whether what is so large shall have its parts one under the other: it is not wide, and it is high."""
    return width < NARROW * theme.scale and height >= LOW * theme.scale


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setCornerWidget(QWidget())
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys go from value to value
    return area


def set_size(label: QWidget, size: str) -> None:
    """Give a label the letters of this size."""
    if (label.property("textSize") or "") != size:
        label.setProperty("textSize", size)
        label.style().unpolish(label)
        label.style().polish(label)

"""Arithmetic: how one number of the selected node comes about, what of the picture it sees, and where a pixel goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.ui.cell_choice import Cell
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight import arithmetic_words as words
from cnnstudio.ui.insight.cell_picture import CellPicture
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.insight.number_sheet import NumberSheet
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.labels import Elided, Rich, breakable
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    import numpy as np

    from cnnstudio.insight.examination import Examined

SETTLE_MILLISECONDS = 120
LOWEST = 150  # pixels
FOLLOW_MILLISECONDS = 1_000  # between two looks into a run that goes on
NARROW = 640  # pixels at the normal size of text
NO_LIMIT = 16_777_215  # Qt's QWIDGETSIZE_MAX
LONG = 64  # numbers: a longer vector would be too thin to be clicked
PICTURES = 16  # over which the effective field is averaged; of a run that goes on fewer
ASK = "Select a block, or click a value in Feature maps, to see how it comes about."
STEPS = {
    Qt.Key.Key_Left: (0, 0, -1),
    Qt.Key.Key_Right: (0, 0, 1),
    Qt.Key.Key_Up: (0, -1, 0),
    Qt.Key.Key_Down: (0, 1, 0),
    Qt.Key.Key_PageUp: (-1, 0, 0),
    Qt.Key.Key_PageDown: (1, 0, 0),
}
"""Key -> what it adds to (channel, row, column)."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a look has found: a number, and how strongly it depends on each pixel, over so many pictures."""

    found: Examined
    cloud: NDArray[np.float64] | None
    pictures: int


@dataclass(frozen=True, eq=False)
class Asked:
    """What to look for: a cell (channel, row, column) of a node, and over how many pictures its field; 0 for none."""

    node: str
    cell: tuple[int, int, int] | None
    picture: int | OwnPicture
    pictures: int


class ArithmeticPanel(Panel):
    """The pictures at the left, the numbers in the middle, what is done with them line by line at the right."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._node: str | None = None
        self._pixel: tuple[int, int] | None = None
        self.shown: Look | None = None
        self.looker = Looker(document, run, self, "arithmetic")
        self.looker.refused.connect(self._say)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        self._follow = QTimer(self, singleShot=True, interval=FOLLOW_MILLISECONDS)
        self._follow.timeout.connect(self._look)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Arithmetic")
        self._build()
        self.setMinimumHeight(LOWEST)  # one part under the other would ask for more than a small window has
        run.state_changed.connect(self.touch)
        run.picture.changed.connect(self._look_at_another)
        run.cell.changed.connect(self._go_to_choice)
        self._say(ASK)

    # parts

    def _build(self) -> None:
        self.caption = Rich()
        self.caption.setWordWrap(True)
        self.readout = Elided()
        self.readout.setProperty("role", "muted")
        self.readout.setProperty("textSize", "small")
        self.effective = QToolButton()
        self.effective.setText("Effective field")
        self.effective.setIcon(icon("target"))
        self.effective.setCheckable(True)
        self.effective.setProperty("switch", True)
        self.effective.setToolTip(
            tip("Tint each pixel by how much this value depends on it, as a mean over several pictures")
        )
        self.effective.toggled.connect(self._settle.start)
        top = QHBoxLayout()
        top.addWidget(self.caption, 1)
        top.addWidget(self.readout)
        top.addWidget(self.effective)
        self.page = self._page()
        self.nothing = NothingPage()
        self.nothing.allowed.connect(self._allow)
        content = QWidget()
        self._stack = QStackedLayout(content)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(content, 1)

    def _page(self) -> QWidget:
        made, pictures = QWidget(), QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, made)
        row = QHBoxLayout(pictures)
        for each in (self._row, row):
            each.setContentsMargins(0, 0, 0, 0)
            each.setSpacing(10)
        self.picture = CellPicture("The picture, with what the value sees of it")
        self.picture.setToolTip(tip("Click a pixel to see where it goes"))
        self.picture.chosen.connect(self._follow_pixel)
        self.input = CellPicture("The map that is read, with the window")
        self.input.setToolTip(tip("Click a value of this map to see how it comes about"))
        self.input.chosen.connect(self._go_up)
        self.output = CellPicture("The map that comes out, with the value")
        self.output.setToolTip(tip("Click another value of this map. Arrow keys step, Page Up and Page Down change it"))
        self.output.chosen.connect(self._choose_place)
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
        self.sheet.hovered.connect(self.readout.setText)
        self.lines = Rich()
        self.lines.setWordWrap(True)
        self.lines.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._numbers, self._reading = _scrolled(self.sheet), _scrolled(self.lines)
        self._numbers.setWidgetResizable(False)
        row.addStretch(1)
        self._row.addWidget(pictures)
        self._row.addWidget(self._numbers, 1)
        self._row.addWidget(self._reading)
        return made

    # what is looked at

    def touch(self) -> None:
        """Keep in mind which node was selected last, also while nobody looks."""
        names = self.document.scope[:1] or self.document.selection
        if len(names) == 1:
            self._node = names[0]
        elif self._node not in self.document.graph:
            self._node = None
        super().touch()

    def refresh(self) -> None:
        self._settle.start()

    def restyle(self) -> None:
        """The pictures follow the theme by themselves; the numbers have other letters."""
        if self.shown is not None:
            self._show_lines(self.shown.found)

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()  # a run may have gone on meanwhile
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()
        self._follow.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the pictures the room that there is; a narrow panel has its parts one under the other."""
        width, height, scale = self.width(), self.page.height(), theme.scale
        is_narrow = width < NARROW * scale
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.TopToBottom if is_narrow else directions.LeftToRight)
        side = (width - 50) // 3 if is_narrow else min(height - 24, int(width * 0.13))
        for view in (self.picture, self.input, self.output):
            view.setFixedWidth(max(64, min(side, 300)))
            view.setMaximumHeight(max(64, min(side, 300)) if is_narrow else NO_LIMIT)
        self._reading.setMinimumWidth(0 if is_narrow else int(min(290 * scale, width * 0.32)))
        self._reading.setMaximumWidth(NO_LIMIT if is_narrow else self._reading.minimumWidth())
        self._reading.setMinimumHeight(int(110 * scale) if is_narrow else 0)
        found = self.shown.found.output if self.shown is not None else None
        self.output.setVisible(found is None or found.ndim > 1 or len(found) <= LONG)
        self.input.setVisible(self._has_input)
        self._names[1].setVisible(self._has_input)
        style = Qt.ToolButtonStyle
        self.effective.setToolButtonStyle(style.ToolButtonIconOnly if is_narrow else style.ToolButtonTextOnly)

    @property
    def _has_input(self) -> bool:
        return self.shown is not None and words.input_map(self.shown.found, self.sheet.rows) is not None

    def _look_at_another(self) -> None:
        self._pixel = None
        self._settle.start(0)

    def _go_to_choice(self) -> None:
        choice = self.run.cell.choice
        if choice is not None and not choice.scope and choice.node in self.document.graph:
            self._node = choice.node
        self._settle.start(0)

    def _cell(self, node: str) -> tuple[int, int, int] | None:
        """The cell that was chosen in this node, as (channel, row, column)."""
        choice = self.run.cell.choice
        if choice is None or choice.node != node or choice.scope:
            return None
        return choice.channel, choice.row, choice.column

    def _look(self) -> None:
        if not self.isVisible():
            return
        node = self._node
        if node is None or node not in self.document.graph:
            self._say(ASK)
        elif node in self.document.concealed:
            self._say(f"What {node} computes is hidden while a question is open.")
        elif self.document.analysis.shape(node) is None and not self.run.is_active:
            self._say(f"{node} has no output yet: something before it is missing or does not fit.")
        else:
            cell, choice = self._cell(node), self.run.picture.choice
            pictures = PICTURES if not self.run.is_active else 2
            asked = Asked(node, cell, choice, pictures if self.effective.isChecked() else 0)
            self.looker.look(lambda subject, report: looked(subject, asked, report), self._show)

    def _allow(self) -> None:
        self.looker.allow()
        self._look()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self._follow.stop()
        return self.looker.close(seconds)

    # going to another value

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        if step is None or self.shown is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = self._numbers.verticalScrollBar()
            bar.setValue(bar.value() + (step[0] * 4 + step[1]) * bar.singleStep() * 2)
            return
        self._step(*step)

    def _step(self, channel: int, row: int, column: int) -> None:
        """Go to the neighbour, within the map. Of a vector all keys go along it."""
        assert self.shown is not None
        found = self.shown.found
        shape, at = found.output.shape, list(found.cell)
        if len(shape) == 1:
            moves = [channel + row + column]
        elif len(shape) == 2:
            moves = [row + channel, column]
        else:
            moves = [channel, row, column]
        self._choose(tuple(min(max(0, a + b), n - 1) for a, b, n in zip(at, moves, shape, strict=True)))

    def _choose_place(self, row: int, column: int) -> None:
        if self.shown is None:
            return
        cell = self.shown.found.cell
        self._choose((cell[0], row, column) if len(cell) == 3 else (row, column) if len(cell) == 2 else (row,))

    def _choose(self, cell: tuple[int, ...]) -> None:
        assert self.shown is not None
        channel, row, column = cell if len(cell) == 3 else (0, *cell) if len(cell) == 2 else (cell[0], 0, 0)
        self.run.cell.choose(Cell((), self.shown.found.node, channel, row, column))

    def _go_up(self, row: int, column: int) -> None:
        """Go to a value of the map that is read, and to the node that makes it."""
        if self.shown is None or not self.sheet.rows:
            return
        found = self.shown.found
        port, index = self.sheet.rows[0]
        window = found.calculation.windows[port] if found.calculation is not None else None
        if window is None or found.inputs[window.port].ndim != 3:
            return
        node = found.reads[window.port]
        self.run.cell.choose(Cell((), node, int(window.channels[index]), row, column))
        self.document.select((node,))

    def _follow_pixel(self, row: int, column: int) -> None:
        self._pixel = (row, column) if self._pixel != (row, column) else None
        if self.shown is not None:
            self._show_marks(self.shown)

    # showing

    def _show(self, subject: Subject, look: Look) -> None:
        found = look.found
        if found.node in self.document.concealed:
            return
        self.shown = look
        self._stack.setCurrentWidget(self.page)
        self.effective.show()
        self.caption.setText(
            f"<b>{breakable(html(found.node))}</b> &nbsp;{html(words.place(found))} &nbsp;·&nbsp; {html(subject.when)}"
        )
        self.sheet.show_calculation(found.calculation, found.reads)
        self._show_lines(found)
        self._show_marks(look)
        self._fit()
        if self.run.state == "training":
            self._follow.start()

    def _show_marks(self, look: Look) -> None:
        found, reached = look.found, None
        self.picture.show_image(found.picture.image)
        cloud = look.cloud / (look.cloud.max() or 1.0) if look.cloud is not None else None
        self.picture.mark(found.field, self._pixel, cloud)
        self._names[0].setText(words.field(found))
        if self._pixel is not None:
            reached = found.reached(*self._pixel)
            self.readout.setText(words.reached(found, self._pixel, reached))
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

    def _say(self, sentence: str, ask: str = "") -> None:
        self.shown = None
        self.effective.hide()
        self.caption.setText("")
        self.readout.setText("")
        self.nothing.say(sentence, ask)
        self._stack.setCurrentIndex(0)


def looked(subject: Subject, asked: Asked, report: Report) -> Look:
    """The number that is asked for and, where it is asked for, its effective field; runs torch."""
    from cnnstudio.insight.examination import examined
    from cnnstudio.insight.fields import effective_field

    found = examined(subject, asked.node, asked.cell, asked.picture)
    if not asked.pictures:
        return Look(found, None, 0)
    return Look(found, *effective_field(subject, asked.node, found.cell, asked.pictures, report))


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setCornerWidget(QWidget())
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys go from value to value
    return area

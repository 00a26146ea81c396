"""Arithmetic: how a number of the selected node comes about and what it sees; and how a weight comes to its update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.compiler.source import Place, copies
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight import arithmetic_words as words
from cnnstudio.ui.insight.copy_choice import CopyChoice
from cnnstudio.ui.insight.followed import followed_place, outermost
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.insight.progress_row import ProgressRow
from cnnstudio.ui.insight.update import UpdateView, weight_name
from cnnstudio.ui.insight.value_view import Look, ValueView, narrow
from cnnstudio.ui.looked_at.cell_choice import Cell
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.labels import Elided, Rich, breakable
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.update import Update

SETTLE_MILLISECONDS = 120
LOWEST = 150  # pixels
FOLLOW_MILLISECONDS = 1_000  # between two looks into a run that goes on
PICTURES = 16  # over which the effective field is averaged; of a run that goes on fewer
ABOVE = 40  # pixels, of what stands over the views
ASK = "Select a block, or click a value in Feature maps, to see how it comes about."
BUSY = "To follow a weight to its update takes several passes through the network: pause the run for it."
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
class Asked:
    """What to look for: a cell (channel, row, column) of a node, and over how many pictures its field; 0 for none."""

    place: Place
    cell: tuple[int, int, int] | None
    picture: int | OwnPicture
    pictures: int


class ArithmeticPanel(Panel):
    """Two views of the selected node: a value that it gives, or the next update of one of its weights."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._place: Place | None = None
        self._weight: tuple[Place, tuple[int, ...]] | None = None  # which was chosen last
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
        self.effective = _switch("Effective field", "Tint each pixel by how much this value depends on it, as a mean "
                                 "over several pictures")  # fmt: skip
        self.effective.setIcon(icon("target"))
        self.effective.toggled.connect(self._settle.start)
        self.of_value = _switch("Value", "How a value that the block gives comes about")
        self.of_weight = _switch("Update", "From a weight of the block to its gradient, and to its next step")
        self._kinds = QButtonGroup(self)
        for button in (self.of_value, self.of_weight):
            self._kinds.addButton(button)
        self.of_value.setChecked(True)
        self.of_weight.toggled.connect(self._look)
        self.copies = CopyChoice()
        self.copies.changed.connect(self.touch)
        kinds, told = QHBoxLayout(), QHBoxLayout()
        kinds.setSpacing(2)
        for each in (self.of_value, self.of_weight, self.copies):
            kinds.addWidget(each)
        kinds.addStretch(1)
        told.addWidget(self.caption, 1)
        told.addWidget(self.readout)
        told.addWidget(self.effective)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.addLayout(kinds)
        self._top.addLayout(told, 1)
        self.value, self.weight = ValueView(), UpdateView()
        self.value.said.connect(self.readout.setText)
        self.value.input.chosen.connect(self._go_up)
        self.value.output.chosen.connect(self._choose_place)
        self.weight.hovered.connect(self.readout.setText)
        self.weight.chosen.connect(self._choose_weight)
        self.nothing = NothingPage()
        self.nothing.allowed.connect(self._allow)
        self.going = ProgressRow(self.looker)
        self.going.cancelled.connect(lambda: self._say("It was cancelled."))
        content = QWidget()
        self._stack = QStackedLayout(content)
        for page in (self.nothing, self.value, self.weight):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(self._top)
        layout.addWidget(self.going)
        layout.addWidget(content, 1)

    @property
    def shown(self) -> Look | None:
        """The value that is shown."""
        return self.value.shown

    # what is looked at

    def touch(self) -> None:
        """Keep in mind which node was selected last, also while nobody looks; else which one is open."""
        self._go_to(followed_place(self.document, self._place))
        super().touch()

    def _go_to(self, place: Place | None) -> None:
        """Look at this node from now on, in the copies that are chosen."""
        self.copies.show_for(copies(self.document.graph, place.scope) if place is not None and place.scope else ())
        self._place = Place(place.node, place.scope, self.copies.chosen) if place is not None else None

    def refresh(self) -> None:
        self._settle.start()

    def restyle(self) -> None:
        self.value.restyle()
        self.weight.restyle()

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()  # a run may have gone on meanwhile
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()
        self._follow.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow, style = narrow(self.width(), self.height() - ABOVE), Qt.ToolButtonStyle
        ways = QBoxLayout.Direction
        self._top.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        self.effective.setToolButtonStyle(style.ToolButtonIconOnly if is_narrow else style.ToolButtonTextOnly)

    def _look_at_another(self) -> None:
        self.value.pixel = None
        self._settle.start(0)

    def _go_to_choice(self) -> None:
        choice = self.run.cell.choice
        if choice is not None and (*choice.scope, choice.node)[0] in self.document.graph:
            self._go_to(Place(choice.node, choice.scope))
            self.copies.choose(choice.copies)
        self._settle.start(0)

    def _cell(self, place: Place) -> tuple[int, int, int] | None:
        """The cell that was chosen in this node, as (channel, row, column)."""
        choice = self.run.cell.choice
        if choice is None or (choice.node, choice.scope) != (place.node, place.scope):
            return None
        return choice.channel, choice.row, choice.column

    def _concealed(self, place: Place) -> str:
        """What is hidden now of all that would be shown of a place: its block, or one that it reads; else nothing."""
        graph, outer = self.document.graph, outermost(place)
        reads = [name for name in graph[outer].inputs if name is not None] if outer in graph else []
        return next((name for name in (outer, *reads) if name in self.document.concealed), "")

    def _look(self) -> None:
        if not self.isVisible():
            return
        place, is_active = self._place, self.run.is_active
        if place is None or outermost(place) not in self.document.graph:
            self._refuse(ASK)
        elif hidden := self._concealed(place):
            self._refuse(f"What {hidden} computes is hidden while a question is open.")
        elif self.document.analysis.shape(outermost(place)) is None and not is_active:
            self._refuse(f"{outermost(place)} has no output yet: something before it is missing or does not fit.")
        elif self.of_weight.isChecked():
            if self.run.state == "training":
                self._refuse(BUSY)
                return
            index = self._weight[1] if self._weight is not None and self._weight[0] == place else None
            if self.looker.look(lambda subject, report: followed(subject, place, index, report), self._show_update):
                self.going.begin()
        else:
            pictures = 0 if not self.effective.isChecked() or place.scope else 2 if is_active else PICTURES
            asked = Asked(place, self._cell(place), self.run.picture.choice, pictures)
            self.looker.look(lambda subject, report: looked(subject, asked, report), self._show)

    def _allow(self) -> None:
        self.looker.allow()
        self._look()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self._follow.stop()
        return self.looker.close(seconds)

    # going to another value, or weight

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step, seen = STEPS.get(Qt.Key(event.key())), self._stack.currentWidget()
        if step is None or seen is self.nothing or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = (self.value if seen is self.value else self.weight).bar
            bar.setValue(bar.value() + (step[0] * 4 + step[1]) * bar.singleStep() * 2)
        elif seen is self.weight:
            self.weight.step(*step)
        else:
            self._step(*step)

    def _choose_weight(self, index: tuple[int, ...]) -> None:
        if self._place is not None:
            self._weight = self._place, index
            self._look()

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
        place = self.shown.found.place
        self.run.cell.choose(Cell(place.scope, place.node, channel, row, column, place.copies))

    def _go_up(self, row: int, column: int) -> None:
        """Go to a value of the map that is read, and to the node that makes it."""
        if self.shown is None or not self.value.sheet.rows:
            return
        found = self.shown.found
        port, index = self.value.sheet.rows[0]
        window = found.calculation.windows[port] if found.calculation is not None else None
        if window is None or found.inputs[window.port].ndim != 3:
            return
        node = found.reads[window.port]
        self.run.cell.choose(
            Cell(found.place.scope, node, int(window.channels[index]), row, column, found.place.copies)
        )
        if self.document.scope == found.place.scope and node in self.document.view_graph:
            self.document.select((node,))

    # showing

    def _show(self, subject: Subject, look: Look) -> None:
        found = look.found
        if self._concealed(found.place):
            return
        self.going.end()
        self.value.show_look(look)
        self._stack.setCurrentWidget(self.value)
        self.effective.setVisible(not found.place.scope)
        self._call(found.place, words.place(found), subject)
        if self.run.state == "training":
            self._follow.start()

    def _show_update(self, subject: Subject, found: Update | str) -> None:
        self.going.end()
        if isinstance(found, str):
            self._refuse(found)
        elif not self._concealed(found.place):
            self.weight.show_update(found)
            self.effective.hide()
            self.readout.setText("")
            self._call(found.place, weight_name(found), subject)
            self._stack.setCurrentWidget(self.weight)

    def _call(self, place: Place, what: str, subject: Subject) -> None:
        self.caption.setText(
            f"<b>{breakable(html(str(place)))}</b> &nbsp;{html(what)} &nbsp;·&nbsp; {html(subject.when)}"
        )

    def _refuse(self, sentence: str) -> None:
        """Show nothing but why, and end what is looked at."""
        self.looker.drop()
        self._say(sentence)

    def _say(self, sentence: str, ask: str = "") -> None:
        if self.looker.is_looking and self.of_weight.isChecked():  # it only says what it does
            if self._stack.currentWidget() is self.nothing:
                self.nothing.say(sentence)
            return
        self.going.end()
        self.value.shown = self.weight.found = None
        self.effective.hide()
        self.caption.setText("")
        self.readout.setText("")
        self.nothing.say(sentence, ask)
        self._stack.setCurrentIndex(0)


def looked(subject: Subject, asked: Asked, report: Report) -> Look:
    """The number that is asked for and, where it is asked for, its effective field; runs torch."""
    from cnnstudio.insight.effective_fields import effective_field
    from cnnstudio.insight.examination import examined

    found = examined(subject, asked.place, asked.cell, asked.picture)
    if not asked.pictures:
        return Look(found, None, 0)
    return Look(found, *effective_field(subject, asked.place.node, found.cell, asked.pictures, report))


def followed(subject: Subject, place: Place, index: tuple[int, ...] | None, report: Report) -> Update | str:
    """What the next step makes of a weight, or the sentence why that is not told; runs torch."""
    from cnnstudio.insight.calculation import UnexplainedError
    from cnnstudio.insight.update import update

    try:
        return update(subject, place, index, report)
    except UnexplainedError as error:
        return str(error)


def _switch(name: str, what: str) -> QToolButton:
    made = QToolButton()
    made.setText(name)
    made.setCheckable(True)
    made.setProperty("switch", True)
    made.setToolTip(tip(what))
    return made

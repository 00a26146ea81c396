"""Pictures page: the classes as bars, the pictures as a grid under a filter, and the current one enlarged."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QToolButton, QVBoxLayout, QWidget

from cnnstudio.training.data.roll import Roll
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.data.class_bars import ClassBars
from cnnstudio.ui.training.data.picture_detail import PictureDetail
from cnnstudio.ui.training.data.picture_grid import SIDE, PictureGrid
from cnnstudio.ui.training.data.picture_model import Filter, Order, PictureModel, Which
from cnnstudio.ui.training.data.picture_shelf import PictureShelf
from cnnstudio.ui.widgets.fields import Choices, Line
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.wording import counted

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album
    from cnnstudio.training.data.doubts.doubt import Doubt

E = TypeVar("E", bound=Enum)
TYPING = 250  # milliseconds until a search begins
ROOMY, NARROW, SLIM = (
    900,
    760,
    430,
)  # pixels at the normal size of text, below which the count, the picture, the classes go
LEAST = QSize(190, 96)
SIDES = 230, 290  # pixels of the classes and of the picture at first


class PicturesPage(QWidget):
    """Shows an album with what is said of its pictures. It changes nothing by itself: it asks.

    ``labelled`` carries the numbers of pictures and the class that they are said to be of, ``left_out_asked`` the
    numbers and whether they shall be left out.
    """

    labelled = Signal(object, int)
    left_out_asked = Signal(object, bool)
    kept = Signal(object)  # the class of these pictures is right
    taken = Signal(object)  # number -> class: what these pictures look like

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = Filter()
        self.thumbnails = PictureShelf(SIDE, self)
        self.model = PictureModel(self.thumbnails, self)
        self.bars, self.grid, self.detail = ClassBars(), PictureGrid(self.model), PictureDetail()
        self._is_large = False
        self._typing = QTimer(self, singleShot=True, interval=TYPING)
        self._typing.timeout.connect(self._search)
        self.which = self._choices(Which, "Which pictures are shown", "which")
        self.order = self._choices(Order, "In which order", "order")
        self.search = Line()
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search by name")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(56)
        self.search.textChanged.connect(self._typing.start)
        self.told = Elided()
        self.told.setProperty("role", "muted")
        self.told.setProperty("textSize", "small")
        self.out = QPushButton("Leave out")
        self.out.setToolTip(tip("Neither train nor validate with what is selected, or use it again; the files stay"))
        self.out.clicked.connect(self._leave_out)
        self.doubt = QToolButton()
        self.doubt.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.doubt.setIcon(icon("x"))
        self.doubt.setToolTip("Show all pictures again")
        self.doubt.clicked.connect(self.leave_doubt)
        self.doubt.hide()
        self.keep, self.take = QPushButton("Keep", self), QPushButton("Relabel", self)
        self.keep.hide()
        self.take.hide()
        self.keep.setToolTip(tip("The class of what is selected is right: it is not doubted any more"))
        self.take.setToolTip(tip("What is selected is of the class that it looks like"))
        self.keep.clicked.connect(lambda: self.kept.emit(self.grid.selected))
        self.take.clicked.connect(self._take)
        self._lay_out()
        self.bars.chosen.connect(lambda label: self.show_only(replace(self.filter, label=label)))
        self.bars.classes.dropped.connect(self.labelled)
        self.model.left_out_asked.connect(self.left_out_asked)
        self.grid.looked_at.connect(self._look)
        self.grid.opened.connect(lambda _: self.enlarge(not self._is_large))
        self.grid.selectionModel().selectionChanged.connect(self._follow_selection)
        self.detail.labelled.connect(lambda number, label: self.labelled.emit(self._meant(number), label))
        self.detail.left_out_asked.connect(lambda number, on: self.left_out_asked.emit(self._meant(number), on))
        self.setFocusProxy(self.grid)

    def _choices(self, kind: type[E], name: str, field: str) -> Choices:
        box = Choices()
        for each in kind:
            box.addItem(str(each.value), each)
        box.setAccessibleName(name)
        box.setMinimumContentsLength(9)
        box.activated.connect(lambda _: self.show_only(replace(self.filter, **{field: box.currentData()})))
        return box

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for box in (self.which, self.order):
            row.addWidget(box, 3)
        row.addWidget(self.search, 2)
        row.addWidget(self.doubt)
        row.addWidget(self.told, 2)
        for button in (self.keep, self.take, self.out):
            row.addWidget(button)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self.parts = QSplitter(Qt.Orientation.Horizontal, self)
        self.parts.setChildrenCollapsible(False)
        for part, stretch in ((self.bars, 0), (middle, 1), (self.detail, 0)):
            self.parts.addWidget(part)
            self.parts.setStretchFactor(self.parts.count() - 1, stretch)
        self.parts.splitterMoved.connect(self._arrange)
        self._middle, self._has_sizes = middle, False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 6)
        layout.addWidget(self.parts)

    # what is shown

    def show_pictures(self, album: Album | None, roll: Roll | None) -> None:
        """Show these as things are now, or hold none."""
        if album is not self.model.album:
            self.thumbnails.show(album)
            self.detail.clear()
            self.filter = replace(self.filter, label=None, among=None)
            self.model.suggested = {}
            self.doubt.hide()
            self.enlarge(False)
        self.bars.show_roll(roll)
        self.detail.offer(roll.classes if roll is not None else ())
        self._show(album, roll)

    def show_only(self, wanted: Filter) -> None:
        """Show what this lets through."""
        self.filter = wanted
        self._show(self.model.album, self.model.roll)

    def show_doubt(self, doubt: Doubt) -> None:
        """Show the pictures of a doubt alone, in its order."""
        self.doubt.setText(doubt.kind.value)
        self.doubt.show()
        self.bars.choose(None)
        for box in (self.which, self.order):
            box.setCurrentIndex(0)
        self.search.clear()
        labels = doubt.labels if doubt.labels is not None else ()
        self.model.suggested = dict(zip(doubt.numbers.tolist(), map(int, labels), strict=False))
        self.show_only(Filter(among=doubt.numbers))

    def leave_doubt(self) -> None:
        """Show all pictures again."""
        self.doubt.hide()
        self.model.suggested = {}
        self.show_only(replace(self.filter, among=None))

    def _show(self, album: Album | None, roll: Roll | None) -> None:
        if album is None or roll is None:
            self.model.show(None, None, np.zeros(0, np.int64))
            self.told.setText("")
            return
        numbers = self.filter.numbers(roll, album.ways)
        self.model.show(album, roll, numbers)
        of = f" of {len(album):,}" if len(numbers) < len(album) else ""
        self.told.setText(f"{len(numbers):,}{of} pictures" if of or len(numbers) != 1 else counted(1, "picture"))
        if (number := self.detail.number) is not None:
            self._look(number)
        self._follow_selection()

    def _look(self, number: int) -> None:
        album, roll = self.model.album, self.model.roll
        if album is not None and roll is not None:
            self.detail.show_picture(album, roll, number, self.model.name(number))

    def _search(self) -> None:
        self.show_only(replace(self.filter, words=self.search.text()))

    # what is asked for

    def _meant(self, number: int) -> tuple[int, ...]:
        """All that are selected, where the picture is one of them."""
        chosen = self.grid.selected
        return chosen if number in chosen else (number,)

    def _follow_selection(self) -> None:
        chosen, roll = self.grid.selected, self.model.roll
        is_out = roll is not None and bool(chosen) and bool(roll.left_out[list(chosen)].all())
        self.out.setText("Use again" if is_out else "Leave out")
        self.out.setEnabled(bool(chosen))
        suggested = self.model.suggested
        for button in (self.keep, self.take):
            button.setVisible(bool(suggested))
            button.setEnabled(any(number in suggested for number in chosen))

    def _take(self) -> None:
        suggested = self.model.suggested
        self.taken.emit({number: suggested[number] for number in self.grid.selected if number in suggested})

    def _leave_out(self) -> None:
        chosen, roll = self.grid.selected, self.model.roll
        if chosen and roll is not None:
            self.left_out_asked.emit(chosen, not roll.left_out[list(chosen)].all())

    def enlarge(self, on: bool) -> None:
        """Have the picture alone, as large as there is room, or the others beside it again."""
        self._is_large = on
        self._arrange()
        (self.detail.label if on else self.grid).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_large and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enlarge(False)
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return LEAST  # what has no room then goes, see ``_arrange``

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if self.width() < NARROW * theme.scale:  # the words above the pictures need more than the classes
            self.parts.setSizes([self.width() * 28 // 100, self.width() * 72 // 100, 0])

    def _arrange(self, *_: object) -> None:
        """Give each part its room; a narrow page does without the picture, then without the classes."""
        width, scale = self.width(), theme.scale
        self._middle.setVisible(not self._is_large)
        self.bars.setVisible(not self._is_large and width >= SLIM * scale)
        self.detail.setVisible(self._is_large or width >= NARROW * scale)
        self.told.setVisible(width >= ROOMY * scale)
        self.search.setVisible(width >= SLIM * scale)
        if not self._has_sizes and width >= NARROW * scale:
            self._has_sizes = True
            sides = min(round(SIDES[0] * scale), width // 5), min(round(SIDES[1] * scale), width * 27 // 100)
            self.parts.setSizes([sides[0], width - sum(sides), sides[1]])
        self.detail.lay(QSize(width if self._is_large else self.parts.sizes()[2], self.height()))

    def close_tasks(self, seconds: float) -> bool:
        """End what is read for good, and wait so long."""
        self._typing.stop()
        return all([self.thumbnails.stop(seconds), self.detail.stop(seconds)])

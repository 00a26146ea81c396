"""Map view: the feature maps of one node as a grid, one of them large, or a vector as bars; and how they are drawn."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.compiler.ending import Making
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.bars import Bars
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.image_grid import ZOOMS, ImageGrid, Scrolled
from cnnstudio.ui.widgets.labels import Elided, Rich
from cnnstudio.ui.widgets.large_map import LargeMap
from cnnstudio.ui.widgets.map_colours import MapColours, Maps
from cnnstudio.wording import counted

BUTTON = 38  # pixels: room for a glyph


class MapView(QWidget):
    """Shows what a node gives for one picture: maps (C, H, W) or a vector (F,); or a sentence why there is nothing.

    A caption stands above; what is under the pointer is read out beside it.
    """

    allowed = Signal()
    cell_chosen = Signal(int, int, int)  # channel, row, column; of a vector the place in it, and zeros

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = Rich()
        self.caption.setWordWrap(True)
        self.readout = Elided()
        self.readout.setProperty("role", "muted")
        self.readout.setProperty("textSize", "small")
        self.grid, self.large, self.bars, self.nothing = ImageGrid(), LargeMap(), Bars(), NothingPage()
        self.nothing.allowed.connect(self.allowed)
        self._scroll = Scrolled(self.grid)
        content = QWidget()
        self._stack = QStackedLayout(content)
        for page in (self.nothing, self._scroll, self.bars, self.large):
            self._stack.addWidget(page)
        for widget in (self.grid, self.bars, self.large):
            widget.hovered.connect(self.readout.setText)
        for chooser in (self.grid, self.large):
            chooser.cell_chosen.connect(self.cell_chosen)
        self.bars.chosen.connect(lambda place: self.cell_chosen.emit(place, 0, 0))
        self.grid.opened.connect(self.open)
        self.grid.zoomed.connect(self._arrange)
        self.large.closed.connect(self.close_large)
        self.large.stepped.connect(self._step)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.caption, 1)
        top.addWidget(self.readout)
        for button in self._tools():
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(content, 1)
        self._column = column

    def _tools(self) -> list[QToolButton]:
        """A way back from one map, and a menu of how maps are drawn: there is no room for more in a narrow panel."""
        self.back = _button("arrow-left", "Back to all maps (Esc)")
        self.back.clicked.connect(self.close_large)
        self.how = _button("sliders-horizontal", "How the maps are drawn: order, brightness, colours, size")
        self.how.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.how)
        menu.setToolTipsVisible(True)
        self.ranked = _switch(menu, "Most active first", "By the mean of the values without their sign")
        self.ranked.toggled.connect(self.grid.set_ranked)
        self.together = _switch(menu, "Same scale", "One scale for all maps, so that they can be compared")
        for view in (self.grid, self.large):
            self.together.toggled.connect(view.set_together)
        menu.addSeparator()
        group = QActionGroup(menu)
        for colours in MapColours:
            action = _switch(menu, colours.title)
            action.setChecked(colours is MapColours.VIRIDIS)
            action.triggered.connect(partial(self.set_colours, colours))
            group.addAction(action)
        menu.addSeparator()
        self.larger = menu.addAction(icon("magnifying-glass-plus"), "Larger maps\t+")
        self.smaller = menu.addAction(icon("magnifying-glass-minus"), "Smaller maps\t−")
        self.larger.triggered.connect(lambda: self.grid.zoom(1))
        self.smaller.triggered.connect(lambda: self.grid.zoom(-1))
        self.how.setMenu(menu)
        return [self.back, self.how]

    def add(self, widget: QWidget) -> None:
        """Put something below the maps."""
        self._column.addWidget(widget)

    def set_colours(self, colours: MapColours) -> None:
        """Draw with another scale of colours."""
        for view in (self.grid, self.large):
            view.set_colours(colours)

    # what is shown

    @property
    def is_large(self) -> bool:
        """Whether one map is shown large."""
        return self._stack.currentWidget() is self.large

    def show_maps(self, maps: Maps) -> str:
        """Show these maps (C, H, W); what there is to say of them in words."""
        was_large = self.is_large and len(maps) > self.large.channel
        self.grid.set_maps(maps)
        self.large.set_maps(maps)
        self._turn_to(self.large if was_large else self._scroll)
        words = f"{counted(maps.shape[0], 'map')} of {maps.shape[1]} × {maps.shape[2]}"
        if self.grid.shown < maps.shape[0]:
            words += f", the {'most active' if self.ranked.isChecked() else 'first'} {self.grid.shown}"
        return f"{words}, {self.grid.flat} flat here" if self.grid.flat else words

    def show_vector(
        self, values: NDArray[np.float32], names: tuple[str, ...], marked: str, making: Making | None
    ) -> str:
        """Show numbers (F,) as bars, as ``Bars`` does; what there is to say of them in words."""
        self.bars.set_values(values, names, marked, making)
        self._turn_to(self.bars)
        return counted(len(values), "number")

    def say(self, sentence: str, ask: str = "") -> None:
        """Say why there is nothing to show, with the words of a button, or none."""
        self.caption.setText("")
        self.readout.setText("")
        self.nothing.say(sentence, ask)
        self._turn_to(self.nothing)

    def mark(self, cell: tuple[int, int, int] | None) -> None:
        """Mark a channel's row and column, or none."""
        self.grid.mark(cell)
        self.large.mark(cell)

    def open(self, channel: int) -> None:
        """Show one map large, and let it have the keyboard."""
        self._turn_to(self.large)
        self.large.show_channel(channel)
        self.large.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_large(self) -> None:
        """Show all maps again."""
        self._turn_to(self._scroll)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _step(self, by: int) -> None:
        """Show the map large that stands so many further on in the grid."""
        order = self.grid.order
        self.large.show_channel(order[(order.index(self.large.channel) + by) % len(order)])

    def _turn_to(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        self._arrange()

    def _arrange(self) -> None:
        """Show what can do something here."""
        page = self._stack.currentWidget()
        is_grid = page is self._scroll
        self.back.setVisible(page is self.large)
        self.how.setVisible(is_grid or page is self.large)
        self.ranked.setEnabled(is_grid)
        steps = self.grid.zoom_steps
        self.smaller.setEnabled(is_grid and steps > 0)
        self.larger.setEnabled(is_grid and steps < ZOOMS)


def _button(name: str, words: str) -> QToolButton:
    made = QToolButton()
    made.setIcon(icon(name))
    made.setMinimumWidth(BUTTON)
    made.setToolTip(tip(words))
    made.setAccessibleName(words.partition(":")[0].partition(" (")[0])
    return made


def _switch(menu: QMenu, words: str, more: str = "") -> QAction:
    made = menu.addAction(words)
    made.setCheckable(True)
    made.setToolTip(tip(more))
    return made

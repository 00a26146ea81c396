"""Beside: a panel and a second one of its kind, which looks at other weights: another epoch or another run."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSplitter, QToolButton, QVBoxLayout, QWidget

from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.side_choice import Side, offer_sides
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip, unmarked
from cnnstudio.ui.widgets.labels import Elided

CHOOSE = "Choose an epoch or a run…"
CAN = "Feature maps, Arithmetic, Weights, Why, Switch off and Try can be shown beside another epoch or run."


@runtime_checkable
class Looks(Protocol):
    """A panel that looks into the network through a looker."""

    looker: Looker


class Beside(QSplitter):
    """Two panels, and above each whose weights it looks at. Both follow one selection, one picture and one cell."""

    closed = Signal()

    def __init__(self, first: Panel, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.panel = panel
        self.button = QPushButton(icon("arrows-left-right", "muted"), CHOOSE)
        self.button.setAccessibleName("Whose weights the second panel looks at")
        self.button.setMinimumWidth(90)
        self._menu = QMenu(self.button)
        self._menu.aboutToShow.connect(self.fill_menu)
        self.button.setMenu(self._menu)
        close = QToolButton()
        close.setIcon(icon("x"))
        close.setAccessibleName("Close the second panel")
        close.setToolTip(tip("Close the second panel"))
        close.clicked.connect(self.closed)
        here = Elided("This network")
        here.setProperty("role", "muted")
        self.setChildrenCollapsible(False)
        high = self.button.sizeHint().height()
        for widgets, shown in (((here,), first), ((self.button, close), panel)):
            self.addWidget(_headed(widgets, shown, high))
        first.show()
        self.looker.beside = Side(CHOOSE)
        panel.run.kept.look_once(panel.document.path)

    @property
    def looker(self) -> Looker:
        """The way of the second panel into its network."""
        assert isinstance(self.panel, Looks)
        return self.panel.looker

    def fill_menu(self) -> None:
        """List the epochs of this run and the other runs."""
        offer_sides(self._menu, self.panel.run, self.looker.beside, self.choose, has_here=False)

    def choose(self, side: Side) -> None:
        """Look at these weights from now on."""
        self.looker.beside = side
        name = side.name if side.epoch is not None or side.folder is None else f"{side.name} · {side.folder.name}"
        self.button.setText(unmarked(f"{name[:1].upper()}{name[1:]}"))
        self.button.setToolTip(tip(str(side.folder or "")))
        self.panel.touch()


def _headed(widgets: tuple[QWidget, ...], panel: Panel, high: int) -> QWidget:
    """A panel below a line of so many pixels, in which these stand, a second one at the right end."""
    made = QWidget()
    made.setProperty("surface", "panel")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    row = QHBoxLayout()
    row.setContentsMargins(12, 4, 8, 0)
    for place, widget in enumerate(widgets):
        if place:
            row.addStretch(1)
        row.addWidget(widget, 0 if place else 1)
        widget.setMinimumHeight(high)
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addLayout(row)
    column.addWidget(panel, 1)
    return made

"""Docks: where the panels stand at first, and their titles and the bars of their tabs as they should be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QTabBar, QWidget

if TYPE_CHECKING:
    from cnnstudio.ui.window import Panel, Window

SIDES = {"palette": 212, "inspector": 356}  # how wide the panels at the sides are at first, in pixels
LOWER = 210  # how high those below are at least
Area = Qt.DockWidgetArea
AREAS = (Area.LeftDockWidgetArea, Area.BottomDockWidgetArea, Area.RightDockWidgetArea)


def place_anew(window: QMainWindow, docks: Mapping[str, QDockWidget], panels: Collection[Panel]) -> None:
    """Put every dock where its panel says, those of one side as tabs with the first in front."""
    for panel in panels:
        dock = docks[panel.id]
        dock.setFloating(False)
        window.addDockWidget(panel.area, dock)
        dock.show()
    for area in dict.fromkeys(panel.area for panel in panels):
        first, *others = (docks[panel.id] for panel in panels if panel.area == area)
        for one, other in zip((first, *others), others, strict=False):
            window.tabifyDockWidget(one, other)
        first.raise_()
    for panel in panels:
        docks[panel.id].setVisible(panel.is_open)
    window.resizeDocks([docks[name] for name in SIDES], list(SIDES.values()), Qt.Orientation.Horizontal)
    window.resizeDocks([docks["curves"]], [max(LOWER, window.height() // 4)], Qt.Orientation.Vertical)


class InHand(QObject):
    """Knows the dock that had the keyboard last, and does to it what a mouse does to its title and its edges."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._dock: QDockWidget | None = None
        if isinstance(app := QApplication.instance(), QApplication):
            app.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        for dock in self._window.docks.values():
            if now is not None and dock.isAncestorOf(now):
                self._dock = dock

    @property
    def dock(self) -> QDockWidget | None:
        """The dock, if it can be seen."""
        return None if self._dock is None or self._dock.isHidden() else self._dock

    def turn_loose(self) -> None:
        """Let the dock float as a window of its own, or put it back where it was."""
        if (dock := self._asked()) is not None:
            dock.setFloating(not dock.isFloating())
            dock.activateWindow()

    def move_on(self) -> None:
        """Put the dock at the next side of the window: left, below, right."""
        dock = self._asked()
        if dock is None:
            return
        here = self._window.dockWidgetArea(dock)
        area = AREAS[(AREAS.index(here) + 1) % len(AREAS)] if here in AREAS else AREAS[0]
        others = [each for each in self._window.docks.values() if self._window.dockWidgetArea(each) == area]
        dock.setFloating(False)
        self._window.addDockWidget(area, dock)
        if shown := [each for each in others if not each.isHidden() and not each.isFloating()]:
            self._window.tabifyDockWidget(shown[-1], dock)
        dock.show()
        dock.raise_()

    def size(self, by: int) -> None:
        """Make the dock so many pixels larger."""
        dock = self._asked()
        if dock is None:
            return
        if dock.isFloating():
            dock.resize(dock.width() + by, dock.height() + by)
        elif self._window.dockWidgetArea(dock) == Area.BottomDockWidgetArea:
            self._window.resizeDocks([dock], [max(1, dock.height() + by)], Qt.Orientation.Vertical)
        else:
            self._window.resizeDocks([dock], [max(1, dock.width() + by)], Qt.Orientation.Horizontal)

    def hide(self) -> None:
        """Close the dock, and give the keyboard to the canvas."""
        if (dock := self._asked()) is not None:
            dock.hide()
            self._window.canvas.setFocus()

    def _asked(self) -> QDockWidget | None:
        if self.dock is None:
            self._window.document.said.emit("Give the keyboard to a panel first: F6 goes round them.")
        return self.dock


def tidy(window: QMainWindow, docks: Collection[QDockWidget]) -> None:
    """Give each dock the title that it needs, and hide the bars of groups of tabs that are no more."""
    for dock in docks:
        _title(window, dock)
    groups = [
        {dock.windowTitle(), *(other.windowTitle() for other in window.tabifiedDockWidgets(dock))} for dock in docks
    ]
    # Qt leaves them lying over the window
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if {bar.tabText(index) for index in range(bar.count())} not in groups:
            bar.hide()
        for index in range(bar.count()):  # which may be too narrow for it
            bar.setTabToolTip(index, bar.tabText(index))


def _title(window: QMainWindow, dock: QDockWidget) -> None:
    """A dock among tabs has its title there; only one alone needs a title of its own."""
    among = [other for other in window.tabifiedDockWidgets(dock) if not other.isHidden()]
    title = "" if among and not dock.isFloating() else dock.windowTitle()
    bar = dock.titleBarWidget()
    if bar is None or bar.objectName() != title:
        bar = QLabel(title) if title else QWidget()
        bar.setObjectName(title)
        bar.setProperty("dockTitle", True)
        dock.setTitleBarWidget(bar)

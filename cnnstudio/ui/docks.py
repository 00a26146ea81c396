"""Docks: where the panels stand at first, and their titles and the bars of their tabs as they should be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabBar, QWidget

if TYPE_CHECKING:
    from cnnstudio.ui.window import Panel

SIDES = {"palette": 212, "inspector": 356}  # how wide the panels at the sides are at first, in pixels
LOWER = 210  # how high those below are at least


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

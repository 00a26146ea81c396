"""Docks: keeps the titles of the panels and the bars of their tabs as they should be."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabBar, QWidget


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

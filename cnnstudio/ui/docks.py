"""Docks: where the panels stand at first, and their titles and the bars of their tabs as they should be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QMenu, QTabBar, QWidget

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow, Panel

SIDES = {"palette": 240, "inspector": 356}  # how wide the panels at the sides are at first, in pixels
LOWER = 210  # how high those below are at least
ASIDE = QPoint(40, 40)
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

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dock: QDockWidget | None = None
        if isinstance(app := QApplication.instance(), QApplication):
            app.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        for dock in self._window.docks.values():
            if now is not None and dock.isAncestorOf(now):
                self._dock = dock

    def watch(self, bar: QTabBar) -> None:
        """Let a double click on a tab of this bar undock its panel, and a right click offer what can be done with it.

        Qt itself does neither, nor can a tab be dragged out of its bar.
        """
        bar.removeEventFilter(self)
        bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(watched, QTabBar) or not isinstance(event, QContextMenuEvent | QMouseEvent):
            return False
        is_double = event.type() == QEvent.Type.MouseButtonDblClick
        if not is_double and not isinstance(event, QContextMenuEvent):
            return False
        title = watched.tabText(watched.tabAt(event.pos()))
        dock = next((each for each in self._window.docks.values() if each.windowTitle() == title), None)
        if dock is not None:
            self._dock = dock
            if is_double:
                self.turn_loose()
            else:
                self._window.createPopupMenu().popup(event.globalPos())
        return dock is not None

    def menu(self) -> QMenu:
        """What can be done with the dock, and which docks there are."""
        menu, bound = QMenu(self._window), self._window.commands.bound
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([bound[name] for name in ("panel-float", "panel-side", "panel-hide")])
        menu.addSeparator()
        menu.addActions([dock.toggleViewAction() for dock in self._window.docks.values()])
        return menu

    @property
    def dock(self) -> QDockWidget | None:
        """The dock, if it can be seen."""
        return None if self._dock is None or self._dock.isHidden() else self._dock

    def turn_loose(self) -> None:
        """Let the dock float as a window of its own, or put it back where it was."""
        if (dock := self._asked()) is not None:
            dock.setFloating(not dock.isFloating())
            if dock.isFloating():
                # or it would lie where it stood, and nobody would see that it floats
                corner, place = dock.screen().availableGeometry().topLeft(), dock.pos() - ASIDE
                dock.move(max(corner.x(), place.x()), max(corner.y(), place.y()))
                dock.activateWindow()
            else:
                dock.raise_()

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


def bring_up(window: MainWindow, dock: QDockWidget) -> None:
    """Bring a dock to the front; the keyboard stays where it is, or goes to the canvas where that is hidden now."""
    dock.show()
    dock.raise_()
    if any(other.isAncestorOf(window.focusWidget()) for other in window.tabifiedDockWidgets(dock)):
        window.canvas.setFocus()


def fill_with_panels(menu: QMenu, window: MainWindow, panels: Collection[Panel]) -> None:
    """List every panel with its shortcut and a tick where it is open: a click opens it, or closes it."""

    def turn(panel: Panel, on: bool) -> None:
        if on:
            window.show_panel(panel.id)
        else:
            window.docks[panel.id].hide()
            window.canvas.setFocus()

    for panel in panels:
        keys = window.commands.bound[f"show-{panel.id}"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        row = menu.addAction(f"{panel.title}\t{keys}")
        row.setCheckable(True)
        row.setChecked(not window.docks[panel.id].isHidden())
        row.toggled.connect(partial(turn, panel))


def tidy(window: QMainWindow, docks: Collection[QDockWidget], hand: InHand) -> None:
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
        hand.watch(bar)


def _title(window: QMainWindow, dock: QDockWidget) -> None:
    """A dock among tabs has its title there; only one alone, or one that floats, needs a title of its own."""
    if dock.isFloating():  # then the system draws its frame, by which it is moved, sized and closed
        if dock.titleBarWidget() is not None:
            dock.setTitleBarWidget(None)  # type: ignore[arg-type] # Qt means None, too
        return
    among = [other for other in window.tabifiedDockWidgets(dock) if not other.isHidden()]
    title = "" if among else dock.windowTitle()
    bar = dock.titleBarWidget()
    if bar is None or bar.objectName() != title:
        bar = QLabel(title) if title else QWidget()
        bar.setObjectName(title)
        bar.setProperty("dockTitle", True)
        dock.setTitleBarWidget(bar)

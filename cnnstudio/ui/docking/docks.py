"""Docks: where the panels stand, their titles and the bars of their tabs as they should be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from itertools import pairwise
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QMenu, QTabBar, QTabWidget, QWidget

from cnnstudio.ui.docking.dock_tabs import fit_tabs
from cnnstudio.ui.docking.panel_places import AREAS, LEFT, PANELS, RIGHT, Area, PanelPlace
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.beside import CAN, Beside
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.labels import Plain

P = TypeVar("P", bound=Panel)
SIDES = {"palette": 240, "inspector": 356}  # how wide the panels at the sides are at first, in pixels
LOWER = 210  # how high those below are at least
ASIDE = QPoint(40, 40)
PAUSE = 20  # milliseconds between the making of two panels, in which the window answers
COMPARED = frozenset({"feature-maps", "weights", "why", "ablation", "try", "arithmetic"})
"""Those that can look at other weights."""
GLYPHS = {place.title: place.icon for place in PANELS}


class PanelDock(QDockWidget):
    """A dock whose panel is made when somebody first asks for it or sees it: one that nobody needs costs nothing."""

    made = Signal(QWidget)  # the panel

    def __init__(self, place: PanelPlace, window: QMainWindow, document: Document, run: Run) -> None:
        super().__init__(place.title, window)
        self.setObjectName(place.id)
        self._make = partial(place.make, document, run)
        self.can_compare = place.id in COMPARED
        self._panel: Panel | None = None
        self.second: Beside | None = None  # the same panel for other weights
        document.closed.connect(self.end_comparison)
        self.visibilityChanged.connect(self._look)  # a dock behind another tab is shown too, but not seen

    @property
    def is_made(self) -> bool:
        """Whether its panel is there already."""
        return self._panel is not None

    def widget(self) -> QWidget:
        """The panel, made now where it was not yet."""
        if self._panel is None:
            self._panel = self._made()
            self.setWidget(self._panel)
            self.made.emit(self._panel)
        return self._panel

    def _made(self) -> Panel:
        panel = self._make()
        panel.setProperty("surface", "panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        return panel

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Those that are made: one, or two where other weights are looked at beside it."""
        second = (self.second.panel,) if self.second is not None else ()
        return (self._panel, *second) if self._panel is not None else ()

    def compare(self) -> Beside | None:
        """Show the same panel for other weights beside this one, or no more; None where it does not look into any."""
        self.widget()
        if self.second is not None:
            self.end_comparison()
        elif self.can_compare and self._panel is not None:
            self.second = Beside(self._panel, self._made())
            self.second.closed.connect(self.end_comparison)
            self.setWidget(self.second)
            self.made.emit(self.second.panel)
        return self.second

    def end_comparison(self) -> None:
        """Show the one panel alone."""
        second, self.second = self.second, None
        if second is not None and self._panel is not None:
            second.panel.close_tasks(0.0)
            self.setWidget(self._panel)
            self._panel.show()
            second.deleteLater()

    def _look(self, is_seen: bool) -> None:
        if is_seen:
            self.widget()


def make_room(window: QMainWindow) -> None:
    """Let docks stand at the sides of the window in their full height, nest, and have their tabs above them."""
    window.setDockNestingEnabled(True)
    window.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    window.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
    window.setCorner(Qt.Corner.BottomRightCorner, RIGHT)


def docks_of(window: QMainWindow, document: Document, run: Run) -> dict[str, PanelDock]:
    """A dock for every panel of this document and its run, by its id."""
    return {place.id: PanelDock(place, window, document, run) for place in PANELS}


def make_soon(window: QMainWindow, docks: Collection[PanelDock]) -> None:
    """Make the panels behind the tabs, one a moment, so that whoever turns to one of them waits for nothing."""

    def make() -> None:
        unmade = (dock for dock in docks if not dock.is_made and not dock.isHidden())
        if (dock := next(unmade, None)) is not None:
            dock.widget()
            QTimer.singleShot(PAUSE, window, make)

    QTimer.singleShot(PAUSE, window, make)


def panel_in(dock: QDockWidget, kind: type[P]) -> P:
    """The panel in a dock, which is of this kind. Raises ``TypeError`` where it is of another."""
    panel = dock.widget()
    if not isinstance(panel, kind):
        raise TypeError(f"in the dock {dock.objectName()} is no {kind.__name__}")
    return panel


def place_anew(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
    """Put every dock where its panel stands at first, those of one side as tabs with the first in front."""
    for place in PANELS:
        dock = docks[place.id]
        dock.setFloating(False)
        dock.hide()  # with each that Qt places it lays out anew all that are seen
        window.addDockWidget(place.area, dock)
    sides = [[docks[place.id] for place in PANELS if place.area == area] for area in AREAS]
    for side in sides:
        for one, other in pairwise(side):
            window.tabifyDockWidget(one, other)
    for place in PANELS:
        docks[place.id].setVisible(place.is_open)
    for first, *_ in sides:
        first.raise_()
    window.resizeDocks([docks[name] for name in SIDES], list(SIDES.values()), Qt.Orientation.Horizontal)
    window.resizeDocks([docks["curves"]], [max(LOWER, window.height() // 4)], Qt.Orientation.Vertical)


class FocusedDock(QObject):
    """The dock that had the keyboard last; it does to it what a mouse does to its title and its edges.

    ``offers`` is what its menu offers to do with it. Once it is closed the keyboard goes to ``canvas``.
    """

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        document: Document,
        canvas: QWidget,
        offers: Collection[QAction],
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._document, self._canvas = window, docks, document, canvas
        self._offers = offers
        self._dock: QDockWidget | None = None
        if isinstance(app := QApplication.instance(), QApplication):
            app.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        for dock in self._docks.values():
            if now is not None and dock.isAncestorOf(now):
                self._dock = dock

    def watch(self, bar: QTabBar) -> None:
        """Let a double click on a tab of this bar undock its panel, and a right click offer what can be done with it.

        Qt itself does neither, nor can a tab be dragged out of its bar.
        """
        bar.removeEventFilter(self)
        bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(watched, QTabBar) and event.type() == QEvent.Type.Resize:
            fit_tabs(watched, GLYPHS)
        if not isinstance(watched, QTabBar) or not isinstance(event, QContextMenuEvent | QMouseEvent):
            return False
        is_double = event.type() == QEvent.Type.MouseButtonDblClick
        if not is_double and not isinstance(event, QContextMenuEvent):
            return False
        place = event.position().toPoint() if isinstance(event, QMouseEvent) else event.pos()
        title = watched.tabText(watched.tabAt(place))
        dock = next((each for each in self._docks.values() if each.windowTitle() == title), None)
        if dock is not None:
            self._dock = dock
            if is_double:
                self.turn_loose()
            else:
                self.menu().popup(event.globalPos())
        return dock is not None

    def menu(self) -> QMenu:
        """What can be done with the dock, and which docks there are."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([*self._offers])
        menu.addSeparator()
        menu.addActions([dock.toggleViewAction() for dock in self._docks.values()])
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
        others = [each for each in self._docks.values() if self._window.dockWidgetArea(each) == area]
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

    def compare(self) -> None:
        """Show the dock's panel for other weights beside it, or no more."""
        dock = self._asked()
        if isinstance(dock, PanelDock) and dock.compare() is None and not dock.can_compare:
            self._document.said.emit(CAN)

    def hide(self) -> None:
        """Close the dock, and give the keyboard to the canvas."""
        if (dock := self._asked()) is not None:
            dock.hide()
            self._canvas.setFocus()

    def _asked(self) -> QDockWidget | None:
        if self.dock is None:
            self._document.said.emit("Give the keyboard to a panel first: F6 goes round them.")
        return self.dock


def bring_up(window: QMainWindow, dock: QDockWidget, canvas: QWidget) -> None:
    """Bring a dock to the front; the keyboard stays where it is, or goes to the canvas where that is hidden now."""
    dock.show()
    dock.raise_()
    if any(other.isAncestorOf(window.focusWidget()) for other in window.tabifiedDockWidgets(dock)):
        canvas.setFocus()


def fill_with_panels(
    menu: QMenu, docks: Mapping[str, QDockWidget], bound: Mapping[str, QAction], canvas: QWidget
) -> None:
    """List every panel with the shortcut by which it is shown and a tick where it is open: a click turns that."""

    def turn(name: str, on: bool) -> None:
        if on:
            bound[f"show-{name}"].trigger()
        else:
            docks[name].hide()
            canvas.setFocus()

    for place in PANELS:
        keys = bound[f"show-{place.id}"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        row = menu.addAction(f"{place.title}\t{keys}")
        row.setCheckable(True)
        row.setChecked(not docks[place.id].isHidden())
        row.toggled.connect(partial(turn, place.id))


def tidy(window: QMainWindow, docks: Collection[QDockWidget], focused: FocusedDock) -> None:
    """Give each dock the title that it needs, and hide the bars of groups of tabs that are no more."""
    groups = _groups(window, docks)
    for group in groups:
        for dock in group:
            _title(dock, [other for other in group if other is not dock and not other.isHidden()])
    titles = [{dock.windowTitle() for dock in group} for group in groups]
    # Qt leaves them lying over the window
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if {bar.tabText(index) for index in range(bar.count())} not in titles:
            bar.hide()
        for index in range(bar.count()):  # which may be too narrow for it
            bar.setTabToolTip(index, bar.tabText(index))
        fit_tabs(bar, GLYPHS)
        focused.watch(bar)


def _groups(window: QMainWindow, docks: Collection[QDockWidget]) -> list[list[QDockWidget]]:
    """The docks that are tabs of one place, each in one group; Qt takes half a millisecond to tell of one."""
    groups: list[list[QDockWidget]] = []
    placed: set[QDockWidget] = set()
    for dock in docks:
        if dock not in placed:
            groups.append([dock, *window.tabifiedDockWidgets(dock)])
            placed |= {*groups[-1]}
    return groups


def _title(dock: QDockWidget, among: Collection[QDockWidget]) -> None:
    """A dock among tabs has its title there; only one alone, or one that floats, needs a title of its own."""
    if dock.isFloating():  # then the system draws its frame, by which it is moved, sized and closed
        if dock.titleBarWidget() is not None:
            dock.setTitleBarWidget(None)  # type: ignore[arg-type] # Qt means None, too
        return
    title = "" if among else dock.windowTitle()
    bar = dock.titleBarWidget()
    if bar is None or bar.objectName() != title:
        bar = Plain(title) if title else QWidget()
        bar.setObjectName(title)
        bar.setProperty("dockTitle", True)
        dock.setTitleBarWidget(bar)

"""What a mouse does to the title and the edges of a panel, without one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QMenu, QTabBar
from pytestqt.qtbot import QtBot

from cnnstudio.ui.docking.docks import PANELS, make_soon
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme

Area = Qt.DockWidgetArea


def run(window: MainWindow, words: str) -> None:
    """Call a command from the list of all commands, as somebody without a mouse does."""
    window.commands.run("commands")
    QTest.keyClicks(window.command_list.field, words)
    QTest.keyClick(window.command_list.field, Qt.Key.Key_Return)
    QApplication.processEvents()


@pytest.fixture
def dock(qtbot: QtBot, window: MainWindow) -> QDockWidget:
    """The inspector, which had the keyboard last."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.show_panel("inspector")
    qtbot.waitUntil(lambda: window.focused_dock.dock is window.docks["inspector"])
    return window.docks["inspector"]


def test_a_panel_is_made_larger_and_smaller(window: MainWindow, dock: QDockWidget) -> None:
    before = dock.width()
    run(window, "focused panel larger")
    assert dock.width() > before
    run(window, "focused panel smaller")
    assert dock.width() == before


def test_a_panel_floats_and_is_docked_again(window: MainWindow, dock: QDockWidget) -> None:
    run(window, "focused panel float")
    assert dock.isFloating()
    width = dock.width()
    run(window, "focused panel larger")
    assert dock.width() > width
    run(window, "focused panel float")
    assert not dock.isFloating()


def test_a_panel_goes_round_the_sides_of_the_window(window: MainWindow, dock: QDockWidget) -> None:
    seen = []
    for _ in range(3):
        run(window, "focused panel side")
        assert not dock.visibleRegion().isEmpty(), "it is in front of the others there"
        seen.append(window.dockWidgetArea(dock))
    assert seen == [Area.LeftDockWidgetArea, Area.BottomDockWidgetArea, Area.RightDockWidgetArea]
    assert window.tabifiedDockWidgets(dock)


def test_a_panel_closes_and_the_canvas_has_the_keyboard(qtbot: QtBot, window: MainWindow, dock: QDockWidget) -> None:
    run(window, "focused panel close")
    assert dock.isHidden()
    qtbot.waitUntil(window.canvas.hasFocus)
    run(window, "focused panel larger")
    assert "F6" in window.messages.bars[-1].sentence


def bar_of(window: MainWindow, title: str) -> tuple[QTabBar, QPoint]:
    """The bar of tabs with this title, and the middle of its tab."""
    bars = [each for each in window.findChildren(QTabBar) if each.isVisible()]
    return next(
        (bar, bar.tabRect(at).center()) for bar in bars for at in range(bar.count()) if bar.tabText(at) == title
    )


def test_a_double_click_on_a_tab_lets_its_panel_float(qtbot: QtBot, window: MainWindow, dock: QDockWidget) -> None:
    bar, place = bar_of(window, "Summary")
    qtbot.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=place)
    assert window.docks["summary"].isFloating() and not dock.isFloating()
    qtbot.waitUntil(lambda: window.docks["summary"].titleBarWidget() is None)
    assert window.docks["summary"].pos() != dock.mapToGlobal(QPoint(0, 0)), "it is seen to float"
    window.commands.run("default-layout")
    assert not window.docks["summary"].isFloating()


def test_a_right_click_on_a_tab_offers_what_can_be_done_with_its_panel(
    qtbot: QtBot, window: MainWindow, dock: QDockWidget
) -> None:
    bar, place = bar_of(window, "Curves")
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, bar.mapToGlobal(place))
    QApplication.sendEvent(bar, asked)
    menu = next(each for each in window.findChildren(QMenu) if each.isVisible())
    titles = [action.text() for action in menu.actions()]
    assert {"Float, or dock again", "Close", "Inspector", "Outline"} <= {*titles}
    next(action for action in menu.actions() if action.text() == "Close").trigger()
    menu.close()
    assert window.docks["curves"].isHidden() and not dock.isHidden()


def test_the_menu_of_panels_has_each_once_and_opens_and_closes_it(qtbot: QtBot, window: MainWindow) -> None:
    menu = next(each for each in window.menuBar().findChildren(QMenu) if each.title() == "Panels")
    menu.aboutToShow.emit()
    rows = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert list(rows) == [panel.title for panel in PANELS] and len(menu.actions()) == len(PANELS)
    assert rows["Training"].text().endswith("\tCtrl+3")
    assert rows["Training"].isChecked() and not rows["Quiz"].isChecked()
    rows["Quiz"].trigger()
    assert not window.docks["quiz"].isHidden() and window.quiz.isAncestorOf(window.focusWidget())
    rows["Quiz"].trigger()
    assert window.docks["quiz"].isHidden() and window.canvas.hasFocus()


@pytest.mark.parametrize("scale", [1.2, 1.6])
def test_tabs_show_icons_before_a_title_is_cut(qtbot: QtBot, window: MainWindow, scale: float) -> None:
    window.show_panel("quiz")

    def bar() -> QTabBar:
        return next(
            each for each in window.findChildren(QTabBar) if "Quiz" in [each.tabText(n) for n in range(each.count())]
        )

    try:
        theme.set_scale(scale)
        qtbot.waitUntil(lambda: bar().property("icons") is True)
        titles = [bar().tabText(number) for number in range(bar().count())]
        assert titles == [bar().tabToolTip(number) for number in range(bar().count())] and "Inspector" in titles
        assert not any(bar().tabIcon(number).isNull() for number in range(bar().count()))
        assert bar().tabRect(bar().count() - 1).right() <= bar().width()
        window.resizeDocks([window.docks["quiz"]], [640], Qt.Orientation.Horizontal)
        qtbot.waitUntil(lambda: bar().property("icons") is False)
        assert all(bar().tabIcon(number).isNull() for number in range(bar().count()))
    finally:
        theme.set_scale(1.0)


def test_every_panel_has_an_icon_of_its_own() -> None:
    assert len({place.icon for place in PANELS}) == len(PANELS)


def test_the_panels_behind_the_tabs_are_made_a_moment_after_the_window_stands(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmade() -> list[str]:
        return [name for name, dock in window.docks.items() if not dock.isHidden() and not dock.is_made]

    assert len(unmade()) > 3 and "training" in unmade()
    monkeypatch.setattr("cnnstudio.ui.docking.docks.make_soon", make_soon)  # which other tests do without
    window.painted.emit()
    qtbot.waitUntil(lambda: not unmade())
    assert not window.docks["quiz"].is_made, "it is closed at first"

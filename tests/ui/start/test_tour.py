"""Tour: five stops at true parts of the window, by mouse and by keyboard, shown by itself once."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cnnstudio.ui.app import show_first_tour
from cnnstudio.ui.main_window import MainWindow


def test_it_points_at_five_parts_that_are_seen_and_stays_within_the_window(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.run("tour")
    tour, seen = window.reading.tour, []
    for number in range(5):
        assert tour.isVisible() and tour.count.text() == f"{number + 1} of 5"
        target = tour.target
        assert target is not None
        qtbot.waitUntil(target.isVisible)
        QApplication.processEvents()
        around = QRect(target.mapTo(window, QPoint()), target.size())
        assert tour.ring.geometry().intersects(around)
        assert window.rect().contains(tour.geometry()), tour.title.text()
        assert tour.height() >= tour.layout().heightForWidth(tour.width())
        seen.append(target)
        tour.next_button.click()
    assert len({id(each) for each in seen}) == 5
    assert tour.isHidden() and tour.ring.isHidden()


def test_it_is_walked_and_left_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.run("tour")
    tour = window.reading.tour
    assert tour.isAncestorOf(window.focusWidget())
    qtbot.keyClick(tour, Qt.Key.Key_Right)
    qtbot.keyClick(tour, Qt.Key.Key_Right)
    qtbot.keyClick(tour, Qt.Key.Key_Left)
    assert tour.count.text() == "2 of 5"
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert tour.isHidden() and window.focusWidget() is window.canvas


def test_a_first_start_shows_it_once_and_leaves_the_keyboard_where_it_is(window: MainWindow) -> None:
    before = window.focusWidget()
    show_first_tour(window)
    assert window.reading.tour.isVisible() and window.focusWidget() is before
    window.reading.tour.leave()
    show_first_tour(window)
    assert window.reading.tour.isHidden()


def test_the_window_can_be_worked_in_while_it_is_there(window: MainWindow) -> None:
    show_first_tour(window)
    window.files.new("lenet5")
    assert len(window.document.graph) and window.reading.tour.isVisible()
    window.resize(1000, 640)
    QApplication.processEvents()
    assert window.rect().contains(window.reading.tour.geometry())


def test_a_panel_that_comes_to_the_front_does_not_cover_it(qtbot: QtBot, window: MainWindow) -> None:
    tour = window.reading.tour
    tour.begin()

    def is_seen() -> bool:
        at = window.childAt(tour.geometry().center())
        return at is not None and (at is tour or tour.isAncestorOf(at))

    for name in ("training", "lesson", "inspector"):
        window.show_panel(name)
        qtbot.waitUntil(window.docks[name].widget().isVisible)
        qtbot.waitUntil(is_seen, timeout=5_000)

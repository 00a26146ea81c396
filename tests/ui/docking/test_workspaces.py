"""Workspaces: Draw, Train and Look open what each needs and leave what belongs to none as it is."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from cnnstudio.ui.docking.panel_places import PANELS
from cnnstudio.ui.docking.workspaces import WORKSPACES
from cnnstudio.ui.main_window import MainWindow


def test_each_names_panels_that_there_are_and_none_twice() -> None:
    known = {place.id for place in PANELS}
    for each in WORKSPACES:
        named = (*each.front, *each.behind)
        assert set(named) <= known and len(named) == len(set(named))


def test_each_opens_its_panels_in_front_and_closes_those_of_the_others(window: MainWindow) -> None:
    window.show_panel("lesson")
    for each in WORKSPACES:
        window.commands.run(f"workspace-{each.id}")
        QApplication.processEvents()
        open_ones = {name for name, dock in window.docks.items() if not dock.isHidden()}
        assert open_ones == {*each.front, *each.behind, "lesson"}, each.title
        in_front = {name for name in each.front if not window.docks[name].visibleRegion().isEmpty()}
        assert in_front == set(each.front), each.title


def test_what_a_lesson_puts_away_stays_away(window: MainWindow) -> None:
    window.classroom.withheld = frozenset({"show-source"})
    window.commands.run("workspace-draw")
    assert window.docks["source"].isHidden() and not window.docks["palette"].isHidden()

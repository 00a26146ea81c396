"""What all panels have in common: each is made of a document and its run, and works only while it is seen."""

from __future__ import annotations

import dataclasses

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.ui.docking.panel_places import PANELS, PanelPlace
from cnnstudio.ui.document import Document
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run


class Counting(Panel):
    """Counts how often it showed something."""

    shown = 0

    def refresh(self) -> None:
        self.shown += 1


def test_the_signals_of_one_edit_are_one_refresh_and_a_hidden_panel_waits(qtbot: QtBot, tiny: Project) -> None:
    panel = Counting(Document(tiny), Run())
    qtbot.addWidget(panel)
    panel.document.select(("conv1",))
    assert panel.shown == 0
    panel.show()
    assert panel.shown == 1
    panel.document.edit_graph("Remove", panel.document.graph.remove("conv1"))
    qtbot.waitUntil(lambda: panel.shown == 2)
    panel.hide()
    panel.document.undo_stack.undo()
    qtbot.wait(20)
    assert panel.shown == 2
    panel.show()
    assert panel.shown == 3
    panel.hide()
    panel.show()
    assert panel.shown == 3, "nothing has changed"


@pytest.mark.parametrize("place", PANELS, ids=lambda place: str(place.id))
def test_a_hidden_panel_shows_nothing_anew(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tiny: Project, place: PanelPlace
) -> None:
    document, run = Document(tiny), Run()
    panel = place.make(document, run)
    qtbot.addWidget(panel)
    shown: list[Panel] = []

    def refresh(panel: Panel) -> None:
        shown.append(panel)

    monkeypatch.setattr(type(panel), "refresh", refresh)
    document.edit_graph("Remove", document.graph.remove("conv1"))
    document.edit_recipe("Longer", dataclasses.replace(document.project.recipe, epochs=3))
    document.select(("linear1",))
    document.conceal(frozenset({"linear1"}))
    run.state_changed.emit("idle")
    run.advanced.emit()
    qtbot.wait(20)
    assert not shown
    panel.show()
    assert shown == [panel]


def test_a_window_has_ended_when_what_its_panels_compute_has(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dock in window.docks.values():
        with monkeypatch.context() as patch:
            patch.setattr(dock.widget(), "close_tasks", lambda seconds: False)
            assert not window.end(0.0)
        assert window.end(0.0)

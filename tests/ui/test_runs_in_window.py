"""The runs in a whole window: a run's network opens beside the present one, is compared with it, and stays unsaved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from pytestqt.qtbot import QtBot

from cnnstudio.compiler.source import source
from cnnstudio.folders import runs_folder
from cnnstudio.project import Project, write
from cnnstudio.training import weights
from cnnstudio.training.loop import fresh
from cnnstudio.training.runs.record import Best, new_record, write_record
from cnnstudio.ui.docking.docks import panel_in
from cnnstudio.ui.network.comparison import ComparisonPanel
from cnnstudio.ui.training.run_list import RunsPanel

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow


def kept(project: Project) -> Path:
    folder = runs_folder() / "one"
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    began, best = datetime(2026, 1, 1, tzinfo=UTC), Best(1, 0.5, 0.1)
    write_record(folder, msgspec.structs.replace(new_record(project), state="done", owner=None, best=best, began=began))
    return folder


def test_the_network_of_a_run_stands_beside_the_present_one(window: MainWindow, tiny: Project, qtbot: QtBot) -> None:
    kept(tiny)
    window.document.open(tiny, None)
    window.document.edit_graph("Remove", tiny.graph.remove("conv1", heal=True))
    window.show_panel("runs")
    panel = panel_in(window.docks["runs"], RunsPanel)
    panel.scope.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 1)
    panel.table.selectRow(0)
    panel.compare()
    comparison = panel_in(window.docks["comparison"], ComparisonPanel)
    assert window.docks["comparison"].isVisible() and comparison.comparison is not None
    assert [change.name for change in comparison.comparison.of("removed")] == ["conv1"]
    panel.open_beside()
    assert len(window.windows.all) == 2
    beside = window.windows.all[-1]
    assert beside is not window
    assert (beside.document.project, beside.document.path, beside.document.is_modified) == (tiny, None, True)
    assert "conv1" not in window.document.graph
    beside.document.undo_stack.setClean()
    beside.close()


def test_the_network_of_a_run_comes_with_its_weights(window: MainWindow, tiny: Project, qtbot: QtBot) -> None:
    folder = kept(tiny)
    weights.save(folder / "best.safetensors", fresh(source(tiny.graph), tiny.recipe), {"epoch": "1"})
    window.show_panel("runs")
    panel = panel_in(window.docks["runs"], RunsPanel)
    panel.scope.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.shown.rowCount() == 1)
    panel.table.selectRow(0)
    panel.open_beside()
    beside = window.windows.all[-1]
    assert beside is not window and beside.run.weights == folder / "best.safetensors"
    assert beside.run.fits(beside.document.graph) and beside.run.sentence == "Weights of run one, epoch 1."


def test_the_line_of_the_summary_leads_to_the_runs(window: MainWindow, tiny: Project, qtbot: QtBot) -> None:
    kept(tiny)
    window.document.open(tiny, None)
    window.show_panel("summary")
    window.run.kept.look(None)  # it may have looked before there was one
    scores = window.docks["summary"].widget().scores  # type: ignore[union-attr]
    qtbot.waitUntil(scores.isVisible)
    scores.linkActivated.emit("runs")
    assert window.docks["runs"].isVisible()

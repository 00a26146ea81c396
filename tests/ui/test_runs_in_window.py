"""The runs in a whole window: a run's network opens beside the present one, is compared with it, and stays unsaved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from pytestqt.qtbot import QtBot

from cnnstudio.compiler.source import source
from cnnstudio.folders import runs_folder
from cnnstudio.project import Project, RunReference, write
from cnnstudio.training import weights
from cnnstudio.training.loop import fresh
from cnnstudio.training.runs.record import Best, new_record, write_record
from cnnstudio.training.runs.run_library import RunLibrary
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


def test_the_weights_of_a_run_are_used_where_it_has_trained_this_network(window: MainWindow, tiny: Project) -> None:
    folder = kept(tiny)
    weights.save(folder / "best.safetensors", fresh(source(tiny.graph), tiny.recipe), {"epoch": "1"})
    window.document.open(tiny.with_graph(tiny.graph.remove("conv1", heal=True)), None)
    assert use(window, folder).startswith("one has trained another network than this one.")
    assert window.run.weights is None and window.document.project.run is None
    window.document.undo_stack.undo()
    window.document.open(tiny, None)
    assert use(window, folder) == "Weights of run one, epoch 1."
    assert window.run.weights == folder / "best.safetensors" and window.run.fits(window.document.graph)
    assert window.document.project.run == RunReference("one", 1) and window.document.is_modified
    (folder / "best.safetensors").unlink()
    window.document.open(tiny, None)
    assert "without weights" in use(window, folder) and window.run.weights is None


def use(window: MainWindow, folder: Path) -> str:
    """Use the weights of the run in this folder, from the list of all; what is said."""
    window.show_panel("runs")
    panel = panel_in(window.docks["runs"], RunsPanel)
    panel.scope.setCurrentIndex(1)
    panel.model.set_runs(RunLibrary().look([folder]))
    panel.refresh()
    panel.table.selectRow(0)
    panel.use_weights()
    return window.messages.bars[-1].sentence

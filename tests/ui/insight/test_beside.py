"""Two epochs, or two runs, side by side in each panel that looks into the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file

from cnnstudio.project import Project
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.ui.docking.docks import COMPARED
from cnnstudio.ui.insight.ablation import AblationPanel
from cnnstudio.ui.insight.arithmetic import ArithmeticPanel
from cnnstudio.ui.insight.feature_maps import FeatureMapsPanel
from cnnstudio.ui.insight.looker import CHOOSE, WHEN_OVER
from cnnstudio.ui.insight.side_choice import Side
from cnnstudio.ui.insight.try_panel import TryPanel
from cnnstudio.ui.insight.weights_panel import WeightsPanel
from cnnstudio.ui.insight.why import WhyPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.panel import Panel


def test_an_epoch_stands_beside_the_best_weights_in_every_panel(
    window: MainWindow, qtbot: QtBot, tiny: Project
) -> None:
    document, run = window.document, window.run
    document.open(tiny, None)
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert run.folder is not None
    files = kept_epochs(run.folder)
    side = Side("epoch 1", run.folder.path, 1)
    document.select(("conv1",))
    seconds = {}
    for name in ("feature-maps", "weights", "why", "ablation", "try", "arithmetic"):
        assert name in COMPARED
        window.show_panel(name)
        second = window.docks[name].compare()
        assert second is not None and window.docks[name].panels == (window.docks[name].widget(), second.panel)
        seconds[name] = second
        second.fill_menu()
        inner = second._menu.actions()[0].menu()
        assert inner is not None and [each.text() for each in inner.actions()] == ["Epoch 1", "Epoch 2"]
    for name, second in seconds.items():
        window.show_panel(name)
        second.choose(side)
        assert second.button.text() == "Epoch 1"
        _see(qtbot, second.panel, window.docks[name].widget(), files[1])
    trained = run.trained
    assert run.looked_at is None and run.trained is trained, "what is looked at beside is not what was trained"
    window.show_panel("why")
    window.focused_dock._dock = window.docks["why"]
    window.commands.bound["panel-compare"].trigger()
    assert window.docks["why"].second is None and window.docks["why"].widget().isVisible()
    document.open(tiny, None)
    assert all(dock.second is None for dock in window.docks.values()), "another project has other runs"


def _see(qtbot: QtBot, panel: Panel, first: QWidget, file: Path) -> None:
    """The second panel shows what the weights in this file do, the first one what the best do."""
    run = panel.run
    match panel, first:
        case FeatureMapsPanel(), FeatureMapsPanel():
            qtbot.waitUntil(lambda: panel._shown is not None and first._shown is not None)
            assert panel._shown is not None and first._shown is not None
            qtbot.waitUntil(lambda: bool(np.array_equal(panel._shown.image, first._shown.image)))
            assert "epoch 1" in panel.view.caption.text() and not panel.epochs.isVisible()
            assert not np.array_equal(panel._shown.maps, first._shown.maps)
        case WeightsPanel(), WeightsPanel():
            qtbot.waitUntil(lambda: panel.found is not None and panel.found.layer.name == "conv1.weight")
            assert panel.found is not None
            assert torch.equal(torch.from_numpy(panel.found.kernels), load_file(file)["conv1.weight"])
        case WhyPanel(), WhyPanel():
            qtbot.waitUntil(lambda: panel.found is not None and "Epoch 1." in panel.told.text())
        case AblationPanel(), AblationPanel():
            qtbot.waitUntil(lambda: panel.found is not None and first.found is not None)
            assert panel.found is not None
            assert panel.found.accuracy[0] == pytest.approx(run.history.epochs["validation_accuracy"][0], abs=1e-3)
        case TryPanel(), TryPanel():
            run.picture.choose(7)
            qtbot.waitUntil(lambda: panel.told is not None and panel.told.picture.name == "Validation image 8")
        case ArithmeticPanel(), ArithmeticPanel():
            qtbot.waitUntil(lambda: panel.shown is not None and first.shown is not None)
            assert panel.shown is not None and first.shown is not None
            assert panel.shown.found.cell == first.shown.found.cell and "epoch 1" in panel.caption.text()
            weights = load_file(file)["conv1.weight"].numpy()
            calculation = panel.shown.found.calculation
            assert calculation is not None and calculation.windows[0].weights is not None
            assert np.allclose(calculation.windows[0].weights, weights[panel.shown.found.cell[0]], atol=0)
            for each in (panel, first):
                each.of_weight.setChecked(True)
                qtbot.waitUntil(lambda each=each: each.weight.found is not None)
            assert panel.weight.found is not None and panel.weight.found.place == first.weight.found.place
            assert "epoch 1" in panel.caption.text() and "epoch 1" not in first.caption.text()
        case _:
            raise AssertionError(panel)


def test_beside_a_run_that_goes_on_and_without_a_choice_it_is_said_why(
    window: MainWindow, qtbot: QtBot, tiny: Project
) -> None:
    window.document.open(tiny, None)
    window.document.select(("conv1",))
    window.show_panel("weights")
    second = window.docks["weights"].compare()
    assert second is not None and isinstance(second.panel, WeightsPanel)
    qtbot.waitUntil(lambda: second.panel.nothing.sentence.text() == CHOOSE)
    window.run.state = "training"
    second.choose(Side("another", Path("nowhere")))
    second.panel._look()
    assert second.panel.nothing.sentence.text() == WHEN_OVER
    window.run.state = "idle"
    said: list[str] = []
    window.document.said.connect(said.append)
    window.focused_dock._dock = window.docks["palette"]
    window.focused_dock.compare()
    assert said and "beside another epoch or run" in said[0]

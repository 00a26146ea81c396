"""The weights of a layer in the window: which layer, how many are to be seen, what is marked, and that it follows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.filter_grid import BLUE, EDGE, RED, FilterGrid, painted, planned
from cnnstudio.ui.insight.weight_history_view import drawn as weight_history_drawn
from cnnstudio.ui.insight.weights_panel import NO_RUN, WeightsPanel
from cnnstudio.ui.run import Run


def shown(qtbot: QtBot, document: Document, run: Run) -> WeightsPanel:
    panel = WeightsPanel(document, run)
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    panel.show()
    qtbot.waitUntil(lambda: panel.found is not None)
    return panel


def test_the_layer_of_the_selected_block_is_shown_and_another_can_be_chosen(qtbot: QtBot, tiny: Project) -> None:
    document = Document(tiny)
    panel = shown(qtbot, document, Run(document))
    assert panel.found is not None and panel.found.total == (4, 1)
    assert [panel.choice.itemText(row) for row in range(panel.choice.count())] == [
        "conv1  ·  Conv2d",
        "linear1  ·  Linear",
    ]
    assert "4 filters of 1 × 3 × 3  ·  untrained weights" in panel.caption.text()
    document.select(("linear1",))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.total[0] == 10)
    qtbot.waitUntil(
        lambda: "the first" in panel.caption.text() and panel.caption.text().startswith("10 filters of 144")
    )
    panel.choice.activated.emit(0)
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.total == (4, 1))
    assert panel.weights.counts.sum() == 36 and panel.gradients.counts.sum() == 36
    assert "No filter is dead" in panel.sentence.text() and panel.grid.accessibleDescription() == panel.sentence.text()
    panel.close_tasks()


def test_it_follows_a_run_epoch_by_epoch(qtbot: QtBot, tiny: Project) -> None:
    document = Document(dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, epochs=500)))
    run = Run(document)
    panel = shown(qtbot, document, run)
    assert panel.found is not None
    before = panel.found.kernels
    run.start(document.project)
    qtbot.waitUntil(lambda: "step" in panel.caption.text())
    assert panel.found is not None and not np.array_equal(panel.found.kernels, before)
    run.close()
    panel.close_tasks()


def test_a_network_with_an_error_says_why_nothing_is_seen(qtbot: QtBot, tiny: Project) -> None:
    document = Document(dataclasses.replace(tiny, graph=tiny.graph.disconnect(tiny.graph["linear1"].edges[0])))
    panel = WeightsPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: panel.nothing.sentence.text() != "")
    assert panel.nothing.isVisible()


def test_weights_are_red_above_and_blue_below_and_three_inputs_are_colours() -> None:
    kernels = np.zeros((2, 2, 1, 1), np.float32)
    kernels[0, :, 0, 0] = 2.0, -2.0
    kernels[1, :, 0, 0] = 1.0, 0.0
    each = painted(kernels, False)[:, :, 0, 0]
    assert each[0].tolist() == [list(RED), list(BLUE)] and each[1, 0].tolist() == list(RED)
    assert painted(kernels, True)[1, 0, 0, 0].tolist() == [round((247 + end) / 2) for end in RED]
    colors = painted(np.array([[1.0], [-1.0], [0.0]], np.float32).reshape(1, 3, 1, 1), False)
    assert colors.reshape(3).tolist() == [255, 0, 128]


@pytest.mark.parametrize(
    "shape",
    [(6, 1, 5, 5), (64, 3, 7, 7), (64, 64, 3, 3), (10, 64, 1, 1), (1, 2, 1, 1), (64, 16, 11, 11), (3, 64, 1, 7)],
)
@pytest.mark.parametrize("room", [(640, 140), (110, 60), (1600, 900)])
def test_kernels_stand_within_their_room(shape: tuple[int, ...], room: tuple[int, int]) -> None:
    plan = planned(shape, room)
    filters, inputs = plan.shown
    assert 1 <= filters <= shape[0] and 1 <= inputs <= shape[1]
    last = plan.corner(filters - 1, inputs - 1)
    if max(shape[2:]) * plan.scale < min(room) - EDGE - 4:
        assert last.x() + plan.cell[0] <= room[0] and last.y() + plan.cell[1] <= room[1]


def test_the_mouse_reads_a_weight_and_what_is_wrong_with_its_filter(qtbot: QtBot) -> None:
    grid = FilterGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 150)
    grid.show()
    kernels = np.arange(2 * 2 * 9, dtype=np.float32).reshape(2, 2, 3, 3)
    grid.set_kernels(kernels, {1: "dead"})
    grid.grab()
    plan = grid.plan
    place = plan.corner(1, 1)
    at = QPointF(place.x() + 2.5 * plan.scale, place.y() + 0.5 * plan.scale)
    assert grid.told(at) == "filter 2, input 2, row 1, column 3: 29   dead"
    assert grid.told(QPointF(299, 149)) == ""


def test_a_question_hides_the_layers_that_it_is_about(qtbot: QtBot, tiny: Project) -> None:
    document = Document(tiny)
    panel = shown(qtbot, document, Run(document))
    document.conceal(frozenset({"linear1"}))
    qtbot.waitUntil(lambda: panel.choice.count() == 1)
    assert panel.choice.itemText(0) == "conv1  ·  Conv2d" and panel.found is not None
    document.select(("linear1",))
    qtbot.waitUntil(panel.nothing.isVisible)
    assert panel.nothing.sentence.text() == "The weights of linear1 are hidden while a question is open."
    assert panel.found is None
    document.conceal(frozenset())
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.total[0] == 10)
    document.conceal(frozenset({"conv1", "linear1"}))
    assert panel.nothing.isVisible() and panel.found is None, "at once"
    panel.close_tasks()


def test_every_layer_over_the_epochs_of_the_run(qtbot: QtBot, tiny: Project) -> None:
    document = Document(tiny)
    run = Run(document)
    panel = shown(qtbot, document, run)
    panel.over.setChecked(True)
    assert panel.no_history.isVisible() and panel.no_history.sentence.text() == NO_RUN
    assert panel.over.isVisible() and not panel.choice.isVisible(), "where it can be turned off again"
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    qtbot.waitUntil(panel.history.isVisible)
    history = panel.history.history
    assert history is not None and history.epochs == (1, 2)
    assert [layer.name for layer in history.layers] == ["conv1.weight", "linear1.weight"]
    assert "Gradients of the loss of 64 validation images" in panel.caption.text()
    words = panel.history.accessibleDescription()
    assert words.startswith("conv1: weights from") and "typical gradient" in words and "after epoch 2" in words
    box, other = panel.history._boxes(1)
    told = panel.history.told(QPointF(box.right() - 1, box.center().y()))
    assert told.startswith("linear1, epoch 2: ") and "of 1,440 weights from" in told
    assert "gradients from" in panel.history.told(other.center()) and not panel.history.told(QPointF(1, 1))
    document.conceal(frozenset({"conv1"}))
    qtbot.waitUntil(lambda: panel.history.history is not history)
    assert panel.history.history is not None
    assert [layer.name for layer in panel.history.history.layers] == ["linear1.weight"]
    panel.over.setChecked(False)
    qtbot.waitUntil(lambda: panel.found is not None and panel.grid.isVisible())
    run.close()
    panel.close_tasks()


def test_a_column_is_darkest_where_most_are() -> None:
    image = weight_history_drawn(np.array([[0, 4, 1], [9, 0, 0]]), QColor("red"))
    assert (image.width(), image.height()) == (2, 3)
    alphas = [[image.pixelColor(x, y).alpha() for x in range(2)] for y in range(3)]
    assert alphas[1][0] == alphas[2][1] == 255 and alphas[2][0] == alphas[0][1] == 0 and 24 < alphas[0][0] < 255

"""How a value comes about, in the panel: of the selected block, step by step, and where a pixel goes."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.ui.cell_choice import Cell
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.arithmetic import ArithmeticPanel
from cnnstudio.ui.insight.cell_picture import CellPicture
from cnnstudio.ui.run import Run


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> ArithmeticPanel:
    document = Document(tiny)
    made = ArithmeticPanel(document, Run(document))
    qtbot.addWidget(made)
    made.resize(1280, 200)
    made.show()
    return made


def at(panel: ArithmeticPanel) -> tuple[str, tuple[int, ...]]:
    return (panel.shown.found.node, panel.shown.found.cell) if panel.shown is not None else ("", ())


def test_the_arithmetic_of_the_selected_block_is_shown_and_keys_step(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    assert "Select a block" in panel.nothing.sentence.text()
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: at(panel)[0] == "conv1")
    assert panel.shown is not None
    found = panel.shown.found
    assert found.output[found.cell] == found.output.max(), "the largest, as nothing was chosen"
    assert found.calculation is not None and found.calculation.agrees
    assert panel.sheet.rows == [(0, 0)] and "sum of 9 products" in panel.lines.text()
    panel.run.cell.choose(Cell((), "conv1", 2, 3, 3))
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (2, 3, 3)))
    for key, cell in (
        (Qt.Key.Key_Right, (2, 3, 4)),
        (Qt.Key.Key_Up, (2, 2, 4)),
        (Qt.Key.Key_PageDown, (3, 2, 4)),
        (Qt.Key.Key_PageDown, (3, 2, 4)),  # there is no further map
        (Qt.Key.Key_Left, (3, 2, 3)),
    ):
        QTest.keyClick(panel, key)
        qtbot.waitUntil(partial(is_at, panel, cell))
    assert panel.run.cell.choice == Cell((), "conv1", 3, 2, 3)
    assert "map 4, row 3, column 4" in panel.caption.text()
    panel.close_tasks()


def test_a_cell_of_another_node_is_gone_to_and_a_click_goes_up(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.select(("conv1",))
    panel.run.cell.choose(Cell((), "linear1", 7, 0, 0))
    qtbot.waitUntil(lambda: at(panel) == ("linear1", (7,)))
    found = panel.shown.found if panel.shown is not None else None
    assert found is not None and found.calculation is not None
    assert found.calculation.windows[0].values.shape == (4, 6, 6), "as the map that was flattened"
    panel.run.cell.choose(Cell((), "conv1", 0, 1, 1))
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (0, 1, 1)))
    QTest.mouseClick(
        panel.output, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle_of(panel.output, 4, 5)
    )
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (0, 4, 5)))
    QTest.mouseClick(
        panel.input, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle_of(panel.input, 2, 7)
    )
    qtbot.waitUntil(lambda: at(panel) == ("input1", (0, 2, 7)))
    assert "divided by 255" in panel.lines.text()
    panel.close_tasks()


def is_at(panel: ArithmeticPanel, cell: tuple[int, ...]) -> bool:
    return at(panel) == ("conv1", cell)


def middle_of(view: CellPicture, row: int, column: int) -> QPoint:
    return view._rect(range(row, row + 1), range(column, column + 1)).center().toPoint()


def test_what_a_value_sees_and_where_a_pixel_goes(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.select(("conv1",))
    panel.run.cell.choose(Cell((), "conv1", 1, 2, 3))
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (1, 2, 3)))
    assert panel.picture.box == (range(2, 5), range(3, 6))
    QTest.mouseClick(
        panel.picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle_of(panel.picture, 0, 1)
    )
    assert panel.output.box == (range(0, 1), range(0, 2))
    assert "rows 1, columns 1 to 2 of conv1" in panel.readout.text()
    panel.effective.setChecked(True)
    qtbot.waitUntil(lambda: panel.shown is not None and panel.shown.cloud is not None)
    cloud = panel.shown.cloud if panel.shown is not None else None
    assert cloud is not None and cloud.sum() == pytest.approx(1)
    assert cloud[2:5, 3:6].sum() == pytest.approx(1) and panel.picture.cloud is not None
    panel.close_tasks()


def test_what_is_concealed_is_not_told(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.conceal(frozenset({"conv1"}))
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: "hidden while a question is open" in panel.nothing.sentence.text())
    assert panel.shown is None and not panel.caption.text()
    panel.close_tasks()


def test_a_paused_run_is_looked_into_and_stays_as_it_was(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    recipe = dataclasses.replace(panel.document.project.recipe, epochs=500)
    panel.document.edit_recipe("Long", recipe)
    run = panel.run
    run.start(panel.document.project)
    qtbot.waitUntil(lambda: run.trained is not None and run.history.last is not None)
    run.pause()
    panel.effective.setChecked(True)
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: at(panel)[0] == "conv1" and "step" in panel.caption.text())
    assert run.trained is not None
    module = run.trained.module
    before = {name: tensor.detach().numpy().copy() for name, tensor in module.state_dict().items()}
    gradients = [None if p.grad is None else p.grad.clone() for p in module.parameters()]
    panel.run.cell.choose(Cell((), "conv1", 0, 5, 5))
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (0, 5, 5)))
    assert all(np.array_equal(before[name], tensor.numpy()) for name, tensor in module.state_dict().items())
    after = [p.grad for p in module.parameters()]
    for a, b in zip(gradients, after, strict=True):
        assert (a is None and b is None) or (a is not None and b is not None and a.equal(b))
    run.close()
    panel.close_tasks()

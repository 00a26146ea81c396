"""How a value comes about, in the panel: of the selected block, step by step, and where a pixel goes."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Group, Input
from cnnstudio.compiler.source import Place
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.arithmetic import ArithmeticPanel
from cnnstudio.ui.insight.cell_picture import CellPicture
from cnnstudio.ui.looked_at.cell_choice import Cell
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
    assert panel.value.sheet.rows == [(0, 0)] and "sum of 9 products" in panel.value.lines.text()
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
        panel.value.output,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        middle_of(panel.value.output, 4, 5),
    )
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (0, 4, 5)))
    QTest.mouseClick(
        panel.value.input, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle_of(panel.value.input, 2, 7)
    )
    qtbot.waitUntil(lambda: at(panel) == ("input1", (0, 2, 7)))
    assert "divided by 255" in panel.value.lines.text()
    panel.close_tasks()


def is_at(panel: ArithmeticPanel, cell: tuple[int, ...]) -> bool:
    return at(panel) == ("conv1", cell)


def middle_of(view: CellPicture, row: int, column: int) -> QPoint:
    return view._rect(range(row, row + 1), range(column, column + 1)).center().toPoint()


def test_what_a_value_sees_and_where_a_pixel_goes(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.select(("conv1",))
    panel.run.cell.choose(Cell((), "conv1", 1, 2, 3))
    qtbot.waitUntil(lambda: at(panel) == ("conv1", (1, 2, 3)))
    assert panel.value.picture.box == (range(2, 5), range(3, 6))
    QTest.mouseClick(
        panel.value.picture,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        middle_of(panel.value.picture, 0, 1),
    )
    assert panel.value.output.box == (range(0, 1), range(0, 2))
    assert "rows 1, columns 1 to 2 of conv1" in panel.readout.text()
    panel.effective.setChecked(True)
    qtbot.waitUntil(lambda: panel.shown is not None and panel.shown.cloud is not None)
    cloud = panel.shown.cloud if panel.shown is not None else None
    assert cloud is not None and cloud.sum() == pytest.approx(1)
    assert cloud[2:5, 3:6].sum() == pytest.approx(1) and panel.value.picture.cloud is not None
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


def test_a_weight_is_followed_to_its_update(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.select(("conv1",))
    panel.of_weight.setChecked(True)
    qtbot.waitUntil(lambda: panel.weight.found is not None)
    found = panel.weight.found
    assert found is not None and found.weights.shape == (4, 1, 3, 3)
    assert abs(found.gradient) == np.abs(found.gradients).max(), "the steepest, as nothing was chosen"
    assert "gradient, the sum of all" in panel.weight.sum.text() and "12 largest of" in panel.weight.sum.text()
    assert "the new weight" in panel.weight.lines.text() and "It agrees with the gradient" in panel.weight.lines.text()
    panel.weight.chosen.emit((2, 0, 1, 1))
    for key, index in (
        (None, (2, 0, 1, 1)),
        (Qt.Key.Key_Right, (2, 0, 1, 2)),
        (Qt.Key.Key_Up, (2, 0, 0, 2)),
        (Qt.Key.Key_PageDown, (3, 0, 0, 2)),
    ):
        if key is not None:
            QTest.keyClick(panel, key)
        qtbot.waitUntil(partial(follows, panel, index))
    cell = panel.weight.grid._box(2, 0).center().toPoint()
    QTest.mouseClick(panel.weight.grid, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, cell)
    qtbot.waitUntil(lambda: follows(panel, (3, 0, 2, 0)))
    assert "filter 4, channel 1, row 3, column 1" in panel.caption.text()
    panel.document.select(("linear1",))
    qtbot.waitUntil(lambda: panel.weight.found is not None and panel.weight.found.place == Place("linear1"))
    panel.document.select(("flatten1",))
    qtbot.waitUntil(lambda: "has no weights" in panel.nothing.sentence.text())
    panel.of_value.setChecked(True)
    qtbot.waitUntil(lambda: at(panel)[0] == "flatten1")
    panel.close_tasks()


def follows(panel: ArithmeticPanel, index: tuple[int, ...]) -> bool:
    return panel.weight.found is not None and panel.weight.found.index == index


def test_a_weight_is_followed_in_a_paused_run_alone(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    recipe = dataclasses.replace(panel.document.project.recipe, epochs=500)
    panel.document.edit_recipe("Long", recipe)
    panel.document.select(("conv1",))
    panel.of_weight.setChecked(True)
    run = panel.run
    run.start(panel.document.project)
    qtbot.waitUntil(lambda: run.trained is not None and run.history.last is not None)
    qtbot.waitUntil(lambda: "pause the run" in panel.nothing.sentence.text())
    run.pause()
    qtbot.waitUntil(lambda: panel.weight.found is not None and "of this run" in panel.weight.found.memory)
    assert "of this run, and its rate" in panel.weight.lines.text()
    run.close()
    panel.close_tasks()


def test_a_cell_inside_a_copy_of_a_group_is_followed(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    body = Graph.of((Node("input1", Input((4, 6, 6))), Node("conv1", Conv2d(4, padding=1), ("input1",))))
    group = Node("group1", Group("Twice", body, repeat=2), ("conv1",))
    tiny = panel.document.project.graph
    nodes = (tiny["input1"], tiny["conv1"], group, Node("flatten1", Flatten(), ("group1",)), tiny["linear1"])
    panel.document.open(Project(Graph.of(nodes), panel.document.project.recipe), None)
    panel.run.cell.choose(Cell(("group1",), "conv1", 2, 3, 3, (1,)))
    inside = Place("conv1", ("group1",), (1,))
    qtbot.waitUntil(lambda: panel.shown is not None and panel.shown.found.place == inside)
    assert at(panel) == ("conv1", (2, 3, 3)) and panel.copies.isVisible()
    assert "group1 #2 › conv1" in panel.caption.text().replace("\u200b", "")
    assert panel.shown is not None and panel.shown.found.calculation is not None
    assert panel.shown.found.calculation.agrees and panel.effective.isHidden()
    QTest.keyClick(panel, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: is_at(panel, (2, 3, 4)))
    assert panel.run.cell.choice == Cell(("group1",), "conv1", 2, 3, 4, (1,))
    panel.run.cell.choose(Cell((), "group1", 1, 2, 3))  # its number is the last copy's
    qtbot.waitUntil(lambda: is_at(panel, (1, 2, 3)) and panel.shown.found.place == inside)
    assert panel.shown is not None and panel.shown.found.calculation is not None
    panel.run.cell.choose(Cell(("group1",), "conv1", 2, 3, 4, (1,)))
    qtbot.waitUntil(lambda: is_at(panel, (2, 3, 4)))
    panel.of_weight.setChecked(True)
    qtbot.waitUntil(lambda: panel.weight.found is not None and panel.weight.found.place == inside)
    panel.of_value.setChecked(True)
    panel.document.conceal(frozenset({"group1"}))
    qtbot.waitUntil(lambda: "hidden while a question is open" in panel.nothing.sentence.text())
    assert panel.shown is None and panel.weight.found is None
    panel.close_tasks()


def test_what_is_computed_when_a_question_opens_is_not_shown(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: at(panel)[0] == "conv1")
    for switch, view in ((panel.of_value, panel.value), (panel.of_weight, panel.weight)):
        switch.setChecked(True)
        qtbot.waitUntil(view.isVisible)
        panel.document.conceal(frozenset({"conv1"}))
        qtbot.waitUntil(panel.nothing.isVisible)
        assert "hidden while a question is open" in panel.nothing.sentence.text()
        assert panel.shown is None and panel.weight.found is None and not panel.caption.text()
        panel.document.conceal(frozenset())
        qtbot.waitUntil(view.isVisible)
    panel.of_value.setChecked(True)
    panel.document.select(("flatten1",))
    qtbot.waitUntil(lambda: at(panel)[0] == "flatten1")
    panel.document.conceal(frozenset({"conv1"}))
    qtbot.waitUntil(panel.nothing.isVisible)
    assert "What conv1 computes is hidden" in panel.nothing.sentence.text(), "as it would be told with what reads it"
    panel.close_tasks()


def test_the_numbers_use_the_room_that_there_is(qtbot: QtBot, panel: ArithmeticPanel) -> None:
    panel.document.select(("linear1",))  # of windows of 6 × 6: the widest
    qtbot.waitUntil(lambda: at(panel)[0] == "linear1")
    sheet, area = panel.value.sheet, panel.value.sheet.parentWidget()
    for width, height in ((1600, 900), (1000, 640), (600, 640)):
        panel.resize(width, height)
        qtbot.wait(10)
        assert sheet.width() <= area.width(), "nothing is cut off at the right"
        assert panel.value.lines.parentWidget().width() >= 240, "and sentences have room"
        assert (sheet.whole > sheet.width()) == (width < 1600), (width, sheet.whole)
    panel.resize(675, 180)
    qtbot.wait(10)
    assert panel.size().toTuple() == (675, 180), "a large panel becomes a low one again"
    assert panel.value.lines.parentWidget().width() >= 220
    panel.close_tasks()

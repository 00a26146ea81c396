"""A part of the network is switched off by choosing it, and the answer and the accuracy follow."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, SqueezeExcite
from cnnstudio.graph import Sketch
from cnnstudio.insight.effect import Instead
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.ablation import SELECT, UNTRAINED, AblationPanel
from cnnstudio.ui.run import Run


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> AblationPanel:
    document = Document(tiny)
    panel = AblationPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    panel.show()
    return panel


def test_a_block_its_channels_and_its_wires_are_switched_off(qtbot: QtBot, panel: AblationPanel) -> None:
    qtbot.waitUntil(lambda: panel.nothing.sentence.text() == SELECT)
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.found is not None and panel.found.switched.channels == ()
    assert panel.told.text().startswith(UNTRAINED) and "Without conv1:" in panel.told.text()
    assert [panel.list.item(row).text() for row in range(panel.list.count())] == [f"Channel {n}" for n in (1, 2, 3, 4)]
    assert panel.list.isVisible() and panel.before._values.sum() == pytest.approx(1, abs=1e-3)
    panel.list.item(2).setSelected(True)
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.switched.channels == (2,))
    assert "Without channel 3 of conv1:" in panel.told.text()
    panel.instead.setCurrentIndex(panel.instead.findData(Instead.AVERAGE))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.switched.instead is Instead.AVERAGE)
    assert [panel.part.itemText(row) for row in range(panel.part.count())] == ["All of conv1", "Its wire to flatten1"]
    panel.part.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.switched.reader == "flatten1")
    panel.document.select(("linear1",))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.switched.node == "linear1")
    assert panel.list.count() == 10 and not panel.list.selectedItems()
    panel.close_tasks()


def test_channels_are_ranked_and_stay_chosen(qtbot: QtBot, panel: AblationPanel) -> None:
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.list.count() == 4)
    panel.list.item(1).setSelected(True)
    panel.rank.click()
    qtbot.waitUntil(lambda: panel.ranked is not None)
    rows = [panel.list.item(row).text() for row in range(4)]
    assert all("loss" in row and "points" in row for row in rows)
    assert panel.ranked is not None and rows[0].startswith(f"Channel {panel.ranked.costs[0].channel + 1}:")
    assert [item.text().split(":")[0] for item in panel.list.selectedItems()] == ["Channel 2"]
    qtbot.waitUntil(lambda: "Ranked by how much the loss of 200 validation pictures rises" in panel.told.text())
    panel.close_tasks()


def test_it_waits_while_the_network_is_trained_and_while_a_question_is_open(qtbot: QtBot, panel: AblationPanel) -> None:
    panel.document.conceal(frozenset({"conv1"}))
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: "hidden while a question is open" in panel.nothing.sentence.text())
    assert panel.found is None
    panel.run.state = "training"
    panel.document.conceal(frozenset())
    qtbot.waitUntil(lambda: "pause the run" in panel.nothing.sentence.text())
    panel.run.state = "idle"
    panel.close_tasks()


def test_a_question_hides_what_is_shown_and_what_is_on_its_way(qtbot: QtBot, panel: AblationPanel) -> None:
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.found is not None)
    panel.document.conceal(frozenset({"conv1"}))
    qtbot.waitUntil(panel.nothing.isVisible)
    assert "hidden while a question is open" in panel.nothing.sentence.text() and panel.found is None
    panel.rank.click()
    assert not panel.looker.is_looking and panel.ranked is None, "and no channels are ranked meanwhile"
    panel.document.conceal(frozenset())
    qtbot.waitUntil(lambda: panel.found is not None)
    panel.rank.click()
    panel.document.conceal(frozenset({"conv1"}))
    qtbot.wait(500)
    assert panel.ranked is None and panel.nothing.isVisible()
    panel.close_tasks()


def test_a_block_inside_a_composite_is_switched_off(qtbot: QtBot) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, padding=1), SqueezeExcite(2), Flatten(), Linear(10))
    document = Document(Project(draw.graph(), Recipe(data="digits")))
    panel = AblationPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    panel.show()
    document.enter(("se1",))
    document.select(("excite",))
    qtbot.waitUntil(lambda: panel.found is not None)
    assert "Without se1 › excite:" in panel.told.text() and panel.list.count() == 4
    assert [panel.part.itemText(row) for row in range(panel.part.count())] == [
        "All of se1 › excite", "Its wire to gate",
    ]  # fmt: skip
    panel.part.setCurrentIndex(1)
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.switched.reader == "gate")
    document.conceal(frozenset({"se1"}))
    qtbot.waitUntil(lambda: "is hidden while a question is open" in panel.nothing.sentence.text())
    panel.close_tasks()

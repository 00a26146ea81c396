"""Why the network says what it says: a map over the picture, its numbers, and what is said where there is none."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Group, Input, Linear, SqueezeExcite
from cnnstudio.graph import Graph, Node, Sketch
from cnnstudio.insight.attribution.explanation import Explanation, Faithfulness
from cnnstudio.insight.attribution.methods import METHODS, Method
from cnnstudio.insight.attribution.painters import PAINTERS
from cnnstudio.insight.attribution.portrait import Portrait
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.marked_picture import Layer, MarkedPicture, blended, colours, shares
from cnnstudio.ui.insight.why import UNTRAINED, WhyPanel
from cnnstudio.ui.run import Run


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> WhyPanel:
    document = Document(tiny)
    panel = WhyPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    panel.show()
    return panel


def shown(qtbot: QtBot, panel: WhyPanel, method: str = "grad-cam") -> Explanation:
    qtbot.waitUntil(lambda: isinstance(panel.found, Explanation) and panel.found.method.key == method)
    assert isinstance(panel.found, Explanation)
    return panel.found


def test_an_untrained_network_is_explained_and_it_says_so(qtbot: QtBot, panel: WhyPanel) -> None:
    found = shown(qtbot, panel)
    assert found.node == "conv1", "the last convolution"
    assert found.target == found.answer and found.random is not None
    assert panel.told.text().startswith(UNTRAINED) and "Untrained weights." in panel.told.text()
    assert panel.view.isVisible() and len(panel.view._layers) == 3
    assert panel.target.count() == 11
    panel.random.setChecked(False)
    qtbot.waitUntil(lambda: len(panel.view._layers) == 2)
    panel.target.setCurrentIndex(4)
    qtbot.waitUntil(lambda: isinstance(panel.found, Explanation) and panel.found.target == 3)
    assert "Why 3?" in panel.told.text()
    panel.run.picture.choose(8)
    qtbot.waitUntil(lambda: panel.view._layers[0].caption == "Validation image 9")
    assert panel.target.currentData() == 3, "another picture keeps the question"
    panel.close_tasks()


def test_the_method_looks_at_the_selected_block_where_it_gives_maps(qtbot: QtBot, panel: WhyPanel) -> None:
    shown(qtbot, panel)
    panel.document.select(("input1",))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.node == "input1")
    panel.document.select(("linear1",))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.node == "conv1")
    panel.method.setCurrentIndex(panel.method.findData("occlusion"))
    assert shown(qtbot, panel, "occlusion").node == ""
    panel.close_tasks()


def test_what_a_channel_of_the_selected_block_looks_for(qtbot: QtBot, panel: WhyPanel) -> None:
    shown(qtbot, panel)
    for painter in PAINTERS:
        panel.method.setCurrentIndex(panel.method.findData(painter.key))
        assert panel.channel.isVisible() and not panel.target.isVisible() and not panel.random.isVisible()
        panel.document.select(("linear1",))
        assert panel.channel.maximum() == 10, "each class"
        panel.document.select(("conv1",))
        panel.channel.setValue(3)
        words = {"exciting": "excite channel 3 of conv1", "maximised": "mean of channel 3 of conv1"}[painter.key]
        qtbot.waitUntil(lambda words=words: words in panel.told.text())
        assert isinstance(panel.found, Portrait) and panel.found.channel == 2
    assert panel.channel.maximum() == 4
    panel.method.setCurrentIndex(0)
    shown(qtbot, panel)
    panel.close_tasks()


def test_what_is_the_same_is_not_computed_again(qtbot: QtBot, panel: WhyPanel) -> None:
    found = shown(qtbot, panel)
    panel.document.edit_graph("Move", panel.document.graph.move({"conv1": (5.0, 5.0)}))
    panel.document.select(("conv1",))
    qtbot.wait(300)
    assert panel.found is found and not panel.looker.is_looking
    panel.close_tasks()


def test_a_question_that_is_open_hides_the_block_that_it_is_about(qtbot: QtBot, panel: WhyPanel) -> None:
    shown(qtbot, panel)
    assert panel.channel.maximum() == 4
    panel.document.conceal(frozenset({"conv1"}))
    qtbot.waitUntil(panel.nothing.isVisible)
    assert "hidden while a question is open" in panel.nothing.sentence.text()
    assert panel.found is None and panel.channel.maximum() == 1, "nor does it tell how many channels there are"
    panel.document.conceal(frozenset())
    shown(qtbot, panel)
    assert panel.channel.maximum() == 4
    panel.close_tasks()


def test_long_work_can_be_cancelled_and_what_was_there_stays(
    qtbot: QtBot, panel: WhyPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shown(qtbot, panel)
    told: list[bool] = []

    def endless(subject: object, choice: object, method: Method, report: object, **words: object) -> None:
        while report("Covering one window after the other", 0.25):  # type: ignore[operator]
            time.sleep(0.01)
        told.append(True)

    monkeypatch.setattr("cnnstudio.insight.attribution.explaining.explained", endless)
    panel.method.setCurrentIndex(panel.method.findData("occlusion"))
    qtbot.waitUntil(panel.going.cancel.isVisible)
    qtbot.waitUntil(lambda: panel.going.bar.value() == 250)
    assert "Covering" in panel.going.doing.text()
    panel.going.cancel.click()
    qtbot.waitUntil(lambda: bool(told))
    assert not panel.going.cancel.isVisible() and panel.found is found and panel.view.isVisible()
    panel.close_tasks()


def test_a_map_is_saved_as_a_picture(qtbot: QtBot, panel: WhyPanel, tmp_path: Path) -> None:
    shown(qtbot, panel)
    said: list[str] = []
    panel.document.said.connect(said.append)
    panel.save(tmp_path / "map.png")
    assert QImage(str(tmp_path / "map.png")).width() > 1000 and said == ["Saved map.png."]
    panel.save(tmp_path / "no" / "map.png")
    assert said[-1] == "map.png could not be written."
    panel.close_tasks()


def test_marks_are_shares_of_the_greatest() -> None:
    marks = np.float32([[-1, 0], [0.5, 4]])
    assert shares(marks, True).tolist() == [[-0.25, 0], [0.125, 1]]
    np.testing.assert_allclose(shares(marks, False), [[0, 0.2], [0.3, 1]], atol=1e-6)
    assert shares(np.float32([[3, 3]]), False).tolist() == [[0, 0]]
    assert np.isfinite(shares(np.float32([[np.nan, 1]]), True)).all()


def test_the_map_lies_over_the_picture_as_strongly_as_is_asked() -> None:
    picture, marks = np.uint8([[[10, 200]]]), np.float32([[0, 1]])
    assert blended(picture, None, False, 1.0).tolist() == [[[10] * 3, [200] * 3]]
    assert blended(picture, marks, False, 0.0).tolist() == [[[10] * 3, [200] * 3]]
    whole = blended(picture, marks, False, 1.0)
    assert np.array_equal(whole, colours(marks, False)) and whole[0, 1, 0] > 200 > whole[0, 1, 2]
    signed = colours(np.float32([[-1, 0, 1]]), True)[0]
    assert signed[0, 2] > signed[0, 0] and signed[2, 0] > signed[2, 2] and len({*signed[1].tolist()}) == 1


def test_the_number_under_the_mouse_is_told(qtbot: QtBot) -> None:
    view = MarkedPicture()
    qtbot.addWidget(view)
    view.resize(500, 200)
    picture = np.zeros((1, 2, 2), np.uint8)
    view.show_layers((Layer(picture, "a"), Layer(picture, "b", np.float32([[0, 1], [2, 4]]))), False)
    first, second = view._places(view.size())
    assert view.told_at(QPointF(first.center())).startswith("row") and "greatest" not in view.told_at(QPointF(1, 1))
    corner = QPointF(second.right() - 2, second.bottom() - 2)
    assert view.told_at(corner) == "row 2, column 2: 1.00 of the greatest (4)"
    assert view.told_at(QPointF(499, 199)) == ""


def test_sentences_say_what_was_compared() -> None:
    marks = np.float32([[0, 1], [1, 0]])
    numbers = Faithfulness(0.98, 0.12, 0.9)
    picture = np.zeros((1, 2, 2), np.uint8)
    found = Explanation(
        METHODS[0], "conv1", 1, 0, ("cat", "dog"), "cat", 0.3, True, picture, marks, (2, 2), numbers, marks, 0.93
    )
    assert found.sentences == (
        "Why dog? The network gives it 30.0%, and takes the picture for cat. The right answer is cat.",
        "With the most marked fifth of the picture blurred, the probability goes from 98.0% to 12.0%; with a fifth "
        "chosen at random, to 90.0%.",
        "Rank correlation with the map of random weights: 0.93. This map hardly depends on what was learned.",
    )


def test_a_block_inside_a_composite_and_each_copy_is_explained(qtbot: QtBot) -> None:
    body = Graph.of((Node("input1", Input((4, 8, 8))), Node("conv1", Conv2d(4, padding=1), ("input1",))))
    draw = Sketch()
    x = draw.chain(draw(Input((1, 8, 8))), Conv2d(4, padding=1), Group(body=body, repeat=2), SqueezeExcite(2))
    draw.chain(x, Flatten(), Linear(10))
    document = Document(Project(draw.graph(), Recipe(data="digits")))
    panel = WhyPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.resize(900, 200)
    panel.random.setChecked(False)
    panel.show()
    document.enter(("group1",))
    document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.node == "group1 › conv1")
    assert panel.copies.isVisible()
    panel.copies.choose((1,))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.node == "group1 #2 › conv1")
    document.enter(("se1",))
    document.select(("excite",))
    qtbot.waitUntil(lambda: panel.found is not None and panel.found.node == "se1")  # it has no maps: what is round it
    panel.method.setCurrentIndex(panel.method.findData("exciting"))
    assert panel.channel.maximum() == 4
    qtbot.waitUntil(lambda: isinstance(panel.found, Portrait) and panel.found.node == "se1 › excite")
    document.conceal(frozenset({"se1"}))
    qtbot.waitUntil(lambda: "hidden while a question is open" in panel.nothing.sentence.text())
    panel.close_tasks()

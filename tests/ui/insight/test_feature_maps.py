"""What a node makes of an image, with and without a run, and what is said where nothing can be shown."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Input
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.feature_maps import FeatureMapsPanel, guess
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def shown_maps(qtbot: QtBot, document: Document, run: Run) -> FeatureMapsPanel:
    panel = FeatureMapsPanel(document, run)
    qtbot.addWidget(panel)
    panel.resize(700, 220)
    panel.show()
    return panel


def test_maps_of_untrained_weights_are_shown_without_a_run(qtbot: QtBot, document: Document) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    assert "Select a block" in panel.nothing.sentence.text()
    document.select(("conv1",))
    qtbot.waitUntil(panel.grid.isVisible)
    assert panel.grid._maps.shape == (4, 6, 6)
    assert "untrained" in panel._caption.text()
    document.select(("linear1",))
    qtbot.waitUntil(panel.bars.isVisible)
    assert panel.bars._names == tuple("0123456789")
    before = panel._shown.image if panel._shown else np.zeros(0)
    panel.show_image(panel.run.picture.number + 1)
    qtbot.waitUntil(lambda: panel._shown is not None and not np.array_equal(panel._shown.image, before))
    panel.close_tasks()


def test_maps_are_hidden_while_a_question_is_open_about_them(qtbot: QtBot, document: Document) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.grid.isVisible)
    document.conceal(frozenset({"conv1", "linear1"}))
    qtbot.waitUntil(lambda: "conv1 makes of an image is hidden" in panel.nothing.sentence.text())
    assert not panel.grid.isVisible() and not panel._caption.text()
    document.conceal(frozenset({"linear1"}))
    qtbot.waitUntil(panel.grid.isVisible)
    assert "4 maps of 6 × 6" in panel._caption.text()
    panel.close_tasks()


def test_the_same_network_is_built_once(qtbot: QtBot, document: Document) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.grid.isVisible)
    first = panel.run.looked_at
    document.edit_graph("Move", document.graph.move({"conv1": (5.0, 5.0)}))
    panel.show_image(7)
    qtbot.waitUntil(lambda: panel.run.picture.number == 7 and not panel.looker.is_looking)
    assert first is not None
    assert panel.run.looked_at is first
    panel.close_tasks()


def test_a_network_with_an_error_has_no_maps_and_says_why(qtbot: QtBot, document: Document, tiny_graph: Graph) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("linear1",))
    document.edit_graph("Cut", tiny_graph.disconnect(tiny_graph["linear1"].edges[0]))
    qtbot.waitUntil(lambda: "no output yet" in panel.nothing.sentence.text())


def test_nothing_is_downloaded_only_to_look(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("MNIST", dataclasses.replace(document.project.recipe, data="mnist"))
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.nothing.button.isVisible)
    assert not panel.looker.is_looking


def test_a_run_sends_the_maps_of_the_selected_node(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("Long", dataclasses.replace(document.project.recipe, epochs=500))
    run = Run(document)
    panel = shown_maps(qtbot, document, run)
    document.select(("conv1",))
    run.start(document.project)
    qtbot.waitUntil(lambda: "step" in panel._caption.text())
    assert panel._shown is run.maps
    run.pause()
    document.select(("linear1",))
    qtbot.waitUntil(panel.bars.isVisible)
    assert isinstance(panel._shown, FeatureMaps)
    assert panel._shown.node == "linear1"
    panel.hide()
    assert run.trained is not None
    assert run.trained.probes[0].node is None
    run.close()
    panel.close_tasks()


def test_a_network_without_scores_shows_its_maps_and_makes_no_guess(qtbot: QtBot, document: Document) -> None:
    """As everyone's first network is for a while."""
    panel = shown_maps(qtbot, document, Run(document))
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4))
    document.open(Project(draw.graph(), Recipe(data="digits")), None)
    document.select(("conv1",))
    qtbot.waitUntil(panel.grid.isVisible)
    assert len(panel.grid._maps) == 4
    assert panel._shown is not None and panel._shown.guess is None
    assert panel._verdict.text().endswith("No guess without class scores.")
    panel.close_tasks()


def test_a_guess_needs_a_score_for_each_class() -> None:
    classes = ("cat", "dog", "hen")
    assert guess(np.array([0.1, 0.2, 0.9], np.float32), classes) == "hen"
    for shape in ((2,), (10,), (3, 4, 4), (1, 3, 5)):
        assert guess(np.ones(shape, np.float32), classes) is None
    assert guess(np.array([0.1, np.nan, 0.2], np.float32), classes) is None


def test_the_bars_have_the_names_of_the_images_that_are_shown(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    run.start(dataclasses.replace(document.project, recipe=dataclasses.replace(document.project.recipe, epochs=1)))
    qtbot.waitUntil(lambda: run.state == "finished")
    panel = shown_maps(qtbot, document, run)
    document.edit_recipe("Other images", dataclasses.replace(document.project.recipe, data="shapes"))
    document.select(("linear1",))
    qtbot.waitUntil(panel.bars.isVisible)
    assert panel._shown is not None and panel._shown.label in panel.bars._names
    run.close()
    panel.close_tasks()


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_in_a_low_panel_the_picture_gives_way_to_what_is_said_of_it(
    qtbot: QtBot, document: Document, scale: float
) -> None:
    theme.set_scale(scale)
    panel = shown_maps(qtbot, document, Run(document))
    panel.resize(700, panel.minimumSizeHint().height())
    document.select(("conv1",))
    qtbot.waitUntil(panel.grid.isVisible)
    assert panel._shown is not None
    panel._verdict.setText("Ankle boot, taken for T-shirt/top")
    panel.resize(700, 186)
    qtbot.wait(10)
    picture, words = panel._picture.geometry(), panel._verdict
    assert words.height() >= words.heightForWidth(words.width()) > 1.5 * words.fontMetrics().height()
    assert picture.bottom() < words.y() and words.geometry().bottom() < panel._side.height()
    assert panel.rect().contains(panel._side.geometry())
    panel.close_tasks()
    theme.set_scale(1.0)

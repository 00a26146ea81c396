"""What a node makes of an image, with and without a run, and what is said where nothing can be shown."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Group, Input, Linear, Residual, SqueezeExcite
from cnnstudio.compiler.source import Place
from cnnstudio.graph import Graph, Node, Sketch
from cnnstudio.insight.feature_maps import FeatureMaps, guess
from cnnstudio.insight.subject import OwnPicture
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.rest import Rest
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.feature_maps import SETTLE_MILLISECONDS, FeatureMapsPanel
from cnnstudio.ui.looked_at.cell_choice import Cell
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
    assert "Select a block" in panel.view.nothing.sentence.text()
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert panel.view.grid._maps.shape == (4, 6, 6)
    assert "untrained" in panel.view.caption.text()
    document.select(("linear1",))
    qtbot.waitUntil(panel.view.bars.isVisible)
    assert panel.view.bars._names == tuple("0123456789")
    before = panel._shown.image if panel._shown else np.zeros(0)
    panel.show_image(panel.run.picture.number + 1)
    qtbot.waitUntil(lambda: panel._shown is not None and not np.array_equal(panel._shown.image, before))
    panel.close_tasks()


def test_maps_are_hidden_while_a_question_is_open_about_them(qtbot: QtBot, document: Document) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    document.conceal(frozenset({"conv1", "linear1"}))
    qtbot.waitUntil(lambda: "conv1 makes of an image is hidden" in panel.view.nothing.sentence.text())
    assert not panel.view.grid.isVisible() and not panel.view.caption.text()
    document.conceal(frozenset({"linear1"}))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert "4 maps of 6 × 6" in panel.view.caption.text()
    panel.close_tasks()


def test_the_same_network_is_built_once(qtbot: QtBot, document: Document) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    first = panel.run.looked_at
    document.edit_graph("Move", document.graph.move({"conv1": (5.0, 5.0)}))
    panel.show_image(7)
    qtbot.waitUntil(lambda: panel.run.picture.number == 7 and not panel.looker.is_looking)
    assert first is not None
    assert panel.run.looked_at is first
    panel.close_tasks()


def test_another_block_is_shown_without_a_new_pass_and_another_picture_is_not(qtbot: QtBot, document: Document) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    looked_at = panel.run.looked_at
    assert looked_at is not None
    passes: list[object] = []
    looked_at.module.get_submodule("conv1").register_forward_hook(lambda *_: passes.append(None))
    document.select(("linear1",))
    qtbot.waitUntil(panel.view.bars.isVisible)
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert not passes
    panel.show_image(panel.run.picture.number + 1)
    qtbot.waitUntil(lambda: len(passes) == 1)
    qtbot.waitUntil(lambda: not panel.looker.is_looking)
    panel.hide()
    panel.show()
    qtbot.waitUntil(lambda: len(passes) == 2, timeout=5_000)
    panel.close_tasks()


def test_a_network_with_an_error_has_no_maps_and_says_why(qtbot: QtBot, document: Document, tiny_graph: Graph) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("linear1",))
    document.edit_graph("Cut", tiny_graph.disconnect(tiny_graph["linear1"].edges[0]))
    qtbot.waitUntil(lambda: "no output yet" in panel.view.nothing.sentence.text())


def test_nothing_is_downloaded_only_to_look(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("MNIST", dataclasses.replace(document.project.recipe, data="mnist"))
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.nothing.button.isVisible)
    assert not panel.looker.is_looking


def test_a_run_sends_the_maps_of_the_selected_node(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("Long", dataclasses.replace(document.project.recipe, epochs=500))
    run = Run(document)
    panel = shown_maps(qtbot, document, run)
    document.select(("conv1",))
    run.start(document.project)
    qtbot.waitUntil(lambda: "step" in panel.view.caption.text())
    assert panel._shown is run.maps
    run.pause()
    document.select(("linear1",))
    qtbot.waitUntil(panel.view.bars.isVisible)
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
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert len(panel.view.grid._maps) == 4
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
    qtbot.waitUntil(panel.view.bars.isVisible)
    assert panel._shown is not None and panel._shown.label in panel.view.bars._names
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
    qtbot.waitUntil(panel.view.grid.isVisible)
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


def with_residual() -> Project:
    """A tiny network with a composite and a group that is repeated."""
    body = Graph.of((Node("input1", Input((4, 8, 8))), Node("conv1", Conv2d(4, padding=1), ("input1",))))
    graph = Graph.of(
        (
            Node("input1", Input((1, 8, 8))),
            Node("residual1", Residual(4), ("input1",)),
            Node("group1", Group("Twice", body, repeat=2), ("residual1",)),
            Node("flatten1", Flatten(), ("group1",)),
            Node("linear1", Linear(10), ("flatten1",)),
        )
    )
    return Project(graph, Recipe(data="digits", epochs=500, batch_size=256, learning_rate=0.01))


def test_the_inside_of_a_composite_is_looked_into_before_and_while_it_is_trained(
    qtbot: QtBot, document: Document
) -> None:
    document.open(with_residual(), None)
    run = Run(document)
    panel = shown_maps(qtbot, document, run)
    document.enter(("residual1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert panel._shown is not None and panel._shown.place == Place("residual1")  # nothing inside is selected yet
    document.select(("conv1",))
    qtbot.waitUntil(lambda: panel._shown is not None and panel._shown.place == Place("conv1", ("residual1",)))
    assert "residual1 › conv1" in panel.view.caption.text().replace("\u200b", "")
    assert not panel.copies.isVisible()
    document.enter(("group1",))
    document.select(("conv1",))
    qtbot.waitUntil(panel.copies.isVisible)
    qtbot.waitUntil(lambda: panel._shown is not None and panel._shown.place == Place("conv1", ("group1",), (0,)))
    first = panel._shown.maps
    panel.copies.findChild(QSpinBox).setValue(2)
    qtbot.waitUntil(lambda: panel._shown is not None and panel._shown.place.copies == (1,))
    assert not np.array_equal(panel._shown.maps, first)
    run.start(document.project)
    qtbot.waitUntil(lambda: "step" in panel.view.caption.text())
    assert run.maps is not None and run.maps.place == Place("conv1", ("group1",), (1,))
    own = OwnPicture(np.full((1, 8, 8), 7, np.uint8), "Mine")
    run.picture.choose(own)
    qtbot.waitUntil(lambda: run.maps is not None and run.maps.label is None)
    assert np.array_equal(run.maps.image, own.image)
    run.close()
    panel.close_tasks()


def test_a_cell_that_is_clicked_is_what_all_panels_look_at(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown_maps(qtbot, document, run)
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    panel.view.open(2)
    assert panel.view.is_large and panel.view.back.isVisible()
    panel.view.large.cell_chosen.emit(2, 1, 5)
    assert run.cell.choice == Cell((), "conv1", 2, 1, 5)
    assert panel.view.grid._marked == (2, 1, 5)
    run.cell.choose(Cell((), "other", 0, 0, 0))
    assert panel.view.grid._marked is None
    qtbot.keyClick(panel.view.large, Qt.Key.Key_Escape)
    assert not panel.view.is_large
    document.select(("linear1",))
    qtbot.waitUntil(panel.view.bars.isVisible)
    qtbot.mouseClick(panel.view.bars, Qt.MouseButton.LeftButton, pos=QPoint(5, 20))
    assert run.cell.choice == Cell((), "linear1", 0, 0, 0)
    panel.close_tasks()


def test_a_trained_network_begins_with_a_picture_that_it_tells_right(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    document.edit_recipe("Longer", dataclasses.replace(document.project.recipe, epochs=4))
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert run.trained is not None
    data = run.trained.data
    wrong = int((data.validation_labels[:1] + 1) % 10)  # as if the first one were told wrong
    labels = data.validation_labels.clone()
    labels[0] = wrong
    run.trained = dataclasses.replace(run.trained, data=dataclasses.replace(data, validation_labels=labels))
    panel = shown_maps(qtbot, document, run)
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert run.picture.number > 0 and panel._shown is not None and panel._shown.guess == panel._shown.label
    panel.show_image(0)
    qtbot.waitUntil(lambda: panel._shown is not None and panel._shown.guess != panel._shown.label)
    assert run.picture.number == 0  # what a person has chosen stays
    run.close()
    panel.close_tasks()


def test_a_slider_goes_through_the_epochs_of_the_run(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    document.edit_recipe("Longer", dataclasses.replace(document.project.recipe, epochs=4))
    panel = shown_maps(qtbot, document, run)
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert not panel.epochs.isVisible()  # nothing was trained yet
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    qtbot.waitUntil(panel.epochs.isVisible)
    assert (panel.epochs.slider.minimum(), panel.epochs.slider.maximum()) == (0, 3)
    assert panel._shown is not None
    now = panel._shown.maps
    panel.epochs.slider.setValue(0)
    qtbot.waitUntil(lambda: "weights of epoch 1" in panel.view.caption.text())
    first = panel._shown.maps
    assert not np.array_equal(first, now)
    qtbot.waitUntil(lambda: len(panel.epochs._found) == 4)
    panel.epochs.slider.setValue(1)  # at once: it was computed meanwhile
    assert "weights of epoch 2" in panel.view.caption.text()
    assert not np.array_equal(panel._shown.maps, first)
    document.edit_graph("Other", document.graph.replace("conv1", Conv2d(5)))
    qtbot.waitUntil(lambda: "untrained" in panel.view.caption.text())
    assert not panel.epochs.isVisible()  # these are not the weights of that network
    document.undo_stack.undo()
    qtbot.waitUntil(panel.epochs.isVisible)
    panel.hide()
    assert not panel.epochs._found and panel.epochs.prepared is None
    run.close()
    panel.close_tasks()


def test_by_what_a_block_weighs_of_a_picture_and_of_classes(qtbot: QtBot) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, padding=1), SqueezeExcite(2), Flatten(), Linear(10))
    document = Document(Project(draw.graph(), Recipe(data="digits")))
    panel = shown_maps(qtbot, document, Run(document))
    document.select(("conv1",))
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert not panel.weighing.isVisible()
    document.select(("se1",))
    qtbot.waitUntil(panel.weighing.isVisible)
    assert [panel.weighing.what.itemText(row) for row in range(2)] == ["Maps", "Channel weights"]
    assert not panel.weighing.of.isVisible()
    panel.weighing.what.setCurrentIndex(1)
    qtbot.waitUntil(panel.view.bars.isVisible)
    assert len(panel.view.bars._values) == 4 and "channel weights" in panel.view.caption.text()
    panel.weighing.of.setCurrentIndex(1)
    qtbot.waitUntil(panel.view.grid.isVisible)
    assert panel.view.grid._maps.shape == (1, 10, 4) and "a row for each class" in panel.view.caption.text()
    panel.weighing.of.setCurrentIndex(5)
    qtbot.waitUntil(lambda: "the mean of" in panel.view.caption.text() and panel.view.bars.isVisible())
    document.select(("conv1",))
    qtbot.waitUntil(lambda: "4 maps" in panel.view.caption.text())
    assert not panel.weighing.isVisible() and panel.weighing.number is None
    panel.close_tasks()


def test_the_first_picture_comes_at_once_and_only_what_moves_is_waited_for(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = shown_maps(qtbot, document, Run(document))
    waited: list[int] = []
    monkeypatch.setattr(panel._settle, "start", waited.append)
    panel._settle._begun.invalidate()
    document.select(("conv1",))
    panel.update_now()
    document.select(("linear1",))
    panel.update_now()
    assert waited == [0, SETTLE_MILLISECONDS]
    panel.close_tasks()


def test_maps_of_what_the_queue_trains_are_shown_where_it_is_this_network(
    qtbot: QtBot, document: Document, tiny: Project
) -> None:
    run = Run(document)
    panel = shown_maps(qtbot, document, run)
    document.select(("conv1",))
    long = dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, epochs=400, batch_size=64))
    assert run.queue.add(long, "long")
    run.queue.start()
    qtbot.waitUntil(lambda: ", in the queue" in panel.view.caption.text())
    first = panel._shown.step if panel._shown is not None else 0
    panel._rest = Rest(0.0)  # as if a second had gone
    qtbot.waitUntil(lambda: panel._shown is not None and panel._shown.step > first)
    document.edit_graph("Widen", tiny.graph.replace("linear1", Linear(10, bias=False)))
    qtbot.waitUntil(lambda: "untrained" in panel.view.caption.text())
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: ", in the queue" in panel.view.caption.text())
    run.queue.stop()
    qtbot.waitUntil(lambda: not run.queue.is_working and "untrained" in panel.view.caption.text())
    panel.close_tasks()
    run.close()

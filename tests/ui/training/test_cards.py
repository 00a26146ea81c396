"""What the panel says before, during and after a run, and that its buttons do what they say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Linear, ReLU
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.training.layer_statistics import Layer, LayerStatistics
from cnnstudio.ui.document import Document
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.run import Run
from cnnstudio.ui.training import before
from cnnstudio.ui.training.training import TrainingPanel
from cnnstudio.ui.widgets.fix_button import FixButton


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def shown(qtbot: QtBot, document: Document, run: Run | None = None) -> TrainingPanel:
    panel = TrainingPanel(document, run or Run(document))
    qtbot.addWidget(panel, before_close_func=lambda closing: closing.close_tasks(20.0))
    panel.resize(340, 800)
    panel.show()
    return panel


def press(within: QWidget, title: str) -> None:
    next(button for button in within.findChildren(FixButton) if button.text() == title and button.isVisible()).click()


# before


def test_what_a_run_takes_is_said_at_once_and_its_time_after_a_few_steps(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    values = panel.before.values
    assert values["memory"].text().startswith("about ") and "MACs" in values["work"].text()
    with qtbot.waitSignal(panel.before.measured):
        pass
    assert values["time"].text().startswith("about ") and "an epoch" in values["time"].text()
    assert "as it should be" in values["loss"].text() and "guessing among 10 classes" in values["loss"].toolTip()
    assert "Wh: a lamp for" in values["energy"].text() and "40 watts" in values["energy"].toolTip()
    assert panel.run.trained is None and not panel.run.history.steps, "nobody has trained"


def test_a_forecast_of_what_is_no_longer_so_is_greyed(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    with qtbot.waitSignal(panel.before.measured):
        pass
    assert panel.before.values["time"].property("role") == ""
    moved = document.graph.move({"conv1": (310.0, 5.0)})
    document.edit_graph("Move", moved)
    panel.update_now()
    assert panel.before.values["time"].property("role") == "", "where a node stands changes nothing"
    document.edit_recipe("More", dataclasses.replace(document.project.recipe, batch_size=32))
    panel.update_now()
    assert panel.before.values["time"].property("role") == "muted"
    with qtbot.waitSignal(panel.before.measured):
        pass
    assert panel.before.values["time"].property("role") == ""


def test_what_stands_in_the_way_is_cleared_by_a_click_that_can_be_undone(qtbot: QtBot, document: Document) -> None:
    document.edit_graph("Wide", document.graph.replace("linear1", Linear(7)))
    panel = shown(qtbot, document)
    assert not panel.can_toggle and panel.before.isHidden()
    press(panel, "Set out_features to 10")
    assert panel.can_toggle and document.undo_stack.undoText() == "Set out_features to 10"
    document.undo_stack.undo()
    assert not panel.can_toggle


def test_a_batch_that_does_not_fit_is_made_smaller_by_a_click(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.training.readiness.headroom", lambda: 150_000_000)
    monkeypatch.setattr(before, "headroom", lambda: 150_000_000)
    document.edit_recipe("Large", dataclasses.replace(document.project.recipe, batch_size=65_536))
    panel = shown(qtbot, document)
    [row] = panel.before.concerns.rows
    assert panel.can_toggle, "there are not as many images"
    press(panel, row.buttons[0].text())
    assert document.project.recipe.batch_size < 65_536
    panel.update_now()
    assert panel.before.concerns.isHidden()


def test_a_folder_is_chosen_in_place(qtbot: QtBot, document: Document, tmp_path: Path) -> None:
    document.edit_recipe("Folder", Recipe(data="folder"))
    panel = shown(qtbot, document)
    assert [button.text() for button in panel.before.concerns.rows[0].buttons] == [
        "Choose a folder…", "Take the digits for now",
    ]  # fmt: skip
    panel.before.concerns.take_folder(str(tmp_path))
    assert document.project.recipe.folder == str(tmp_path)
    panel.update_now()
    assert panel.before.concerns.isHidden()


def test_the_classes_of_a_folder_are_counted_before_anybody_trains(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    for name in ("cat", "dog", "eel"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.new("L", (8, 8), 40 * number).save(tmp_path / name / f"{number}.png")
    panel = shown(qtbot, document)
    document.edit_recipe("Folder", Recipe(data="folder", folder=str(tmp_path)))
    qtbot.waitUntil(lambda: document.classes == 3)
    panel.update_now()
    assert "12 images of 3 classes: cat 4, dog 4, eel 4" in panel.images.about.text()
    assert not panel.can_toggle and panel.run.loaded.all_of(document.project) is not None
    press(panel, "Set out_features to 3")
    assert panel.can_toggle


def test_a_table_and_a_file_of_images_are_looked_at_as_a_folder_is(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    for number in range(4):
        Image.new("L", (8, 8), 40 * number).save(tmp_path / f"{number}.png")
    (tmp_path / "labels.csv").write_text("file;label\n0.png;cat\n1.png;cat\n2.png;dog\n3.png;dog\n")
    images = np.arange(6 * 64, dtype=np.uint8).reshape(6, 8, 8)
    np.savez(tmp_path / "images.npz", images=images, labels=[0, 1, 2, 0, 1, 2])
    panel = shown(qtbot, document)
    document.edit_recipe("Table", Recipe(data="table"))
    panel.update_now()
    concern = panel.before.concerns.rows[0]
    assert concern.sentence.text() == "Choose the table that lists your images."
    assert [button.text() for button in concern.buttons] == ["Choose a file…", "Take the digits for now"]
    panel.before.concerns.take_folder(str(tmp_path / "labels.csv"))
    qtbot.waitUntil(lambda: document.classes == 2)
    assert "4 images of 2 classes: cat 2, dog 2" in panel.images.about.text()
    document.edit_recipe("File", Recipe(data="file", folder=str(tmp_path / "images.npz"), validation_share=0.5))
    qtbot.waitUntil(lambda: document.classes == 3)
    assert panel.images.about.text() == "6 images of 3 classes, 3 of them to validate with."


def test_a_folder_without_images_is_told_of_before_anybody_trains(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    panel = shown(qtbot, document)
    document.edit_recipe("Folder", Recipe(data="folder", folder=str(tmp_path)))
    qtbot.waitUntil(lambda: not panel.before.concerns.isHidden())
    assert "There are no images in" in panel.before.concerns.rows[0].sentence.text()
    press(panel, "Take the digits for now")
    qtbot.waitUntil(panel.before.concerns.isHidden)


def test_what_was_said_of_an_empty_folder_goes_with_it(qtbot: QtBot, document: Document, tmp_path: Path) -> None:
    panel = shown(qtbot, document)
    panel.run.start(document.project)
    qtbot.waitUntil(lambda: panel.run.state == "finished")
    document.edit_recipe("Folder", Recipe(data="folder", folder=str(tmp_path)))
    qtbot.waitUntil(lambda: not panel.before.concerns.isHidden())
    document.undo_stack.undo()  # to images that are in memory
    qtbot.waitUntil(panel.before.concerns.isHidden)


def test_a_run_calls_off_what_is_tried_and_the_card_leaves_the_room(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    panel.before.tryouts.find_rate()
    assert panel.before.tryouts.is_running and not panel.before.tryouts.batch.isEnabled()
    panel.run.start(document.project)
    panel.update_now()
    assert not panel.before.tryouts.is_running and panel.before.isHidden()
    qtbot.waitUntil(lambda: panel.run.state == "finished")
    panel.update_now()
    assert not panel.before.isHidden() and panel.before._facts.isHidden(), "a run knows better than a forecast"


def test_a_rate_is_found_and_taken_up_by_one_edit(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    tryouts = panel.before.tryouts
    tryouts.rate.click()
    qtbot.waitUntil(lambda: not tryouts.is_running)
    assert "A learning rate of " in tryouts.advice.sentence.text() and tryouts.plot.isVisible()
    [use] = tryouts.advice.buttons
    use.click()
    assert use.text() == f"Use {document.project.recipe.learning_rate:g}"
    assert document.undo_stack.count() == 1
    assert tryouts.rate.isEnabled()


def test_one_batch_is_tried_and_judged(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    tryouts = panel.before.tryouts
    tryouts.batch.click()
    qtbot.waitUntil(lambda: not tryouts.is_running)
    assert "The network learns" in tryouts.advice.sentence.text()
    assert document.undo_stack.count() == 0


def test_what_is_tried_can_be_stopped(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    tryouts = panel.before.tryouts
    tryouts.find_rate()
    press(tryouts, "Stop")
    assert not tryouts.is_running and tryouts.advice.isHidden() and tryouts.rate.isEnabled()


# during


def test_the_layers_are_shown_and_what_is_wrong_is_said_with_what_to_try(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    for step in range(1, 60):
        run._take(Step(step, 1, 2.3 if step < 10 else 9.0, 0.1, 0.01, 100.0))
    layers = tuple(Layer(f"conv{number}", 10.0**-number, 1.0, 0.001) for number in range(1, 5))
    run._take(LayerStatistics(60, layers, {}, (1,), (1,)))
    panel.during.refresh()
    assert panel.during.isVisible() and panel.during.bars.isVisible()
    assert "conv1: a step changes 0.1%, gradient 0.1" in panel.during.bars.accessibleDescription()
    assert "The loss is higher than at the beginning" in panel.during.advice.rows[0].sentence.text()
    press(panel.during, "Learning rate 0.001")
    assert document.project.recipe.learning_rate == 0.001
    document.undo_stack.undo()
    assert document.project.recipe.learning_rate == 0.01


def test_a_run_in_the_window_looks_at_its_layers(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("Long", dataclasses.replace(document.project.recipe, epochs=20, batch_size=64))
    run = Run(document)
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert [layer.name for layer in run.history.layers[0].layers] == ["conv1", "linear1"]


# after


def test_what_comes_next_is_offered_where_it_can_be_done(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    assert panel.after.isHidden()
    run._take(Started(1, 1, "CPU", (), 1))
    run._take(EpochEnd(1, 1.0, 0.5, 0.9, 0.63, 2.0, True))
    run._set_state("finished", "Trained.")
    panel.after.offer({"export-python", "export-weights"})
    panel.update_now()
    assert panel.after.isVisible() and "about 63 right" in panel.after.sentence.text()
    buttons = panel.after.buttons
    assert buttons["export-python"].isVisible()
    assert not buttons["export-weights"].isVisible(), "there are none"
    assert not buttons["show-mistakes"].isVisible(), "the window has no such panel"
    with qtbot.waitSignal(panel.after.asked) as asked:
        buttons["export-python"].click()
    assert asked.args == ["export-python"]


def test_every_button_of_the_window_is_a_command_of_it(window: MainWindow, qtbot: QtBot, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.show_panel("training")
    window.run.start(tiny)
    qtbot.waitUntil(lambda: window.run.state == "finished")
    window.training.update_now()
    offered = [command for command, button in window.training.after.buttons.items() if not button.isHidden()]
    assert offered == ["show-try", "show-feature-maps", "show-mistakes", "export-weights", "export-python", "show-runs"]
    assert set(offered) <= set(window.commands.bound)
    assert window.training.after.sentence.text().startswith("Of 100 new images")
    window.document.edit_graph("Change", tiny.graph.replace("conv1", ReLU()))
    window.training.update_now()
    assert window.training.after.sentence.text().startswith("The network was edited since. As it was trained, of 100")
    window.document.undo_stack.undo()
    window.training.after.buttons["show-feature-maps"].click()
    assert window.docks["feature-maps"].isVisible()

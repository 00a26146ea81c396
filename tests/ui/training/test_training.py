from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Graph, Shape
from cnnstudio.graph.parameter import Fraction, declaration
from cnnstudio.project import Project
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Basic, Needs, Recipe, Section
from cnnstudio.training.data import loading
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.training import dataset_choice
from cnnstudio.ui.training.curves import CurvesPanel
from cnnstudio.ui.training.training import EARLIER, TrainingPanel
from cnnstudio.ui.widgets.editors import TextEditor
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.samples import pixmap
from cnnstudio.worker import Report


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def invent(run: Run, steps: int, epochs: int) -> None:
    """A history without a training."""
    run._take(Started(max(epochs, 3), 10, "CPU", (), 100))
    for step in range(1, steps + 1):
        run._take(Step(step, 1, 1 / step, 0.5, 0.01, 100.0))
    for epoch in range(1, epochs + 1):
        run._take(EpochEnd(epoch, 1.0, 0.5, 0.9, 0.6, 2.0, epoch == 1))
    run.advanced.emit()


def test_the_button_says_why_it_cannot_train(qtbot: QtBot, document: Document, tiny_graph: Graph) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.show()
    assert panel.train.isEnabled() and panel.can_toggle
    document.edit_graph("Cut", tiny_graph.disconnect(tiny_graph["linear1"].edges[0]))
    assert not panel.can_toggle
    panel.update_now()
    assert not panel.train.isEnabled()
    errors = [found.sentence for found in document.diagnostics if found.severity == "error"]
    assert panel.before.concerns.rows[0].sentence.text() == errors[0]
    document.undo_stack.undo()
    panel.update_now()
    assert panel.train.isEnabled()


def test_the_recipe_is_edited_through_the_document(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.images.hide()
    panel.show()
    field = panel.basic.editor("epochs").focusProxy()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, "37")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: document.project.recipe.epochs == 37)
    document.undo_stack.undo()
    assert document.project.recipe.epochs == 2
    assert document.undo_stack.count() == 1


def test_only_what_matters_is_asked(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.update_now()
    assert not panel.advanced.rows["momentum"].is_visible
    document.edit_recipe("SGD", dataclasses.replace(document.project.recipe, optimizer="SGD"))
    panel.update_now()
    assert panel.advanced.rows["momentum"].is_visible
    assert panel.folder.isHidden()
    document.edit_recipe("Folder", dataclasses.replace(document.project.recipe, data="folder"))
    panel.update_now()
    assert not panel.folder.isHidden()
    assert not panel.train.isEnabled()


def test_the_basic_settings_stand_above_the_others_in_the_order_of_the_recipe(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    assert list(panel.folder.rows) == ["folder"]
    assert list(panel.basic.rows) == ["epochs", "batch_size", "optimizer", "learning_rate"]
    others = [
        name for fields in Recipe.sections().values() for field in fields if not Recipe.is_basic(name := field.name)
    ]
    assert list(panel.advanced.rows) == others


def test_the_other_settings_stand_under_the_headings_of_their_sections(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.update_now()

    def shown() -> list[str]:
        return [fold.title for fold, _ in panel.advanced.sections.values() if not fold.isHidden()]

    assert shown() == list(Section)
    assert [*panel.advanced.sections[Section.AUGMENTATION][1].rows] == [
        "augmentations", "test_time_mirror"
    ]  # fmt: skip
    document.edit_recipe("MNIST", dataclasses.replace(document.project.recipe, data="mnist"))
    panel.update_now()
    rows = panel.advanced.sections[Section.DATA][1].rows
    assert [name for name, row in rows.items() if row.is_visible] == ["mean", "std"], "it has its own split"


def test_a_preset_is_one_edit(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    heard: list[str] = []
    document.said.connect(heard.append)
    before = document.project.recipe
    actions = panel.presets.menu().actions()
    assert [action.text() for action in actions] == [preset.title for preset in PRESETS.values()]
    for action, preset in zip(actions, PRESETS.values(), strict=True):
        action.trigger()
        assert document.project.recipe == preset.applied(before)
        assert heard[-1] == preset.sentence and action.toolTip() == tip(preset.sentence)
        assert document.undo_stack.undoText() == f"Preset {preset.title}"
        document.undo_stack.undo()
        assert document.project.recipe == before


def test_epochs_may_be_left_open_and_milestones_are_a_list(qtbot: QtBot, document: Document) -> None:
    recipe = dataclasses.replace(document.project.recipe, schedule="multi-step", milestones=(30, 60, 80))
    document.edit_recipe("Steps", recipe)
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.show()
    panel.update_now()
    field = panel.advanced.editor("milestones")
    assert isinstance(field, TextEditor) and field.line.text() == "30, 60, 80"
    field.line.setText("10, 20")
    field.line.textEdited.emit("10, 20")
    field.settle()
    assert document.project.recipe.milestones == (10, 20)
    epochs = panel.basic.editor("epochs")
    assert isinstance(epochs, TextEditor) and epochs.line.text() == "2"
    epochs._say("")
    assert document.project.recipe.epochs is None and epochs.line.placeholderText() == "automatic"


@declaration
class Mixing(Recipe):
    """A recipe with two more fields.

    mix: how two images become one
    mix_share: how much of the second image is in it
    """

    mix: Annotated[Literal["no", "yes"], Section.AUGMENTATION, Basic()] = "no"
    mix_share: Annotated[Fraction, Section.AUGMENTATION, Needs("mix", "yes")] = 0.5


def test_a_field_that_the_recipe_is_given_is_asked(
    qtbot: QtBot, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.ui.training.training.Recipe", Mixing)
    document = Document(dataclasses.replace(tiny, recipe=Mixing()))
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.update_now()
    assert list(panel.basic.rows)[-1] == "mix"
    assert not panel.advanced.rows["mix_share"].is_visible
    document.edit_recipe("Mix", Mixing(mix="yes"))
    panel.update_now()
    assert panel.advanced.rows["mix_share"].is_visible


def test_the_images_are_chosen_by_name_and_described(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    images = panel.images
    images.box.setCurrentIndex(images.box.findText("MNIST"))
    images.box.activated.emit(images.box.currentIndex())
    assert document.project.recipe.data == "mnist"
    assert "70,000" in images.about.text()


def test_an_image_of_each_class_is_shown_without_a_run_and_used_by_the_next_one(
    qtbot: QtBot, document: Document
) -> None:
    run = Run(document)
    panel = TrainingPanel(document, run)
    qtbot.addWidget(panel)
    panel.resize(340, 600)
    panel.show()
    qtbot.waitUntil(panel.images.samples.isVisible)
    assert [sample.name for sample in panel.images.samples.samples] == list("0123456789")
    assert panel.images.samples.samples[0].image.shape == (1, 8, 8)
    data = run.loaded.all_of(document.project)
    run.start(document.project)
    qtbot.waitUntil(lambda: run.state == "finished")
    assert data is not None
    assert run.trained is not None
    assert run.trained.data is data
    panel.images.close_tasks()
    run.close()


def test_no_more_images_are_loaded_than_are_shown(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.training.data.loading.SAMPLE", 64 * 100)
    run = Run(document)
    panel = TrainingPanel(document, run)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(panel.images.samples.isVisible)
    assert [sample.name for sample in panel.images.samples.samples] == list("0123456789")
    data = run.loaded.some_of(document.project)
    assert data is not None and len(data.train_labels) == 80 and run.loaded.all_of(document.project) is None
    assert panel.before._images == data.counts[0] > 1_000
    qtbot.waitUntil(lambda: panel.before._forecast is not None)
    assert panel.before._forecast is not None
    assert panel.before._forecast.steps_per_epoch == -(-data.counts[0] // document.project.recipe.batch_size)
    document.edit_recipe("Other images", dataclasses.replace(document.project.recipe, seed=5))
    assert run.loaded.some_of(document.project) is None, "the window holds no images of what it was before"
    panel.before.close_tasks(5.0)
    panel.images.close_tasks()
    run.close()


def test_reading_images_that_takes_a_while_says_how_far_it_is_and_can_be_stopped(
    qtbot: QtBot, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, asked, load = threading.Event(), [], loading.load

    def slow(recipe: Recipe, size: Shape, report: Report, *_: object, **__: object) -> Data:
        asked.append(1)
        while report("Reading the images: 3 of 10", 0.3) and not go_on.wait(0.01):
            pass
        return load(recipe, size)

    monkeypatch.setattr("cnnstudio.training.data.loading.load", slow)
    monkeypatch.setattr(dataset_choice, "PATIENCE", 20)
    run = Run(document)
    panel = TrainingPanel(document, run)
    qtbot.addWidget(panel)
    panel.show()
    going = panel.images.going
    qtbot.waitUntil(lambda: going.isVisible() and "3 of 10" in going.sentence.text())
    assert going.sentence.text().endswith("30%")
    going.buttons[0].click()
    assert going.sentence.text() == dataset_choice.NOT_SEEN and not panel.images.samples.isVisible()
    document.edit_recipe("Longer", dataclasses.replace(document.project.recipe, epochs=9))
    qtbot.wait(20)
    assert asked == [1], "what was stopped does not begin by itself"
    monkeypatch.undo()
    going.buttons[0].click()
    qtbot.waitUntil(panel.images.samples.isVisible)
    assert going.isHidden()
    panel.images.close_tasks()
    run.close()


def test_images_that_must_be_fetched_are_not_shown_before(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("MNIST", dataclasses.replace(document.project.recipe, data="mnist"))
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.wait(500)
    assert not panel.images.samples.isVisible()
    assert panel.images._task is None


def test_train_pause_go_on_and_stop_by_the_mouse(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("Long", dataclasses.replace(document.project.recipe, epochs=500))
    run = Run(document)
    panel = TrainingPanel(document, run)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    assert run.state == "preparing"
    panel.update_now()
    assert not panel.train.isEnabled()
    qtbot.waitUntil(lambda: len(run.history.steps) > 2)
    panel.update_now()
    assert panel.train.text() == "Pause"
    qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    assert run.state == "paused"
    panel.update_now()
    # what is shown comes after what is known by a rest, the longer the slower the computer is
    qtbot.waitUntil(
        lambda: run.history.last is not None and panel.progress.epoch.text().endswith(f"step {run.history.last.step:,}")
    )
    assert panel.train.text() == "Resume"
    qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    assert run.state == "training"
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: run.state == "finished")
    panel.update_now()
    assert (panel.train.text(), panel.other.text()) == ("Go on", "Start anew")
    assert not panel.stop.isEnabled()
    run.close()


def test_curves_are_empty_in_words_and_then_drawn(qtbot: QtBot) -> None:
    run = Run()
    panel = CurvesPanel(Document(), run)
    qtbot.addWidget(panel)
    panel.resize(700, 240)
    panel.show()
    assert not panel.export.isVisible()
    assert not panel.loss.isVisible()
    invent(run, 25, 2)
    panel.update_now()
    assert panel.loss.isVisible()
    assert len(panel.loss.curves["steps"].getData()[0]) == 25
    assert panel.accuracy.curves["validation"].getData()[1].tolist() == [60.0, 60.0]
    panel.logarithmic.click()
    assert panel.loss.curves["steps"].getData()[1][9] == pytest.approx(-1.0)


def test_curves_say_what_is_to_be_done_before_there_are_any(qtbot: QtBot, document: Document) -> None:
    panel = CurvesPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.show()
    assert panel._empty.text().endswith("Press Train.")
    document.edit_recipe("Folder", Recipe(data="folder"))
    panel.update_now()
    assert panel._empty.text().endswith("Choose the folder that your images are in.")
    document.open(Project(), None)
    panel.update_now()
    assert "There is no network yet." in panel._empty.text()


def test_a_run_of_an_earlier_network_is_called_that(qtbot: QtBot, document: Document) -> None:
    document.edit_recipe("Long", dataclasses.replace(document.project.recipe, epochs=500))
    run = Run(document)
    panel = TrainingPanel(document, run)
    qtbot.addWidget(panel)
    panel.show()
    panel.toggle()
    qtbot.waitUntil(lambda: run.state == "training")
    plain = panel.sentence.text()
    assert plain.startswith("Training on CPU")
    document.edit_graph("Fewer", document.graph.replace("conv1", Conv2d(3)))
    qtbot.waitUntil(lambda: panel.sentence.text() == f"{plain} {EARLIER}")
    panel.toggle()
    panel.update_now()
    assert panel.sentence.text() == f"Paused. {EARLIER}"
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.sentence.text() == "Paused.")
    run.stop()
    qtbot.waitUntil(lambda: run.state == "finished")
    run.close()


def test_curves_are_only_drawn_again_when_something_new_came(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    panel = CurvesPanel(Document(), run)
    qtbot.addWidget(panel)
    panel.show()
    drawn: list[int] = []
    monkeypatch.setattr(panel.loss, "draw_steps", lambda steps, y, unit: drawn.append(len(y)))
    invent(run, 5, 0)
    panel.update_now()
    run.advanced.emit()
    panel.update_now()
    assert drawn == [5]


def test_curves_can_be_read_and_taken_away(qtbot: QtBot, tmp_path: Path) -> None:
    run = Run()
    panel = CurvesPanel(Document(), run)
    qtbot.addWidget(panel)
    panel.show()
    invent(run, 25, 2)
    panel.update_now()
    panel.loss.hovered.emit(1.0)
    assert panel.readout.text().startswith("step 10: loss 0.1")
    assert "validation loss 0.9" in panel.readout.text()
    panel.save_table(tmp_path / "curves.csv")
    assert (tmp_path / "curves.csv").read_text().splitlines()[1] == "1,1,0.5,0.9,0.6,2"
    for suffix, begins in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        panel.save_picture(tmp_path / f"curves{suffix}")
        assert (tmp_path / f"curves{suffix}").read_bytes().startswith(begins)
    drawing = (tmp_path / "curves.svg").read_text()
    assert "validation" in drawing and "<image" not in drawing, "lines and letters, not pixels"
    panel.logarithmic.click()
    panel.grey.trigger()
    panel.save_picture(tmp_path / "other.svg")
    assert "#2563eb" in drawing and "#2563eb" not in (tmp_path / "other.svg").read_text()
    panel.copy_picture()
    copied = QGuiApplication.clipboard().mimeData()
    assert copied.hasImage() and copied.hasFormat("image/svg+xml")
    heard: list[str] = []
    panel.document.said.connect(heard.append)
    panel._save(tmp_path / "nowhere" / "curves.csv", panel.save_table)
    assert "was not written" in heard[-1]
    panel._save(tmp_path / "curves.gif", panel.save_picture)
    assert heard[-1].startswith("A figure ends in .png, .svg, .pdf")


def test_a_folders_classes_are_known_once_its_images_were_loaded(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    from cnnstudio.training.data.loading import load

    for name in ("cat", "dog", "cow"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.new("L", (8, 8), 60 * number).save(tmp_path / name / f"{number}.png")
    run = Run(document)
    panel = TrainingPanel(document, run)
    qtbot.addWidget(panel)
    recipe = dataclasses.replace(document.project.recipe, data="folder", folder=str(tmp_path))
    document.edit_recipe("Choose a folder", recipe)
    assert document.classes is None and panel.can_toggle
    run.loaded.keep(document.project, load(recipe, Shape(1, 8, 8)))
    run.state_changed.emit("failed")
    qtbot.waitUntil(lambda: not panel.can_toggle)
    assert document.classes == 3
    (found,) = [found for found in document.diagnostics if found.code == "classes"]
    assert found.sentence.endswith("gives 10 scores, but the data has 3 classes.")
    document.edit_graph("Follow", found.fixes[0].apply(document.graph))
    assert panel.can_toggle and document.analysis.shape("linear1") == Shape(3)
    (tmp_path / "hen").mkdir()
    document.look_again()
    assert document.classes is None  # it may be another number now
    document.edit_recipe("Choose another", dataclasses.replace(recipe, folder=str(tmp_path / "nowhere")))
    assert document.classes is None


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_enlarged_with_its_colours(qtbot: QtBot, channels: int) -> None:
    image = np.zeros((channels, 2, 2), np.uint8)
    image[0, 0, 0] = 255
    made = pixmap(image, 100).toImage()
    assert (made.width(), made.height()) == (100, 100)
    assert made.pixelColor(10, 10).red() == 255
    assert made.pixelColor(10, 10).green() == (255 if channels == 1 else 0)
    assert made.pixelColor(90, 90).red() == 0


def test_all_fields_begin_at_one_place(qtbot: QtBot, document: Document) -> None:
    panel = TrainingPanel(document, Run(document))
    qtbot.addWidget(panel)
    panel.resize(356, 900)
    for fold, _ in panel.advanced.sections.values():
        fold.set_open(True)
    document.edit_recipe("Folder", dataclasses.replace(document.project.recipe, data="folder"))
    with qtbot.waitExposed(panel):
        panel.show()
    forms = panel.folder, panel.basic, panel.advanced
    editors = [row.editor for form in forms for row in form.rows.values() if row.is_visible and not row.is_wide]
    places = {panel.images.box.mapTo(panel, panel.images.box.rect().topLeft()).x()}
    places |= {editor.mapTo(panel, editor.rect().topLeft()).x() for editor in editors}
    assert len(editors) > 10 and len(places) == 1

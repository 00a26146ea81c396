"""The panel of training: what is always in view, what folds and is remembered, and what going on does and does not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.project.recipe import Section
from cnnstudio.training.events import Foreseen, Remark, Started, Step
from cnnstudio.training.runs.kept_run import open_kept
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.ui.training.training import TrainingPanel


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def shown(qtbot: QtBot, document: Document, run: Run | None = None) -> TrainingPanel:
    panel = TrainingPanel(document, run or Run(document))
    qtbot.addWidget(panel, before_close_func=lambda closing: closing.close_tasks(20.0))
    panel.images.hide()  # nothing is loaded or measured
    panel.resize(280, 500)
    panel.show()
    return panel


def trained(qtbot: QtBot, document: Document) -> Run:
    run = Run(document)
    run.start(document.project, "net")
    qtbot.waitUntil(lambda: run.state == "finished")
    return run


def test_the_buttons_and_how_far_it_is_are_in_view_wherever_one_scrolls(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    for event in (Started(3, 10, "CPU", (), 100), Step(7, 1, 0.5, 0.5, 0.01, 10.0)):
        run.history.take(event)
    run._set_state("training", "")
    panel.update_now()
    bar = panel._area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.maximum() > 0
    for part in (panel.train, panel.stop, panel.progress.bar, panel.progress.epoch, panel.progress.time):
        assert part.visibleRegion().boundingRect().size() == part.size(), part
    assert panel.progress.epoch.text() == "Epoch 1 of 3, step 7" and panel.progress.time.text() == "measuring…"
    assert panel.next.isVisible(), "what is changed counts in the next run"


def test_parts_that_were_folded_are_folded_the_next_time(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    assert panel.recipe.is_open and not panel.advanced.sections[Section.LOSS][0].is_open
    panel.recipe.head.click()
    panel.advanced.sections[Section.LOSS][0].head.click()
    assert panel.recipe.summary.text() == "2 epochs, batch 256, Adam 0.01"
    again = shown(qtbot, document)
    assert not again.recipe.is_open and again.advanced.sections[Section.LOSS][0].is_open
    assert again.before.is_open, "nobody folded it"


def test_a_folded_section_says_what_is_not_as_usual(qtbot: QtBot, document: Document) -> None:
    recipe = dataclasses.replace(
        document.project.recipe, optimizer="SGD", nesterov=True, momentum=0.8, milestones=(3,), schedule="multi-step"
    )
    document.edit_recipe("More", recipe)
    panel = shown(qtbot, document)
    said = {section: fold.summary.text() for section, (fold, _) in panel.advanced.sections.items()}
    assert said[Section.OPTIMIZER] == "momentum 0.8, nesterov"
    assert said[Section.SCHEDULE] == "schedule multi-step, milestones 3"
    assert said[Section.LOSS] == ""


def test_the_panel_is_as_narrow_as_its_dock_whatever_it_shows(qtbot: QtBot, document: Document) -> None:
    panel = shown(qtbot, document)
    panel.images.show()
    try:
        theme.set_scale(1.6)
        qtbot.waitUntil(lambda: panel._area.widget().width() <= panel._area.viewport().width())
    finally:
        theme.set_scale(1.0)


def test_a_run_of_an_earlier_day_is_diagnosed_and_measured_against_guessing(qtbot: QtBot, document: Document) -> None:
    run = trained(qtbot, document)
    assert run.folder is not None
    later = Run(document)
    later.recall(open_kept(run.folder.path))
    assert later.classes == tuple("0123456789") and later.images == run.images == (1438, 359)
    for step in range(1, 60):
        later.history.take(Step(step, 1, 2.3 if step < 10 else 9.0, 0.1, 0.01, 100.0))
    panel = shown(qtbot, document, later)
    assert "The loss is higher than at the beginning" in panel.during.advice.rows[0].sentence.text()
    assert panel.after.sentence.text().endswith("guessing would 10.")
    assert "of 359 validation images" in panel.after.end.text()


def test_weights_that_do_not_name_their_classes_are_of_those_of_the_data_set(
    qtbot: QtBot, document: Document, tmp_path: Path
) -> None:
    run = trained(qtbot, document)
    assert run.folder is not None
    for path in (run.folder.best, run.folder.last):
        path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    assert open_kept(run.folder.path).classes == tuple("0123456789")


def test_going_on_names_the_fields_of_the_recipe_that_do_not_count(qtbot: QtBot, document: Document) -> None:
    run = trained(qtbot, document)
    panel = shown(qtbot, document, run)
    assert panel.other.text() == "10 more" and not panel.standing.more.isVisible()
    assert panel.other.accessibleName() == "Go on with this run for 10 more epochs"
    assert "laid out for 2 epochs and is at its end. Laid out for 12, it goes on at a rate" in panel.other.toolTip()
    document.edit_recipe("Epochs", dataclasses.replace(document.project.recipe, epochs=9))
    panel.update_now()
    assert panel.other.text() == "7 more" and not panel.standing.more.isVisible(), "these do"
    document.edit_recipe("Others", dataclasses.replace(document.project.recipe, learning_rate=0.5, batch_size=8))
    panel.update_now()
    assert panel.standing.more.text() == (
        "Going on keeps the recipe of the run: batch size and learning rate, which you have changed since, count in a "
        "new one."
    )


def test_a_run_that_ended_early_goes_on_without_its_patience(qtbot: QtBot, document: Document) -> None:
    recipe = dataclasses.replace(document.project.recipe, epochs=6, patience=1, learning_rate=10.0)
    document.edit_recipe("Patience", recipe)
    run = trained(qtbot, document)
    done = len(run.history.epochs)
    assert run.has_ended_early and done < 6
    panel = shown(qtbot, document, run)
    assert panel.other.text() == f"{done + 10 - done} more"
    assert "whether they bring anything better or not" in panel.standing.more.text()
    panel.other.click()
    qtbot.waitUntil(lambda: not run.is_active)
    assert run.state == "finished" and len(run.history.epochs) == done + 10, run.sentence
    assert run.project is not None and run.project.recipe.patience == 0
    assert np.array_equal(run.history.epochs["epoch"], np.arange(1, done + 11))


def test_what_goes_once_through_the_frozen_part_is_said_until_the_first_step(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    run._set_state("training", "")
    run._take(Started(3, 10, "CPU", (), 100))
    run._take(Foreseen(640, 1797))
    run.advanced.emit()
    assert panel.sentence.text() == "Sending all images once through the part that does not learn: 640 of 1,797."
    assert panel.progress.bar.value() == round(1000 * 640 / 1797)
    run._take(Step(1, 1, 0.5, 0.5, 0.01, 640.0))
    run.advanced.emit()
    assert panel.sentence.text() == "Training on CPU."
    run._set_state("paused", "Paused.")
    run._take(Foreseen(640, 1797))
    assert run.sentence == "Paused."


def test_the_result_says_of_how_many_images_it_is(qtbot: QtBot, document: Document) -> None:
    run = trained(qtbot, document)
    panel = shown(qtbot, document, run)
    assert "of the 359 validation images" in run.sentence
    panel.after.set_open(False)
    assert panel.after.summary.text().endswith("of 359 validation images, epoch 2")
    try:
        theme.set_scale(1.6)
        qtbot.waitUntil(lambda: panel._area.widget().width() <= panel._area.viewport().width())
    finally:
        theme.set_scale(1.0)


def test_what_a_run_says_of_itself_is_in_the_panel_as_on_the_command_line(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    assert not panel.told.isVisible()
    run.history.take(Started(3, 10, "CPU", ("Left and right stay as they are.",), 100))
    run._set_state("training", "")
    panel.update_now()
    assert panel.told.isVisible() and panel.told.sentence.text() == "Left and right stay as they are."
    run.history.take(Remark("The disk is full."))
    run.advanced.emit()
    assert panel.told.sentence.text() == "Left and right stay as they are.\nThe disk is full."

"""What is done to the images, edited beside the first batch of the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.graph import Shape
from cnnstudio.project import Project
from cnnstudio.project.augmentations import Augmentation, MixUp, RandomCrop, RandomHorizontalFlip, RandomRotation
from cnnstudio.training.data import loading
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import load
from cnnstudio.training.loop import train
from cnnstudio.training.runs.session import prepare
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.training.augmentation_panel import EMPTY, TIMES, AugmentationPanel
from cnnstudio.ui.widgets.form import ListEditor

Panel = Callable[..., AugmentationPanel]


@pytest.fixture
def make(qtbot: QtBot, tiny: Project) -> Panel:
    """A panel that is seen, of digits to which this list is done, once it has shown them."""

    def made(*listed: Augmentation, **recipe: object) -> AugmentationPanel:
        values = {"augmentations": listed, "batch_size": 16, **recipe}
        document = Document(dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, **values)))  # type: ignore[arg-type]
        panel = AugmentationPanel(document, Run(document))
        qtbot.addWidget(panel, before_close_func=lambda panel: panel.close_tasks())
        panel.resize(900, 400)
        panel.show()
        return panel

    return made


def given(panel: AugmentationPanel) -> tuple[Augmentation, ...]:
    return panel.document.project.recipe.augmentations


def settled(qtbot: QtBot, panel: AugmentationPanel) -> None:
    """What is shown is of the recipe as it is."""
    recipe = panel.document.project.recipe
    qtbot.waitUntil(
        lambda: panel._key is not None and panel._key[1:3] == (recipe, panel._draw) and not panel._task.is_running  # type: ignore[union-attr]
    )


def test_what_is_shown_is_the_first_batch_of_the_run(qtbot: QtBot, make: Panel, tmp_path: Path) -> None:
    panel = make(RandomCrop(2), RandomRotation(), MixUp())
    settled(qtbot, panel)
    assert panel.shown is not None and "byte for byte" in panel.told.text()
    prepared = prepare(panel.document.project, lambda *_: True)
    events = train(prepared.module, prepared.data, prepared.project.recipe, tmp_path, source=prepared.source)
    while not (tmp_path / "first_batch" / "016.png").exists():
        next(events)
    events.close()
    for number, image in enumerate(panel.shown.batch.after, 1):
        assert np.array_equal(np.asarray(Image.open(tmp_path / "first_batch" / f"{number:03}.png")), image[0].numpy())


def test_each_gesture_is_an_edit_that_is_shown_and_undone(qtbot: QtBot, make: Panel) -> None:
    panel = make()
    settled(qtbot, panel)
    assert panel.told.text() == EMPTY and not panel.again.isEnabled() and panel.usual.isVisible()
    plain = panel.shown
    panel.usual.click()
    assert given(panel) == (RandomCrop(),), "in a mirror a digit is another one"
    settled(qtbot, panel)
    assert panel.shown is not plain and panel.shown is not None and not panel.usual.isVisible()
    assert not torch.equal(panel.shown.batch.after, panel.shown.batch.before)
    cards = panel.form.editor("augmentations")
    assert isinstance(cards, ListEditor)
    cards.list.added.emit(RandomRotation)
    cards.list.moved.emit(1, 0)
    assert given(panel) == (RandomRotation(), RandomCrop())
    for _ in range(3):
        panel.document.undo_stack.undo()
    assert given(panel) == ()
    settled(qtbot, panel)
    assert panel.told.text() == EMPTY


def test_it_is_drawn_again_and_goes_back_to_that_of_the_run(qtbot: QtBot, make: Panel) -> None:
    panel = make(RandomRotation(90))
    settled(qtbot, panel)
    assert panel.shown is not None and not panel.first.isVisible()
    first = panel.shown.batch
    panel.again.click()
    settled(qtbot, panel)
    assert torch.equal(panel.shown.batch.before, first.before) and not torch.equal(panel.shown.batch.after, first.after)
    assert "another draw" in panel.told.text() and panel.first.isVisible()
    panel.first.click()
    settled(qtbot, panel)
    assert torch.equal(panel.shown.batch.after, first.after)


def test_one_picture_is_shown_twenty_times(qtbot: QtBot, make: Panel) -> None:
    panel = make(RandomCrop(2))
    settled(qtbot, panel)
    assert panel.shown is not None
    panel.pairs.setFocus()
    qtbot.keyClick(panel.pairs, Qt.Key.Key_Right)
    qtbot.keyClick(panel.pairs, Qt.Key.Key_Return)
    assert panel.one.isChecked()
    qtbot.waitUntil(lambda: panel._key is not None and panel._key[3] == 1 and not panel._task.is_running)  # type: ignore[union-attr]
    one = panel.shown.one
    assert len(one) == 1 + TIMES and np.array_equal(one[0], panel.shown.batch.before[1].numpy())
    assert len({each.tobytes() for each in one}) > 5
    assert str(TIMES) in panel.told.text() and panel.shown.batch.labels[1] in panel.told.text()


def test_what_may_destroy_the_class_is_said_and_taken_out(qtbot: QtBot, make: Panel) -> None:
    panel = make(RandomCrop(), RandomHorizontalFlip())
    settled(qtbot, panel)
    (row,) = panel.doubts.rows
    assert "in a mirror" in row.sentence.text() and panel.doubts.isVisible()
    row.buttons[0].click()
    assert given(panel) == (RandomCrop(),)
    qtbot.waitUntil(lambda: not panel.doubts.isVisible())
    assert panel.document.undo_stack.undoText() == "Take it out"


def test_images_that_are_not_there_are_asked_for(qtbot: QtBot, make: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = make(RandomCrop(), data="mnist")
    assert "not in memory" in panel.nothing.sentence.text() and panel._task is None, "nothing is fetched unasked"
    digits = load(panel.document.project.recipe.__class__(), Shape(1, 8, 8))
    monkeypatch.setattr(loading, "load", lambda *_, **__: digits)
    panel.nothing.buttons[0].click()
    settled(qtbot, panel)
    assert panel.shown is not None and panel.shown.data is digits


def test_why_there_are_no_images_stands_in_their_place(
    qtbot: QtBot, make: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Choose the folder" in make(data="folder").nothing.sentence.text()

    def refuse(*_: object, **__: object) -> None:
        raise DataError("The digits cannot be read.")

    monkeypatch.setattr(loading, "load", refuse)
    panel = make()
    qtbot.waitUntil(lambda: panel.nothing.sentence.text() == "The digits cannot be read.")

"""Experiments in their panel: sliders, what follows from them, and the way there from a block and on to a window."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, SelfAttention
from cnnstudio.headroom import NoRoomError
from cnnstudio.lessons.experiment import Curve, Curves, Experiment, Outcome, Row, Values
from cnnstudio.lessons.experiments import EXPERIMENTS
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.experiments import ExperimentsPanel
from cnnstudio.ui.network.lesson_links import LessonLinks
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.worker import Report


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> ExperimentsPanel:
    document = Document(tiny)
    made = ExperimentsPanel(document, Run(document))
    qtbot.addWidget(made)
    made.resize(1000, 210)
    made.show()
    return made


def test_a_slider_changes_the_numbers_and_the_sentence(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    assert panel.experiment.key == "stacks" and "28% fewer" in panel.conclusion.text()
    panel.knobs["Convolutions"].choose(3)
    qtbot.waitUntil(lambda: "7 × 7" in panel.conclusion.text())
    assert "One of 7 × 7" in panel.table.accessibleDescription()


def test_every_experiment_is_shown_with_what_belongs_to_it(panel: ExperimentsPanel) -> None:
    for number, experiment in enumerate(EXPERIMENTS):
        panel.choice.activated.emit(number)
        assert list(panel.knobs) == [knob.name for knob in experiment.knobs]
        assert panel.outcome is not None and panel.conclusion.text() == panel.outcome.sentence
        shown = [each for each in panel.pictures if not each.isHidden()]
        assert len(shown) == len(panel.outcome.pictures)
        assert not panel.grab().isNull()


def by_key(key: str) -> Experiment:
    return next(each for each in EXPERIMENTS if each.key == key)


def tried(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """An attempt that trains nothing: it comes to its end when it is asked to stop, or with three epochs."""
    side = by_key("degradation").outcome().sides[0]
    for epoch in range(1, 4):
        x = np.arange(epoch, dtype=float)
        curves = Curves("Loss", "epoch", (Curve("Plain", x, x), Curve("Other", x, 2 * x, 1)))
        yield Outcome((side,), (Row("Epoch", (str(epoch),)),), f"Epoch {epoch}.", curves=curves)
        if not report("Training", epoch / 3):
            return


def test_what_is_trained_is_shown_as_it_comes_and_stays(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    panel.show_experiment(by_key("degradation"))
    assert panel.attempt.text() == "Train" and panel.curves.isHidden() and panel.bar.isHidden()
    panel.experiment = replace(panel.experiment, attempt=tried)
    panel.attempt.click()
    assert panel.attempt.text() == "Stop" and not panel.bar.isHidden()
    qtbot.waitUntil(lambda: panel.attempt.text() == "Train")
    assert panel.conclusion.text() == "Epoch 3." and not panel.curves.isHidden()
    assert "Other ends at 4" in panel.curves.accessibleDescription()
    assert panel.bar.isHidden() and not panel.opening.isHidden()
    theme.changed.emit()
    assert panel.conclusion.text() == "Epoch 3.", "another theme takes nothing away"
    assert not panel.grab().isNull()
    panel.knobs["Epochs"].choose(10)
    qtbot.waitUntil(panel.curves.isHidden)
    assert "Train them" in panel.conclusion.text()


def test_another_look_at_what_was_trained_needs_no_button(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    begun: list[Values] = []

    def seen(values: Values, report: Report) -> Generator[Outcome, None, None]:
        begun.append(values)
        yield from tried(values, report)

    panel.show_experiment(by_key("landscape"))
    panel.experiment = replace(panel.experiment, attempt=seen)
    panel.knobs["Directions"].choose(3)
    qtbot.wait(1)
    assert not begun, "nothing was trained yet"
    panel.attempt.click()
    qtbot.waitUntil(lambda: panel.attempt.text() == "Train")
    panel.knobs["Directions"].choose(4)
    qtbot.waitUntil(lambda: len(begun) == 2)
    qtbot.waitUntil(lambda: panel.attempt.text() == "Train")
    assert begun[1]["Directions"] == 4 and panel.conclusion.text() == "Epoch 3."
    panel.knobs["Seed"].choose(2)
    qtbot.waitUntil(panel.curves.isHidden)
    assert len(begun) == 2


def test_training_is_stopped_and_keeps_what_has_come(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    panel.show_experiment(by_key("degradation"))
    goes_on = threading.Event()

    def slow(values: Values, report: Report) -> Generator[Outcome, None, None]:
        yield from tried(values, report)
        while report("Still training", None):
            goes_on.wait(0.01)

    panel.experiment = replace(panel.experiment, attempt=slow)
    panel.attempt.click()
    qtbot.waitUntil(lambda: "Epoch" in panel.conclusion.text())
    panel.attempt.click()
    assert panel.attempt.text() == "Train" and "Epoch" in panel.conclusion.text()
    assert panel.close_tasks()


def test_why_it_could_not_be_trained_is_said_in_place(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    def refused(values: Values, report: Report) -> Generator[Outcome, None, None]:
        raise NoRoomError("There is no room in memory.")
        yield

    panel.show_experiment(by_key("degradation"))
    panel.experiment = replace(panel.experiment, attempt=refused)
    panel.attempt.click()
    qtbot.waitUntil(lambda: panel.conclusion.text() == "There is no room in memory.")
    assert panel.attempt.text() == "Train"


def test_a_trained_network_opens_with_its_recipe(panel: ExperimentsPanel) -> None:
    asked: list[Project] = []
    panel.project_asked.connect(asked.append)
    panel.show_experiment(by_key("degradation"), {"Epochs": 10})
    panel.opening.linkActivated.emit("2")
    assert asked[0].recipe.epochs == 10 and asked[0].recipe.optimizer == "SGD"


def test_a_network_of_an_experiment_opens_beside_this_one(panel: ExperimentsPanel) -> None:
    asked: list[Project] = []
    panel.project_asked.connect(asked.append)
    assert "One of 5 × 5</a>" in panel.opening.text()
    panel.opening.linkActivated.emit("1")
    assert len(asked[0].graph) == 2 and len({node.position for node in asked[0].graph}) == 2


def test_the_selected_block_brings_an_experiment_about_it(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    panel.show_experiment(EXPERIMENTS[-1])
    panel.document.select(("linear1",))
    qtbot.waitUntil(lambda: panel.experiment.key == "connected")
    panel.document.select(("conv1",))
    panel.update_now()
    assert panel.experiment.key == "connected", "which is about this one, too"


def test_a_block_leads_to_what_is_about_it(qtbot: QtBot, panel: ExperimentsPanel) -> None:
    led: list[str] = []
    read: list[str] = []
    links = LessonLinks(led.append, read.append, panel)
    links.tell(Conv2d)
    assert "experiments about it" in links.text() and "Under the microscope" in links.text()
    links.linkActivated.emit("microscope")
    assert led == ["microscope"]
    links.linkActivated.emit("block/Conv2d")
    assert read == ["block/Conv2d"] and led == ["microscope"]
    links.tell(SelfAttention)
    assert "1 experiment about it" in links.text() and "microscope" not in links.text()
    links.tell(None)
    assert links.isHidden()

"""Experiments in their panel: sliders, what follows from them, and the way there from a block and on to a window."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, SelfAttention
from cnnstudio.lessons.experiments import EXPERIMENTS
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.experiments import ExperimentsPanel
from cnnstudio.ui.network.lesson_links import LessonLinks
from cnnstudio.ui.run import Run


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

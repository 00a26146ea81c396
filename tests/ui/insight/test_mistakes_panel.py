"""The panel of mistakes: of a run that has ended, of one of an earlier day, and why there are none to be seen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.project import Project
from cnnstudio.training.runs.kept_run import open_kept
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.mistakes_panel import GOES_ON, NOT_YET, MistakesPanel
from cnnstudio.ui.run import Run


def shown(qtbot: QtBot, document: Document, run: Run) -> MistakesPanel:
    panel = MistakesPanel(document, run)
    qtbot.addWidget(panel, before_close_func=lambda closing: closing.close_tasks(20.0))
    panel.resize(280, 240)
    panel.show()
    return panel


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


def test_mistakes_are_shown_of_a_run_and_of_the_same_run_on_another_day(qtbot: QtBot, document: Document) -> None:
    run = Run(document)
    panel = shown(qtbot, document, run)
    assert panel.sentence.text() == NOT_YET and not panel.list.isVisible()
    run.start(document.project)
    assert run.is_active
    panel.update_now()
    assert panel.sentence.text() == GOES_ON
    qtbot.waitUntil(lambda: panel.found is not None)
    assert panel.found is not None and run.history.best is not None
    right = 1 - panel.found.wrong / panel.found.total
    assert panel.found.total == 359 and right == pytest.approx(run.history.best.validation_accuracy, abs=1e-6)
    assert panel.list.isVisible() and panel.list.count() == min(60, panel.found.wrong)
    first = panel.found.worst[0]
    assert panel.list.item(0).text() == f"{first.is_of}, not {first.taken_for}"
    assert panel.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole) == f"{first.is_of}, taken for {first.taken_for}"
    assert run.folder is not None
    later = Run(document)
    later.recall(open_kept(run.folder.path))
    document.edit_graph("Fewer", document.graph.replace("conv1", Conv2d(3)))
    again = shown(qtbot, document, later)
    qtbot.waitUntil(lambda: again.found is not None)
    assert again.found is not None and again.found.wrong == panel.found.wrong
    assert again.sentence.text().endswith("The network has changed since it was trained.")

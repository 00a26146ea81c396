from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.folders import runs_folder
from cnnstudio.project import Project, from_template, write
from cnnstudio.training.runs.record import Best, new_record, write_record
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.inspector import InspectorPanel
from cnnstudio.ui.network.summary_view import SummaryPanel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme


def kept(project: Project, number: int, accuracy: float | None) -> Path:
    folder = runs_folder() / str(number)
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    record = msgspec.structs.replace(
        new_record(project),
        state="done",
        owner=None,
        best=Best(1, accuracy, 0.1),
        began=datetime(2026, 1, number, tzinfo=UTC),
    )
    write_record(folder, record)
    return folder


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> Iterator[SummaryPanel]:
    made = SummaryPanel(Document(tiny), Run())
    qtbot.addWidget(made)
    made.resize(320, 400)
    yield made
    assert made.run.close()


def shown(panel: SummaryPanel, qtbot: QtBot) -> SummaryPanel:
    with qtbot.waitExposed(panel):
        panel.show()
    qtbot.waitUntil(lambda: panel.run.kept.were_found)
    return panel


def test_a_network_that_was_never_trained_has_no_line(panel: SummaryPanel, qtbot: QtBot) -> None:
    kept(from_template("lenet5"), 1, 0.9)
    assert not shown(panel, qtbot).scores.isVisible()


def test_the_scores_of_the_same_structure_are_told_the_latest_last(
    panel: SummaryPanel, tiny: Project, qtbot: QtBot
) -> None:
    for number, accuracy in enumerate((0.5, 0.91, None, 0.8), 1):
        kept(tiny, number, accuracy)
    shown(panel, qtbot)
    assert panel.scores.isVisible()
    assert ">Trained 3 times: 50.0% → 91.0% → 80.0%; best 91.0%</a>" in panel.scores.text()
    assert f"color:{theme.color('accent').name()}" in panel.scores.text(), "Qt's own colour is too dark on dark"
    with qtbot.waitSignal(panel.panel_asked) as asked:
        panel.scores.linkActivated.emit("runs")
    assert asked.args == ["runs"]


def test_a_run_of_this_window_is_told_when_it_has_ended(panel: SummaryPanel, tiny: Project, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    panel.run.start(tiny)
    qtbot.waitUntil(lambda: panel.run.state == "finished")
    qtbot.waitUntil(lambda: "Trained once: " in panel.scores.text())


def test_it_follows_the_network_and_the_runs(panel: SummaryPanel, tiny: Project, qtbot: QtBot) -> None:
    kept(tiny, 1, 0.5)
    shown(panel, qtbot)
    assert panel.scores.isVisible()
    panel.document.edit_graph("Remove", tiny.graph.remove("flatten1", heal=True))
    qtbot.waitUntil(lambda: not panel.scores.isVisible())
    panel.document.undo_stack.undo()
    qtbot.waitUntil(panel.scores.isVisible)
    for number in range(2, 8):
        kept(tiny, number, number / 10)
    panel.run.kept.look(None)
    qtbot.waitUntil(lambda: "7 times: … → 40.0% → 50.0% → 60.0% → 70.0%<" in panel.scores.text())


def test_the_inspector_tells_them_of_the_network_and_not_of_a_block(qtbot: QtBot, tiny: Project) -> None:
    kept(tiny, 1, 0.5)
    inspector = InspectorPanel(Document(tiny), Run())
    qtbot.addWidget(inspector)
    inspector.resize(320, 600)
    inspector.show()
    qtbot.waitUntil(inspector.scores.isVisible)
    assert "Trained once: 50.0%" in inspector.scores.text()
    inspector.document.select(("conv1",))
    inspector.update_now()
    assert not inspector.scores.isVisible()
    inspector.document.select(())
    inspector.update_now()
    assert inspector.scores.isVisible()
    assert inspector.run.close()

"""The form of a sweep: chosen and typed by keyboard, counted at once, and put into the queue."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Input, Linear
from cnnstudio.project import Project
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs.queue import QueueFile
from cnnstudio.ui.document import HIDDEN, Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.ui.training.queue_model import DIFFERS, NAME, QueueModel
from cnnstudio.ui.training.run_list import RunsPanel
from cnnstudio.ui.training.runs_model import DIFFERED, TAGS
from cnnstudio.ui.training.sweep_form import SweepPanel

Make = Callable[[], SweepPanel]


@pytest.fixture
def document(tiny: Project) -> Document:
    return Document(tiny)


@pytest.fixture
def panel(qtbot: QtBot, document: Document) -> SweepPanel:
    made = SweepPanel(document, Run(document))
    qtbot.addWidget(made, before_close_func=lambda closing: closing.close_tasks(20.0))
    made.resize(340, 700)
    made.show()
    return made


def planned(qtbot: QtBot, panel: SweepPanel, count: int) -> str:
    """What is said of a plan of so many runs, once it is there."""
    qtbot.waitUntil(lambda: panel.plan is not None and len(panel.plan.runs) == count, timeout=20_000)
    return panel.advice.sentence.text()


def test_a_sweep_is_made_and_queued_by_keyboard(qtbot: QtBot, document: Document, panel: SweepPanel) -> None:
    document.select(("conv1",))
    panel.setFocus()
    assert panel.add.hasFocus() and not panel.queue.isEnabled()
    QTest.keyClick(panel.add, Qt.Key.Key_Space)
    assert panel.popup.field.hasFocus()
    assert panel.popup.entries[0].title.startswith("conv1."), "the selected block's come first"
    QTest.keyClicks(panel.popup.field, "learning rate")
    QTest.keyClick(panel.popup.field, Qt.Key.Key_Return)
    [card] = panel.cards
    assert card.name == "learning_rate" and card.line.hasFocus()
    QTest.keyClicks(card.line, "0.1, 0.01")
    QTest.keyClick(card.line, Qt.Key.Key_Return)
    assert card.told.text() == "2 values: 0.1, 0.01"
    assert planned(qtbot, panel, 2) == "2 runs, 4 epochs in all."
    panel.vary("conv1.out_channels", "2, 3, 4")
    planned(qtbot, panel, 6)
    panel.form.editor("stop_early").give(True)
    panel.update_now()
    planned(qtbot, panel, 6)
    assert panel.queue.text() == "Queue 6 runs"
    panel.queue.setFocus()
    asked: list[str] = []
    panel.panel_asked.connect(asked.append)
    with qtbot.waitSignal(document.said, timeout=20_000) as said:
        QTest.keyClick(panel.queue, Qt.Key.Key_Space)
    assert asked == ["queue"] and said.args[0].startswith("6 runs wait in the queue as “sweep 1”.")
    entries = QueueFile().read().entries
    assert [entry.title for entry in entries][:2] == [
        "Untitled: learning_rate 0.1, conv1.out_channels 2", "Untitled: learning_rate 0.1, conv1.out_channels 3",
    ]  # fmt: skip
    assert {(entry.sweep, entry.is_judged) for entry in entries} == {("sweep 1", True)}
    assert not document.undo_stack.count(), "the project stays as it is"


def test_the_runs_of_a_sweep_are_found_by_its_name_with_what_differs(
    qtbot: QtBot, document: Document, panel: SweepPanel
) -> None:
    panel.vary("learning_rate", "0.1, 0.01")
    panel.vary("epochs", "1")
    planned(qtbot, panel, 2)
    with qtbot.waitSignal(panel.panel_asked, timeout=20_000):
        panel.queue.click()
    queue = QueueModel(panel.run.queue)
    queue.refresh()
    rows = [[queue.index(row, column).data() for column in (NAME, DIFFERS)] for row in range(queue.rowCount())]
    assert rows == [["sweep 1: Untitled", f"learning_rate {rate}, epochs 1"] for rate in ("0.1", "0.01")]
    runs = RunsPanel(document, panel.run)
    qtbot.addWidget(runs, before_close_func=lambda closing: closing.close_tasks(20.0))
    runs.show()
    with qtbot.waitSignal(panel.run.queue.ended, timeout=60_000):
        panel.run.queue.start()
    runs.filter.setText("sweep 1")
    qtbot.waitUntil(lambda: runs.shown.rowCount() == 2, timeout=20_000)
    texts = runs.shown.row(runs.shown.index(0, 0)).texts
    assert texts[TAGS] == "sweep 1" and texts[DIFFERED] == "learning_rate 0.1 → 0.01"
    assert panel.run.kept.close(20.0)


def test_a_wrong_value_is_said_where_it_stands_and_nothing_can_be_queued(qtbot: QtBot, panel: SweepPanel) -> None:
    card = panel.vary("learning_rate", "0.1, fast")
    panel.update_now()
    assert card.told.text() == "learning_rate must be a number, not 'fast'." == card.line.accessibleDescription()
    assert card.told.property("role") == "error" and not panel.queue.isEnabled() and panel.plan is None
    card.line.clear()
    card.typed.emit()
    panel.update_now()
    assert card.told.text() == "Now 0.01." and card.told.property("role") == "muted"
    card.line.setText("0.1")
    card.typed.emit()
    planned(qtbot, panel, 1)
    assert panel.queue.isEnabled()


def test_a_setting_that_is_no_longer_varied_gives_the_keyboard_on(qtbot: QtBot, panel: SweepPanel) -> None:
    first, second = panel.vary("seed", "1, 2"), panel.vary("learning_rate", "0.1")
    planned(qtbot, panel, 2)
    assert "seed" not in [entry.title for entry in _offered(panel)]
    second.remove.setFocus()
    QTest.keyClick(second.remove, Qt.Key.Key_Delete)
    assert panel.cards == [first] and first.line.hasFocus()
    panel.update_now()
    planned(qtbot, panel, 2)
    first.remove.click()
    panel.update_now()
    assert panel.add.hasFocus() and not panel.queue.isEnabled() and panel.advice.isHidden()


def _offered(panel: SweepPanel) -> list[object]:
    panel.choose()
    entries = list(panel.popup.entries)
    QTest.keyClick(panel.popup.field, Qt.Key.Key_Escape)
    assert panel.add.hasFocus()
    return entries


def test_what_cannot_be_trained_and_what_has_no_room_is_said(
    qtbot: QtBot, document: Document, panel: SweepPanel
) -> None:
    card = panel.vary("conv1.kernel_size", "3, 9")
    assert "1 combination cannot be trained, such as conv1.kernel_size 9: " in planned(qtbot, panel, 1)
    document.edit_graph("Wide", document.graph.replace("linear1", Linear(7)))
    panel.update_now()
    qtbot.waitUntil(lambda: "None of these runs can be trained." in panel.advice.sentence.text(), timeout=20_000)
    assert "10 classes" in panel.advice.sentence.text() and not panel.queue.isEnabled()
    document.undo_stack.undo()
    card.line.setText("1..8")
    panel.form.editor("most_runs").give(3)
    panel.update_now()
    assert "The budget is too small for 5 more" in planned(qtbot, panel, 3)
    assert panel.form.rows["chance"].is_visible
    document.edit_graph("Rename", document.graph.rename("conv1", "first"))
    panel.update_now()
    assert card.told.text().startswith("There is nothing to vary that is called 'conv1.kernel_size'")


def test_what_is_learned_of_the_images_is_heeded(
    qtbot: QtBot, document: Document, panel: SweepPanel, tmp_path: Path
) -> None:
    document.edit_recipe("Own", dataclasses.replace(document.project.recipe, data="folder", folder=str(tmp_path)))
    panel.vary("seed", "1, 2")
    planned(qtbot, panel, 2)
    document.learn_classes(3)
    panel.update_now()
    qtbot.waitUntil(lambda: "3 classes" in panel.advice.sentence.text(), timeout=20_000)
    assert panel.plan is None


def test_while_a_question_is_open_nothing_is_told(document: Document, panel: SweepPanel) -> None:
    panel.vary("conv1.kernel_size", "3, 9")
    document.conceal(frozenset({"conv1"}))
    panel.update_now()
    assert panel.advice.sentence.text() == HIDDEN and panel.plan is None and not panel.queue.isEnabled()


def test_about_how_long_it_takes_is_told_where_it_is_known(
    qtbot: QtBot, document: Document, panel: SweepPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def forecast(project: Project, data: object, report: object) -> object:
        asked.append((project, data))
        return SimpleNamespace(epoch_seconds=30.0)

    monkeypatch.setattr("cnnstudio.training.forecast.forecast", forecast)
    card = panel.vary("seed", "1, 2")
    planned(qtbot, panel, 2)
    assert panel.advice.more.text() == "" and not asked, "no images are in memory"
    monkeypatch.setattr(panel.run.loaded, "some_of", lambda project: "images")
    card.line.setText("1..4")
    card.typed.emit()
    planned(qtbot, panel, 4)
    qtbot.waitUntil(lambda: panel.advice.more.text() != "", timeout=20_000)
    assert panel.advice.more.text() == "About 4 min 0 s on this computer."
    assert asked == [(document.project, "images")]
    panel.vary("data", "digits")
    panel.update_now()
    planned(qtbot, panel, 4)
    assert panel.advice.more.text() == "", "other images take another time"
    document.edit_recipe("Longer", dataclasses.replace(document.project.recipe, epochs=3))
    panel.update_now()
    assert "12 epochs" in planned(qtbot, panel, 4)


@pytest.fixture
def large_text() -> Iterator[None]:
    theme.set_scale(1.6)
    yield
    theme.set_scale(1.0)


@pytest.mark.usefixtures("large_text")
def test_large_text_fits_a_narrow_panel(qtbot: QtBot, document: Document, panel: SweepPanel) -> None:
    long = "the_very_very_very_very_very_very_long_name"
    document.edit_graph("Rename", document.graph.rename("conv1", long))
    panel.vary(f"{long}.kernel_size", "3, 9")
    panel.vary("seed", "1..99:99")
    panel.form.editor("most_runs").give(99)
    planned(qtbot, panel, 99)
    inner = panel.queue.parentWidget()
    assert inner is not None and inner.minimumSizeHint().width() <= 269, "280 without the bar that scrolls"


def test_a_run_that_was_says_about_how_long_others_take(qtbot: QtBot, document: Document, panel: SweepPanel) -> None:
    panel.run.project = document.project
    for number in (1, 2):
        panel.run.history.take(EpochEnd(number, 1.0, 0.1, 1.0, 0.1, 20.0, is_best=True))
    panel.vary("seed", "1, 2, 3")
    planned(qtbot, panel, 3)
    assert panel.advice.more.text() == "About 2 min 0 s on this computer."
    document.edit_recipe("Other", dataclasses.replace(document.project.recipe, data="shapes"))
    document.edit_graph("Wide", document.graph.replace("input1", Input((3, 8, 8))))
    panel.update_now()
    planned(qtbot, panel, 3)
    assert panel.advice.more.text() == "", "those were other images"


def test_a_queue_that_cannot_be_written_is_said_in_place(
    qtbot: QtBot, panel: SweepPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.vary("seed", "1, 2")
    planned(qtbot, panel, 2)
    folder = panel.run.queue.file.path
    folder.mkdir(parents=True)
    panel.queue.click()
    qtbot.waitUntil(lambda: "queue" in panel.advice.sentence.text().casefold() and panel.queue.isEnabled())

"""The Queue panel: what is added, put in order, trained one after another, paused and taken out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Linear
from cnnstudio.folders import runs_folder
from cnnstudio.owner import Owner
from cnnstudio.project import Project
from cnnstudio.training.runs.queue import QueueFile, new_entry
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import DARK, theme
from cnnstudio.ui.training.queue_model import DIFFERS, LEFT, NAME, PROGRESS, SENTENCE, STATE
from cnnstudio.ui.training.queue_panel import NOTHING, QueuePanel

LONG = 60_000
Show = Callable[[], QueuePanel]


@pytest.fixture
def show(qtbot: QtBot, tiny: Project) -> Iterator[Show]:
    made: list[QueuePanel] = []

    def shown() -> QueuePanel:
        panel = QueuePanel(Document(tiny), Run())
        panel.document.set_path(Path("digits.cnn"))
        made.append(panel)
        qtbot.addWidget(panel)
        panel.resize(700, 300)
        with qtbot.waitExposed(panel):
            panel.show()
        panel.activateWindow()
        panel.table.setFocus()
        return panel

    yield shown
    for panel in made:
        panel.work.close()
        panel.run.close()
        panel.close_tasks()


def queued(*projects: Project) -> list[str]:
    entries = [new_entry(project, title) for project, title in zip(projects, "abcdef", strict=False)]
    QueueFile().change(lambda found: found.added(*entries))
    return [entry.id for entry in entries]


def cell(panel: QueuePanel, row: int, column: int) -> str:
    return str(panel.model.index(row, column).data())


def names(panel: QueuePanel) -> str:
    panel.update_now()
    return "".join(cell(panel, row, NAME) for row in range(panel.model.rowCount()))


def longer(project: Project) -> Project:
    return dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, epochs=400, batch_size=64))


def test_an_empty_queue_says_what_it_is_for(show: Show) -> None:
    panel = show()
    assert panel.empty.isVisible() and panel.empty.text() == NOTHING
    assert not panel.start.isEnabled() and panel.add_button.isEnabled() and panel.foot.text() == ""
    assert not panel.up.isEnabled() and not panel.out.isEnabled()


def test_this_network_is_queued_as_it_is_and_trained(show: Show, qtbot: QtBot, tiny: Project) -> None:
    panel = show()
    said: list[str] = []
    ended: list[str] = []
    panel.document.said.connect(said.append)
    panel.work.ended.connect(ended.append)
    qtbot.mouseClick(panel.add_button, Qt.MouseButton.LeftButton)
    panel.document.edit_recipe("x", dataclasses.replace(tiny.recipe, epochs=1))
    qtbot.mouseClick(panel.add_button, Qt.MouseButton.LeftButton)
    assert said == [
        "digits was queued as it is now; 1 run in all to come.",
        "digits was queued as it is now; 2 runs in all to come.",
    ]
    panel.update_now()
    assert [cell(panel, row, DIFFERS) for row in (0, 1)] == ["epochs 2", "epochs 1"]
    assert panel.table.isVisible() and panel.foot.text() == "2 waiting" and panel.start.text() == "Start"
    qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    panel.update_now()
    assert panel.start.text() == "Pause"
    qtbot.waitUntil(lambda: bool(ended), timeout=LONG)
    panel.update_now()
    assert ended == ["The queue is done: 2 runs trained."] and panel.foot.text() == "2 done"
    assert cell(panel, 0, STATE) == "done" and cell(panel, 0, SENTENCE).startswith("Trained for 2 epochs")
    assert len(list(runs_folder().iterdir())) == 2 and panel.start.text() == "Start" and not panel.start.isEnabled()


def test_what_cannot_be_trained_is_not_queued(show: Show, tiny: Project) -> None:
    panel = show()
    said: list[str] = []
    panel.document.said.connect(said.append)
    panel.document.edit("x", dataclasses.replace(tiny, graph=tiny.graph.replace("linear1", Linear(4))))
    panel.update_now()
    assert not panel.add_button.isEnabled() and "10 classes" in panel.add_button.toolTip()
    assert not panel.add() and said[0].startswith("It was not queued. ") and not panel.work.queue.entries


def test_the_order_is_changed_by_keys_by_buttons_and_by_dragging(show: Show, qtbot: QtBot, tiny: Project) -> None:
    queued(tiny, tiny, tiny)
    panel = show()
    assert names(panel) == "abc"
    panel.table.selectRow(2)
    qtbot.mouseClick(panel.up, Qt.MouseButton.LeftButton)
    assert names(panel) == "acb" and [entry.title for entry in panel.selected] == ["c"]
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(panel) == "cab"
    qtbot.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(panel) == "acb" and "".join(e.title for e in QueueFile().read().entries) == "acb"
    for what, to, order in (("a", 3, "cba"), ("a", 0, "acb"), ("b", 1, "abc"), ("a", 1, "abc")):
        source = panel.model.index(names(panel).index(what), 0)
        dragged = panel.model.mimeData([source])
        taken = panel.model.dropMimeData(dragged, Qt.DropAction.MoveAction, to, 0, QModelIndex())
        qtbot.waitUntil(lambda order=order: names(panel) == order)
        assert not taken  # or Qt would take the row away


def test_entries_are_taken_out_and_queued_again(show: Show, qtbot: QtBot, tiny: Project) -> None:
    a, b, _ = queued(tiny, tiny, tiny)
    file = QueueFile()
    file.settle(a, "failed", "The folder is gone.")
    file.settle(b, "done", "Trained.")
    panel = show()
    assert panel.foot.text() == "1 waiting · 1 done · 1 failed" and cell(panel, 0, SENTENCE) == "The folder is gone."
    panel.table.selectAll()
    menu = QMenu(panel)
    panel.fill_menu(menu)
    acts = {action.text(): action for action in menu.actions() if action.text()}
    assert not acts["Open its network in a new window"].isEnabled()
    assert not acts["Stop this run and go on with the next"].isEnabled()
    acts["Queue it again"].trigger()
    panel.update_now()
    assert [cell(panel, row, STATE) for row in range(3)] == ["waiting", "done", "waiting"]
    acts["Clear what is over"].trigger()
    assert names(panel) == "ac"
    panel.table.selectRow(0)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert names(panel) == "c"


def test_the_network_of_an_entry_opens_as_it_was_queued(show: Show, qtbot: QtBot, tiny: Project) -> None:
    a, _ = queued(tiny, tiny)
    panel = show()
    file = panel.work.file
    asked: list[object] = []
    said: list[str] = []
    panel.project_asked.connect(asked.append)
    panel.document.said.connect(said.append)
    panel.table.selectRow(1)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert asked == [tiny]
    file.change(lambda found: found.changed(msgspec.structs.replace(found[a], project="{")))
    panel.work.look()
    panel.update_now()
    panel.table.selectRow(0)
    panel.open_beside()
    assert said[0].startswith("a cannot be opened: ") and asked == [tiny]


def test_a_pause_keeps_the_run_and_it_goes_on(show: Show, qtbot: QtBot, tiny: Project) -> None:
    queued(longer(tiny), tiny)
    panel = show()
    panel.toggle()
    qtbot.waitUntil(lambda: panel.work.history.remaining_seconds is not None, timeout=LONG)
    panel.update_now()
    panel.model.follow()
    assert cell(panel, 0, STATE) == "running" and "of 400" in cell(panel, 0, PROGRESS)
    assert cell(panel, 0, LEFT) != "–"
    panel.toggle()
    qtbot.waitUntil(lambda: not panel.work.is_working, timeout=LONG)
    panel.update_now()
    assert QueueFile().read().is_paused and panel.foot.text() == "2 waiting · paused"
    assert panel.start.text() == "Go on" and cell(panel, 0, SENTENCE) == "It goes on where it was."
    ended: list[str] = []
    panel.work.ended.connect(ended.append)
    panel.toggle()
    qtbot.waitUntil(lambda: len(panel.work.history.steps) > 0, timeout=LONG)
    panel.work.stop_run()
    qtbot.waitUntil(lambda: bool(ended), timeout=LONG)
    panel.update_now()
    assert [cell(panel, row, STATE) for row in (0, 1)] == ["stopped", "done"]
    assert len(list(runs_folder().iterdir())) == 2 and not QueueFile().read().is_paused


def test_a_queue_that_another_program_works_through_is_seen_and_can_be_paused(
    show: Show, qtbot: QtBot, tiny: Project
) -> None:
    a, _ = queued(tiny, tiny)
    panel = show()
    said: list[str] = []
    panel.work.said.connect(said.append)
    owner = msgspec.structs.replace(Owner.here(), host="elsewhere")
    QueueFile().change(lambda found: found.changed(msgspec.structs.replace(found[a], state="running", owner=owner)))
    panel._look()  # as it does each second
    panel.update_now()
    assert cell(panel, 0, SENTENCE) == "It is trained in another program." and panel.start.text() == "Pause"
    panel.table.selectRow(0)
    panel.remove()
    assert said == ["a is being trained: stop it first, then remove it."] and names(panel) == "ab"
    panel.toggle()
    assert QueueFile().read().is_paused and not panel.work.is_working


def test_other_colours_and_a_narrow_panel(show: Show, tiny: Project) -> None:
    queued(tiny)
    panel = show()
    theme.use(DARK)
    panel.update_now()
    panel.resize(280, 300)
    assert panel.minimumSizeHint().width() <= 280 and cell(panel, 0, STATE) == "waiting"

"""The queue in the window: added beside Train, offered after a restart, asked about as the window closes, told of."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cnnstudio.disk import DiskError, replacing
from cnnstudio.folders import queue_file, runs_folder
from cnnstudio.project import Project
from cnnstudio.training.runs.queue import QueueFile, new_entry
from cnnstudio.ui.docking.docks import panel_in
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.process import notices
from cnnstudio.ui.process.notices import Notices
from cnnstudio.ui.training.queue_model import SENTENCE
from cnnstudio.ui.training.queue_panel import QueuePanel

LONG = 60_000


def sentences(window: MainWindow) -> list[str]:
    return [bar.sentence for bar in window.messages.bars]


def press(qtbot: QtBot, window: MainWindow, text: str) -> None:
    buttons = [bar.buttons[text] for bar in window.messages.bars if text in bar.buttons]
    qtbot.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)


def queued(*projects: Project) -> None:
    entries = [new_entry(project, title) for project, title in zip(projects, "abc", strict=False)]
    QueueFile().change(lambda found: found.added(*entries))


def states() -> list[str]:
    return [entry.present_state for entry in QueueFile().read().entries]


def longer(project: Project) -> Project:
    return dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, epochs=400, batch_size=64))


def offer(window: MainWindow) -> None:
    window.windows.queue.offer(window.messages, lambda: window.show_panel("queue"))


def at_work(qtbot: QtBot, window: MainWindow, project: Project) -> None:
    """Let the queue train the first step of this project."""
    queued(project)
    queue = window.windows.queue
    queue.look()
    start = window.commands.bound["queue-start"]
    qtbot.waitUntil(start.isEnabled)
    start.trigger()
    qtbot.waitUntil(lambda: len(queue.history.steps) > 0, timeout=LONG)


def test_a_network_is_queued_beside_train_by_key_and_by_name(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.show_panel("training")
    qtbot.waitUntil(window.commands.bound["queue-add"].isEnabled)
    qtbot.mouseClick(window.training.later, Qt.MouseButton.LeftButton)
    assert window.docks["queue"].isVisible() and states() == ["waiting"]
    assert sentences(window)[-1] == "Untitled was queued as it is now; 1 run in all to come."
    assert window.commands.bound["queue-add"].shortcut().toString() == "Ctrl+F5"
    window.commands.bound["queue-add"].trigger()
    assert states() == ["waiting"] * 2 and window.run.state == "idle"
    window.command_list.search("overnight")
    found = window.command_list.list.topLevelItem(0)
    assert found is not None and found.text(0) == "Add to the queue"


def test_what_waits_is_offered_after_a_restart_and_begins_only_when_asked(
    qtbot: QtBot, window: MainWindow, tiny: Project
) -> None:
    offer(window)
    assert sentences(window) == [] and not queue_file().with_suffix(".lock").exists()
    queued(tiny, tiny)
    offer(window)
    assert sentences(window) == ["2 runs are waiting in the queue."]
    press(qtbot, window, "Show the queue")
    assert window.docks["queue"].isVisible() and not window.windows.queue.is_working and states() == ["waiting"] * 2
    offer(window)
    press(qtbot, window, "Go on")
    qtbot.waitUntil(lambda: "The queue is done: 2 runs trained." in sentences(window), timeout=LONG)
    assert states() == ["done"] * 2 and len(list(runs_folder().iterdir())) == 2
    offer(window)
    assert "waiting" not in " ".join(sentences(window))


def test_a_broken_queue_is_said_and_kept(window: MainWindow) -> None:
    queue_file().write_text("{")
    offer(window)
    assert "is kept as" in sentences(window)[0] and queue_file().with_name("queue-unread-1.json").exists()


def test_to_close_the_last_window_asks_about_the_queue_and_what_is_left_waits(
    qtbot: QtBot, window: MainWindow, tiny: Project
) -> None:
    at_work(qtbot, window, longer(tiny))
    window.close()
    assert window.isVisible() and sentences(window)[-1].startswith("The queue is being worked through.")
    press(qtbot, window, "Cancel")
    assert window.windows.queue.is_working
    window.close()
    press(qtbot, window, "Stop and close")
    assert not window.isVisible() and states() == ["waiting"]
    assert QueueFile().read().entries[0].folder and not QueueFile().read().is_paused


def test_another_window_goes_on_with_the_queue_unasked(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    at_work(qtbot, window, longer(tiny))
    other = window.windows.new(window)
    other.close()
    assert not other.isVisible() and window.windows.queue.is_working and sentences(window)[-1:] == []


def test_the_window_closes_when_the_queue_is_done(qtbot: QtBot, window: MainWindow, tiny: Project) -> None:
    at_work(qtbot, window, dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, epochs=12)))
    window.close()
    press(qtbot, window, "Close when it is done")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert states() == ["done"]


# notices


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was told beyond the window, which does not have the keyboard."""
    told: list[str] = []
    monkeypatch.setattr(notices.QApplication, "activeWindow", staticmethod(lambda: None))
    monkeypatch.setattr(notices.QApplication, "alert", staticmethod(lambda window: told.append("alert")))
    return told


def test_an_end_is_told_to_who_looks_elsewhere(
    qtbot: QtBot, window: MainWindow, tiny: Project, alerts: list[str]
) -> None:
    window.document.open(tiny, None)
    window.run.start(tiny)
    qtbot.waitUntil(lambda: window.run.state == "finished", timeout=LONG)
    assert alerts == ["alert"]
    queued(tiny)
    window.windows.queue.start()
    qtbot.waitUntil(lambda: len(alerts) == 2, timeout=LONG)


def test_nobody_is_told_who_sees_it_or_wants_none(
    window: MainWindow, alerts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = window.windows.notices
    window.commands.bound["notices"].trigger()
    assert not window.preferences.notices and not Preferences().notices
    assert not told.tell(window, "Done.")
    window.commands.bound["notices"].trigger()
    assert told.tell(window, "Done.") and alerts == ["alert"]
    monkeypatch.setattr(notices.QApplication, "activeWindow", staticmethod(lambda: window))
    assert not told.tell(window, "Done.")


def test_the_tray_has_the_sentence_for_a_while(
    window: MainWindow, alerts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    class Tray(notices.QSystemTrayIcon):
        def show(self) -> None:
            shown.append("icon")

        def hide(self) -> None:
            shown.append("gone")

        def showMessage(self, title: str, sentence: str, *_: object) -> None:
            shown.append(f"{title}: {sentence}")

        @staticmethod
        def isSystemTrayAvailable() -> bool:
            return True

        @staticmethod
        def supportsMessages() -> bool:
            return True

    monkeypatch.setattr(notices, "QSystemTrayIcon", Tray)
    told = Notices(window.preferences, window)
    told.tell(window, "The queue is done.")
    assert shown == ["icon", "CNN Studio: The queue is done."]
    told._over.timeout.emit()
    assert shown[-1] == "gone" and QApplication.instance() is not None


# what a run of the queue says


def test_what_is_grave_and_what_seems_wrong_is_said_of_a_run_of_the_queue_too(
    qtbot: QtBot, window: MainWindow, tiny: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> AbstractContextManager[Path]:
        if runs_folder() in path.parents:
            raise DiskError(f"{path.name} was not written: the disk is full.")
        return replacing(path)

    monkeypatch.setattr("cnnstudio.training.weights.replacing", full)
    window.show_panel("queue")
    model = panel_in(window.docks["queue"], QueuePanel).model
    queue, doubts = window.windows.queue, set[str]()
    queue.advanced.connect(lambda: doubts.add(model.index(0, SENTENCE).data()))
    recipe = dataclasses.replace(tiny.recipe, epochs=30, optimizer="SGD", schedule="constant", learning_rate=1e-7)
    queued(dataclasses.replace(tiny, recipe=recipe))
    queue.look()
    queue.start()
    qtbot.waitUntil(lambda: any(each.startswith("a: ") and "the disk is full" in each for each in sentences(window)))
    qtbot.waitUntil(lambda: not queue.is_working, timeout=LONG)
    assert any("The learning rate is too low." in each for each in doubts)

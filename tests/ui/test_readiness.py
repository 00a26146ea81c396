"""Why a project cannot be trained: one sentence, said wherever a person looks for it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Flatten, Input, Linear
from cnnstudio.graph import Sketch
from cnnstudio.project import Project
from cnnstudio.project.project import from_template
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.main_window import MainWindow


def of_folder(project: Project, folder: Path | str) -> Project:
    return dataclasses.replace(project, recipe=Recipe(data="folder", folder=str(folder)))


def told(window: MainWindow) -> str:
    """What the panel of training says first that stands in the way."""
    return window.training.before.concerns.rows[0].sentence.text()


@pytest.fixture(scope="module")
def lenet() -> Project:
    """A network of which there is nothing to be said."""
    return from_template("lenet5")


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """A folder with three classes of images, of which none is looked at."""
    for name in ("cats", "dogs", "frogs"):
        (tmp_path / "images" / name).mkdir(parents=True)
    return tmp_path / "images"


def test_every_place_that_says_whether_it_can_be_trained_says_why_not(
    qtbot: QtBot, window: MainWindow, lenet: Project
) -> None:
    window.document.open(of_folder(lenet, ""), None)
    window.show_panel("problems")
    panel, status, train = window.docks["problems"].widget(), window.statusBar(), window.commands.bound["train"]
    reason = "Choose the folder that your images are in."
    qtbot.waitUntil(panel.notice.isVisible)
    assert reason in panel.reason.text() and panel.empty.text() == "No problems in the network"
    assert status.problems.text() == "Cannot be trained yet"
    assert reason in status.problems.toolTip()
    qtbot.waitUntil(lambda: reason in train.toolTip())
    window.show_panel("inspector")
    assert window.docks["inspector"].widget().header.kind.text() == "Cannot be trained yet"
    assert not window.training.can_toggle and "F5" in train.toolTip()
    window.show_panel("training")
    assert reason in window.training.train.toolTip() and told(window) == reason

    window.document.open(lenet, None)
    qtbot.waitUntil(lambda: not panel.notice.isVisible())
    assert status.problems.text() == "No problems"
    qtbot.waitUntil(lambda: window.training.can_toggle and window.training.train.isEnabled())
    assert reason not in train.toolTip() + window.training.train.toolTip()


def test_an_error_is_told_once_and_a_click_leads_to_where_it_is_put_right(
    qtbot: QtBot, window: MainWindow, lenet: Project
) -> None:
    shown: list[str] = []
    window.docks["training"].visibilityChanged.connect(lambda seen: shown.append("training") if seen else None)
    cut = lenet.graph.disconnect(lenet.graph["fc1"].edges[0])
    window.document.open(of_folder(dataclasses.replace(lenet, graph=cut), ""), None)
    window.show_panel("problems")
    panel, status = window.docks["problems"].widget(), window.statusBar()
    qtbot.waitUntil(lambda: bool(panel.rows))
    assert not panel.notice.isVisible()
    assert status.problems.text() == "2 errors"
    window.training.update_now()
    assert panel.rows[0].diagnostic.sentence in window.training.train.toolTip()
    window.document.open(of_folder(lenet, ""), None)
    qtbot.waitUntil(panel.notice.isVisible)
    shown.clear()
    qtbot.mouseClick(panel.notice.findChild(QPushButton), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown == ["training"])
    window.show_panel("inspector")
    shown.clear()
    qtbot.mouseClick(status.problems, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown == ["training"])


def test_a_folder_that_another_program_changed_is_looked_at_when_one_comes_back(
    qtbot: QtBot, window: MainWindow, lenet: Project, classes: Path
) -> None:
    window.document.open(of_folder(lenet, classes), None)
    window.document.look_there()
    window.document.learn_classes(3)
    status = window.statusBar()
    assert status.problems.text() == "1 error", "ten scores for three classes"
    (classes / "toads").mkdir()
    assert status.problems.text() == "1 error"
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert status.problems.text() == "No problems", "how many classes there are now is not known"
    for each in sorted(classes.rglob("*"), reverse=True):
        each.rmdir()
    classes.rmdir()
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert status.problems.text() == "Cannot be trained yet"
    assert not window.training.can_toggle


@pytest.mark.parametrize("key", [None, "googlenet"])
def test_to_train_what_cannot_be_trained_shows_why(qtbot: QtBot, window: MainWindow, key: str | None) -> None:
    window.files.new(key)
    window.show_panel("inspector")
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F5)
    assert window.run.state == "idle"
    qtbot.waitUntil(lambda: not window.training.before.concerns.rows[0].sentence.visibleRegion().isEmpty())
    assert told(window) == window.document.obstacle()
    assert window.focusWidget() is window.canvas


def test_who_asks_for_training_is_shown_why_not_and_keeps_the_keyboard(
    qtbot: QtBot, window: MainWindow, lenet: Project
) -> None:
    window.document.open(of_folder(lenet, ""), None)
    window.show_panel("summary")
    window.activateWindow()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F5)
    assert window.focusWidget() is window.canvas
    assert told(window) == window.document.obstacle()
    window.document.select(("conv1",))
    window.show_panel("inspector")
    field = window.focusWidget()
    assert window.docks["inspector"].isAncestorOf(field)
    QTest.keyClick(field, Qt.Key.Key_F5)
    assert window.focusWidget() is window.canvas, "nobody sees the field any more"


def test_a_network_that_is_too_large_for_this_computer_opens_and_nothing_of_it_is_built_at_a_click(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [8 * 2**30]
    for room in ("needs", "readiness"):
        monkeypatch.setattr(f"cnnstudio.training.{room}.headroom", lambda: free[0])
    for place in ("training.runs.session", "ui.insight.looker"):
        monkeypatch.setattr(f"cnnstudio.{place}.prepare", lambda *_: pytest.fail("it was built"))
    draw = Sketch()
    draw.chain(draw(Input((1, 256, 256))), Flatten(), Linear(65_536), Linear(10))
    window.document.open(Project(draw.graph(), Recipe(data="digits")), None)
    window.show()
    assert "4,295,688,202 parameters" in window.statusBar().totals.accessibleName()
    said = "8.00 GiB are free"
    window.show_panel("feature-maps")
    window.document.select(("fc1",))
    maps = window.docks["feature-maps"].widget()
    qtbot.waitUntil(lambda: said in maps.view.nothing.sentence.text())
    assert "fc1 has most of the weights" in maps.view.nothing.sentence.text()
    window.show_panel("training")
    window.training.update_now()
    assert not window.training.train.isEnabled() and said in window.training.train.toolTip()
    assert said in told(window) and window.training.before.isHidden()
    window.training.toggle()
    assert window.run.state == "idle"
    for kind in ("python", "torchscript", "pt2"):
        window.commands.run(f"export-{kind}")
        assert said in window.messages.bars[-1].sentence

    free[0] = 2**40  # another program has ended, and the person comes back to this window
    window.document.look_again()
    qtbot.waitUntil(lambda: window.training.can_toggle and said not in window.statusBar().problems.toolTip())
    window.training.update_now()
    assert window.training.train.isEnabled() and window.training.before.concerns.isHidden()
    window.training.close_tasks()

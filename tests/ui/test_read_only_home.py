"""A home in which nothing can be written, as on machines that many share."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Input
from cnnstudio.graph import Node
from cnnstudio.lessons.handed_in import read_path
from cnnstudio.lessons.shipped import shipped
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences


@pytest.fixture
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home below a file, where not even an administrator can write."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "file" / "home"))


@pytest.mark.usefixtures("_nowhere")
def test_settings_that_cannot_be_kept_hold_for_this_start() -> None:
    preferences = Preferences()
    preferences.simple = True
    preferences.text_scale = 1.2
    preferences.sync()
    assert preferences.simple and preferences.text_scale == 1.2


def test_a_lesson_is_worked_at_where_nothing_can_be_written(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "file" / "home"))
    lesson = next(each for each in shipped() if each.id == "output-sizes")
    window.files.open(lesson.path)
    qtbot.waitUntil(lambda: window.classroom.desk is not None)
    panel, desk = window.classroom.panel, window.classroom.desk
    assert desk is not None and panel.isVisible() and len(window.document.graph)
    window.document.edit_graph("Add", window.document.graph.add(Node("more", Input((1, 8, 8)))))
    assert "not kept" in panel.write_down()
    window.classroom.start(desk, tmp_path / "mine.handin")
    qtbot.waitUntil((tmp_path / "mine.handin").exists)
    assert "more" in read_path(tmp_path / "mine.handin").project.graph

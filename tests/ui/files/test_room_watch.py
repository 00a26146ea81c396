"""Room: that a project becomes too large for a file is said while it is drawn, in place, and can be undone there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Input
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, dumps, limits, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.files import files as files_module
from cnnstudio.ui.files.room_watch import ROOM
from cnnstudio.ui.main_window import MainWindow


def inputs(count: int) -> Project:
    graph = Graph.of(Node(f"n{n}", Input((1, 8, 8)), (), (0.0, 100.0 * n)) for n in range(count))
    return Project(graph, Recipe(data="cifar10"))  # whose images are not at hand


def told(window: MainWindow) -> list[str]:
    return [bar.sentence for bar in window.messages.bars if bar.about == ROOM]


def test_it_is_said_before_and_when_a_project_is_too_large(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.MOST, "nodes", 10)  # type: ignore[index]
    document = window.document
    document.edit("Draw", inputs(3))
    window.files._room.look()
    assert told(window) == []
    document.edit("Draw", inputs(9))
    qtbot.waitUntil(lambda: told(window) == ["Untitled will soon be too large to be saved: it has 9 of 10 nodes."])
    document.edit("Draw", inputs(11))
    refusal = "Untitled cannot be saved as it is now. It has 11 nodes; 10 are allowed."
    qtbot.waitUntil(lambda: told(window) == [refusal])
    (bar,) = (bar for bar in window.messages.bars if bar.about == ROOM)
    bar.buttons["Undo"].click()
    assert len(document.graph) == 9
    qtbot.waitUntil(lambda: told(window) == [])


def test_a_large_file_is_opened_beside_the_window(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, tiny_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "AT_ONCE", 100)
    tiny = Project(tiny_graph, Recipe(data="cifar10"))
    write(tmp_path / "tiny.cnn", tiny)
    window.files.open(tmp_path / "tiny.cnn")
    assert window.document.path is None
    qtbot.waitUntil(lambda: window.document.path == tmp_path / "tiny.cnn")
    assert window.document.project == tiny
    (tmp_path / "torn.cnn").write_text(dumps(tiny)[:200])
    window.files.open(tmp_path / "torn.cnn")
    qtbot.waitUntil(lambda: any("torn.cnn cannot be opened: " in bar.sentence for bar in window.messages.bars))
    assert window.document.project == tiny

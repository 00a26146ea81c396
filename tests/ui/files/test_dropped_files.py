"""What is dropped and is no project: it is said, whatever it is, and nothing else happens."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.graph import Graph
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.main_window import MainWindow

LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


def drop(on: QWidget, *paths: Path) -> bool:
    """Drop these as a file manager does; whether it was taken."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    enter = QDragEnterEvent(QPoint(5, 5), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(on, enter)
    fall = QDropEvent(QPointF(5, 5), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(on, fall)
    return enter.isAccepted()


def said(window: MainWindow) -> list[str]:
    return [bar.sentence for bar in window.messages.bars]


def test_what_is_no_project_is_said_wherever_it_is_dropped(window: MainWindow, tmp_path: Path) -> None:
    before = window.document.project
    for name, sentence in (
        ("notes.txt", "notes.txt is no project of CNN Studio, so it was not opened; a project is a file that ends in"),
        ("photos", "photos is no project"),
        ("net.py", "Import Python file"),
        ("w.safetensors", "A file of weights is named in the recipe"),
        ("cnn\u202etxt.x", r"cnn\u202etxt.x is no project"),
    ):
        window.messages.clear()
        assert drop(window, tmp_path / name)
        (found,) = said(window)
        assert sentence in found
    window.messages.clear()
    drop(window, *(tmp_path / f"{n}.jpg" for n in range(5)))
    assert said(window)[0].startswith("0.jpg, 1.jpg, 2.jpg and 2 more are no projects of CNN Studio, so they were not")
    assert window.document.project == before


@pytest.mark.parametrize("place", ["start page", "canvas"])
def test_start_page_and_canvas_leave_files_to_the_window(place: str, window: MainWindow, tmp_path: Path) -> None:
    assert drop(window.start_page if place == "start page" else window.canvas.viewport(), tmp_path / "notes.txt")
    assert said(window)[0].startswith("notes.txt is no project of CNN Studio")


def test_a_network_of_another_program_is_imported(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no network")
    drop(window, tmp_path / "net.onnx", tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: "net.onnx is no ONNX file, or it is damaged." in said(window))
    assert any("notes.txt is no project" in sentence for sentence in said(window))
    window.messages.clear()
    window.files.open(tmp_path / "net.onnx")  # as the dialog does, and the command line
    qtbot.waitUntil(lambda: "net.onnx is no ONNX file, or it is damaged." in said(window))


def test_projects_among_other_files_are_opened(window: MainWindow, tmp_path: Path, tiny_graph: Graph) -> None:
    project = Project(tiny_graph, Recipe(data="cifar10"))  # whose images are not at hand
    write(tmp_path / "tiny.cnn", project)
    drop(window, tmp_path / "notes.txt", tmp_path / "tiny.cnn")
    assert window.document.project == project
    assert any("notes.txt is no project" in sentence for sentence in said(window))
    (tmp_path / "odd.cnn").mkdir()
    drop(window, tmp_path / "odd.cnn")
    assert "odd.cnn cannot be opened: it is a folder." in said(window)


@pytest.mark.skipif(os.name == "nt", reason="Windows has none of these")
def test_every_path_that_leads_nowhere_is_a_sentence_in_the_window(window: MainWindow, tmp_path: Path) -> None:
    loop, pipe, folder = tmp_path / "loop.cnn", tmp_path / "pipe.cnn", tmp_path / "folder.cnn"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    folder.mkdir()
    files = window.files
    for path, reason in (
        (loop, "its links lead round in a circle"),
        (pipe, "it is no ordinary file"),
        (folder, "it is a folder"),
        (tmp_path / f"{'x' * 300}.cnn", "its name is too long"),
        (loop / "net.cnn", "its links lead round in a circle"),
        (tmp_path / "a\0b.cnn", "a zero character|characters that no file name can have"),
        (tmp_path / "none" / "net.cnn", "does not exist|there is no folder"),
    ):
        for does in (files.open, files._save, window.imports.ask_trust):
            window.messages.clear()
            does(path)
            (sentence,) = said(window)
            assert re.search(reason, sentence) and sentence.isprintable() and sentence.endswith(".")
    assert window.document.path is None

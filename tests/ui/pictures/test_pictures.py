"""Pictures asked for from the menu: the file, its ending, and what is said of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from cnnstudio.graph import Note
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import Preferences

BEGINNINGS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def latest(window: MainWindow) -> str:
    return window.messages.bars[-1].sentence


def dialog(window: MainWindow) -> QFileDialog:
    return [each for each in window.findChildren(QFileDialog) if each.isVisible()][-1]


def answer(qtbot: QtBot, window: MainWindow, path: Path, filter_: str = "PNG") -> None:
    """Choose this file in the dialog that is open, under the filter that begins so."""
    asked = dialog(window)
    chosen = next(each for each in asked.nameFilters() if each.startswith(filter_))
    asked.selectNameFilter(chosen)
    asked.filterSelected.emit(chosen)
    asked.setDirectory(str(path.parent))
    asked.selectFile(str(path))
    asked.accept()


@pytest.mark.parametrize(
    ("typed", "filter_", "name"),
    [
        ("net.png", "PNG", "net.png"),
        ("net", "SVG", "net.svg"),
        ("net", "PDF", "net.pdf"),
        ("net.v2", "SVG", "net.v2.svg"),
        ("net.SVG", "PNG", "net.SVG"),
    ],
)
def test_a_picture_gets_its_ending_and_says_where_it_is(  # noqa: PLR0917 - fixtures
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path, typed: str, filter_: str, name: str
) -> None:
    window.document.open(tiny, None)
    window.commands.run("picture")
    answer(qtbot, window, tmp_path / typed, filter_)
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    assert latest(window) == f"{name} is written."
    assert (tmp_path / name).read_bytes().startswith(BEGINNINGS[name[-3:].lower()])
    assert window.preferences.folder == tmp_path


def test_a_file_that_the_dialog_did_not_ask_for_is_not_replaced_unasked(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    (tmp_path / "net.v2.png").write_text("mine")
    window.document.open(tiny, None)
    window.commands.run("picture")
    answer(qtbot, window, tmp_path / "net.v2")
    assert latest(window) == "net.v2.png is there already."
    assert (tmp_path / "net.v2.png").read_text() == "mine"
    window.messages.bars[-1].buttons["Replace it"].click()
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    assert (tmp_path / "net.v2.png").read_bytes().startswith(b"\x89PNG")


def test_a_failure_is_a_sentence_and_a_long_picture_is_told_of(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    from cnnstudio.ui.pictures import canvas_picture

    window.document.open(tiny, None)
    scene = window.canvas.scene()
    window.pictures.save(tmp_path / "nowhere" / "a.png", lambda path: canvas_picture.made(scene, path), is_long=True)
    assert latest(window) == "Drawing a.png…"
    qtbot.waitUntil(lambda: any(bar.kind == "error" for bar in window.messages.bars))
    assert len(window.messages.bars) == 1
    assert "nowhere" in latest(window)


def test_writing_that_takes_long_is_told_of(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnnstudio.ui.pictures import canvas_picture

    go_on = threading.Event()
    write = canvas_picture.write
    monkeypatch.setattr(canvas_picture, "write", lambda *given: go_on.wait(20) and write(*given))
    window.document.open(tiny, None)
    window.pictures.save(tmp_path / "a.svg", lambda path: canvas_picture.made(window.canvas.scene(), path))
    assert not window.messages.bars
    qtbot.waitUntil(lambda: bool(window.messages.bars))
    assert latest(window) == "Writing a.svg…"
    go_on.set()
    qtbot.waitUntil(lambda: latest(window) == "a.svg is written.")
    assert len(window.messages.bars) == 1


def test_what_cannot_be_pictured_is_said(window: MainWindow, tiny: Project) -> None:
    window.pictures.ask()
    assert latest(window) == "There is no network to take a picture of."
    window.document.open(tiny, None)
    window.pictures.ask(selection=True)
    assert "Select the blocks" in latest(window)
    assert not window.findChildren(QFileDialog)


def test_the_selection_alone_is_pictured(qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path) -> None:
    window.document.open(tiny, None)
    window.document.select(("conv1",))
    window.commands.refresh()
    window.commands.run("picture-selection")
    answer(qtbot, window, tmp_path / "one", "SVG")
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert ">conv1<" in text
    assert ">linear1<" not in text


def test_light_or_dark_pictures_are_remembered(window: MainWindow) -> None:
    assert window.pictures.on_paper
    window.commands.run("picture-paper")
    assert not Preferences().paper_pictures
    window.commands.run("picture-paper")
    assert window.pictures.on_paper


def test_a_picture_on_the_clipboard(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.pictures.copy()
    image = QGuiApplication.clipboard().image()
    assert image.width() > 1_000
    assert "on the clipboard" in latest(window)


def test_what_is_selected_is_the_picture_on_the_clipboard(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)
    window.pictures.copy()
    whole = QGuiApplication.clipboard().image().width()
    window.document.select(("conv1",))
    window.commands.run("copy-picture")
    assert QGuiApplication.clipboard().image().width() < whole / 3
    assert latest(window) == "The picture of the selection is on the clipboard."
    assert window.document.selection == ("conv1",)
    assert "selection" in window.commands.bound["copy-picture"].toolTip()
    window.document.edit_graph("Note", window.document.graph.add_note(Note("a note", (0.0, 900.0))))
    window.canvas.select_notes(window.document.graph.notes)
    window.commands.run("copy-picture")
    assert QGuiApplication.clipboard().image().width() < whole / 3
    window.canvas.select_none()
    window.commands.run("copy-picture")
    assert QGuiApplication.clipboard().image().width() >= whole
    assert latest(window) == "The picture is on the clipboard."

"""What is being typed when a window is saved or closed is part of the work, and a question is about what it asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.folders import recovery_folder
from cnnstudio.project import Project, read, write
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.inspector import InspectorPanel

Typed = Callable[[str], QWidget]


@pytest.fixture
def typed(qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path) -> Typed:
    """Begins to write somewhere in a window with a saved project; which field that is."""
    write(tmp_path / "tiny.cnn", tiny)
    window.files.open(tmp_path / "tiny.cnn")
    window.activateWindow()

    def note() -> QWidget:
        window.canvas.ask_note(QPointF(0, 400))
        return cast("QWidget", QApplication.focusWidget())

    def title() -> QWidget:
        window.document.select(("conv1",))
        window.show_panel("inspector")
        return cast("InspectorPanel", window.docks["inspector"].widget()).header.name

    def type_in(where: str) -> QWidget:
        field = {"note": note, "name": title}[where]()
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        if where == "name":
            field.selectAll()  # type: ignore[attr-defined]
        qtbot.keyClicks(field, "written")
        assert not window.document.is_modified, "it is not handed over yet"
        return field

    return type_in


def is_in(project: Project, where: str) -> bool:
    return (
        any("written" in note.text for note in project.graph.notes) if where == "note" else "written" in project.graph
    )


@pytest.mark.parametrize("where", ["note", "name"])
def test_it_is_saved(qtbot: QtBot, window: MainWindow, tmp_path: Path, typed: Typed, where: str) -> None:
    field = typed(where)
    qtbot.keyClick(field, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    window.commands.run("save")
    assert is_in(read(tmp_path / "tiny.cnn"), where) and not window.document.is_modified
    assert QApplication.focusWidget() is (field if where == "name" else window.canvas)


@pytest.mark.parametrize("where", ["note", "name"])
def test_it_is_not_closed_away(window: MainWindow, typed: Typed, where: str) -> None:
    typed(where)
    assert not window.close() and window.isVisible() and is_in(window.document.project, where)
    assert "has changes that are not saved" in window.messages.bars[-1].sentence


def test_it_is_in_the_copy_of_a_program_that_is_made_to_end(window: MainWindow, typed: Typed) -> None:
    typed("note")
    window.keep()
    (copy,) = recovery_folder().glob("*/project.cnn")
    assert is_in(read(copy), "note")


def test_what_stands_elsewhere_is_left_alone(window: MainWindow, typed: Typed) -> None:
    field = typed("name")
    window.windows.new(window).files.save_as()
    assert not window.document.is_modified and field.text() == "written"  # type: ignore[attr-defined]


def test_not_to_save_is_said_of_what_was_asked_and_of_nothing_later(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", tiny)
    window.files.open(tmp_path / "tiny.cnn")
    window.document.edit_graph("Change", tiny.graph.replace("conv1", Conv2d(5)))
    window.close()
    window.close()
    (bar,) = window.messages.bars
    window.document.edit_graph("Change", tiny.graph.replace("conv1", Conv2d(6)))
    bar.buttons["Do not save"].click()
    assert window.isVisible()
    (bar,) = window.messages.bars
    window.files.save()
    assert not any("Do not save" in bar.buttons for bar in window.messages.bars), "everything is saved"
    assert window.close()


def test_it_takes_no_window_from_whoever_writes_in_it(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.cnn", tiny)
    window.canvas.ask_note(QPointF(0, 400))
    field = QApplication.focusWidget()
    assert field is not None
    qtbot.keyClicks(field, "written")
    window.files.open(tmp_path / "tiny.cnn")
    assert is_in(window.document.project, "note") and window.document.path is None and len(window.windows.all) == 2


def test_undo_takes_it_back_and_redo_brings_it_again(window: MainWindow, typed: Typed, tiny: Project) -> None:
    window.document.edit_graph("Change", tiny.graph.replace("conv1", Conv2d(5)))
    window.document.mark_saved()
    typed("note")
    window.commands.run("undo")
    assert not is_in(window.document.project, "note")
    window.commands.run("redo")
    assert is_in(window.document.project, "note")


def test_a_file_that_cannot_be_written_is_saved_under_another_name(
    window: MainWindow, tiny: Project, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    write(tmp_path / "work" / "tiny.cnn", tiny)
    window.files.open(tmp_path / "work" / "tiny.cnn")
    (tmp_path / "work").rename(tmp_path / "renamed")
    window.document.edit_graph("Change", tiny.graph.replace("conv1", Conv2d(5)))
    window.files.save()
    (bar,) = [bar for bar in window.messages.bars if "was not written" in bar.sentence]
    assert "Save under another name…" in bar.buttons and window.document.is_modified

"""The main job by gestures: from an empty canvas to a network that is trained, looked into, exported and saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from cnnstudio.project import read
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.palette import BLOCK_ROLE, PalettePanel

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

USE = """
import sys, torch
from safetensors.torch import load_file
sys.path.insert(0, sys.argv[1])
import mine
assert "cnnstudio" not in sys.modules
network = mine.Network().eval()
network.load_state_dict(load_file(sys.argv[2]), strict=True)
assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
"""


def drag_from_palette(window: MainWindow, title: str, place: QPointF) -> None:
    """Drag a block from the palette to a place of the viewport."""
    palette = window.docks["palette"].widget()
    assert isinstance(palette, PalettePanel)
    found = palette.tree.findItems(title, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    item = next(item for item in found if item.data(0, BLOCK_ROLE))
    mime, viewport = palette.tree.mimeData([item]), window.canvas.viewport()
    copy = Qt.DropAction.CopyAction
    for event in (
        QDragEnterEvent(place.toPoint(), copy, mime, LEFT, NONE),
        QDragMoveEvent(place.toPoint(), copy, mime, LEFT, NONE),
        QDropEvent(place, copy, mime, LEFT, NONE),
    ):
        QApplication.sendEvent(viewport, event)


def quick_add(window: MainWindow, words: str) -> None:
    """Press Tab on the canvas, type and press Enter."""
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Tab)
    assert window.canvas.popup.isVisible()
    QTest.keyClicks(window.canvas.popup.field, words)
    QTest.keyClick(window.canvas.popup.field, Qt.Key.Key_Return)


def drag_wire(window: MainWindow, source: str, target: str) -> None:
    """Draw a wire with the mouse."""
    canvas = window.canvas
    start, end = canvas.scene_item(source).output_at(), canvas.scene_item(target).input_at(0)
    for kind, place in (
        (QEvent.Type.MouseButtonPress, start),
        (QEvent.Type.MouseMove, start + (end - start) * 0.3),
        (QEvent.Type.MouseMove, start + (end - start) * 0.9),
        (QEvent.Type.MouseMove, end),
        (QEvent.Type.MouseButtonRelease, end),
    ):
        at = QPointF(canvas.mapFromScene(place))
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
        where = QPointF(canvas.viewport().mapToGlobal(at.toPoint()))
        QApplication.sendEvent(canvas.viewport(), QMouseEvent(kind, at, where, button, held, NONE))


def type_value(field: Any, text: str) -> None:
    """Type over what stands in a field."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def answer_file_dialog(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Type a path into the dialog that is open and accept it."""
    qtbot.waitUntil(lambda: any(dialog.isVisible() for dialog in window.findChildren(QFileDialog)))
    dialog = next(dialog for dialog in window.findChildren(QFileDialog) if dialog.isVisible())
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(name, QLineEdit)
    name.setText(str(path))
    QTest.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_from_an_empty_canvas_to_a_trained_and_exported_network(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    document, canvas = window.document, window.canvas
    window.activateWindow()

    # draw: one block by dragging, most by the keyboard, one loose and wired with the mouse
    drag_from_palette(window, "Input", QPointF(60, 60))
    assert list(document.graph.nodes) == ["input1"]
    for words in ("Conv2d", "ReLU", "MaxPool2d", "Flatten"):
        quick_add(window, words)
    drag_from_palette(window, "Linear", QPointF(120, 250))
    assert len(document.graph) == 6
    last = list(document.graph.nodes)[-1]
    flat = next(node.name for node in document.graph if node.block.title == "Flatten")
    assert document.graph[last].inputs == (None,)
    assert not window.training.can_toggle
    canvas.fit()
    drag_wire(window, flat, last)
    assert document.graph[last].inputs == (flat,)
    assert document.diagnostics == () or all(found.severity != "error" for found in document.diagnostics)

    # one step too many, and back
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.graph[last].inputs == (flat,)

    # the recipe
    window.commands.run("show-training")
    training = window.training
    images = training.findChild(QComboBox)
    assert isinstance(images, QComboBox)
    assert images.currentText() == "Digits"
    type_value(training.basic.editor("epochs").focusProxy(), "3")
    qtbot.waitUntil(lambda: document.project.recipe.epochs == 3)

    # train, with the maps of the convolution in view
    window.commands.run("show-feature-maps")
    document.select((next(name for name in document.graph.nodes if name.startswith("conv")),))
    qtbot.mouseClick(training.train, LEFT)
    qtbot.waitUntil(lambda: window.run.maps is not None)
    qtbot.waitUntil(lambda: window.run.state == "finished")
    assert window.run.history.best is not None
    assert window.run.history.best.validation_accuracy > 0.8
    window.commands.run("show-curves")
    assert len(window.run.history.epochs) == 3

    # take it away
    window.commands.run("export-python")
    answer_file_dialog(qtbot, window, tmp_path / "mine.py")
    qtbot.waitUntil(lambda: any(bar.kind == "success" for bar in window.messages.bars))
    qtbot.waitUntil((tmp_path / "mine.py").exists)
    window.commands.run("export-weights")
    answer_file_dialog(qtbot, window, tmp_path / "mine.safetensors")
    qtbot.waitUntil((tmp_path / "mine.safetensors").exists)
    subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path), str(tmp_path / "mine.safetensors")], check=True, cwd=tmp_path
    )

    # and keep the project
    window.commands.run("save")
    answer_file_dialog(qtbot, window, tmp_path / "mine.cnn")
    qtbot.waitUntil(lambda: not window.document.is_modified)
    assert read(tmp_path / "mine.cnn") == document.project
    assert not [bar for bar in window.messages.bars if bar.kind == "error"]

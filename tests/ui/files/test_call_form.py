"""What a network of a file is made with, asked in fields, read and never run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame
from pytestqt.qtbot import QtBot

from cnnstudio.exchange.importing.declarations import Argument, Declared
from cnnstudio.graph import Shape
from cnnstudio.ui.files.call_form import CallForm
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme

NET = """
from torch import nn
class Net(nn.Module):
    def __init__(self, classes, width=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, width, 3), nn.Flatten(), nn.Linear(width * 36, classes))
    def forward(self, x):
        return self.body(x)
"""


def form_for(qtbot: QtBot) -> CallForm:
    declared = Declared("Net", (Argument("classes"), Argument("width", "4"), Argument("act", "nn.ReLU")))
    form = CallForm("net.py", declared)
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_what_a_field_is_to_be_told_is_not_cut_off(qtbot: QtBot, scale: float) -> None:
    try:
        theme.set_scale(scale)
        form = form_for(qtbot)
        for field in form.findChildren(QLineEdit):
            style = field.style()
            option = QStyleOptionFrame()
            field.initStyleOption(option)
            room = style.subElementRect(QStyle.SubElement.SE_LineEditContents, option, field)
            assert field.fontMetrics().horizontalAdvance(field.placeholderText()) < room.width() - 4
    finally:
        theme.set_scale(1.0)


def test_it_says_what_is_lacking_and_then_how_it_will_be_called(qtbot: QtBot) -> None:
    form = form_for(qtbot)
    assert not form.run.isEnabled() and form.sentence.text() == "Say what classes is."
    qtbot.keyClicks(form.fields["classes"], "open('x')")
    assert not form.run.isEnabled() and form.sentence.text().startswith("classes must be a number, text in quotes")
    form.fields["classes"].clear()
    qtbot.keyClicks(form.fields["classes"], "7")
    assert form.run.isEnabled() and form.sentence.text() == "It is made as Net(classes=7)."
    qtbot.keyClicks(form.size_field, "3x32")
    assert not form.run.isEnabled() and "is no size" in form.sentence.text()
    qtbot.keyClicks(form.size_field, "x64")
    qtbot.keyClicks(form.normalization["mean"], "123.7, 116.3, 103.5")
    assert not form.run.isEnabled() and form.sentence.text().startswith("mean must be from 0 to 1")
    form.normalization["mean"].clear()
    qtbot.keyClicks(form.normalization["mean"], "0.485 0.456 0.406")
    assert not form.run.isEnabled() and form.sentence.text().startswith("Mean and deviation belong together")
    qtbot.keyClicks(form.normalization["std"], "0.25")
    with qtbot.waitSignal(form.said) as said:
        qtbot.keyClick(form.size_field, Qt.Key.Key_Return)
    call, size, recipe = said.args
    assert (call, size) == ("Net(classes=7)", Shape(3, 32, 64))
    assert recipe.normalization(3) == ((0.485, 0.456, 0.406), (0.25,) * 3)


def test_a_network_that_needs_arguments_is_imported_through_the_form(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET)
    window.imports.ask_trust(path)
    assert list(window.messages.bars[-1].buttons) == ["Cancel", "Run it and import Net…"]
    window.messages.bars[-1].buttons["Run it and import Net…"].click()
    (form,) = window.findChildren(CallForm)
    qtbot.keyClicks(form.fields["classes"], "3")
    qtbot.keyClicks(form.size_field, "1x8x8")
    qtbot.keyClicks(form.normalization["mean"], "0.25")
    qtbot.keyClicks(form.normalization["std"], "0.5")
    qtbot.mouseClick(form.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(bar.sentence.startswith("Net is here") for bar in window.messages.bars))
    assert window.document.analysis.shape(window.document.graph.outputs[0].name) == Shape(3)
    assert window.document.project.recipe.normalization(1) == ((0.25,), (0.5,)), "remembered with the project"

"""Maps on the blocks: a command of the View menu that is remembered, in step with network, picture and run."""

from __future__ import annotations

import dataclasses

import numpy as np
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.insight.thumbnails import Thumbnail
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.thumbnails import OTHER, NodeThumbnails, drawn
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.run import Run


def test_a_command_turns_them_on_and_it_is_remembered(window: MainWindow, qtbot: QtBot, tiny: Project) -> None:
    window.document.open(tiny, None)
    pictures = window.document.node_pictures
    assert not window.thumbnails.is_wanted and not pictures.told
    window.commands.bound["thumbnails"].trigger()
    assert window.preferences.thumbnails
    qtbot.waitUntil(lambda: bool(pictures.in_view(window.document)))
    items = window.canvas.scene().nodes
    assert all(item.thumbnail is not None for item in items.values())
    assert pictures.told == "Maps of validation image 1  ·  untrained weights"
    assert "It shows the picture for validation image 1." in items["input1"].sentence()
    before = items["conv1"].thumbnail
    window.run.picture.choose(3)
    qtbot.waitUntil(lambda: "image 4" in pictures.told)
    assert items["conv1"].thumbnail is not before
    window.document.edit_graph("Filters", window.document.graph.replace("conv1", Conv2d(5)))
    assert items["conv1"].thumbnail is None, "until the new network was looked into"
    qtbot.waitUntil(lambda: items["conv1"].thumbnail is not None)
    assert "of 5" in items["conv1"].sentence()
    other = window.windows.new(window)
    assert other.thumbnails.is_wanted
    window.commands.bound["thumbnails"].trigger()
    assert not window.preferences.thumbnails and not pictures.told and not other.thumbnails.is_wanted
    assert items["conv1"].thumbnail is None


def test_they_follow_a_run_and_say_where_it_is_of_another_network(qtbot: QtBot, tiny: Project) -> None:
    document = Document(dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, epochs=500)))
    run = Run(document)
    made = NodeThumbnails(document, run, document)
    made.want(True)
    run.start(document.project)
    qtbot.waitUntil(lambda: "step" in document.node_pictures.told)
    first = document.node_pictures.in_view(document)["conv1"]
    qtbot.waitUntil(lambda: document.node_pictures.in_view(document)["conv1"] is not first)
    document.edit_graph("Filters", document.graph.replace("conv1", Conv2d(5)))
    qtbot.waitUntil(lambda: document.node_pictures.told == OTHER)
    assert not document.node_pictures.in_view(document)
    run.close()
    assert made.close()


def test_where_there_is_nothing_it_is_said_why(qtbot: QtBot, tiny: Project) -> None:
    document = Document(dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, data="mnist")))
    made = NodeThumbnails(document, Run(document), document)
    made.want(True)
    qtbot.waitUntil(lambda: "needed to look" in document.node_pictures.told)
    assert not made.looker.is_looking, "nothing is downloaded only to look"
    assert made.close()


def test_colours_are_those_of_the_panel_and_pictures_are_as_they_are() -> None:
    row = drawn(Thumbnail(np.array([[0.0, 1.0]], np.float32), ""))
    assert (row.width(), row.height()) == (2, 1)
    dark, bright = row.pixelColor(0, 0), row.pixelColor(1, 0)
    assert dark.blue() > dark.green() and bright.red() > 200 and bright.green() > 200
    grey = drawn(Thumbnail(np.array([[0, 255, 7]], np.uint8), ""))
    assert [grey.pixelColor(x, 0).getRgb()[:3] for x in range(3)] == [(0, 0, 0), (255, 255, 255), (7, 7, 7)]
    colours = drawn(Thumbnail(np.array([[[9, 8, 7]]], np.uint8), ""))
    assert colours.pixelColor(0, 0).getRgb()[:3] == (9, 8, 7)

"""Everything fits where it stands: no panel shows anything beyond its edge, however narrow it is and large the text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QDockWidget, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, ConvTranspose2d, DepthwiseConv2d, FractionalMaxPool2d, Input
from cnnstudio.compiler.source import Place, source
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load
from cnnstudio.training.runs.session import Prepared
from cnnstudio.ui.docking.docks import PANELS
from cnnstudio.ui.insight.feature_maps import FeatureMapsPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.ui.widgets.labels import Elided

NARROW = 280  # pixels
LONG = "the_" + "very_" * 6 + "long_name"


def long_names() -> Graph:
    """A network with problems, of kinds whose names are long."""
    draw = Sketch()
    x = draw.chain(draw(Input((3, 32, 32))), ConvTranspose2d(8), DepthwiseConv2d(), FractionalMaxPool2d())
    draw(Conv2d(4, kernel_size=9), draw.chain(x, AdaptiveAvgPool2d()), name=LONG)
    return draw.graph()


def within(host: QWidget) -> Iterator[tuple[QWidget, QWidget]]:
    """What is seen inside, each with that at whose edge it is cut off; what scrolls sideways is cut nowhere."""
    for child in host.findChildren(QWidget):
        if child.isHidden() or not child.isVisible():
            continue
        edge = child.parentWidget()
        while edge is not host and not isinstance(edge.parentWidget(), QAbstractScrollArea):
            edge = edge.parentWidget()
        area = edge.parentWidget()
        never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if edge is host or (isinstance(area, QAbstractScrollArea) and area.horizontalScrollBarPolicy() == never):
            yield child, edge


def misfits(host: QWidget) -> list[str]:
    """What reaches beyond the edge, and whose words are cut with nothing to say so."""
    found = []
    for child, edge in within(host):
        left, right = child.mapTo(edge, QPoint(0, 0)).x(), child.mapTo(edge, QPoint(child.width(), 0)).x()
        text = child.text() if isinstance(child, QLabel | QPushButton | QToolButton) else ""
        said = f"{type(child).__name__} {text[:40] or child.accessibleName()!r}"
        if left < 0 or right > edge.width():
            found.append(f"{said} from {left} to {right} of {edge.width()}")
        gives_way = isinstance(child, Elided | FixButton) or (isinstance(child, QLabel) and child.wordWrap())
        if text and not gives_way and child.width() < child.sizeHint().width():
            found.append(f"{said} has {child.width()} of {child.sizeHint().width()}")
    return found


@pytest.fixture(params=[pytest.param(1.0, marks=pytest.mark.whole), 1.6])  # what has room large has room small
def scale(request: pytest.FixtureRequest) -> Iterator[float]:
    yield request.param
    theme.set_scale(1.0)


def narrowed(dock: QDockWidget) -> QWidget:
    """A panel as narrow as one makes it, in a window of its own."""
    dock.setFloating(True)
    dock.show()
    panel = dock.widget()
    panel.setFixedWidth(NARROW)
    dock.resize(NARROW, 620)
    return panel


def test_a_narrow_panel_shows_all_that_it_says(qtbot: QtBot, window: MainWindow, scale: float) -> None:
    theme.set_scale(scale)
    window.document.open(Project(long_names()), None)
    panels = {panel.id: narrowed(window.docks[panel.id]) for panel in PANELS}
    names = [node.name for node in window.document.graph]
    found: dict[str, list[str]] = {}
    for selection in ((), names, names[:1], names[1:2], names[-1:]):
        window.document.select(tuple(selection))
        qtbot.wait(200)  # for what is shown after a while
        for name, panel in panels.items():
            assert panel.isVisible() and panel.minimumSizeHint().width() <= NARROW, name
            found[f"{name} with {len(selection)} selected"] = misfits(panel)
    assert not {where: each for where, each in found.items() if each}


def test_lists_over_the_window_are_as_wide_as_their_letters(qtbot: QtBot, window: MainWindow, scale: float) -> None:
    theme.set_scale(scale)
    window.command_list.ask()
    qtbot.wait(5)
    found = window.command_list.list
    rows = [row for row in range(found.topLevelItemCount()) if "template" in found.model().index(row, 0).data()]
    assert rows and not any(found.is_cut(row, 0) for row in rows)
    for chooser in (window.command_list, window.gallery):
        chooser.ask()
        assert window.rect().contains(chooser.geometry())
        assert not misfits(chooser)
    chooser.hide()


def test_a_narrow_panel_shows_all_of_a_question_and_of_a_lesson(qtbot: QtBot, window: MainWindow, scale: float) -> None:
    theme.set_scale(scale)
    draw = Sketch()
    draw(AdaptiveAvgPool2d(), draw(Conv2d(8), draw(Input((3, 32, 32))), name=LONG))
    window.document.open(Project(draw.graph()), None)
    quiz = window.quiz
    quiz._seed = 0
    assert narrowed(window.docks["quiz"]) is quiz
    quiz.start()
    for answer in ("1 × 1 × 1", "1", "1 × 1 × 1"):
        qtbot.wait(5)
        assert quiz.question is not None
        assert quiz.minimumSizeHint().width() <= NARROW and not (found := misfits(quiz)), found
        quiz.field.setText(answer)
        quiz.check()
        qtbot.wait(5)
        assert not (found := misfits(quiz)), found
        quiz.go_on()
    quiz.teach(LESSONS["dilation"])
    qtbot.wait(5)
    assert not (found := misfits(quiz)), found


@pytest.mark.parametrize("shape", [(16, 26, 26), (10,)])
def test_a_narrow_panel_shows_the_maps_and_what_is_said_of_them(
    qtbot: QtBot, window: MainWindow, chain: Graph, scale: float, shape: tuple[int, ...]
) -> None:
    theme.set_scale(scale)
    window.document.open(Project(long_names()), None)
    panel = narrowed(window.docks["feature-maps"])
    assert isinstance(panel, FeatureMapsPanel)
    digits = load(Recipe(data="digits"), Shape(1, 8, 8))
    image, maps = digits.validation_images[0].numpy(), np.zeros(shape, np.float32)
    prepared = Prepared(Project(chain), source(chain), None, digits)
    panel._show(FeatureMaps(Place(LONG), maps, image, "T-shirt/top", "Ankle boot", 1_000), prepared, "step 1,000")
    panel.view.readout.setText("map 3 at 12, 14: 0.3184")
    qtbot.wait(10)
    assert panel.minimumSizeHint().width() <= NARROW
    assert not (found := misfits(panel)), found

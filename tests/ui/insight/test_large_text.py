"""What looks into the network, docked low in a small window and with large text: nothing is cut, nothing lies over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.ablation import AblationPanel
from cnnstudio.ui.insight.arithmetic import ArithmeticPanel
from cnnstudio.ui.insight.evaluation.evaluation_panel import EvaluationPanel
from cnnstudio.ui.insight.weights_panel import WeightsPanel
from cnnstudio.ui.insight.why import WhyPanel
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme

LOW = QRect(0, 0, 684, 200)  # of a window of 1280 × 720


@pytest.fixture(autouse=True)
def large() -> Iterator[None]:
    theme.set_scale(1.4)
    yield
    theme.set_scale(1.0)


@pytest.fixture
def docked(qtbot: QtBot, tiny: Project) -> Iterator[Callable[[type[Panel]], Panel]]:
    made = []

    def make(kind: type[Panel]) -> Panel:
        document = Document(tiny)
        document.select(("conv1",))
        panel = kind(document, Run(document))
        made.append(panel)
        qtbot.addWidget(panel)
        panel.resize(LOW.size())
        panel.show()
        return panel

    yield make
    for panel in made:
        panel.close_tasks()


def parts(widget: QWidget) -> list[QWidget]:
    """What is to be seen of a widget: its parts without parts, and what scrolls as one."""
    found: list[QWidget] = []
    for child in widget.children():
        if not isinstance(child, QWidget) or not child.isVisible():
            continue
        inner = [] if isinstance(child, QAbstractScrollArea | QLabel) else parts(child)
        found += inner or [child]
    return found


def assert_fits(panel: Panel) -> None:
    """All parts are in the panel, and clear of one another."""
    QApplication.processEvents()
    assert panel.size() == LOW.size()
    seen = {each: QRect(each.mapTo(panel, QPoint(0, 0)), each.size()) for each in parts(panel)}
    for each, place in seen.items():
        assert LOW.contains(place), f"{each} is cut: {place}"
    for one, other in combinations(seen, 2):
        assert not seen[one].intersects(seen[other]), f"{one} lies over {other}"


def test_the_captions_of_why_stand_clear_of_its_words(qtbot: QtBot, docked: Callable[[type[Panel]], Panel]) -> None:
    panel = docked(WhyPanel)
    assert isinstance(panel, WhyPanel)
    qtbot.waitUntil(lambda: panel.found is not None)
    assert_fits(panel)
    line = QFontMetrics(theme.font("small")).height()
    assert all(place.bottom() + line <= panel.view.height() for place in panel.view._places(panel.view.size()))
    assert panel.view._places(panel.view.size())[0].height() >= 64


def test_the_columns_of_switch_off_stand_side_by_side(qtbot: QtBot, docked: Callable[[type[Panel]], Panel]) -> None:
    panel = docked(AblationPanel)
    assert isinstance(panel, AblationPanel)
    qtbot.waitUntil(lambda: panel.found is not None)
    assert_fits(panel)
    assert panel.list.geometry().right() < panel.before.mapTo(panel, QPoint(0, 0)).x()
    assert len(panel.after.written()) == 10, "all digits are named"
    panel.after.hovered.emit("7: 0.3")
    assert "7: 0.3" in [label.text() for label in panel.findChildren(QLabel)]
    panel.after.hovered.emit("")
    assert "Switched off" in [label.text() for label in panel.findChildren(QLabel)]


def test_the_numbers_of_arithmetic_have_room_before_its_pictures(
    qtbot: QtBot, docked: Callable[[type[Panel]], Panel]
) -> None:
    panel = docked(ArithmeticPanel)
    assert isinstance(panel, ArithmeticPanel)
    qtbot.waitUntil(lambda: panel.shown is not None)
    assert_fits(panel)
    assert panel.value.output.isHidden() and panel.value._numbers.viewport().width() >= 170 * 1.4
    panel.resize(1_000, 200)
    qtbot.waitUntil(panel.value.output.isVisible)


def test_the_caption_of_weights_is_not_cut(qtbot: QtBot, docked: Callable[[type[Panel]], Panel]) -> None:
    panel = docked(WeightsPanel)
    assert isinstance(panel, WeightsPanel)
    qtbot.waitUntil(lambda: panel.found is not None)
    qtbot.waitUntil(lambda: "filters of" in panel.caption.text())
    assert_fits(panel)
    assert not panel.caption.is_cut
    before = panel.caption.text()
    panel.grid.hovered.emit("filter 2")
    assert panel.caption.text() == "filter 2"
    panel.grid.hovered.emit("")
    assert panel.caption.text() == before


def test_the_header_of_evaluation_says_its_words_whole(qtbot: QtBot, docked: Callable[[type[Panel]], Panel]) -> None:
    panel = docked(EvaluationPanel)
    assert isinstance(panel, EvaluationPanel)
    qtbot.waitUntil(panel.nothing.button.isVisible)
    panel.nothing.button.click()
    qtbot.waitUntil(lambda: panel.found is not None)
    QApplication.processEvents()
    header = panel.overview.tree.header()
    assert header.sectionSize(0) >= header.sectionSizeHint(0)
    assert header.length() <= panel.overview.tree.viewport().width(), "the last column is not cut"
    assert panel.when.isHidden() and panel.when.text() in panel.tabs.tabToolTip(0)
    panel.resize(1_400, 200)
    qtbot.waitUntil(panel.when.isVisible)
    assert panel.tabs.tabToolTip(0) == ""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget, QWidgetItem
from pytestqt.qtbot import QtBot
from shiboken6 import getAllValidWrappers

from cnnstudio.blocks import Conv2d, Input, Linear
from cnnstudio.compiler.diagnostics.rules import RULES
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.problem_row import ProblemRow, show_rows
from cnnstudio.ui.network.problems import MOST, ProblemsPanel
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.fix_button import FixButton

Show = Callable[[Graph], ProblemsPanel]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(graph: Graph) -> ProblemsPanel:
        panel = ProblemsPanel(Document(Project(graph)), Run())
        qtbot.addWidget(panel)
        with qtbot.waitActive(panel):
            panel.show()
        return panel

    return made


def broken() -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input((3, 32, 32))), Conv2d(8, groups=2), Conv2d(8))
    draw(Linear(10), x)
    return draw.graph()


def row_of(panel: ProblemsPanel, name: str) -> ProblemRow:
    return next(row for row in panel.rows if row.diagnostic.nodes[:1] == (name,))


def buttons(row: ProblemRow) -> list[FixButton]:
    return [button for button in row.findChildren(FixButton) if button.isVisible()]


def test_a_finding_says_its_severity_in_words(show: Show) -> None:
    row = row_of(show(broken()), "conv1")
    assert row.word.text().startswith("Error") and "groups" in row.sentence.text()
    assert row.accessibleName().startswith("Error: conv1")


def test_a_finding_tells_what_its_rule_is_about(show: Show) -> None:
    row = row_of(show(broken()), "conv1")
    assert RULES["shape"].documentation in row.toolTip()


def test_a_fix_is_one_step_of_undo(show: Show, qtbot: QtBot) -> None:
    panel = show(broken())
    document = panel.document
    button = buttons(row_of(panel, "conv1"))[0]
    assert button.text() == "Set groups to 1"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert document.graph["conv1"].block == Conv2d(8, groups=1)
    assert document.undo_stack.count() == 1 and document.undo_stack.undoText() == "Set groups to 1"
    qtbot.waitUntil(lambda: not any("groups" in row.sentence.text() for row in panel.rows))
    document.undo_stack.undo()
    assert document.graph == broken()
    qtbot.waitUntil(lambda: any("groups" in row.sentence.text() for row in panel.rows))


def test_enter_and_double_click_lead_to_the_node(show: Show, qtbot: QtBot) -> None:
    panel = show(broken())
    revealed: list[str] = []
    panel.reveal.connect(revealed.append)
    row = row_of(panel, "conv1")
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert revealed == ["conv1"] and "conv1" in panel.document.selection
    panel.document.select(())
    qtbot.mouseDClick(row, Qt.MouseButton.LeftButton)
    assert revealed == ["conv1", "conv1"] and "conv1" in panel.document.selection


def test_arrows_walk_through_the_findings(show: Show, qtbot: QtBot) -> None:
    graph = broken().remove("fc1")
    panel = show(graph.connect("input1", "conv2"))
    assert len(panel.rows) >= 2
    panel.rows[0].setFocus()
    qtbot.keyClick(panel.rows[0], Qt.Key.Key_Down)
    assert QApplication.focusWidget() is panel.rows[1]
    qtbot.keyClick(panel.rows[1], Qt.Key.Key_Up)
    assert QApplication.focusWidget() is panel.rows[0]


def test_no_item_of_a_layout_is_known_to_python_when_rows_change_their_places(qtbot: QtBot) -> None:
    def items() -> list[object]:
        return [each for each in getAllValidWrappers() if type(each) is QWidgetItem]

    document, place = Document(Project(broken())), QWidget()
    qtbot.addWidget(place)
    found = list(document.diagnostics)
    column, before = QVBoxLayout(place), items()
    rows = show_rows(column, [], found, lambda diagnostic: ProblemRow(document, diagnostic, place))
    own = [each for each in items() if each not in before]
    shown = show_rows(column, rows, found[::-1], lambda diagnostic: ProblemRow(document, diagnostic, place))
    assert len(found) > 1 and [column.indexOf(row) for row in rows[::-1]] == [*range(len(rows))]
    assert shown == rows[::-1]
    after = [each for each in items() if each not in before]
    assert after == own and not any(each.widget() in rows for each in after), "Qt deletes those of rows that move"


def test_a_sound_network_has_no_problems(show: Show, qtbot: QtBot) -> None:
    draw = Sketch()
    draw.chain(draw(Input((64,))), Linear(32), Linear(10))
    panel = show(broken())
    assert not panel.empty.isVisible()
    panel.document.edit_graph("Another", draw.graph())
    qtbot.waitUntil(lambda: len(panel.rows) < 2)
    assert not any(row.diagnostic.severity == "error" for row in panel.rows)


def test_many_findings_are_cut_with_their_number(show: Show) -> None:
    draw = Sketch()
    draw(Input((3, 8, 8)))
    for _ in range(MOST + 20):
        draw(Conv2d(4, groups=3), "input1")
    panel = show(draw.graph())
    assert len(panel.rows) == MOST and panel.more.isVisible() and "more problems" in panel.more.text()


def test_a_hidden_panel_waits_until_it_is_seen(show: Show, qtbot: QtBot) -> None:
    panel = show(broken())
    panel.hide()
    before = [row.diagnostic for row in panel.rows]
    panel.document.edit_graph("Remove", panel.document.graph.remove("conv1", "conv2", "fc1"))
    qtbot.wait(20)
    assert [row.diagnostic for row in panel.rows] == before
    panel.show()
    assert all("conv1" not in row.diagnostic.nodes for row in panel.rows)

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, MaxPool2d
from cnnstudio.graph import Graph, Sketch
from cnnstudio.headroom import NoRoomError
from cnnstudio.insight.node_times import NodeTimes
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.summary_model import MACS, NODE, OUTPUT, PARAMETERS, SEES, TIME
from cnnstudio.ui.network.summary_view import MARGIN, SummaryPanel
from cnnstudio.ui.network.timing_row import ASK
from cnnstudio.ui.run import Run
from cnnstudio.wording import closer
from cnnstudio.worker import Report

Show = Callable[[Graph], SummaryPanel]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(graph: Graph) -> SummaryPanel:
        panel = SummaryPanel(Document(Project(graph)), Run())
        qtbot.addWidget(panel)
        panel.resize(900, 400)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return made


def small() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Conv2d(64, 3, padding=1), MaxPool2d(2), Conv2d(8, 3), Flatten(), Linear(10))
    return draw.graph()


def cells(panel: SummaryPanel, column: int) -> list[str]:
    return [str(panel.model.index(row, column).data()) for row in range(panel.model.rowCount())]


def click(qtbot: QtBot, panel: SummaryPanel, row: int, key: Qt.KeyboardModifier) -> None:
    where = panel.table.visualRect(panel.model.index(row, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, key, where)


def test_it_says_what_every_node_comes_to(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    assert cells(panel, NODE) == ["input1", "conv1", "pool1", "conv2", "flatten1", "fc1"]
    assert cells(panel, PARAMETERS)[1] == "1,792" and cells(panel, MACS)[1] == "1.77 M"
    qtbot.waitUntil(lambda: cells(panel, SEES)[3] == "8 × 8")
    totals = panel.document.analysis.totals
    assert totals is not None and panel.totals.labels[PARAMETERS].text() == f"{totals.parameters:,}"


def test_the_menu_of_the_table_sorts_it_and_copies_it(show: Show, qtbot: QtBot) -> None:
    panel = show(small())

    def choose(title: str) -> None:
        menu = panel.menu()
        action = next(each for each in menu.actions() if each.text() == title)
        action.trigger()
        menu.deleteLater()

    before = cells(panel, NODE)
    choose("By Parameters")
    fewest = cells(panel, PARAMETERS)
    assert cells(panel, NODE) != before
    choose("By Parameters")
    assert cells(panel, PARAMETERS) == fewest[::-1]
    choose("In the order of the network")
    assert cells(panel, NODE) == before
    assert {"As text", "As Markdown", "As CSV"} == {
        each.text() for each in panel.menu().actions()[-1].menu().actions()
    }  # fmt: skip


def test_totals_are_blank_while_a_shape_is_unknown(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    panel.document.edit_graph("Break", panel.document.graph.replace("conv1", Conv2d(64, groups=2)))
    qtbot.waitUntil(lambda: panel.totals.labels[PARAMETERS].text() == "")
    assert panel.totals.labels[NODE].text() == "No totals yet"
    assert cells(panel, 2)[1:3] == ["does not fit", "waits"]
    panel.document.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.totals.labels[PARAMETERS].text() != "")


def test_selection_goes_both_ways(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    click(qtbot, panel, 1, Qt.KeyboardModifier.NoModifier)
    click(qtbot, panel, 3, Qt.KeyboardModifier.ControlModifier)
    assert panel.document.selection == ("conv1", "conv2")
    panel.document.select(("fc1",))
    qtbot.waitUntil(lambda: [i.row() for i in panel.table.selectionModel().selectedRows()] == [5])
    assert panel.document.selection == ("fc1",)


def test_a_click_on_the_heading_sorts_and_keeps_the_selection(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    panel.document.select(("conv1",))
    header = panel.table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(PARAMETERS) + 40, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert cells(panel, NODE)[:3] == ["fc1", "conv2", "conv1"]
    assert [i.row() for i in panel.table.selectionModel().selectedRows()] == [2]
    assert panel.document.selection == ("conv1",)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert cells(panel, NODE)[:2] == ["input1", "conv1"]


def test_shares_are_of_the_whole_network(show: Show) -> None:
    model = show(small()).model
    shares = [model.share(row, MACS) or 0.0 for row in model.rows]
    assert sum(shares) == pytest.approx(1.0) and shares[1] == max(shares)


def test_it_is_copied_with_exact_numbers_and_totals(show: Show) -> None:
    panel = show(small())
    menu = panel.copy_button.menu()
    texts = {}
    for action in menu.actions():
        action.trigger()
        texts[action.text()] = QGuiApplication.clipboard().text()
    totals = panel.document.analysis.totals
    assert totals is not None
    assert "| conv1 | Conv2d | 64 × 32 × 32 | 1792 | 1769472 | 262144 |" in texts["As Markdown"]
    assert texts["As CSV"].splitlines()[-1].startswith(f"Total,,,{totals.parameters},{totals.macs},")
    assert texts["As text"].splitlines()[0].startswith("Block") and "conv2" in texts["As text"]


def test_inside_a_composite_it_lists_the_parts(show: Show, qtbot: QtBot) -> None:
    from cnnstudio.blocks import Residual

    draw = Sketch()
    draw(Residual(16), draw(Input((16, 8, 8))))
    panel = show(draw.graph())
    panel.document.enter((panel.document.graph.order[-1],))
    qtbot.waitUntil(lambda: panel.model.rowCount() > 5)
    assert "add1" in cells(panel, NODE) or "add" in " ".join(cells(panel, NODE))


def test_a_narrow_panel_shows_the_columns_that_matter_most(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    assert not any(panel.table.isColumnHidden(column) for column in range(panel.model.columnCount()) if column != TIME)
    panel.resize(300, 400)
    qtbot.waitUntil(lambda: panel.table.isColumnHidden(SEES))
    assert not panel.table.isColumnHidden(NODE) and not panel.table.isColumnHidden(PARAMETERS)
    assert not panel.table.horizontalScrollBar().isVisible()
    assert "MACs" in panel.model.as_markdown()


def test_the_numbers_stay_in_view_beside_long_names(show: Show, qtbot: QtBot) -> None:
    draw = Sketch()
    draw(Conv2d(6, 5), draw(Input((1, 28, 28))), name="the_" + "very_" * 9 + "long_name")
    panel = show(draw.graph())
    panel.resize(356, 400)
    qtbot.waitUntil(lambda: panel.table.isColumnHidden(SEES))
    assert not any(panel.table.isColumnHidden(column) for column in (NODE, OUTPUT, PARAMETERS, MACS))
    assert not panel.table.horizontalScrollBar().isVisible()
    metrics, room = panel.table.fontMetrics(), panel.table.columnWidth(OUTPUT) - 2 * MARGIN
    shown = [closer(row.output) for row in panel.model.rows]
    assert shown == [metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) for text in shown]


def took(graph: Graph) -> NodeTimes:
    """A block takes a millisecond forward for each that stands before it, and twice that backward."""
    each = {name: 1e-3 * place for place, name in enumerate(graph.order) if place}
    return NodeTimes(each, {name: 2 * seconds for name, seconds in each.items()}, (0.02, 0.03), 64, 20, "CPU")


def test_measured_time_has_a_column_with_shares_until_the_network_changes(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    assert panel.table.isColumnHidden(TIME) and "Time" not in panel.model.as_csv()
    panel.document.times.keep(panel.document.graph, took(panel.document.graph))
    qtbot.waitUntil(lambda: not panel.table.isColumnHidden(TIME), timeout=5_000)
    assert cells(panel, TIME) == ["0", "3.00 ms", "6.00 ms", "9.00 ms", "12.0 ms", "15.0 ms"]
    assert panel.totals.labels[TIME].text() == "45.0 ms"
    assert [panel.model.share(row, TIME) for row in panel.model.rows][-1] == pytest.approx(1 / 3)
    assert panel.model.as_csv().splitlines()[0] == (
        "Block,Kind,Output,Parameters,MACs,Time (ns),Memory (bytes),Receptive field"
    )
    assert "15000000" in panel.model.as_csv().splitlines()[-2]
    assert panel.timing.text.text() == "64 images: 15.0 ms forward, 30.0 ms backward, CPU"
    assert "20.0 ms forward and 30.0 ms backward" in panel.timing.text.toolTip()
    panel.resize(300, 400)
    qtbot.waitUntil(lambda: panel.table.isColumnHidden(SEES), timeout=5_000)
    assert not panel.table.isColumnHidden(TIME) and not panel.table.isColumnHidden(MACS), "who measured wants to see it"
    panel.document.edit_graph("Filters", panel.document.graph.replace("conv1", Conv2d(4, 3, padding=1)))
    qtbot.waitUntil(lambda: panel.table.isColumnHidden(TIME), timeout=5_000)
    assert panel.totals.labels[TIME].isHidden() and panel.timing.text.text() == ASK


def test_time_is_measured_when_it_is_asked_for_and_can_be_called_off(
    show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, ends = show(small()), list[bool]()

    def slow(project: Project, report: Report) -> NodeTimes | None:
        while report("Timing", 0.25):
            time.sleep(0.002)
        ends.append(True)
        return None

    monkeypatch.setattr("cnnstudio.insight.node_times.node_times", slow)
    row = panel.timing
    assert row.button.text() == "Measure time" and not row.bar.isVisible()
    row.button.click()
    qtbot.waitUntil(lambda: row.bar.isVisible() and row.bar.value() == 250, timeout=5_000)
    row.button.click()
    assert not row.is_measuring and not row.bar.isVisible() and row.text.text() == ASK
    row.measure()
    panel.document.edit_graph("Filters", panel.document.graph.replace("conv1", Conv2d(4, 3, padding=1)))
    qtbot.waitUntil(lambda: not row.is_measuring, timeout=5_000)
    qtbot.waitUntil(lambda: len(ends) == 2, timeout=5_000)
    panel.timing.measure()
    panel.hide()
    assert row.is_measuring, "it goes on while nobody looks"
    monkeypatch.setattr(Run, "is_active", True)
    panel.run.state_changed.emit("preparing")
    assert not row.is_measuring, "beside a training nothing can be timed"
    qtbot.waitUntil(lambda: len(ends) == 3, timeout=5_000)


def test_why_nothing_can_be_timed_is_said_in_the_row(show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = show(small())

    def refuse(project: Project, report: Report) -> None:
        raise NoRoomError("The memory is not enough.")

    monkeypatch.setattr("cnnstudio.insight.node_times.node_times", refuse)
    panel.timing.measure()
    qtbot.waitUntil(lambda: panel.timing.text.text() == "The memory is not enough.", timeout=5_000)
    monkeypatch.setattr(Run, "is_active", True)
    panel.timing.look()
    assert not panel.timing.button.isEnabled()
    panel.document.edit_graph("Break", panel.document.graph.replace("conv1", Conv2d(64, groups=2)))
    qtbot.waitUntil(panel.timing.isHidden, timeout=5_000)

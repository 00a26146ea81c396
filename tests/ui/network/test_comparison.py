from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.blocks.group import Group, grouped, with_body
from cnnstudio.graph import Edge, Graph, Node, Sketch
from cnnstudio.project import Project, write
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.comparison import ComparisonPanel
from cnnstudio.ui.run import Run

Show = Callable[[Path | None], ComparisonPanel]


def network() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), ReLU(), Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(path: Path | None) -> ComparisonPanel:
        project = Project(network())
        if path is not None:
            write(path, project)
        panel = ComparisonPanel(Document(project, path), Run())
        qtbot.addWidget(panel)
        panel.resize(700, 260)
        with qtbot.waitExposed(panel):
            panel.show()
        return panel

    return made


def rows(panel: ComparisonPanel) -> list[list[str]]:
    items = [panel.tree.topLevelItem(row) for row in range(panel.tree.topLevelItemCount())]
    return [[item.text(column) for column in range(4)] for item in items if item is not None]


def with_norm(graph: Graph) -> Graph:
    return graph.insert(Edge("conv1", "relu1"), Node("bn1", BatchNorm2d()))


def test_it_follows_every_edit_since_the_last_saved_state(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(tmp_path / "net.cnn")
    panel.with_saved_state()
    qtbot.waitUntil(lambda: panel.empty.text() == "No difference from the last saved state")
    panel.document.edit_graph("Add bn1", with_norm(panel.document.graph))
    qtbot.waitUntil(lambda: len(rows(panel)) == 2)
    assert rows(panel) == [
        ["bn1", "BatchNorm2d", "+8", "0"], ["relu1", "reads bn1 instead of conv1", "0", "0"],
    ]  # fmt: skip
    assert "1 added, 1 rewired" in panel.headline.text()
    assert "1,490 → 1,498 (+8, +0.5%)" in panel.sums.text().replace("\u00a0", " ")
    assert "MACs 2,736 as before" in panel.sums.text().replace("\u00a0", " ")
    panel.document.undo_stack.undo()
    qtbot.waitUntil(lambda: not panel.tree.isVisible())


def test_saving_makes_the_network_its_own_last_state(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(tmp_path / "net.cnn")
    panel.with_saved_state()
    panel.document.edit_graph("Add bn1", with_norm(panel.document.graph))
    qtbot.waitUntil(lambda: len(rows(panel)) == 2)
    write(tmp_path / "net.cnn", panel.document.project)
    panel.document.set_path(tmp_path / "net.cnn")
    qtbot.waitUntil(panel.empty.isVisible)
    panel.document.open(Project(), None)
    qtbot.waitUntil(lambda: panel.other is None)


def test_the_menu_offers_the_runs_newest_first(show: Show, isolated_home: Path, qtbot: QtBot) -> None:
    panel = show(None)
    panel.fill_menu()
    assert "There are no runs yet" in [action.text() for action in panel.menu.actions()]
    for name in ("2026-01-01 10-00-00", "2026-01-02 10-00-00"):
        (isolated_home / "runs" / name).mkdir(parents=True)
        write(isolated_home / "runs" / name / "project.cnn", Project(network().replace("fc1", Linear(3))))
    (isolated_home / "runs" / "broken off").mkdir()
    panel.fill_menu()
    actions = {action.text(): action for action in panel.menu.actions()}
    assert [name for name in actions if name.startswith("2026")] == ["2026-01-02 10-00-00", "2026-01-01 10-00-00"]
    assert not actions["Its last saved state"].isEnabled() and "broken off" not in actions
    actions["2026-01-01 10-00-00"].trigger()
    qtbot.waitUntil(lambda: bool(rows(panel)))
    assert rows(panel)[0][:2] == ["fc1", "out_features 3 → 10; gives 10 instead of 3"]
    assert "2026-01-01 10-00-00" in panel.headline.text()
    panel.fill_menu()
    next(action for action in panel.menu.actions() if action.text() == "Stop comparing").trigger()
    qtbot.waitUntil(lambda: not panel.tree.isVisible())


def test_a_click_leads_to_the_node(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(tmp_path / "net.cnn")
    panel.with_saved_state()
    panel.document.edit_graph("Add bn1", with_norm(panel.document.graph))
    qtbot.waitUntil(lambda: len(rows(panel)) == 2)
    place = panel.tree.visualItemRect(panel.tree.topLevelItem(0)).center()
    with qtbot.waitSignal(panel.reveal) as revealed:
        qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, place.y()))
    assert revealed.args == ["bn1"] and panel.document.selection == ("bn1",)


def test_a_click_on_what_is_gone_leads_nowhere(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(tmp_path / "net.cnn")
    panel.with_saved_state()
    panel.document.edit_graph("Delete", panel.document.graph.remove("fc1"))
    qtbot.waitUntil(lambda: len(rows(panel)) == 1)
    panel._go_to(panel.tree.topLevelItem(0))
    assert panel.document.selection == ()


def test_what_differs_inside_a_group_is_found_there(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(None)
    graph, name = grouped(network(), ("conv1", "relu1"), panel.document.analysis.shape)
    write(tmp_path / "old.cnn", Project(graph))
    block = graph[name].block
    assert isinstance(block, Group)
    new = with_body(graph, (name,), block.body.replace("conv1", Conv2d(4, 3, bias=False)))
    panel.document.open(Project(new), None)
    assert panel.with_file(tmp_path / "old.cnn")
    qtbot.waitUntil(lambda: bool(rows(panel)))
    inner = panel.tree.topLevelItem(0).child(0)
    assert (inner.text(0), inner.text(1), inner.text(2)) == ("conv1", "bias on → off", "−4")
    panel._go_to(inner)
    assert panel.document.scope == (name,) and panel.document.selection == ("conv1",)


def test_a_file_that_cannot_be_read_is_refused_in_words(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(None)
    (tmp_path / "bad.cnn").write_text("[]")
    with qtbot.waitSignal(panel.document.said) as said:
        assert not panel.with_file(tmp_path / "bad.cnn")
    assert "bad.cnn cannot be opened" in said.args[0] and panel.other is None
    with qtbot.waitSignal(panel.document.said) as said:
        panel.with_saved_state()
    assert "never saved" in said.args[0]


def test_the_name_of_a_file_is_no_markup(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(None)
    write(tmp_path / "<u>x.cnn", Project())
    assert panel.with_file(tmp_path / "<u>x.cnn")
    qtbot.waitUntil(lambda: bool(rows(panel)))
    assert "&lt;u&gt;x.cnn" in panel.headline.text()

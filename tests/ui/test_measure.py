"""What is measured, and as what it is shown, as the View menu has it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Graph
from cnnstudio.insight.node_times import NodeTimes
from cnnstudio.project import from_template
from cnnstudio.ui.docking.docks import panel_in
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.network.summary_view import SummaryPanel


@pytest.mark.parametrize("measure", ["parameters", "macs", "memory"])
def test_a_measure_is_shown_as_a_bar_as_heat_or_as_both(window: MainWindow, measure: str) -> None:
    window.document.open(from_template("lenet5"), None)
    bound, canvas = window.commands.bound, window.canvas.scene()
    item = canvas.nodes["conv2"]
    window.commands.refresh()
    assert not bound["share-bar"].isEnabled()
    bound[f"measure-{measure}"].trigger()
    assert item.share is not None
    assert (item.shares_as.bar, item.heat is not None) == (True, True)
    bound["share-heat"].trigger()
    assert (item.shares_as.bar, item.heat is not None) == (True, False)
    bound["share-heat"].trigger()
    bound["share-bar"].trigger()
    assert (item.shares_as.bar, item.heat is not None) == (False, True)
    assert (bound["share-bar"].isChecked(), bound["share-heat"].isChecked()) == (False, True)
    bound[f"measure-{measure}"].trigger()
    assert item.share is not None, "it is one choice of several"
    bound["measure-off"].trigger()
    assert item.share is None
    assert canvas.shares_as.bar is False, "it is remembered"


def took(graph: Graph) -> NodeTimes:
    """The second half of the blocks takes twice the time of the first, and a fifth of it forward."""
    order = graph.order
    each = {name: 1e-3 if 2 * place < len(order) else 2e-3 for place, name in enumerate(order)}
    return NodeTimes(each, {name: 4 * seconds for name, seconds in each.items()}, (0.02, 0.09), 64, 20, "CPU")


def test_measured_time_is_a_measure_until_the_network_changes(window: MainWindow) -> None:
    window.document.open(from_template("lenet5"), None)
    document, canvas = window.document, window.canvas.scene()
    document.times.keep(document.graph, took(document.graph))
    window.commands.refresh()
    window.commands.bound["measure-time"].trigger()
    first, last = (canvas.nodes[name].share for name in (document.graph.order[0], document.graph.order[-1]))
    assert first is not None and last is not None and last.of_all == pytest.approx(2 * first.of_all)
    assert last.of_most == 1.0 and str(last).endswith("of measured time")
    document.edit_graph("Move", document.graph.move({"conv1": (7.0, 900.0)}))
    assert canvas.nodes["conv1"].share is not None, "where a block stands takes no time"
    document.edit_graph("Filters", document.graph.replace("conv1", Conv2d(7, 5)))
    assert canvas.nodes["conv1"].share is None and not document.view_times
    document.undo_stack.undo()
    assert canvas.nodes["conv1"].share is not None


def test_the_command_measures_in_the_summary(window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    window.document.open(from_template("lenet5"), None)
    monkeypatch.setattr("cnnstudio.insight.node_times.node_times", lambda project, report: took(project.graph))
    window.commands.refresh()
    window.commands.bound["time-blocks"].trigger()
    panel = panel_in(window.docks["summary"], SummaryPanel)
    qtbot.waitUntil(lambda: panel.model.has_times, timeout=5_000)
    qtbot.waitUntil(window.commands.bound["measure-time"].isEnabled, timeout=5_000)


def test_of_several_choices_one_is_marked_as_such(window: MainWindow) -> None:
    window.document.open(from_template("lenet5"), None)
    bound = window.commands.bound
    window.commands.refresh()
    assert not bound["measure-time"].isEnabled(), "nothing is measured yet"
    window.document.times.keep(window.document.graph, took(window.document.graph))
    window.commands.refresh()
    for choices in ("measure", "scheme"):
        names = [name for name, action in window.commands.declared.items() if action.one_of == choices]
        group = bound[names[0]].actionGroup()
        assert group is not None and group.isExclusive() and len(group.actions()) == len(names) > 2
        for name in reversed(names):
            bound[name].trigger()
            assert [each for each in names if bound[each].isChecked()] == [name]

"""What the colours of the canvas measure is written on it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from cnnstudio.graph import Graph
from cnnstudio.insight.node_times import NodeTimes
from cnnstudio.project import Project
from cnnstudio.ui.canvas.scene.cost_overlay import MEASURES
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document


def test_the_legend_of_the_heat_names_its_measure(qtbot: QtBot, chain: Graph) -> None:
    view = CanvasView(Document(Project(chain)))
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show()
    legend = view.cost_legend
    assert not legend.isVisible()
    view.document.times.keep(
        chain, NodeTimes(dict.fromkeys(chain.order, 1e-3), dict.fromkeys(chain.order, 2e-3), (0.1, 0.2), 8, 20, "CPU")
    )
    for key, measure in MEASURES.items():
        view.set_measure(key)
        assert legend.isVisible() and legend.text == legend.accessibleName() == f"Share of {measure.noun}"
    view.resize(500, 300)
    assert view.rect().contains(legend.geometry()) and legend.geometry().right() == view.width() - 13
    view.set_measure(None)
    assert not legend.isVisible()
    view.set_measure("time")
    view.document.edit_graph("Delete", chain.remove(chain.order[-1]))
    assert not legend.isVisible(), "of this network nothing was measured"
    view.document.undo_stack.undo()
    assert legend.isVisible()

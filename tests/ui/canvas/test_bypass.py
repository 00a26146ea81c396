"""Bypass: blocks that pass on what enters them, by key and menu, and what is seen and said of them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Conv2d, ConvBNReLU, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.description import BYPASSED, told_kind, told_node
from cnnstudio.editing.wires import misfit
from cnnstudio.graph import Graph, Node, Shape
from cnnstudio.ui.canvas.scene.cost_overlay import MEASURES, shares
from cnnstudio.ui.network.inspector import InspectorPanel


@pytest.fixture
def pooled() -> Graph:
    return Graph.of(
        [
            Node("input1", Input((3, 16, 16)), (), (0.0, 60.0)),
            Node("conv1", Conv2d(8, padding=1), ("input1",), (280.0, 60.0)),
            Node("pool1", MaxPool2d(8), ("conv1",), (560.0, 60.0)),
            Node("conv2", Conv2d(4, 5), ("conv1",), (560.0, 260.0)),
            Node("conv3", Conv2d(4, 2), ("pool1",), (840.0, 60.0)),
        ]
    )


def bypassed(graph: Graph) -> set[str]:
    return {node.name for node in graph if node.bypassed}


def test_m_bypasses_the_selection_and_ends_the_bypass(window, qtbot, chain):
    document, action = window.document, window.commands.bound["bypass"]
    document.edit_graph("Draw", chain)
    steps = document.undo_stack.count()
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.canvas.hasFocus())

    def press() -> None:
        QApplication.processEvents()  # what can be done is asked when the events are
        qtbot.keyClick(window.canvas, Qt.Key.Key_M)
        QApplication.processEvents()

    assert not action.isEnabled()
    document.select(("conv1", "relu1"))
    press()
    assert bypassed(document.graph) == {"conv1", "relu1"}
    assert document.undo_stack.count() == steps + 1
    assert document.undo_stack.undoText() == "Bypass 2 blocks"
    assert action.isChecked()
    document.select(("relu1", "conv2"))
    QApplication.processEvents()
    assert not action.isChecked()
    press()  # some of them act, so all are bypassed
    assert bypassed(document.graph) == {"conv1", "relu1", "conv2"}
    press()
    assert bypassed(document.graph) == {"conv1"}
    assert document.undo_stack.undoText() == "End the bypass of 2 blocks"
    document.undo_stack.setIndex(steps)
    assert document.graph == chain


def test_an_input_has_nothing_to_pass_on(hand_on, chain):
    hand = hand_on(chain)
    hand.view.bypass()
    hand.document.select(("input1",))
    hand.view.bypass()
    assert hand.graph == chain
    assert hand.said == [
        "Select the blocks to bypass first.",
        "input1 (Input) reads nothing that it could pass on: no bypass for it.",
    ]
    hand.view.select_all()
    hand.view.bypass()
    assert bypassed(hand.graph) == {"conv1", "relu1", "conv2"}


def test_what_it_breaks_is_said_with_both_shapes(hand_on, pooled):
    hand = hand_on(pooled)
    hand.document.select(("conv1",))
    hand.view.bypass()
    assert hand.said == []
    hand = hand_on(pooled.replace("pool1", Flatten()).replace("conv3", Linear(10)))
    hand.document.select(("pool1",))
    hand.view.bypass()
    (said,) = hand.said
    assert said.startswith(f"conv3 (Linear) is now given {Shape(8, 16, 16)} instead of {Shape(2048)}, which does not")
    assert "conv3" in hand.view.scene().analysis.errors
    hand.view.bypass()
    assert len(hand.said) == 1
    assert not hand.view.scene().analysis.errors


def test_several_that_no_longer_fit_are_counted(hand_on):
    heads = [Node(f"head{n}", Linear(10), ("flat",)) for n in range(3)]
    hand = hand_on(Graph.of([Node("image", Input((3, 8, 8))), Node("flat", Flatten(), ("image",)), *heads]))
    hand.document.select(("flat",))
    hand.view.bypass()
    assert hand.said[0].endswith(" The same goes for 2 more.")


def test_a_bypassed_node_says_so(hand_on, pooled):
    hand = hand_on(pooled.bypass(["pool1"]))
    item = hand.view.scene_item("pool1")
    assert item.sentence() == f"pool1: MaxPool2d 8×8. {BYPASSED} Output {Shape(8, 16, 16)}."
    assert told_node(hand.document.analysis, "pool1").endswith(f". {BYPASSED}")
    assert BYPASSED not in told_node(hand.document.analysis, "conv1")
    assert told_kind(hand.document.analysis, "pool1") == "MaxPool2d 8×8, bypassed"
    assert told_kind(hand.document.analysis, "conv1") == "Conv2d 8 · 3×3 · p 1"
    assert item.look != hand_on(pooled).view.scene_item("pool1").look
    texts = [text.text() for level in range(3) for _, text, *_ in item._layout_texts(level)]
    assert len([text for text in texts if text.startswith("Bypassed")]) == 2
    assert "8×8" not in " ".join(texts)
    assert hand.view.scene().overview.bodies()[None] == [item.body]


def painted(hand, zoom: float) -> QImage:
    hand.view.zoom_by(zoom / hand.view.zoom)
    hand.view.centerOn(hand.body("pool1"))
    return hand.view.viewport().grab().toImage()


@pytest.mark.parametrize("zoom", [1.5, 1.0, 0.6, 0.4, 0.2])
def test_it_looks_otherwise_at_every_zoom(hand_on, pooled, zoom):
    assert painted(hand_on(pooled), zoom) != painted(hand_on(pooled.bypass(["pool1"])), zoom)


def test_a_wire_may_enter_what_would_not_take_it(pooled):
    graph = pooled.replace("conv2", Conv2d(4, 32))
    assert misfit(infer(graph), "conv1", "conv2", 0) is not None
    assert misfit(infer(graph.bypass(["conv2"])), "conv1", "conv2", 0) is None


def test_a_block_that_is_bypassed_where_it_does_not_fit_does_not_open(hand_on):
    graph = Graph.of(
        [
            Node("image", Input((3, 8, 8))),
            Node("flat", Flatten(), ("image",)),
            Node("block", ConvBNReLU(4), ("flat",)),
            Node("relu1", ReLU(), ("block",)),
        ]
    )
    hand = hand_on(graph.bypass(["block"]))
    assert hand.document.analysis.shape("relu1") == Shape(192)
    hand.view.enter("block")
    assert hand.document.scope == ()
    assert hand.said == ["block has no parts to look into."]


def test_from_afar_it_is_seen_at_once(hand_on, pooled):
    hand = hand_on(pooled)
    hand.document.select(("pool1",))
    hand.view.bypass()
    assert hand.view.scene().overview.bodies()[None] == [hand.view.scene_item("pool1").body]
    hand.document.undo_stack.undo()
    assert None not in hand.view.scene().overview.bodies()


def test_it_has_no_share_of_anything(pooled):
    analysis = infer(pooled.bypass(["pool1"]))
    for measure in MEASURES.values():
        found = shares(analysis, measure, dict.fromkeys(pooled.order, 5))
        assert "pool1" not in found
        assert sum(share.of_all for share in found.values()) == pytest.approx(1.0)


def test_the_window_tells_what_is_bypassed(window, pooled):
    window.document.edit_graph("Draw", pooled.bypass(["pool1"]))
    window.document.select(("pool1",))
    QApplication.processEvents()
    assert window.statusBar().totals.text().startswith("4 blocks and 1 bypassed   ·")
    inspector = window.findChild(InspectorPanel)
    assert BYPASSED in inspector.outcome.text.text()
    assert "Memory" not in inspector.outcome.text.text()
    window.document.select(("pool1", "conv2"))
    QApplication.processEvents()
    assert "Parameters" in inspector.outcome.text.text()


def test_the_parameters_of_a_bypassed_block_can_be_set(window, qtbot, pooled):
    window.document.edit_graph("Draw", pooled.bypass(["conv1"]))
    window.document.select(("conv1",))
    QApplication.processEvents()
    inspector = window.findChild(InspectorPanel)
    field = inspector.form.editor("out_channels")
    field.line.selectAll()
    qtbot.keyClicks(field.field, "12")
    qtbot.waitUntil(lambda: window.document.graph["conv1"].block == Conv2d(12, padding=1))
    assert window.document.graph["conv1"].bypassed
    assert window.document.analysis.facts["conv1"].parameters == 0
    window.canvas.bypass()
    assert window.document.analysis.shape("conv1") == Shape(12, 16, 16)

"""Layout, alignment, composites."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPointF, Qt

from cnnstudio.blocks import Bottleneck, Conv2d, ConvBNReLU, ConvNeXtBlock, Residual, SqueezeExcite
from cnnstudio.compiler.inference import infer
from cnnstudio.project import read
from cnnstudio.resources import resource
from cnnstudio.ui.canvas.scene.node_face import MIDDLE as SHAPES


def test_arrange_lays_out_all_or_the_selection(hand_on, fork):
    hand = hand_on(fork.move(dict.fromkeys(fork.nodes, (0.0, 0.0))))
    hand.view.arrange()
    assert not hand.overlapping()
    assert hand.document.undo_stack.count() == 1
    hand.document.undo_stack.undo()
    hand.document.select(("conv1", "conv2"))
    hand.view.arrange()
    moved = {node.name for node in hand.graph if node.position != (0.0, 0.0)}
    assert moved
    assert moved <= {"conv1", "conv2"}


def test_parts_of_a_block_are_arranged_where_they_stand_and_cover_nothing(hand_on):
    hand = hand_on(read(resource("examples", "small_resnet.cnn")).graph)
    hand.document.select(("stage1_1",))
    hand.view.ungroup()
    assert len(hand.document.selection) == 7
    hand.view.arrange()
    frames = hand.view.scene().frames.rects
    assert not hand.overlapping()
    assert not any(frames[a].intersects(frames[b]) for a, b in combinations(frames, 2))
    assert hand.document.undo_stack.count() == 2
    hand.document.undo_stack.undo()
    hand.document.undo_stack.undo()
    assert hand.graph == read(resource("examples", "small_resnet.cnn")).graph


@pytest.mark.parametrize("block", [Residual(8), Bottleneck(8), SqueezeExcite(), ConvNeXtBlock()])
def test_the_inside_of_a_block_is_seen_with_its_shapes(hand_on, chain, block):
    hand = hand_on(chain.replace("conv1", block))
    hand.view.resize(674, 474)  # what is left of a window of 1280 × 800
    hand.view.enter("conv1")
    assert hand.view.zoom >= SHAPES
    assert not hand.overlapping()


@pytest.mark.parametrize("side", ["left", "center", "right", "top", "middle", "bottom"])
def test_align(hand_on, fork, side):
    hand = hand_on(fork)
    hand.document.select(("input1", "conv1", "conv2"))
    hand.view.align(side)
    axis = 0 if side in ("left", "center", "right") else 1
    places = {hand.graph[name].position[axis] for name in ("input1", "conv1", "conv2")}
    assert len(places) == 1
    assert hand.graph["add1"].position == fork["add1"].position


def test_distribute(hand_on, chain):
    hand = hand_on(chain.move({"conv1": (500.0, 60.0)}))
    hand.document.select(("input1", "conv1", "relu1"))
    hand.view.distribute(across=True)
    assert [hand.graph[name].position[0] for name in ("input1", "conv1", "relu1")] == [0.0, 280.0, 560.0]


def test_a_composite_is_entered_left_and_ungrouped(hand_on, chain):
    graph = chain.replace("conv1", ConvBNReLU(8))
    hand = hand_on(graph)
    before = hand.view.visible().center()
    hand.double_click(hand.body("conv1"))
    assert hand.document.scope == ("conv1",)
    assert len(hand.view.scene().nodes) == 4
    assert not hand.overlapping()
    assert hand.view.breadcrumb.isVisible()
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.scope == ()
    assert not hand.view.breadcrumb.isVisible()
    assert (hand.view.visible().center() - before).manhattanLength() < 3, "the view is where it was"
    assert hand.document.selection == ("conv1",)
    hand.view.ungroup()
    assert "conv1" not in hand.graph
    assert not hand.overlapping()
    shapes = infer(hand.graph)
    assert shapes.shape("relu1") == infer(graph).shape("relu1")
    assert hand.document.undo_stack.count() == 1
    hand.document.undo_stack.undo()
    assert hand.graph == graph


def test_enter_opens_the_selected_composite(hand_on, chain):
    hand = hand_on(chain.replace("conv1", ConvBNReLU(8)))
    hand.click(hand.body("conv1"))
    hand.key(Qt.Key.Key_Return)
    assert hand.document.scope == ("conv1",)


def test_what_has_no_parts_is_not_entered(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv1"))
    asked: list[str] = []
    hand.view.activated.connect(asked.append)
    hand.key(Qt.Key.Key_Return)
    assert (hand.document.scope, asked) == ((), ["conv1"]), "Enter does what a double-click does"
    hand.view.enter()
    assert "no parts" in hand.said[-1]
    hand.view.ungroup()
    assert "made of blocks" in hand.said[-1]
    assert hand.graph == chain


def test_a_composite_without_a_shape_is_not_ungrouped(hand_on, chain):
    hand = hand_on(chain.replace("conv2", ConvBNReLU(8)))
    hand.click(hand.body("conv2"))
    hand.view.ungroup()
    assert "no shape yet" in hand.said[-1]


def test_commands_inside_a_composite_say_why_not(hand_on, chain):
    graph = chain.replace("conv1", ConvBNReLU(8))
    hand = hand_on(graph)
    hand.document.enter(("conv1",))
    hand.view.select_all()
    for command in (hand.view.delete, hand.view.arrange, hand.view.duplicate, hand.view.ungroup, hand.view.quick_add):
        command()
        assert "Ungroup" in hand.said[-1]
    hand.view.nudge(5, 5)
    hand.view.cut()
    hand.drag(hand.output("input1"), QPointF(0, 400))
    assert hand.graph == graph


def test_a_double_click_on_a_plain_node_activates_it(hand_on, chain):
    hand = hand_on(chain)
    activated = []
    hand.view.activated.connect(activated.append)
    hand.double_click(hand.body("conv1"))
    assert activated == ["conv1"]
    assert isinstance(hand.graph["conv1"].block, Conv2d)


def test_a_group_of_several_rows_does_not_cover_the_input(hand_on, chain):
    hand = hand_on(chain.move({"input1": (0.0, 0.0), "conv1": (268.0, 0.0), "relu1": (0.0, 140.0)}))
    hand.document.select(("conv1", "relu1"))
    hand.view.group()
    graph = hand.document.graph
    assert [graph[name].position for name in ("input1", "group1")] == [(0.0, 0.0), (268.0, 0.0)]


def test_a_selection_is_folded_into_a_group_that_can_be_edited_inside(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.view.group()
    assert hand.document.selection == ("group1",)
    assert hand.inputs("group1") == ("input1",)
    hand.double_click(hand.body("group1"))
    assert hand.document.scope == ("group1",)
    hand.drag(hand.body("relu1"), hand.body("relu1") + QPointF(0, 90))
    hand.click(hand.body("relu1"))
    hand.key(Qt.Key.Key_Tab)
    hand.answer("maxpool2d")
    assert set(hand.graph.nodes) == {"input1", "group1", "conv2"}
    assert hand.document.analysis.shape("group1") == (8, 16, 16)
    hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.scope == ()
    hand.view.ungroup()
    assert "group1" not in hand.graph
    pool = next(name for name in hand.graph.nodes if name.endswith("pool1"))
    assert infer(hand.graph).shape(pool) == (8, 16, 16)
    while hand.document.undo_stack.canUndo():
        hand.document.undo_stack.undo()
    assert hand.graph == chain


def test_what_cannot_be_a_group_is_a_sentence(hand_on, fork):
    hand = hand_on(fork)
    for names in ((), ("input1",), ("conv1", "conv2")):
        hand.document.select(names)
        hand.view.group()
    assert len(hand.said) == 3
    assert hand.graph == fork


def test_undo_while_inside_never_strands_anybody(hand_on, chain):
    broken = chain.replace("conv1", ConvBNReLU(8, 64))
    hand = hand_on(broken)
    hand.document.edit_graph("Mend", broken.replace("conv1", ConvBNReLU(8)))
    hand.document.enter(("conv1",))
    hand.document.undo_stack.undo()
    assert hand.graph == broken
    hand.document.undo_stack.redo()
    hand.document.enter(("conv1",))
    hand.view.select_all()
    assert hand.document.selection

"""Moving, splicing, lifting and nudging, by hand."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_drag_moves_a_node_in_one_step(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv2"), hand.body("conv2") + QPointF(40, 30))
    assert hand.graph["conv2"].position == (320.0, 350.0)
    assert hand.document.undo_stack.count() == 1
    hand.document.undo_stack.undo()
    assert hand.graph == chain
    assert hand.view.scene_item("conv2").pos() == QPointF(280, 320)


def test_the_whole_selection_moves_with_the_node_that_is_dragged(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.drag(hand.body("conv1"), hand.body("conv1") + QPointF(10, 50))
    assert hand.graph["conv1"].position == (290.0, 110.0)
    assert hand.graph["relu1"].position == (570.0, 110.0)
    assert hand.graph["input1"].position == (0.0, 60.0)


def test_items_follow_the_pointer_before_the_graph_does(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv1"), hand.body("conv1") + QPointF(0, 80), let_go=False)
    assert hand.view.scene_item("conv1").pos() == QPointF(280, 140)
    assert hand.graph == chain


def test_escape_gives_a_drag_up(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv1"), hand.body("conv1") + QPointF(0, 80), let_go=False)
    hand.key(Qt.Key.Key_Escape)
    hand.release(hand.body("conv1") + QPointF(0, 80))
    assert hand.graph == chain
    assert hand.view.scene_item("conv1").pos() == QPointF(280, 60)
    assert hand.document.undo_stack.count() == 0


def test_a_lone_node_dropped_on_a_wire_is_spliced_in(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv2"), hand.along("conv1", "relu1", 0.5))
    assert hand.inputs("conv2") == ("conv1",)
    assert hand.inputs("relu1") == ("conv2",)
    assert hand.graph["relu1"].position[0] > hand.graph["conv2"].position[0] + 184, "room is made for it"
    assert hand.document.undo_stack.count() == 1


def test_a_wired_node_dropped_on_a_wire_only_moves(hand_on, fork):
    hand = hand_on(fork)
    hand.drag(hand.body("conv2"), hand.along("conv1", "cat1", 0.5))
    assert hand.inputs("cat1") == fork["cat1"].inputs
    assert hand.inputs("conv2") == ("input1",)


def test_shift_lifts_a_node_off_its_wires_and_they_heal(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv1"), hand.body("conv1") + QPointF(0, 120), SHIFT)
    assert hand.inputs("relu1") == ("input1",)
    assert hand.inputs("conv1") == (None,)
    assert hand.graph["conv1"].position == (280.0, 180.0)
    hand.document.undo_stack.undo()
    assert hand.graph == chain


def test_snapping_puts_nodes_on_the_grid_and_shift_turns_it_round(hand_on, chain):
    hand = hand_on(chain)
    hand.view.snaps = True
    hand.drag(hand.body("conv2"), hand.body("conv2") + QPointF(41, 31))
    x, y = hand.graph["conv2"].position
    assert (x % 12, y % 12) == (0, 0)
    start = hand.body("conv2")
    hand.drag(start, start + QPointF(41, 31), let_go=False)
    hand.move(start + QPointF(41, 31), SHIFT)
    hand.release(start + QPointF(41, 31), SHIFT)
    assert hand.graph["conv2"].position == (x + 41, y + 31)


def test_arrows_nudge_and_a_row_of_nudges_is_one_step(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv2"))
    for _ in range(3):
        hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Down)
    assert hand.graph["conv2"].position == (280.0 + 36.0, 320.0 + 12.0)
    assert hand.document.undo_stack.count() == 1


def test_nothing_moves_inside_a_composite(hand_on, chain):
    from cnnstudio.blocks import ConvBNReLU

    graph = chain.replace("conv1", ConvBNReLU(8))
    hand = hand_on(graph)
    hand.double_click(hand.body("conv1"))
    assert hand.document.scope == ("conv1",)
    inner = next(name for name in hand.view.scene().nodes if name.startswith("conv"))
    before = hand.view.scene_item(inner).pos()
    hand.drag(hand.body(inner), hand.body(inner) + QPointF(0, 60))
    assert hand.graph == graph
    assert hand.view.scene_item(inner).pos() == before
    assert "Ungroup" in hand.said[-1]


def test_the_map_in_the_corner_moves_the_view(hand_on, chain):
    hand = hand_on(chain)
    hand.view.set_minimap(True)
    hand.view.zoom_by(2.0)
    assert hand.view.shows_map
    before = hand.view.visible().center()
    rect = hand.view._map.rect
    hand.click(hand.view.mapToScene(rect.left() + 20, rect.top() + 20))
    after = hand.view.visible().center()
    assert after != before
    assert hand.graph == chain


def test_a_small_view_keeps_its_corner(hand_on, chain):
    hand = hand_on(chain)
    hand.view.set_minimap(True)
    hand.view.zoom_by(2.0)
    assert hand.view.shows_map
    hand.view.resize(420, 260)
    assert not hand.view.shows_map


def test_a_node_falls_into_line_with_its_wires_unless_ctrl_is_held(hand_on, chain):
    hand = hand_on(chain.move({"relu1": (600.0, 200.0)}))
    start = hand.body("relu1")
    hand.drag(start, start + QPointF(30, -136))
    assert hand.graph["relu1"].position == (630.0, 60.0), "its wire is straight"
    hand.document.undo_stack.undo()
    hand.drag(start, start + QPointF(30, -136), CTRL)
    assert hand.graph["relu1"].position == (630.0, 64.0)


def test_a_node_falls_into_line_with_its_neighbours(hand_on, chain):
    hand = hand_on(chain)
    start = hand.body("conv2")
    hand.drag(start, start + QPointF(276, 30), let_go=False)
    assert hand.view.scene_item("conv2").x() == 560.0, "its left side stands below that of relu1"
    assert hand.view.tool._guides.lines, "and a line says so"
    hand.move(start + QPointF(276, 30), CTRL)
    assert hand.view.scene_item("conv2").x() == 556.0 and not hand.view.tool._guides.lines
    hand.release(start + QPointF(276, 30))
    assert hand.graph["conv2"].position == (560.0, 350.0)


def test_a_guide_leads_to_the_nearest_of_those_in_line(hand_on, chain):
    hand = hand_on(chain.move({"input1": (560.0, -300.0), "relu1": (560.0, 60.0), "fc1": (560.0, 900.0)}))
    start = hand.body("conv2")
    hand.drag(start, start + QPointF(276, 100), let_go=False)
    line = next(line for line in hand.view.tool._guides.lines if line.x1() == line.x2() == 560.0)
    nodes = hand.view.scene().nodes
    assert line.p1().y() == nodes["relu1"].body.center().y()
    assert line.p2().y() == nodes["conv2"].body.center().y()
    hand.release(start)

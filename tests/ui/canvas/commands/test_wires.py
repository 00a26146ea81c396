"""Wires by hand: drawn from either end, re-plugged, cut, healed, refused."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.graph import Edge
from cnnstudio.ui.theme import theme

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
EMPTY = QPointF(800.0, 560.0)


def test_a_wire_from_output_to_input(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("relu1"), hand.input("conv2"))
    assert hand.inputs("conv2") == ("relu1",)
    assert hand.document.undo_stack.count() == 1


def test_a_wire_from_input_to_output(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.input("conv2"), hand.output("conv1"))
    assert hand.inputs("conv2") == ("conv1",)


def test_a_wire_snaps_to_a_port_that_is_nearly_hit(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("relu1"), hand.input("conv2") + QPointF(-9, 8))
    assert hand.inputs("conv2") == ("relu1",)


def test_a_wire_dropped_on_a_node_takes_its_free_port(hand_on, fork):
    hand = hand_on(fork)
    hand.drag(hand.output("conv2"), hand.body("cat1"))
    assert hand.inputs("cat1") == ("conv1", "conv2")


def test_a_block_of_any_number_of_inputs_always_has_a_port_to_spare(hand_on, fork):
    hand = hand_on(fork)
    assert hand.view.scene_item("add1").ports == 3
    hand.drag(hand.output("input1"), hand.input("add1", 2))
    assert hand.inputs("add1") == ("conv1", "conv2", "input1")
    assert hand.view.scene_item("add1").ports == 4


def test_a_wire_that_would_close_a_circle_is_refused_in_words(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("relu1"), hand.input("conv1"))
    assert hand.graph == chain
    assert "circle" in hand.said[-1]


def test_a_wire_that_does_not_fit_may_be_plugged_in_and_is_marked(hand_on, fork):
    hand = hand_on(fork)
    hand.drag(hand.output("conv1"), hand.input("fc1"))
    assert hand.inputs("fc1") == ("conv1",)
    assert hand.view.scene_item("fc1").error
    assert hand.view.scene().wires[Edge("conv1", "fc1", 0)].faulty


def test_the_end_of_a_wire_is_plugged_in_elsewhere(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.input("relu1"), hand.input("conv2"))
    assert hand.inputs("relu1") == (None,)
    assert hand.inputs("conv2") == ("conv1",)
    assert hand.document.undo_stack.count() == 1


def test_the_beginning_of_a_wire_is_plugged_in_elsewhere(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.along("conv1", "relu1", 0.25), hand.output("input1"))
    assert hand.inputs("relu1") == ("input1",)


def test_an_end_dropped_in_empty_space_is_unplugged(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.input("relu1"), EMPTY)
    assert hand.inputs("relu1") == (None,)
    assert not hand.view.popup.isVisible()


def test_an_end_moved_among_the_ports_of_one_node(hand_on, fork):
    hand = hand_on(fork)
    hand.drag(hand.input("add1", 0), hand.input("add1", 2))
    assert hand.inputs("add1") == ("conv2", "conv1")


def test_escape_gives_a_wire_up(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.input("relu1"), EMPTY, let_go=False)
    hand.key(Qt.Key.Key_Escape)
    hand.release(EMPTY)
    assert hand.graph == chain
    assert hand.view.scene().wires[Edge("conv1", "relu1", 0)].isVisible()


def test_a_wire_dropped_in_empty_space_offers_what_fits(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("relu1"), EMPTY)
    offered = hand.offered()
    assert "Conv2d" in offered
    assert "Linear" not in offered, "a map does not fit a Linear"
    assert "Input" not in offered
    hand.answer("maxpool")
    assert hand.inputs("pool1") == ("relu1",)
    assert hand.graph["pool1"].position[0] == 800.0
    assert hand.document.undo_stack.count() == 1


def test_a_wire_dropped_backwards_offers_a_block_that_feeds_it(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.input("conv2"), QPointF(60, 420))
    hand.answer("input")
    assert hand.inputs("conv2") == ("input2",)


def test_a_wire_dropped_backwards_offers_what_can_feed_it(hand_on, chain, fork):
    hand = hand_on(chain)
    hand.drag(hand.input("conv2"), QPointF(60, 420))
    offered = hand.offered()
    assert {"Conv2d", "Input", "ReLU", "Add"} <= set(offered)
    assert not {"Linear", "Flatten", "PatchEmbedding"} & set(offered), "what gives a vector is nothing for a Conv2d"
    hand.key(Qt.Key.Key_Escape)
    hand = hand_on(fork)
    hand.drag(hand.input("fc1"), QPointF(440.0, 560.0))
    offered = hand.offered()
    assert {"Flatten", "Linear", "ReLU", "Dropout"} <= set(offered)
    assert not {"Conv2d", "Input", "MaxPool2d"} & set(offered), "what gives a map is nothing for a Linear"
    hand.answer("flatten")
    assert hand.inputs("fc1") == ("flatten2",)


def test_the_block_at_the_end_of_a_wire_hides_nothing(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("input1"), QPointF(250.0, 250.0))
    hand.answer("maxpool")
    body, others = hand.view.scene_item("pool1").body, ("input1", "conv1", "relu1", "conv2")
    assert not any(body.intersects(hand.view.scene_item(other).body) for other in others)
    assert hand.document.undo_stack.count() == 1


def test_escape_in_the_list_changes_nothing(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("relu1"), EMPTY)
    from PySide6.QtTest import QTest

    QTest.keyClick(hand.view.popup.field, Qt.Key.Key_Escape)
    assert not hand.view.popup.isVisible()
    assert hand.graph == chain


def test_ctrl_drag_cuts_what_it_crosses(hand_on, chain):
    hand = hand_on(chain)
    for modifiers in (CTRL, ALT | SHIFT):
        hand.drag(QPointF(232, 20), QPointF(232, 180), modifiers)
        assert hand.inputs("conv1") == (None,)
        assert hand.inputs("relu1") == ("conv1",)
        hand.document.undo_stack.undo()
    hand.drag(QPointF(232, 200), QPointF(520, 20), CTRL)
    assert hand.document.undo_stack.count() == 1, "one stroke is one step"


def test_alt_and_shift_make_a_knife_even_over_a_node(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.body("conv2"), QPointF(510, 20), Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert hand.inputs("relu1") == (None,)
    assert hand.graph["conv2"].position == chain["conv2"].position


def test_y_held_is_a_knife_too(hand_on, chain):
    from PySide6.QtTest import QTest

    hand = hand_on(chain)
    QTest.keyPress(hand.view, Qt.Key.Key_Y)
    hand.drag(QPointF(232, 20), QPointF(232, 180))
    QTest.keyRelease(hand.view, Qt.Key.Key_Y)
    assert hand.inputs("conv1") == (None,)
    assert not hand.view.keyboard.held.knife


def test_two_wires_into_one_node_are_cut_at_once(hand_on, fork):
    hand = hand_on(fork)
    hand.drag(QPointF(490, 60), QPointF(490, 340), CTRL)
    assert hand.inputs("add1") == (None, None)


def test_a_wire_is_selected_and_deleted(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.along("conv1", "relu1", 0.5))
    assert hand.view.scene().selected_wires == {Edge("conv1", "relu1", 0)}
    hand.view.delete()
    assert hand.inputs("relu1") == (None,)
    assert not hand.view.scene().selected_wires


def test_deleting_can_heal(hand_on, chain):
    hand = hand_on(chain)
    hand.click(hand.body("conv1"))
    hand.view.delete_and_heal()
    assert hand.inputs("relu1") == ("input1",)
    hand.document.undo_stack.undo()
    hand.click(hand.body("conv1"))
    hand.view.delete()
    assert hand.inputs("relu1") == (None,)


def test_a_port_that_cannot_take_the_wire_is_told_by_its_form_too(hand_on, fork):
    hand = hand_on(fork)
    hand.drag(hand.output("conv1"), QPointF(430.0, 330.0), let_go=False)
    QApplication.processEvents()
    picture = hand.view.viewport().grab().toImage()

    def is_crossed(name: str) -> bool:
        """Whether anything is painted in the middle of the ring round its input."""
        inside = picture.pixelColor(hand.view.mapFromScene(hand.input(name)))
        return abs(inside.lightness() - theme.color("canvas").lightness()) > 20

    assert not is_crossed("flatten1")
    assert is_crossed("fc1"), "a map is nothing for a Linear"
    hand.key(Qt.Key.Key_Escape)


def test_a_wire_over_a_block_without_inputs_stays_in_the_hand_and_is_refused(hand_on, chain):
    hand = hand_on(chain)
    hand.drag(hand.output("relu1"), hand.body("input1"), let_go=False)
    QApplication.processEvents()  # which paints it
    hand.release(hand.body("input1"))
    assert hand.said == ["input1 (Input) has no input 1."]
    assert hand.document.undo_stack.count() == 0

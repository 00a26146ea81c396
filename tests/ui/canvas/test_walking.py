"""Without a mouse: going from node to node and along the wires, and making and changing wires from lists."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.graph import Edge, Graph

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)

# going from node to node


def test_next_and_previous_follow_the_data_from_end_to_end(hand_on, fork):
    hand = hand_on(fork)
    seen = []
    for _ in range(len(fork) + 1):
        hand.view.step(1)
        seen.append(hand.document.selection)
    assert seen == [(name,) for name in (*fork.order, fork.order[0])]
    hand.view.step(-1)
    assert hand.view.current == fork.order[-1]
    assert hand.document.undo_stack.count() == 0


def test_the_node_walked_to_has_the_ring_and_comes_into_view(hand_on, fork):
    last, before = fork.order[-1], fork.order[-2]
    hand = hand_on(fork.move({last: (5_000.0, 5_000.0)}))
    hand.document.select((before,))
    hand.view.step(1)
    assert hand.view.scene_item(last).focused
    assert hand.view.visible().contains(hand.view.scene_item(last).body)
    hand.view.step(-1)
    assert not hand.view.scene_item(last).focused
    assert hand.view.visible().contains(hand.view.scene_item(before).body)


@pytest.mark.parametrize("held", [CTRL, ALT])
def test_ctrl_or_alt_and_an_arrow_go_to_the_neighbour_and_shift_keeps_the_others(hand_on, fork, held):
    hand = hand_on(fork)
    hand.document.select(("input1",))
    hand.key(Qt.Key.Key_Right, held)
    assert hand.document.selection in (("conv1",), ("conv2",))
    first = hand.document.selection
    hand.key(Qt.Key.Key_Right, held | SHIFT)
    assert len(hand.document.selection) == 2
    assert hand.document.selection[0] == first[0]


def test_nodes_are_gathered_one_after_the_other(hand_on, fork):
    hand = hand_on(fork)
    hand.view.step(1)
    hand.view.step(1, adds=True)
    hand.view.step(1, adds=True)
    assert hand.document.selection == fork.order[:3]
    hand.view.step(-1, adds=True)
    assert set(hand.document.selection) == set(fork.order[:3])


def test_walking_in_an_empty_network_goes_nowhere(hand_on):
    hand = hand_on(Graph())
    hand.view.step(1)
    hand.view.walk("left")
    hand.view.step_wire(1)
    hand.view.ask_menu()
    assert hand.document.selection == ()
    assert "Select a block" in hand.said[-1]


def test_the_keyboard_that_comes_to_the_canvas_is_seen_on_the_selected_node(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.BacktabFocusReason))
    assert hand.view.scene_item("conv1").focused
    hand.view.select_none()
    hand.view.canvas.focus_node(None)
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.ShortcutFocusReason))
    assert hand.view.scene_item("input1").focused, "or on the first in view"
    assert hand.document.selection == ()
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason))
    hand.view.canvas.focus_node(None)
    QApplication.sendEvent(hand.view, QFocusEvent(QFocusEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason))
    assert hand.view.current is None


def test_all_of_a_frame_is_reached_from_one_of_its_nodes(hand_on, chain):
    hand = hand_on(chain.frame(("conv1", "relu1"), "Stem"))
    hand.document.select(("relu1",))
    hand.view.select_framed()
    assert set(hand.document.selection) == {"conv1", "relu1"}
    hand.key(Qt.Key.Key_Down)
    assert hand.graph["conv1"].position != chain["conv1"].position
    hand.document.select(("input1",))
    hand.view.select_framed()
    assert "no frame" in hand.said[-1]


# going along the wires


def test_the_wires_of_a_node_are_gone_through_and_cut(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("add1",))
    seen = []
    for _ in range(3):
        hand.view.step_wire(1)
        seen.append(hand.view.chosen_wire)
    assert seen == [Edge("conv1", "add1", 0), Edge("conv2", "add1", 1), Edge("conv1", "add1", 0)]
    assert hand.document.selection == (), "what is done next is done to the wire"
    hand.view.delete()
    assert hand.inputs("add1") == (None, "conv2")
    hand.view.step_wire(-1)
    assert hand.view.chosen_wire == Edge("conv2", "add1", 1), "the keyboard is still on the node"


def test_a_wire_out_of_view_comes_into_view(hand_on, fork):
    hand = hand_on(fork.move({"add1": (9_000.0, 0.0)}))
    hand.document.select(("conv2",))
    hand.view.step_wire(-1)
    assert hand.view.chosen_wire == Edge("conv2", "add1", 1)
    assert hand.view.visible().contains(hand.view.scene_item("add1").body)


def test_a_block_goes_into_the_wire_that_was_walked_to(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("relu1",))
    hand.view.step_wire(1)
    hand.key(Qt.Key.Key_Tab)
    hand.answer("batch")
    added = next(name for name in hand.graph.nodes if name not in chain)
    assert hand.inputs("relu1") == (added,)
    assert hand.inputs(added) == ("conv1",)


# making wires


def test_a_wire_is_led_from_the_node_to_one_that_can_take_it(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("conv1",))
    hand.view.ask_for_target()
    assert "input1" not in hand.offered()
    assert "fc1" not in hand.offered(), "a map does not fit a Linear"
    hand.answer("flatten")
    assert hand.inputs("flatten1") == ("conv1",)
    assert hand.view.current == "conv1"


def test_a_node_is_led_to_what_it_shall_read(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("flatten1",))
    hand.view.ask_for_source()
    assert set(hand.offered()) == {*fork.nodes, "A new block…"} - {"flatten1"}
    hand.answer("add1")
    assert hand.inputs("flatten1") == ("add1",)


def test_a_node_can_read_a_block_that_is_new(hand_on, fork):
    hand = hand_on(fork)
    hand.document.select(("flatten1",))
    hand.view.ask_for_source()
    hand.answer("new block")
    hand.answer("relu")
    assert hand.inputs("flatten1") == ("relu1",)


@pytest.mark.parametrize("end", ["target", "source"])
def test_the_end_of_a_wire_is_plugged_in_elsewhere(hand_on, fork, end):
    hand = hand_on(fork)
    hand.document.select(("cat1",))
    hand.view.step_wire(1)
    if end == "target":
        hand.view.ask_for_target()
        hand.answer("flatten1")
        assert (hand.inputs("flatten1"), hand.inputs("cat1")) == (("conv1",), (None, None))
        assert hand.view.chosen_wire == Edge("conv1", "flatten1", 0)
    else:
        hand.view.ask_for_source()
        assert "A new block…" not in hand.offered()
        hand.answer("conv2")
        assert hand.inputs("cat1") == ("conv2", None)
    assert hand.document.undo_stack.count() == 1


def test_nothing_selected_and_no_inputs_are_sentences(hand_on, chain):
    hand = hand_on(chain)
    for ask in (hand.view.ask_for_target, hand.view.ask_for_source, hand.view.ask_for_wire):
        hand.said.clear()
        ask()
        assert hand.said
    hand.document.select(("input1",))
    hand.said.clear()
    hand.view.ask_for_source()
    hand.view.ask_for_wire()
    assert len(hand.said) == 2
    assert not hand.view.popup.isVisible()


def test_nodes_are_taken_off_their_wires_and_put_on_others(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("relu1",))
    hand.view.lift()
    assert hand.inputs("relu1") == (None,)
    hand.view.ask_for_wire()
    assert hand.offered() == ["input1 → conv1"]
    hand.answer("input1")
    assert (hand.inputs("relu1"), hand.inputs("conv1")) == (("input1",), ("relu1",))
    hand.document.select(("relu1",))
    hand.view.ask_for_wire()
    assert hand.offered() == [], "its own wires are none to go on"
    hand.view.popup.close_without_change()


# the menu


def test_the_menu_opens_beside_what_the_keyboard_is_on(hand_on, chain):
    hand = hand_on(chain)
    places = []
    hand.view.menu_asked.connect(places.append)
    hand.document.select(("conv1",))
    far = hand.view.viewport().rect().bottomRight()
    ask = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, far, hand.view.viewport().mapToGlobal(far))
    QApplication.sendEvent(hand.view.viewport(), ask)
    corner = hand.view.mapFromScene(hand.view.scene_item("conv1").body.bottomLeft())
    assert places == [hand.view.viewport().mapToGlobal(corner)]
    assert hand.document.selection == ("conv1",), "what lies under the pointer is not meant"
    hand.view.step_wire(1)
    hand.view.ask_menu()
    middle = hand.view.mapFromScene(hand.view.canvas.wires[Edge("input1", "conv1", 0)].middle)
    assert places[-1] == hand.view.viewport().mapToGlobal(middle)


def test_every_gesture_has_a_command(hand_on, chain):
    """What a mouse does on the canvas, and the command or key that does it without one."""
    from cnnstudio.ui.actions import ACTIONS
    from cnnstudio.ui.canvas import tools
    from cnnstudio.ui.canvas.keyboard import ARROWS, OWN

    arrow = Qt.Key(next(iter(ARROWS)))
    for module in Path(str(tools.__file__)).parent.glob("*tool*.py"):
        import_module(f"cnnstudio.ui.canvas.{module.stem}")
    without = {
        "PanTool": arrow, "MapTool": "find", "PressTool": "next", "RubberBandTool": "next-too",
        "KnifeTool": "next-wire", "ConnectTool": "wire-to", "MoveTool": arrow, "BendTool": "bend",
        "NoteMoveTool": arrow, "NoteSizeTool": "note-edit",
        "Shift lifts a node": "lift", "a node is dropped on a wire": "put-on-wire",
        "a node is dropped in a frame": "join-frame", "the title of a frame is dragged": "select-framed",
        "a wire is dragged from an input": "wire-from", "double-click on a node": "enter",
        "double-click on a title": "frame-title", "double-click on a note": "note-edit",
        "double-click on a wire": "bend", "double-click on nothing": Qt.Key.Key_Tab,
    }  # fmt: skip
    gestures = {kind.__name__ for kind in tools.Tool.__subclasses__()}
    assert gestures <= without.keys()
    ids = {action.id for action in ACTIONS}
    assert {way for way in without.values() if way not in ids and way not in OWN} == set()


def test_a_pointer_takes_the_ring_away(hand_on, chain):
    hand = hand_on(chain)
    hand.view.step(1)
    hand.click(hand.body("relu1"))
    assert not any(item.focused for item in hand.view.canvas.nodes.values())
    assert hand.view.current == "relu1"
    QTest.keyClick(hand.view, Qt.Key.Key_Escape)
    assert hand.view.current is None
    hand.click(QPointF(900, 900))

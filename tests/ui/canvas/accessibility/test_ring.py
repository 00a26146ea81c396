"""Where the keyboard is: on the node walked to, and, as soon as something else is selected, on that."""

from __future__ import annotations

from PySide6.QtCore import QPointF


def ringed(hand) -> list[str]:
    return [name for name, item in hand.view.scene().nodes.items() if item.focused]


def walked_to(hand, name: str) -> None:
    while hand.view.current != name:
        hand.view.step(1)
    assert ringed(hand) == [name]


def test_the_keyboard_goes_on_from_the_node_that_was_searched_for(hand_on, fork):
    hand = hand_on(fork)
    walked_to(hand, "conv2")
    hand.view.find_node()
    hand.answer("flat")
    assert hand.document.selection == ("flatten1",)
    assert ringed(hand) == ["flatten1"]
    hand.view.step(1)
    assert hand.document.selection == ("fc1",)
    hand.view.find_node()
    hand.answer("conv1")
    hand.view.ask_for_target()
    assert hand.view.popup.note.text() == "From conv1"


def test_a_block_added_pasted_or_doubled_by_keyboard_has_the_ring(hand_on, chain):
    hand = hand_on(chain)
    walked_to(hand, "relu1")
    hand.view.quick_add()
    hand.answer("tanh")
    assert ringed(hand) == ["tanh1"]
    hand.view.duplicate()
    assert ringed(hand) == ["tanh2"]
    hand.view.copy()
    hand.view.paste()
    assert ringed(hand) == ["tanh3"]
    assert hand.view.current == "tanh3"
    hand.view.select_none()
    assert ringed(hand) == ["tanh3"], "nothing else is selected, so the keyboard is where it was"


def test_a_selection_of_several_takes_the_ring_along_unless_it_is_there_already(hand_on, fork):
    hand = hand_on(fork)
    walked_to(hand, "conv1")
    hand.document.select(("conv1", "conv2", "add1"))
    assert ringed(hand) == ["conv1"]
    hand.document.select(("flatten1", "fc1"))
    assert ringed(hand) == ["fc1"]
    hand.view.turn_selected()
    assert hand.document.selection == ("flatten1",)
    assert ringed(hand) == ["fc1"], "what was let go by keyboard still has the keyboard"
    hand.view.turn_selected()
    assert hand.document.selection == ("flatten1", "fc1")


def test_a_node_renamed_under_the_keyboard_keeps_it(hand_on, fork):
    hand = hand_on(fork)
    walked_to(hand, "conv2")
    hand.document.edit_graph("Rename", hand.graph.rename("conv2", "right"))
    hand.document.select(("right",))
    assert ringed(hand) == ["right"]
    hand.view.step(1)
    assert hand.document.selection == ("add1",)


def test_where_nothing_was_walked_to_no_ring_is_seen(hand_on, fork):
    hand = hand_on(fork)
    hand.click(hand.body("conv1"))
    hand.view.quick_add()
    hand.answer("tanh")
    assert hand.view.current == "tanh1"
    assert ringed(hand) == []
    hand.view.step(1)
    hand.click(hand.body("conv2"))
    hand.document.select(("fc1",))
    assert ringed(hand) == []


def test_the_ring_of_one_network_is_not_put_on_a_namesake_inside_a_block(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.view.group()
    walked_to(hand, "input1")
    hand.view.enter("group1")
    assert "input1" in hand.view.scene().nodes
    assert ringed(hand) == []
    hand.view.leave()
    assert ringed(hand) == ["group1"]


def test_the_pointer_takes_the_ring_away_and_the_keyboard_goes_on_from_what_it_selected(hand_on, fork):
    hand = hand_on(fork)
    walked_to(hand, "conv1")
    around = hand.view.scene_item("flatten1").body.adjusted(-15.0, -15.0, 15.0, 15.0)
    hand.drag(around.topLeft(), around.bottomRight())
    assert hand.document.selection == ("flatten1",)
    assert ringed(hand) == []
    hand.view.step(1)
    assert ringed(hand) == ["fc1"]
    hand.drag(hand.body("fc1"), hand.body("fc1") + QPointF(40.0, 0.0))
    assert ringed(hand) == []

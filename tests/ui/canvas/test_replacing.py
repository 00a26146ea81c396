"""Another block in the place of those that are selected."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Group, Input, ReLU
from cnnstudio.graph import Graph, Node


@pytest.mark.parametrize("chosen", [("conv1", "relu1"), ("relu1", "conv1")])
def test_blocks_of_different_kinds_are_replaced_in_any_order(hand_on, chain, chosen):
    hand = hand_on(chain)
    hand.document.select(chosen)
    hand.view.ask_replacement()
    assert {"Conv2d", "ReLU", "Tanh"} <= {*hand.offered()}
    hand.answer("tanh")
    assert set(hand.graph.nodes) == {"input1", "tanh1", "tanh2", "conv2"}
    assert set(hand.document.selection) == {"tanh1", "tanh2"}
    assert hand.document.undo_stack.count() == 1
    hand.document.undo_stack.undo()
    assert hand.graph == chain
    assert set(hand.document.selection) == set(chosen)


def test_a_group_of_a_person_s_own_can_stand_in_the_place_of_a_block(hand_on, chain):
    hand = hand_on(chain)
    hand.document.library.keep(Group("Stem", Graph.of((Node("a", Input()), Node("b", ReLU(), ("a",))))))
    hand.document.select(("conv1",))
    hand.view.ask_replacement()
    hand.answer("stem")
    assert isinstance(hand.graph["group1"].block, Group)
    assert hand.inputs("relu1") == ("group1",)


def test_why_nothing_can_be_replaced_is_said(hand_on, chain):
    hand = hand_on(chain)
    hand.view.ask_replacement()
    hand.document.select(("input1", "conv1"))
    hand.view.ask_replacement()
    hand.document.select(("input1",))
    hand.view.ask_replacement()
    assert [sentence.split()[0] for sentence in hand.said] == ["Select", "Select", "No"]
    assert not hand.view.popup.isVisible()

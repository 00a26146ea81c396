"""Going to a node that is searched for, wherever it lies."""

from __future__ import annotations

import pytest

from cnnstudio.blocks import Residual
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import BLOCKS, Graph, Node
from cnnstudio.ui.canvas.commands.finding import MOST, node_entries


def offered(hand) -> list[str]:
    """What stands in the list, as it is read."""
    model = hand.view.popup.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.fixture
def nested(hand_on, chain):
    """A canvas with conv1 and relu1 of the chain in group1, and in that once more; res1, which code declares; conv2."""
    hand = hand_on(chain.add(Node("res1", Residual(), ("input1",), (280.0, 500.0))))
    hand.document.select(("conv1", "relu1"))
    hand.view.group()
    hand.document.enter(("group1",))
    hand.document.select(("conv1", "relu1"))
    hand.view.group()
    hand.document.enter(())
    return hand


def test_what_is_inside_a_group_is_found_by_its_way(nested):
    nested.view.find_node()
    assert "group1 › group1 › relu1" in offered(nested)
    nested.answer("group1 relu1")
    assert nested.document.scope == ("group1", "group1")
    assert nested.document.selection == ("relu1",)
    assert nested.view.visible().contains(nested.view.scene_item("relu1").body)
    assert nested.document.undo_stack.count() == 2, "to go there is no step of undo"


def test_what_lies_outside_of_the_open_group_is_found_too(nested):
    nested.document.enter(("group1", "group1"))
    nested.view.find_node()
    assert offered(nested)[:3] == ["input1", "conv1", "relu1"]
    assert {"Network › conv2", "group1 › input1"} <= {*offered(nested)}
    nested.answer("conv2")
    assert nested.document.scope == ()
    assert nested.document.selection == ("conv2",)


def test_the_open_level_comes_first(nested):
    nested.view.find_node()
    assert offered(nested)[: len(nested.graph)] == [*nested.graph.nodes]
    nested.answer("conv2d")
    assert nested.document.scope == ()


def test_what_code_declares_is_found_and_shown_to_look_at(nested):
    nested.view.find_node()
    inner = next(title for title in offered(nested) if title.startswith("res1 › conv"))
    nested.answer(inner.replace("›", ""))
    assert nested.document.scope == ("res1",)
    assert nested.document.is_read_only
    assert nested.document.selection == (inner.removeprefix("res1 › "),)


def test_what_is_not_known_yet_is_passed_over(hand_on, chain):
    hand = hand_on(chain.add(Node("res1", Residual(), (), (0.0, 400.0))))
    hand.view.find_node()
    assert not any("›" in title for title in offered(hand))


def test_there_are_no_more_than_can_be_searched_in_a_moment():
    row = [Node("input1", BLOCKS["Input"]((8, 8, 8)))]
    row += [Node(f"res{number}", Residual(), ("input1",)) for number in range(1, MOST // 2)]
    entries = node_entries(infer(Graph.of(row)), ())
    assert len(entries) == MOST
    assert len({entry.value for entry in entries}) == MOST

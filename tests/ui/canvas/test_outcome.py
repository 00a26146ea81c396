"""What an edit made that did not come from the canvas is brought into view, and nothing else moves the view."""

from __future__ import annotations

from cnnstudio.blocks import Conv2d, Dropout
from cnnstudio.graph import Edge, Node
from cnnstudio.layout.splice import spliced


def test_a_fix_that_pushes_the_last_block_out_of_view_pulls_the_view_along(hand_on, chain):
    hand = hand_on(chain.move({"conv1": (480.0, 60.0), "relu1": (710.0, 60.0)}))
    before, zoom = hand.view.visible(), hand.view.zoom
    assert before.contains(hand.view.scene_item("relu1").body)
    made = spliced(hand.graph, Edge("conv1", "relu1", 0), Node("drop1", Dropout(), (), (600.0, 60.0)))
    hand.document.edit_graph("Insert Dropout", made)
    assert hand.graph["relu1"].position[0] > 710.0
    for name in ("drop1", "relu1"):
        assert hand.view.visible().contains(hand.view.scene_item(name).body)
    assert hand.view.zoom == zoom
    assert hand.view.visible().x() - before.x() < 300, "no farther than is needed"


def test_a_block_that_is_added_elsewhere_comes_into_view(hand_on, chain):
    hand = hand_on(chain)
    hand.document.edit_graph("Add", hand.graph.add(Node("far1", Conv2d(4), (), (5_000.0, -3_000.0))))
    assert hand.view.visible().contains(hand.view.scene_item("far1").body)
    hand.view.fit()
    hand.view.centerOn(0.0, 0.0)
    hand.document.undo_stack.undo()
    looking = hand.view.visible()
    hand.document.undo_stack.redo()
    assert hand.view.visible() != looking
    assert hand.view.visible().contains(hand.view.scene_item("far1").body)


def test_what_is_larger_than_the_view_is_seen_from_farther_away(hand_on, chain):
    hand = hand_on(chain)
    far = [Node(f"far{n}", Conv2d(4), (), (3_000.0 * n, 0.0)) for n in (1, 2)]
    hand.document.edit_graph("Add", hand.graph.add(*far))
    assert hand.view.zoom < 1.0
    for node in far:
        assert hand.view.visible().contains(hand.view.scene_item(node.name).body)


def test_the_view_stays_where_nothing_was_made_or_the_canvas_made_it(hand_on, chain):
    hand = hand_on(chain)
    looking = hand.view.visible()
    hand.document.edit_graph("Widen", hand.graph.replace("conv1", Conv2d(64)))
    hand.document.edit_graph("Delete", hand.graph.remove("conv2"))
    hand.view.edit("Move", hand.graph.move({"relu1": (9_000.0, 60.0)}))
    assert hand.view.visible() == looking
    hand.document.undo_stack.undo()
    assert hand.view.visible() == looking, "it is in view again"

"""The document: what is looked at follows what there is."""

from __future__ import annotations

import dataclasses

import pytest

from cnnstudio.blocks import Conv2d, ConvBNReLU, Input
from cnnstudio.graph import Edge, Graph, Node
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.zoo import lenet5
from cnnstudio.zoo.backbone import transfer


def test_a_block_whose_parts_are_no_longer_known_is_left(qtbot) -> None:
    wired = Graph.of(
        [
            Node("image", Input((3, 8, 8))),
            Node("conv1", Conv2d(8), ("image",)),
            Node("block", ConvBNReLU(4), ("conv1",)),
        ]
    )
    document = Document(Project(wired.disconnect(Edge("image", "conv1"))))
    document.edit_graph("Connect", wired)
    document.enter(("block",))
    document.select(("bn",))
    document.undo_stack.undo()
    assert document.scope == ()
    assert document.selection == ()
    assert set(document.view_graph.nodes) == {"image", "conv1", "block"}
    document.undo_stack.redo()
    assert document.can_enter("block")
    assert not document.can_enter("conv1")
    assert not document.can_enter("nowhere")


def test_who_hears_that_nothing_is_selected_may_look_when_what_was_open_is_gone(qtbot) -> None:
    chain = Graph.of([Node("image", Input((3, 8, 8))), Node("conv1", Conv2d(8), ("image",))])
    document, seen = Document(Project(chain)), []
    document.edit_graph("Add", chain.add(Node("block", ConvBNReLU(4), ("conv1",))))
    document.enter(("block",))
    document.select(("bn",))
    document.selection_replaced.connect(lambda: seen.append(set(document.view_graph.nodes)))
    document.selection_changed.connect(lambda names: seen.append(set(document.view_graph.nodes)))
    document.undo_stack.undo()
    assert seen == [{"image", "conv1"}] * 2


def test_the_head_of_a_backbone_follows_the_classes_of_the_images(qtbot) -> None:
    document = Document(Project(transfer(10)))
    head = document.graph.outputs[0].name
    document.edit_recipe("Choose images", dataclasses.replace(document.project.recipe, data="folder"))
    with qtbot.waitSignal(document.said) as said:
        document.learn_classes(3)
    assert said.args == ["The head gives 3 scores now, one for each class of the images."]
    assert document.graph[head].block.out_features == 3
    document.edit_recipe("Choose images", dataclasses.replace(document.project.recipe, data="cifar10"))
    assert document.graph[head].block.out_features == 10
    document.undo_stack.undo()  # the images and the head are one step
    assert (document.project.recipe.data, document.graph[head].block.out_features) == ("folder", 3)
    document.undo_stack.undo()
    assert document.graph[head].block.out_features == 10
    document.learn_classes(4)
    qtbot.wait(20)
    assert document.undo_stack.canRedo() and document.graph[head].block.out_features == 10


@pytest.mark.parametrize("graph", [lenet5(10), Graph()], ids=["no backbone", "empty"])
def test_other_networks_are_left_to_the_person(qtbot, graph: Graph) -> None:
    document = Document(Project(graph, dataclasses.replace(Project().recipe, data="folder")))
    document.learn_classes(3)
    qtbot.wait(20)
    assert document.graph == graph and not document.undo_stack.canUndo()


def test_a_renamed_node_stays_selected_back_and_forth(qtbot, tiny_graph: Graph) -> None:
    document = Document(Project(tiny_graph))
    names = tuple(tiny_graph.nodes)
    document.select(names[:2])
    document.rename(names[1], "other")
    assert document.selection == (names[0], "other")
    document.undo_stack.undo()
    assert document.selection == names[:2]
    document.undo_stack.redo()
    assert document.selection == (names[0], "other")
    document.edit_graph("Delete", document.graph.remove("other"))
    assert document.selection == names[:1]


def test_renames_in_one_jump_through_the_history_keep_what_is_selected(qtbot, tiny_graph: Graph) -> None:
    document = Document(Project(tiny_graph))
    first, second = tuple(tiny_graph.nodes)[:2]
    document.rename(first, "one")
    document.rename(second, "two")
    document.select(("one", "two"))
    document.undo_stack.setIndex(0)
    assert document.selection == (first, second)


def test_what_stands_in_the_way_is_found_once_a_change(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def free() -> int:
        asked.append(True)
        return 2**40

    monkeypatch.setattr("cnnstudio.training.readiness.headroom", free)
    document = Document(Project(lenet5(10)))
    for _ in range(3):
        assert document.obstacle() is None
    list(document.concerns())
    assert len(asked) == 1
    document.edit_graph("Rename", document.graph.rename(document.graph.outputs[0].name, "scores"))
    assert document.obstacle() is None and document.obstacle(is_for_later=True) is None
    assert len(asked) == 2
    monkeypatch.setattr("cnnstudio.training.readiness.headroom", lambda: 0)
    document.look_again()  # somebody comes back to the window
    assert document.obstacle() is not None
    monkeypatch.undo()
    qtbot.waitUntil(lambda: document.obstacle() is None)  # other programs have left memory, and nobody said so

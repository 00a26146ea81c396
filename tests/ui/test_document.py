"""The document: what is looked at follows what there is."""

from __future__ import annotations

from cnnstudio.blocks import Conv2d, ConvBNReLU, Input
from cnnstudio.graph import Edge, Graph, Node
from cnnstudio.project import Project
from cnnstudio.ui.document import Document


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

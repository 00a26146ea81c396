"""NodeGraphQt with a network in it, to measure against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gestures import Editor
from PySide6.QtWidgets import QApplication

from cnnstudio.graph import Graph


class NodeGraphQtEditor(Editor):
    """The network in NodeGraphQt's viewer, shown."""

    def __init__(self, graph: Graph, size: tuple[int, int]) -> None:
        import NodeGraphQt  # no dependency: whoever has it installed can measure against it

        class Plain(NodeGraphQt.BaseNode):  # type: ignore[misc]  # it has no types
            """A node with as many ports as the network needs."""

            __identifier__ = "bench"
            NODE_NAME = "Plain"

        self.program = program = NodeGraphQt.NodeGraph()
        program.register_node(Plain)
        made = {}
        for node in graph:
            item = program.create_node("bench.Plain", name=node.name, selected=False, push_undo=False)
            for port in range(len(node.inputs)):
                item.add_input(f"in {port}")
            item.add_output("out", multi_output=True)
            item.set_pos(*node.position)
            made[node.name] = item
        viewer = program.viewer()
        viewer.acyclic = False  # its search for cycles does not end on a network with branches
        for edge in graph.edges:
            made[edge.source].output(0).connect_to(made[edge.target].input(edge.port), push_undo=False)
        viewer.resize(*size)
        program.widget.resize(*size)
        program.widget.show()
        QApplication.processEvents()

        def select(names: Sequence[str]) -> None:
            viewer.scene().clearSelection()
            for name in names:
                made[name].view.setSelected(True)

        middles = {name: lambda item=item.view: item.sceneBoundingRect().center() for name, item in made.items()}
        super().__init__(viewer, middles, select, self._knife)

    @contextmanager
    def _knife(self) -> Iterator[None]:
        # its modifiers are keys that it saw pressed
        viewer = self.program.viewer()
        viewer.ALT_state = viewer.SHIFT_state = True
        yield
        viewer.ALT_state = viewer.SHIFT_state = viewer.LMB_state = False
        viewer._SLICER_PIPE.setVisible(False)

    def look(self, zoom: float | None) -> None:
        """Look at the middle of the network at this zoom, or at all of it."""
        viewer = self.program.viewer()
        whole = viewer.scene().itemsBoundingRect()
        zoom = zoom or viewer.width() / whole.width() * 0.9
        width, height = viewer.width() / zoom, viewer.height() / zoom
        center = whole.center()
        viewer._scene_range.setRect(center.x() - width / 2, center.y() - height / 2, width, height)
        viewer._update_scene()
        QApplication.processEvents()

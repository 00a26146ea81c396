"""Following edits: brings into view what an edit made that did not come from the canvas: a fix, the palette, undo.

What came from the canvas is where the hand is, and the view stays there; but nothing lies over what was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from cnnstudio.graph.diff import diff
from cnnstudio.layout.metrics import WIDTH, node_height
from cnnstudio.ui.canvas.scene.geometry import bounds

if TYPE_CHECKING:
    from cnnstudio.graph import Graph
    from cnnstudio.ui.canvas.commands.editor import Editor


class Outcome(QObject):
    """Watches the document beside the canvas."""

    def __init__(self, view: Editor) -> None:
        super().__init__(view)
        self._view = view
        self._graph, self._scope = view.scene().graph, view.document.scope
        view.scene().synced.connect(self._follow)

    def _follow(self) -> None:
        view = self._view
        before, self._graph = self._graph, view.scene().graph
        scope, self._scope = self._scope, view.document.scope
        if scope != self._scope or not len(before) or before is self._graph:
            return
        seen = view.visible()
        change = diff(before, self._graph)
        made = [*change.added, *(name for name in change.changed if self._was_in(seen, before, name))]
        if made:
            around = bounds([view.scene().nodes[name].body for name in made])
            (view.brought.emit if view.is_editing else view.bring_in)(around)

    def _was_in(self, seen: QRectF, before: Graph, name: str) -> bool:
        """Whether a node that stands elsewhere now could be seen where it stood."""
        node = before[name]
        is_elsewhere = node.position != self._graph[name].position
        return is_elsewhere and seen.contains(QRectF(*node.position, WIDTH, node_height(node.ports)))

"""Drop: a block on its way from the palette, shown where it would land."""

from __future__ import annotations

import json
from contextlib import suppress

from PySide6.QtCore import QMimeData, QPointF, QRectF
from PySide6.QtGui import QPainter

from cnnstudio.editing.alignment import snapped
from cnnstudio.graph import BLOCKS, Block, Edge, Node, ParameterError
from cnnstudio.graph.node import whole
from cnnstudio.layout.metrics import HEIGHT, WIDTH
from cnnstudio.project import ProjectError
from cnnstudio.project.library import from_text
from cnnstudio.ui.canvas.commands.clipboard import BLOCK
from cnnstudio.ui.canvas.commands.editor import Editor
from cnnstudio.ui.canvas.scene.dragged import ROUND
from cnnstudio.ui.canvas.scene.item_scene import NEAR
from cnnstudio.ui.canvas.scene.node_item import NodeItem
from cnnstudio.ui.canvas.tools.splice_mark import SpliceMark
from cnnstudio.ui.canvas.tools.tool import EDGE
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme.pens import for_screen

GHOST = 0.72  # how much of a node is to be seen of one that is not there yet
WRONG = (ParameterError, ProjectError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Drop:
    """The ghost of the block under the pointer, as the node will be, and the wire that it would be put into."""

    def __init__(self, view: Editor, mime: QMimeData) -> None:
        self._view = view
        self._item: NodeItem | None = None
        with suppress(*WRONG):  # what is wrong with it is said when it is dropped
            block = _block(mime)
            self._item = NodeItem(Node(view.document.view_graph.fresh(block.stem), block), view.scene().inks)
        self._body = QRectF()
        self._mark = SpliceMark(view)
        self.rolls = False  # whether the view may roll on: not while the pointer has only come in over its border

    def move(self, place: QPointF) -> None:
        """The pointer is there, in the viewport."""
        view, before = self._view, self._body
        port, middle = view.viewport().rect(), view.mapToScene(place.toPoint())
        self.rolls |= port.adjusted(EDGE, EDGE, -EDGE, -EDGE).contains(place.toPoint())
        x, y = (snapped if view.snaps else whole)((middle.x() - WIDTH / 2, middle.y() - HEIGHT / 2))
        self._body = QRectF(x, y, WIDTH, self._item.height if self._item is not None else HEIGHT)
        into, out_of = QPointF(x, y + self._body.height() / 2), QPointF(x + WIDTH, y + self._body.height() / 2)
        if self._item is not None:
            self._item.place(x, y)
            into = self._item.input_at(0) if self._item.ports else into
        edge = None if view.document.is_read_only else view.scene().hit_test.wire_under(self._body)
        self._mark.show(edge, into, out_of)
        view.update_scene(before.united(self._body).adjusted(-ROUND, -ROUND, ROUND, ROUND))

    def end(self) -> Edge | None:
        """Wipe the ghost; the wire that was under it."""
        edge = self._mark.edge
        self._mark.hide()
        self._view.viewport().update()
        return edge

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint the ghost, in scene pixels."""
        inks = self._view.scene().inks
        painter.setOpacity(GHOST)
        if self._item is not None and zoom >= NEAR:
            transform = painter.worldTransform()
            self._item.draw(painter, transform, self._view.viewport())
            painter.setWorldTransform(transform)
        else:
            painter.setPen(for_screen(inks.waiting_pen, zoom))
            painter.setBrush(inks.family(self._item.node.block.family).body if self._item is not None else inks.node)
            painter.drawRoundedRect(self._body, 9.0, 9.0)
        painter.setOpacity(1.0)
        self._mark.paint(painter, zoom)


def dragged_block(mime: QMimeData, document: Document) -> Block | None:
    """The block that is dragged; None, and a sentence, where what is dragged is no block."""
    try:
        return _block(mime)
    except (ParameterError, ProjectError) as error:
        document.said.emit(str(error))
    except WRONG:
        document.said.emit("What was dropped is not a block of this program.")
    return None


def _block(mime: QMimeData) -> Block:
    """The block that is dragged. Raises one of ``WRONG`` where it is none."""
    found = json.loads(bytes(mime.data(BLOCK).data()))
    if "file" in found:  # a group of a person's own, as a project holds it
        return from_text(found["file"])
    return BLOCKS[found["block"]](**found.get("parameters", {}))

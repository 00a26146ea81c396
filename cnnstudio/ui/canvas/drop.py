"""Drop: a block on its way from the palette, shown where it would land."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from cnnstudio.graph import BLOCKS, Block, Edge, ParameterError
from cnnstudio.project import ProjectError
from cnnstudio.ui.canvas.clipboard import BLOCK
from cnnstudio.ui.canvas.style import pen
from cnnstudio.ui.document import Document
from cnnstudio.ui.library import from_text
from cnnstudio.ui.measures import HEIGHT, WIDTH
from cnnstudio.ui.theme import theme

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.view import CanvasView


class Drop:
    """The outline of the block under the pointer, and the wire that it would be put into."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._body = QRectF()
        self._edge: Edge | None = None

    def move(self, place: QPointF) -> None:
        """The pointer is there, in the viewport."""
        middle = self._view.mapToScene(place.toPoint())
        self._body = QRectF(middle.x() - WIDTH / 2, middle.y() - HEIGHT / 2, WIDTH, HEIGHT)
        self._mark(None if self._view.document.is_read_only else self._view.canvas.wire_under(self._body))
        self._view.viewport().update()

    def end(self) -> Edge | None:
        """Wipe the outline; the wire that was under it."""
        edge = self._edge
        self._mark(None)
        self._view.viewport().update()
        return edge

    def _mark(self, edge: Edge | None) -> None:
        self._edge = edge
        self._view.canvas.heat({edge} if edge is not None else ())

    def paint(self, painter: QPainter, zoom: float, exposed: QRectF) -> None:
        """Paint the outline, in scene pixels."""
        painter.setPen(pen(theme.color("accent"), 1.5 / zoom, Qt.PenStyle.DashLine))
        painter.setBrush(theme.color("accent", 0.10))
        painter.drawRoundedRect(self._body, 9.0, 9.0)


def dragged_block(mime: QMimeData, document: Document) -> Block | None:
    """The block that is dragged; None, and a sentence, where what is dragged is no block."""
    try:
        found = json.loads(bytes(mime.data(BLOCK).data()))
        if "file" in found:  # a group of a person's own, as a project holds it
            return from_text(found["file"])
        return BLOCKS[found["block"]](**found.get("parameters", {}))
    except (ParameterError, ProjectError) as error:
        document.said.emit(str(error))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        document.said.emit("What was dropped is not a block of this program.")
    return None

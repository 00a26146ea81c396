"""Miniature: a network as it lies on the canvas, small enough for a list: blocks without letters, wires, frames.

Not ``canvas/picture.py``, which paints every name at twice its size: at 160 pixels they are dust, and take a second.
"""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from cnnstudio.graph import Graph, Node
from cnnstudio.layout.metrics import FRAME_BAR, FRAME_PAD, WIDTH, node_size
from cnnstudio.ui.theme import theme

MOST_SCALE = 0.3
LEAST_SCALE = 4.0 / WIDTH  # below it a block is not seen: of a longer network the beginning is shown
MOST_NODES = 3_000


def miniature(graph: Graph, size: QSize, ratio: float = 1.0) -> QImage:
    """The network on nothing, so that it may lie on the ground of any theme; on any thread."""
    image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_miniature(painter, QRectF(0, 0, size.width(), size.height()), graph)
    painter.end()
    return image


def paint_miniature(painter: QPainter, rect: QRectF, graph: Graph) -> None:
    """Paint the network into ``rect``, in the middle of it."""
    bodies = {node.name: _body(node) for node in [*graph][:MOST_NODES]}
    if not bodies:
        return
    frames = [
        (frame.hue, _around([bodies[name] for name in frame.members if name in bodies])) for frame in graph.frames
    ]
    bounds = _united([*bodies.values(), *(box for _, box in frames)])
    inner = rect.adjusted(8, 8, -8, -8)
    fits = min(inner.width() / bounds.width(), inner.height() / bounds.height())
    scale = max(LEAST_SCALE, min(MOST_SCALE, fits))
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(
        max(inner.x(), inner.center().x() - bounds.width() * scale / 2),
        max(inner.y(), inner.center().y() - bounds.height() * scale / 2),
    )
    painter.scale(scale, scale)
    painter.translate(-bounds.topLeft())
    painter.setPen(Qt.PenStyle.NoPen)
    for hue, box in frames:
        ground = theme.hue(hue)
        ground.setAlphaF(0.13)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 24, 24)
    _paint_wires(painter, graph, bodies, scale)
    painter.setPen(Qt.PenStyle.NoPen)
    corner = min(18.0, 2.0 / scale)
    for name, body in bodies.items():
        painter.setBrush(theme.family(graph[name].block.family))
        painter.drawRoundedRect(body, corner, corner)
    painter.restore()


def _paint_wires(painter: QPainter, graph: Graph, bodies: dict[str, QRectF], scale: float) -> None:
    pen = QPen(theme.color("wire", 0.55), min(12.0, 1.0 / scale))
    painter.setPen(pen)
    lines = []
    for edge in graph.edges:
        if edge.source in bodies and edge.target in bodies:
            begin, end = bodies[edge.source], bodies[edge.target]
            lines.append(QLineF(begin.right(), begin.center().y(), end.left(), end.center().y()))
    painter.drawLines(lines)


def _body(node: Node) -> QRectF:
    return QRectF(*node.position, *node_size(node))


def _around(bodies: list[QRectF]) -> QRectF:
    box = _united(bodies)
    return box.adjusted(-FRAME_PAD, -FRAME_PAD - FRAME_BAR, FRAME_PAD, FRAME_PAD)


def _united(boxes: list[QRectF]) -> QRectF:
    whole = QRectF()
    for box in boxes:
        whole = whole.united(box)
    return whole

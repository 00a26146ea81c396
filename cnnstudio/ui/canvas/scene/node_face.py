"""Node face: what a node looks like but for its words. Nodes that look alike share one picture of it a zoom level."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPixmap, QTransform

from cnnstudio.layout.metrics import WIDTH
from cnnstudio.ui.canvas.scene.geometry import Place, input_port, output_port
from cnnstudio.ui.canvas.scene.style import Style, static_text

MARGIN = 9.0  # round the body: ports, badge and the ring of the selection
RADIUS = 9.0
TILE = 30.0  # the side of the square of the family
TILE_LEFT = 11.0
THUMBNAIL, SMALLER = 34.0, 30.0  # the longer side of a picture in the place of the tile, and with a share below it
RIM = 2.0  # of the family's colour round it
PORT_RADIUS = 4.5
NEAR, MIDDLE = 0.75, 0.48  # the zooms from which a node says everything, and from which ports and a shape have room
SHARPEST = 2.0  # pixels for one of the scene up to which pictures are kept: nearer, few nodes are in view
MOST = 300  # pictures kept at once
_PLAIN = QTransform()


class Look(NamedTuple):
    """All that a face is painted from: equal looks are painted alike."""

    family: str
    height: float
    plugged: int  # of the input ports, the first so many ...
    open: tuple[int, ...]  # ... but for these
    ports: int
    gives: bool  # whether the shape that leaves it is known
    settled: bool  # whether it has a shape, or will not tell
    selected: bool
    focused: bool
    wrong: bool
    raised: bool  # whether a drag is carrying it
    opens: bool  # whether it can be looked into
    bypassed: bool
    heat: int | None


def detail(zoom: float) -> int:
    """How much of a node is told at this zoom: 0 from afar, 1, or 2 for everything."""
    return 2 if zoom >= NEAR else 1 if zoom >= MIDDLE else 0


def draw_face(painter: QPainter, look: Look, style: Style, ratio: float | None) -> None:
    """Paint a face at the painter's origin, and leave that on whole pixels of a screen with so many in one of the view.

    It is painted from a kept picture, but for another device than a screen, where ``ratio`` is None.
    """
    transform = painter.worldTransform()
    zoom = transform.m11()
    if ratio is None:
        paint_face(painter, look, style, zoom)
        return
    place = on_pixels(transform, (0.0, 0.0), ratio)
    if zoom * ratio <= SHARPEST:
        painter.setWorldTransform(QTransform())
        draw_picture(painter, _picture(look, style, zoom, ratio), place, zoom, ratio)
    painter.setWorldTransform(QTransform(zoom, 0.0, 0.0, zoom, *place))
    if zoom * ratio > SHARPEST:
        paint_face(painter, look, style, zoom)


def on_pixels(transform: QTransform, at: Place, ratio: float) -> Place:
    """Where a node that stands there in the scene is painted, in pixels of the view.

    It is on a whole pixel of the screen: between them its picture would be blurred, and cost ten times more.
    """
    zoom = transform.m11()
    x, y = transform.dx() + at[0] * zoom, transform.dy() + at[1] * zoom
    return round(x * ratio) / ratio, round(y * ratio) / ratio


def draw_picture(painter: QPainter, picture: QPixmap, place: Place, zoom: float, ratio: float) -> None:
    """Paint the picture of a node, which ``picture_of`` made, at its place ``on_pixels``; so is the painter."""
    margin = _margin(zoom, ratio)
    painter.drawPixmap(QPointF(place[0] - margin, place[1] - margin), picture)


def _margin(zoom: float, ratio: float) -> float:
    """How wide the margin of a picture is, in pixels of the view: whole pixels of the screen."""
    return ceil(MARGIN * zoom * ratio) / ratio


def picture_of(height: float, zoom: float, ratio: float, paint: Callable[[QPainter], None]) -> QPixmap:
    """What ``paint`` paints from the top left corner of a node so high, in scene pixels, and its margin."""
    scale, margin = zoom * ratio, _margin(zoom, ratio)
    picture = QPixmap(int((WIDTH + 2 * MARGIN) * scale) + 3, int((height + 2 * MARGIN) * scale) + 3)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setWorldTransform(QTransform(zoom, 0.0, 0.0, zoom, margin, margin))
    paint(painter)
    painter.end()
    return picture


def _picture(look: Look, style: Style, zoom: float, ratio: float) -> QPixmap:
    if style.faces_at != (zoom, ratio) or len(style.faces) > MOST:
        style.faces_at = zoom, ratio
        style.faces.clear()
    if look not in style.faces:
        style.faces[look] = picture_of(look.height, zoom, ratio, lambda painter: paint_face(painter, look, style, zoom))
    return style.faces[look]


def paint_face(painter: QPainter, look: Look, style: Style, zoom: float) -> None:
    """Paint the shadow, the body, the glyph of the family on its tile, and the ports; from afar less."""
    _paint_body(painter, look, style, zoom)
    if look.bypassed:
        _paint_bypass(painter, look, style)
    family = style.family(look.family)
    painter.setPen(style.no_pen)
    painter.setBrush(family.body if look.bypassed else family.brush)
    tile = QRectF(TILE_LEFT, look.height / 2 - TILE / 2, TILE, TILE)
    painter.drawRoundedRect(tile, TILE * 0.24, TILE * 0.24)
    font = style.glyph_fonts[detail(zoom)]
    glyph = static_text(family.glyph, font)
    half = QPointF(glyph.size().width() / 2, glyph.size().height() / 2)
    painter.setFont(font)
    painter.setPen(style.on_accent)
    style.write(painter, tile.center() - half, glyph)
    if zoom >= MIDDLE:
        _paint_ports(painter, look, style, zoom)


class Thumbnail(NamedTuple):
    """A picture in the place of the tile of a node so high, in a rim; higher up where a share is written below it."""

    pixmap: QPixmap
    height: float
    rim: QBrush
    has_percent: bool

    @property
    def square(self) -> QRectF:
        """Where it lies with its rim, in scene pixels from the top left corner of the node."""
        side = SMALLER if self.has_percent else THUMBNAIL
        top = (self.height + TILE) / 2 - side - RIM if self.has_percent else (self.height - side) / 2
        return QRectF(TILE_LEFT + (TILE - side) / 2, top, side, side).adjusted(-RIM, -RIM, RIM, RIM)


class DrawnThumbnail:
    """A thumbnail as it is painted at a zoom: to scale it costs ten times as much as to paint what was scaled.

    It is kept the second time that the same is asked for: a zoom never needs it.
    """

    def __init__(self) -> None:
        self._key: tuple[Thumbnail, float, float | None] | None = None
        self._picture: QPixmap | None = None
        self._at = 0.0, 0.0  # its corner from that of the node, in pixels of the view

    def draw(self, painter: QPainter, thumbnail: Thumbnail, ratio: float | None) -> None:
        """Paint it for a screen with so many pixels in one of the view; None for another device.

        The origin of the painter is on a whole pixel of the screen.
        """
        transform = painter.worldTransform()
        zoom = transform.m11()
        if self._picture is None or self._key != (thumbnail, zoom, ratio):
            is_asked_again, self._key, self._picture = (
                self._key == (thumbnail, zoom, ratio),
                (thumbnail, zoom, ratio),
                None,
            )
            if ratio is None or zoom * ratio > SHARPEST or not is_asked_again:
                paint_thumbnail(painter, thumbnail, zoom)
                return
            self._make(thumbnail, zoom, ratio)
        assert self._picture is not None
        painter.setWorldTransform(_PLAIN)
        painter.drawPixmap(QPointF(transform.dx() + self._at[0], transform.dy() + self._at[1]), self._picture)
        painter.setWorldTransform(transform)

    def _make(self, thumbnail: Thumbnail, zoom: float, ratio: float) -> None:
        square, scale = thumbnail.square, zoom * ratio
        self._at = floor(square.left() * scale) / ratio, floor(square.top() * scale) / ratio
        side = ceil(square.width() * scale) + 1
        self._picture = QPixmap(side, side)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setWorldTransform(QTransform(zoom, 0.0, 0.0, zoom, -self._at[0], -self._at[1]))
        paint_thumbnail(painter, thumbnail, zoom)
        painter.end()


def paint_thumbnail(painter: QPainter, thumbnail: Thumbnail, zoom: float) -> None:
    """Paint a thumbnail with its rim at this zoom. One row of pixels is painted as stripes."""
    pixmap, around = thumbnail.pixmap, thumbnail.square
    side, longer = around.width() - 2 * RIM, max(pixmap.width(), pixmap.height())
    wide, high = side * pixmap.width() / longer, side * (pixmap.height() / longer if pixmap.height() > 1 else 1.0)
    place = QRectF(around.center().x() - wide / 2, around.center().y() - high / 2, wide, high)
    if zoom < MIDDLE:  # its corners could not be made out, and are dear
        painter.fillRect(around, thumbnail.rim)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(thumbnail.rim)
        painter.drawRoundedRect(around, RIM, RIM)
    if pixmap.width() > wide * zoom and zoom >= MIDDLE:  # what is enlarged shows its places, and from afar it is dear
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # a view keeps what an item leaves set
    else:
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))


def _paint_body(painter: QPainter, look: Look, style: Style, zoom: float) -> None:
    body = QRectF(0.0, 0.0, WIDTH, look.height)
    if zoom >= 0.6:
        painter.setPen(style.no_pen)
        painter.setBrush(style.shadow)
        # the lower edge of it alone: the rest would lie under the body
        drop = 5.0 if look.raised else 1.5
        painter.drawRoundedRect(QRectF(0.5, look.height - 20.0, WIDTH - 1.0, 20.0 + drop), RADIUS, RADIUS)
    node = style.canvas if look.bypassed else style.node
    painter.setBrush(node if look.heat is None or look.bypassed else style.heats[look.heat])
    if look.selected or look.wrong:
        painter.setPen(style.halo_pen if look.selected else style.error_halo_pen)
        painter.drawRoundedRect(body.adjusted(-2.0, -2.0, 2.0, 2.0), RADIUS + 2.0, RADIUS + 2.0)
    painter.setPen(_outline(look, style))
    if look.opens and zoom >= MIDDLE:  # a second sheet behind it
        painter.drawRoundedRect(QRectF(7.0, -4.0, WIDTH - 14.0, 20.0), 6.0, 6.0)
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    if look.focused:
        painter.setPen(style.focus_pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(body.adjusted(-6.0, -6.0, 6.0, 6.0), RADIUS + 6.0, RADIUS + 6.0)


def _outline(look: Look, style: Style) -> QPen:
    if look.wrong:
        return style.error_pen
    if look.selected:
        return style.selected_pen
    return style.node_pen if look.settled and not look.bypassed else style.waiting_pen


def _paint_bypass(painter: QPainter, look: Look, style: Style) -> None:
    """The road round: a line from the first input along the lower edge to the output."""
    start, end = input_port(0, look.ports), output_port(look.ports)
    inset, low = 5.0, look.height - 6.0
    path = QPainterPath(start)
    path.quadTo(inset, start.y(), inset, start.y() + inset)
    path.lineTo(inset, low - inset)
    path.quadTo(inset, low, 2 * inset, low)
    path.lineTo(WIDTH - 2 * inset, low)
    path.quadTo(WIDTH - inset, low, WIDTH - inset, low - inset)
    path.lineTo(WIDTH - inset, end.y() + inset)
    path.quadTo(WIDTH - inset, end.y(), end.x(), end.y())
    painter.setPen(style.wire_pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _paint_ports(painter: QPainter, look: Look, style: Style, zoom: float) -> None:
    painter.setPen(style.port_pen)
    for index in range(look.ports):
        place = input_port(index, look.ports)
        painter.setBrush(style.wire_brush if index < look.plugged and index not in look.open else style.canvas)
        painter.drawEllipse(place, PORT_RADIUS, PORT_RADIUS)
        if index >= look.plugged and zoom >= 0.7:  # the port that a block of any number of inputs always has to spare
            painter.drawLine(place - QPointF(2.2, 0.0), place + QPointF(2.2, 0.0))
            painter.drawLine(place - QPointF(0.0, 2.2), place + QPointF(0.0, 2.2))
    painter.setBrush(style.wire_brush if look.gives else style.canvas)
    painter.drawEllipse(output_port(look.ports), PORT_RADIUS, PORT_RADIUS)

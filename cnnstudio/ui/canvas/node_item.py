"""NodeItem: the face of one node. It shows what the scene tells it and holds no truth of its own."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QStaticText
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from cnnstudio.graph import Composite, Node, Shape
from cnnstudio.ui.canvas.geometry import input_port, output_port
from cnnstudio.ui.canvas.measure import Share
from cnnstudio.ui.canvas.style import HEATS, FontPair, Style, pen, static_text
from cnnstudio.ui.measures import WIDTH, node_height

MARGIN = 9.0  # round the body: ports, badge and the ring of the selection
RADIUS = 9.0
TILE = 30.0  # the side of the square of the family
TEXT_LEFT, TEXT_WIDTH = 50.0, WIDTH - 50.0 - 11.0
NEAR, MIDDLE = 0.75, 0.5  # the zooms from which a node says everything, and from which its shape has room
PORT_RADIUS = 4.5

Text = tuple[QPointF, QStaticText, QFont, str]  # its top left corner, and the role of its colour


class NodeItem(QGraphicsRectItem):
    """One node: the tile of its family, name, block, parameters in short, shape of its output, ports, state.

    One item with no children: a child item a text costs five times the memory and four times the time.
    """

    def __init__(self, node: Node, style: Style) -> None:
        super().__init__()
        self.style = style
        self.selected = False
        self.focused = False
        self.raised = False  # whether a drag is carrying it
        self.shape_out: Shape | None = None
        self.misfit = False
        self.concealed = False  # whether its result is hidden while a person predicts it
        self.error = ""
        self.warning = ""
        self.share: Share | None = None
        self.node = node
        self._texts: dict[int, list[Text]] = {}
        self.body = QRectF()  # in scene pixels
        self.setPen(style.no_pen)
        self.show_node(node)

    # what the scene tells it

    def show_node(self, node: Node) -> None:
        """Show another value of this node: parameters, ports and place."""
        self.node = node
        self.ports = node.ports
        self.height = node_height(self.ports)
        self.inputs = [input_port(index, self.ports) for index in range(self.ports)]
        self.output = output_port(self.ports)
        self.setRect(-MARGIN, -MARGIN, WIDTH + 2 * MARGIN, self.height + 2 * MARGIN)
        self._texts = {}
        self.place(*node.position)
        self.update()

    def show_result(
        self, shape: Shape | None, misfit: bool = False, error: str = "", warning: str = "", concealed: bool = False
    ) -> None:
        """Show what the node comes to: the shape that leaves it, whether its inputs do not fit, and what is wrong."""
        result = (shape, misfit, error, warning, concealed)
        if result != (self.shape_out, self.misfit, self.error, self.warning, self.concealed):
            self.shape_out, self.misfit, self.error, self.warning, self.concealed = result
            self._texts = {}
            self.update()

    def show_share(self, share: Share | None) -> None:
        """Show how much of a measure is here, as warmth, as a bar and in words; None shows the parameters again."""
        if share != self.share:
            self.share = share
            self._texts = {}
            self.update()

    @property
    def heat(self) -> int | None:
        """How warm it is, from 0 to ``HEATS`` - 1; None where nothing is measured."""
        return round(self.share.of_most * (HEATS - 1)) if self.share is not None else None

    def show_state(self, selected: bool, focused: bool, now: bool = True) -> None:
        """Show whether it is selected and whether the keyboard stands on it; ``now``, or when all is painted again."""
        if (selected, focused) != (self.selected, self.focused):
            self.selected, self.focused = selected, focused
            if now:
                self.update()

    def restyle(self, style: Style) -> None:
        """Paint with other colours."""
        self.style = style
        self._texts = {}
        self.update()

    # where things are, in the scene

    def place(self, x: float, y: float) -> None:
        """Stand with the top left corner there."""
        self.setPos(x, y)
        self.body = QRectF(x, y, WIDTH, self.height)

    def input_at(self, index: int) -> QPointF:
        """The place of an input port, in scene pixels."""
        return self.pos() + self.inputs[min(index, self.ports - 1)]

    def output_at(self) -> QPointF:
        """The place of the output port, in scene pixels."""
        return self.pos() + self.output

    @property
    def is_waiting(self) -> bool:
        """Whether it has no shape yet, through no fault of its own."""
        return self.shape_out is None and not self.misfit and not self.concealed

    def sentence(self) -> str:
        """What a tooltip and a screen reader say of it."""
        node, brief = self.node, self.node.block.brief()
        words = [f"{node.name}: {node.block.title}{f' {brief}' if brief else ''}."]
        if self.error or self.warning:
            words.append(self.error or self.warning)
        elif self.shape_out is not None:
            words.append(f"Output {self.shape_out}." + (f" {self.share}." if self.share is not None else ""))
        elif self.concealed:
            words.append("Its output is hidden while a question is open.")
        else:
            words.append("It has no shape yet: it waits for what comes before it.")
        return " ".join(words)

    # how it is painted

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        style, zoom = self.style, painter.worldTransform().m11()
        family = style.family(self.node.block.family)
        body = QRectF(0.0, 0.0, WIDTH, self.height)
        self._paint_body(painter, body, zoom)
        painter.setPen(style.no_pen)
        painter.setBrush(family.brush)
        painter.drawRoundedRect(QRectF(11.0, self.height / 2 - TILE / 2, TILE, TILE), TILE * 0.24, TILE * 0.24)
        if zoom >= MIDDLE:
            if self.share is not None:
                for brush, width in (
                    (style.track_brush, TEXT_WIDTH),
                    (style.heat_brush, TEXT_WIDTH * self.share.of_all),
                ):
                    painter.setBrush(brush)
                    painter.drawRect(QRectF(TEXT_LEFT, self.height - 6.0, width, 2.5))
            self._paint_ports(painter, zoom)
        level = 2 if zoom >= NEAR else 1 if zoom >= MIDDLE else 0
        if level not in self._texts:
            self._texts[level] = self._layout_texts(level)
        for place, text, font, color in self._texts[level]:
            painter.setFont(font)
            painter.setPen(getattr(style, color))
            style.write(painter, place, text)
        if self.error or self.warning:
            self._paint_badge(painter)

    def _paint_body(self, painter: QPainter, body: QRectF, zoom: float) -> None:
        style = self.style
        if zoom >= 0.6:
            painter.setPen(style.no_pen)
            painter.setBrush(style.shadow)
            # the lower edge of it alone: the rest would lie under the body
            drop = 5.0 if self.raised else 1.5
            painter.drawRoundedRect(QRectF(0.5, self.height - 20.0, WIDTH - 1.0, 20.0 + drop), RADIUS, RADIUS)
        painter.setBrush(style.node if self.heat is None else style.heats[self.heat])
        if self.selected or self.error:
            painter.setPen(style.halo_pen if self.selected else style.error_halo_pen)
            painter.drawRoundedRect(body.adjusted(-2.0, -2.0, 2.0, 2.0), RADIUS + 2.0, RADIUS + 2.0)
        painter.setPen(self._outline())
        if isinstance(self.node.block, Composite) and zoom >= MIDDLE:  # a second sheet behind it: it can be opened
            painter.drawRoundedRect(QRectF(7.0, -4.0, WIDTH - 14.0, 20.0), 6.0, 6.0)
        painter.drawRoundedRect(body, RADIUS, RADIUS)
        if self.focused:
            painter.setPen(style.focus_pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(-6.0, -6.0, 6.0, 6.0), RADIUS + 6.0, RADIUS + 6.0)

    def _outline(self) -> QPen:
        style = self.style
        if self.error:
            return style.error_pen
        if self.selected:
            return style.selected_pen
        return style.waiting_pen if self.is_waiting or self.misfit else style.node_pen

    def _paint_ports(self, painter: QPainter, zoom: float) -> None:
        style, node = self.style, self.node
        painter.setPen(style.port_pen)
        free = len(node.inputs)
        for index, place in enumerate(self.inputs):
            plugged = index < free and node.inputs[index] is not None
            painter.setBrush(style.wire_brush if plugged else style.canvas)
            painter.drawEllipse(place, PORT_RADIUS, PORT_RADIUS)
            if index >= free and zoom >= 0.7:  # the port that a block of any number of inputs always has to spare
                painter.drawLine(place - QPointF(2.2, 0.0), place + QPointF(2.2, 0.0))
                painter.drawLine(place - QPointF(0.0, 2.2), place + QPointF(0.0, 2.2))
        painter.setBrush(style.canvas if self.shape_out is None else style.wire_brush)
        painter.drawEllipse(self.output, PORT_RADIUS, PORT_RADIUS)

    def _paint_badge(self, painter: QPainter) -> None:
        style = self.style
        center = QPointF(WIDTH - 4.0, 3.0)
        painter.setPen(pen(style.node.color(), 1.5))
        if self.error:
            painter.setBrush(style.error_brush)
            painter.drawEllipse(center, 8.5, 8.5)
        else:  # another form as well as another colour
            painter.setBrush(style.warning_brush)
            painter.drawPolygon([center + QPointF(*corner) for corner in ((-9.5, 7.5), (9.5, 7.5), (0.0, -9.5))])
            center += QPointF(0.0, 1.0)
        painter.setPen(style.node.color())
        painter.setFont(style.badge_font[0])
        sign = style.line("!", style.badge_font, 20.0)
        style.write(painter, center - QPointF(sign.size().width() / 2, sign.size().height() / 2), sign)

    def _layout_texts(self, level: int) -> list[Text]:
        style, node = self.style, self.node
        family = style.family(node.block.family)
        about, about_font = _fitted(node.block.title, node.block.brief(), style)
        unknown = "?" if self.concealed else "does not fit" if self.misfit else "no shape yet"
        shape = str(self.shape_out) if self.shape_out is not None else unknown
        name_color = "muted" if self.is_waiting else "text"
        shape_color = "error" if self.misfit else "muted" if self.is_waiting else "text"
        if self.share is not None:
            about, about_font = str(self.share), style.node_fonts[level][1]
        rows = [(node.name, name_color), (about, "muted"), (shape, shape_color)]
        picked = ((0,), (0, 2 if self.share is None else 1), (0, 1, 2))[level]  # what has room to be read from here
        top, pitch = self.height / 2 - (15.5, 22.0, 25.0)[level], (0.0, 23.0, 17.0)[level]
        made = [_glyph(family.glyph, QPointF(11.0 + TILE / 2, self.height / 2), style.glyph_fonts[level])]
        for place, row in enumerate(picked):
            words, color = rows[row]
            font = about_font if row == 1 else style.node_fonts[level][min(place, 1)]
            made.append((QPointF(TEXT_LEFT, top + place * pitch), style.line(words, font, TEXT_WIDTH), font[0], color))
        return made


def _fitted(title: str, brief: str, style: Style) -> tuple[str, FontPair]:
    """Title and parameters in one line: in smaller letters, then with a shorter title, before a parameter is lost."""
    words = f"{title}  {brief}" if brief else title
    for font in (style.node_fonts[-1][1], style.tight_font):
        if font[1].horizontalAdvance(words) <= TEXT_WIDTH:
            return words, font
    metrics = style.tight_font[1]
    rest = TEXT_WIDTH - metrics.horizontalAdvance(f"  {brief}")
    if brief and rest > 0.25 * TEXT_WIDTH:
        return f"{metrics.elidedText(title, Qt.TextElideMode.ElideRight, rest)}  {brief}", style.tight_font
    return brief or title, style.tight_font


def _glyph(character: str, center: QPointF, font: QFont) -> Text:
    text = static_text(character, font)
    size = text.size()
    return center - QPointF(size.width() / 2, size.height() / 2), text, font, "on_accent"

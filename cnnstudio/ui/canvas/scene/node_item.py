"""NodeItem: the face of one node. It shows what the scene tells it and holds no truth of its own."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QPainter, QPixmap, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from cnnstudio.editing.description import BYPASSED
from cnnstudio.graph import Composite, Node, Shape
from cnnstudio.layout.metrics import WIDTH, node_height
from cnnstudio.ui.canvas.scene.cost_overlay import AS_BOTH, Share, SharesAs
from cnnstudio.ui.canvas.scene.geometry import Place, input_port, output_port
from cnnstudio.ui.canvas.scene.node_face import (
    MARGIN,
    TILE,
    TILE_LEFT,
    DrawnThumbnail,
    Look,
    Thumbnail,
    detail,
    draw_face,
    picture_of,
)
from cnnstudio.ui.canvas.scene.style import HEATS, Style
from cnnstudio.ui.looked_at.node_pictures import NodePicture
from cnnstudio.ui.theme.pens import pen

TEXT_LEFT, TEXT_WIDTH = 50.0, WIDTH - 50.0 - 11.0
NAME_WIDTHS = WIDTH - 50.0 - 4.0, TEXT_WIDTH, TEXT_WIDTH  # from far to near; from afar no port takes of the room
NAME_RISES = (15.5, 22.0, 25.0)  # how far above its middle the name begins, from far to near
BARS = (5.0, 3.5, 2.5)  # how thick the bar of a share is, from far to near, in scene pixels

_OPTION = QStyleOptionGraphicsItem()

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
        self.shares_as = AS_BOTH
        self.thumbnail: NodePicture | None = None
        self._drawn = DrawnThumbnail()
        self.node = node
        self._texts: dict[int, list[Text]] = {}
        self.at = 0.0, 0.0  # its top left corner ...
        self.body = QRectF()  # ... and all of it, in scene pixels
        self.setPen(style.no_pen)
        self.show_node(node)

    # what the scene tells it

    def show_node(self, node: Node) -> None:
        """Show another value of this node: parameters, ports and place."""
        self.node = node
        self.ports = node.ports
        self.height = node_height(self.ports)
        self._open = tuple(index for index, source in enumerate(node.inputs) if source is None)
        self.inputs = [input_port(index, self.ports) for index in range(self.ports)]
        self.output = output_port(self.ports)
        self._heights = [port.y() for port in self.inputs]
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

    def show_share(self, share: Share | None, shares_as: SharesAs) -> None:
        """Show how much of a measure is here, in percent and as a bar, as warmth or both; with None nothing of it."""
        if (share, shares_as) != (self.share, self.shares_as):
            self.share, self.shares_as = share, shares_as
            self._texts = {}
            self.update()

    def show_picture(self, thumbnail: NodePicture | None, told: str = "") -> bool:
        """Show this in the place of the tile, or the tile, when it is painted again; whether that is another one.

        Where nothing is ``told`` of pictures, nobody wants them any more, and their memory is given back.
        """
        before, self.thumbnail = self.thumbnail, thumbnail
        if thumbnail is None and not told:
            self._drawn = DrawnThumbnail()
        return thumbnail is not before

    @property
    def heat(self) -> int | None:
        """How warm it is, from 0 to ``HEATS`` - 1; None where nothing is measured, or warmth is not wanted."""
        return round(self.share.of_most * (HEATS - 1)) if self.share is not None and self.shares_as.heat else None

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
        self.at = x, y
        self.setPos(x, y)
        self.body = QRectF(x, y, WIDTH, self.height)

    def input_at(self, index: int) -> QPointF:
        """The place of an input port, in scene pixels."""
        return QPointF(*self.takes_at(index))

    def output_at(self) -> QPointF:
        """The place of the output port, in scene pixels."""
        return QPointF(*self.gives_at())

    def gives_at(self) -> Place:
        """The place of the output port, in bare numbers."""
        return self.at[0] + WIDTH, self.at[1] + self.height / 2

    def takes_at(self, index: int) -> Place:
        """The place of an input port, in bare numbers."""
        return self.at[0], self.at[1] + self._heights[min(index, self.ports - 1)]

    def name_line(self, zoom: float) -> QRectF:
        """Where its name is painted at this zoom, in scene pixels."""
        level = detail(zoom)
        high = self.style.node_fonts[level][0][1].height()
        return QRectF(
            self.at[0] + TEXT_LEFT, self.at[1] + self.height / 2 - NAME_RISES[level], NAME_WIDTHS[level], high
        )

    @property
    def is_waiting(self) -> bool:
        """Whether it has no shape yet, through no fault of its own."""
        return self.shape_out is None and not self.misfit and not self.concealed

    def sentence(self) -> str:
        """What a tooltip and a screen reader say of it."""
        node, brief = self.node, self.node.block.brief()
        words = [f"{node.name}: {node.block.title}{f' {brief}' if brief else ''}."]
        if node.bypassed:
            words.append(BYPASSED)
        if self.error or self.warning:
            words.append(self.error or self.warning)
        elif self.shape_out is not None:
            words.append(f"Output {self.shape_out}." + (f" {self.share}." if self.share is not None else ""))
        elif self.concealed:
            words.append("Its output is hidden while a question is open.")
        else:
            words.append("It has no shape yet: it waits for what comes before it.")
        if self.thumbnail is not None:
            words.append(self.thumbnail.sentence)
        return " ".join(words)

    # how it is painted

    @property
    def look(self) -> Look:
        """What its face is painted from."""
        return Look(
            self.node.block.family,
            self.height,
            len(self.node.inputs),
            self._open,
            self.ports,
            self.shape_out is not None,
            not (self.is_waiting or self.misfit),
            self.selected,
            self.focused,
            bool(self.error),
            self.raised,
            isinstance(self.node.block, Composite),
            self.node.bypassed,
            self.heat,
        )

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        style, zoom = self.style, painter.worldTransform().m11()
        ratio = widget.devicePixelRatioF() if widget is not None else None
        draw_face(painter, self.look, style, ratio)
        level = detail(zoom)
        if self.thumbnail is not None:
            rim, has_percent = style.family(self.node.block.family).brush, self.share is not None and level > 0
            self._drawn.draw(painter, Thumbnail(self.thumbnail.pixmap, self.height, rim, has_percent), ratio)
        if self.share is not None and self.shares_as.bar:
            painter.setPen(style.no_pen)
            thick = BARS[level]
            for brush, width in ((style.track_brush, TEXT_WIDTH), (style.heat_brush, TEXT_WIDTH * self.share.of_all)):
                painter.setBrush(brush)
                painter.drawRect(QRectF(TEXT_LEFT, self.height - 3.5 - thick, width, thick))
        if level not in self._texts:
            self._texts[level] = self._layout_texts(level)
        for place, text, font, color in self._texts[level]:
            painter.setFont(font)
            painter.setPen(getattr(style, color))
            style.write(painter, place, text)
        if self.error or self.warning:
            self._paint_badge(painter)

    def draw(self, painter: QPainter, transform: QTransform, widget: QWidget) -> None:
        """Paint it where it stands under this transform of the scene, for this widget's screen."""
        painter.setWorldTransform(transform)
        painter.translate(*self.at)
        self.paint(painter, _OPTION, widget)

    def picture(self, zoom: float, ratio: float) -> QPixmap:
        """All of it at this zoom, for a screen with so many pixels in one of the view."""
        return picture_of(self.height, zoom, ratio, lambda painter: self.paint(painter, _OPTION))

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
        about, about_font = style.fitted(node.block.title, node.block.brief(), TEXT_WIDTH)
        unknown = "?" if self.concealed else "does not fit" if self.misfit else "no shape yet"
        shape = str(self.shape_out) if self.shape_out is not None else unknown
        faint = self.is_waiting or node.bypassed
        name_color = "muted" if faint else "text"
        shape_color = "error" if self.misfit else "muted" if faint else "text"
        if node.bypassed:  # in the place of parameters that do nothing now
            words = f"Bypassed {node.block.title}" if level > 1 else "Bypassed"
            about, about_font = words, style.node_fonts[level][1]
        rows = [(node.name, name_color), (about, "muted"), (shape, shape_color)]
        second = 1 if node.bypassed else 2
        picked = ((0,), (0, second), (0, 1, 2))[level]  # what has room to be read from here
        top, pitch = self.height / 2 - NAME_RISES[level], (0.0, 23.0, 17.0)[level]
        made: list[Text] = []
        for place, row in enumerate(picked):
            words, color = rows[row]
            font = about_font if row == 1 else style.node_fonts[level][min(place, 1)]
            width = NAME_WIDTHS[level] if row == 0 else TEXT_WIDTH
            text = style.line(words, font, width, is_name=row == 0)
            made.append((QPointF(TEXT_LEFT, top + place * pitch), text, font[0], color))
        if self.share is not None and level:
            font = style.share_fonts[level]
            text = style.line(self.share.percent, font, TEXT_LEFT)
            under = QPointF(TILE_LEFT + (TILE - text.size().width()) / 2, self.height / 2 + TILE / 2)  # the tile
            made.append((under, text, font[0], "muted"))
        return made

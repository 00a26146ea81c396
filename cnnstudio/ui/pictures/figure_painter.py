"""Figure painter: the marks of a figure on anything that Qt paints on, and the signs of the families as outlines."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from cnnstudio.figure.inks import PAPER
from cnnstudio.figure.marks import Circle, Figure, Glyph, Line, Mark, Polygon, Text
from cnnstudio.figure.svg import towards
from cnnstudio.ui.theme.pens import glyph, glyph_font

FONTS = ["Helvetica", "Arial", "Nimbus Sans", "Liberation Sans", "Inter", "Noto Sans", "DejaVu Sans"]
_DRAWN = 64  # pixels at which a sign is outlined
_SET = 40  # pixels at which letters are set, before they are brought to their size


def paint(painter: QPainter, figure: Figure) -> None:
    """Paint the figure with its top left corner at the origin, in units of 1/96 inch."""
    painter.fillRect(QRectF(0.0, 0.0, figure.width, figure.height), QColor(PAPER))
    paint_marks(painter, figure)


def paint_marks(painter: QPainter, figure: Figure) -> None:
    """Paint the marks alone, on whatever there is."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    for mark in figure.marks:
        _paint(painter, mark)
    painter.setOpacity(1.0)


def _paint(painter: QPainter, mark: Mark) -> None:
    painter.setOpacity(mark.opacity if isinstance(mark, Polygon | Line) else 1.0)
    if isinstance(mark, Polygon):
        painter.setPen(_pen(mark.stroke, mark.width))
        painter.setBrush(QColor(mark.fill) if mark.fill else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([QPointF(*point) for point in mark.points]))
    elif isinstance(mark, Line):
        painter.strokePath(_rounded(mark), _pen(mark.stroke, mark.width, mark.dash))
    elif isinstance(mark, Circle):
        painter.setPen(_pen(mark.stroke, mark.width))
        painter.setBrush(QColor(mark.fill))
        painter.drawEllipse(QPointF(*mark.center), mark.radius, mark.radius)
    elif isinstance(mark, Text):
        _write(painter, mark)
    else:
        painter.save()
        painter.translate(*mark.center)
        painter.scale(mark.size, mark.size)
        painter.fillPath(_sign(mark.family), QBrush(QColor(mark.color)))
        painter.restore()


def _write(painter: QPainter, mark: Text) -> None:
    font = _font(mark.bold)
    painter.save()
    painter.translate(*mark.place)
    painter.scale(mark.size / _SET, mark.size / _SET)  # a font's pixels are whole ones, a figure's are not
    painter.setFont(font)
    painter.setPen(QColor(mark.color))
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor]
    left = -share * QFontMetricsF(font).horizontalAdvance(mark.words) if share else 0.0
    painter.drawText(QPointF(left, 0.0), mark.words)
    painter.restore()


def _pen(color: str, width: float, dash: tuple[float, ...] = ()) -> QPen:
    if not color:
        return QPen(Qt.PenStyle.NoPen)
    pen = QPen(QColor(color), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dash and width:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # with round ends a dash would fill its gaps
        pen.setDashPattern([length / width for length in dash])
    return pen


def _rounded(line: Line) -> QPainterPath:
    path = QPainterPath(QPointF(*line.points[0]))
    for before, corner, after in zip(line.points, line.points[1:], line.points[2:], strict=False):
        path.lineTo(QPointF(*towards(corner, before, line.radius)))
        path.quadTo(QPointF(*corner), QPointF(*towards(corner, after, line.radius)))
    path.lineTo(QPointF(*line.points[-1]))
    return path


@lru_cache(maxsize=2)
def _font(bold: bool) -> QFont:
    font = QFont(FONTS)
    font.setPixelSize(_SET)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    return font


@lru_cache(maxsize=64)
def _sign(family: str) -> QPainterPath:
    """The sign of a family in a square of 1 round the origin."""
    path = QPainterPath()
    path.addText(QPointF(), glyph_font(_DRAWN), glyph(family))
    path.translate(-path.boundingRect().center())
    side = max(path.boundingRect().width(), path.boundingRect().height()) or 1.0
    scaled = QPainterPath()
    for index in range(path.elementCount()):
        element = path.elementAt(index)
        path.setElementPositionAt(index, element.x / side, element.y / side)
    scaled.addPath(path)
    scaled.setFillRule(Qt.FillRule.WindingFill)
    return scaled


def signs(figure: Figure) -> dict[str, str]:
    """Each family in the figure -> its sign as the path of an SVG drawing."""
    return {mark.family: _data(_sign(mark.family)) for mark in figure.marks if isinstance(mark, Glyph)}


def _data(path: QPainterPath) -> str:
    words: list[str] = []
    kinds = QPainterPath.ElementType
    for index in range(path.elementCount()):
        element = path.elementAt(index)
        place = f"{element.x:.3f} {element.y:.3f}"
        sign = {kinds.MoveToElement: "M", kinds.LineToElement: "L", kinds.CurveToElement: "C"}
        words.append(f"{sign.get(element.type, '')}{place} ")
    return "".join(words).strip()

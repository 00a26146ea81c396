"""Report pages: a report as a PDF of A4 pages, its figures as lines and letters, drawn by our own painter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRect, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPyTextObject,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from cnnstudio.disk import replacing
from cnnstudio.exchange.reporting.contents_page import Drawing, Page, Picture, Pictures
from cnnstudio.exchange.reporting.markup import body, text
from cnnstudio.figure.marks import Figure
from cnnstudio.ui.pictures.figure_painter import FONTS, paint_marks

DOTS = 960  # to an inch: a PDF knows whole numbers of them only
UNIT = DOTS / 96.0  # dots to a unit of a figure
MARGIN = 15.0  # millimetres
FOOT = 26.0  # units below the words, for the number of the page
TALLEST = 0.8  # of a page, that a figure may take
_FIGURE = QTextFormat.ObjectTypes.UserObject.value + 1
_NUMBER = QTextFormat.Property.UserProperty.value + 1
_MARK = "\ue000{}\ue001"  # where a figure stands until it is put there: letters that no text of a report has
STYLE = """
body { color: #1d2433; }
h1 { font-size: 20pt; margin-bottom: 2px; }
h2 { font-size: 13pt; margin-top: 20px; margin-bottom: 6px; }
p, li { margin-top: 4px; margin-bottom: 4px; }
.line, .note, .words { color: #566072; font-size: 8pt; }
.warning { color: #7a4600; background-color: #fdf6ea; }
th { text-align: left; color: #566072; font-weight: 600; }
td, th { font-size: 8pt; padding: 2px 8px 2px 0px; }
.right { text-align: right; }
table { margin-top: 6px; margin-bottom: 12px; }
.matrix td, .matrix th { text-align: center; padding: 2px 5px 2px 5px; }
"""


def write_pages(page: Page, path: Path) -> None:
    """Write the report as a PDF. Raises ``DiskError`` with a sentence."""
    data = pages(page)
    with replacing(path) as temporary:
        temporary.write_bytes(data.data())


def pages(page: Page) -> QByteArray:
    """The report as a PDF."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    device = QPdfWriter(buffer)
    device.setResolution(DOTS)
    device.setTitle(page.title)
    device.setCreator("CNN Studio")
    margins = QMarginsF(MARGIN, MARGIN, MARGIN, MARGIN)
    device.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    room = QSizeF(device.width(), device.height() - FOOT * UNIT)
    document = _document(page, device, room)
    painter = QPainter(device)
    count = document.pageCount()
    for number in range(count):
        if number:
            device.newPage()
        painter.save()
        painter.translate(0.0, -number * room.height())
        document.drawContents(painter, QRectF(QPointF(0.0, number * room.height()), room))
        painter.restore()
        painter.setFont(_font(8.0))
        painter.setPen(QColor("#566072"))
        foot = QRectF(0.0, room.height(), room.width(), FOOT * UNIT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{number + 1} of {count}")
    painter.end()
    buffer.close()
    return data


def _document(page: Page, device: QPdfWriter, room: QSizeF) -> QTextDocument:
    """The words of the report with its figures among them, broken into pages for this device."""
    document, figures = QTextDocument(), list[Figure]()
    document.documentLayout().setPaintDevice(device)
    document.setDefaultFont(_font(9.5))
    document.setDefaultStyleSheet(STYLE)
    document.setDocumentMargin(0.0)

    def drawing(block: Drawing) -> str:
        figures.append(block.figure)
        words = f'<p class="words">{text(block.words)}</p>' if block.words else ""
        return f"<p>{_MARK.format(len(figures) - 1)}</p>{words}"

    document.setHtml("\n".join(body(page, drawing, _pictures(document, room.width() / UNIT))))
    painter = _Figures(figures, room, document)
    document.documentLayout().registerHandler(_FIGURE, painter)
    for number in range(len(figures)):
        cursor: QTextCursor = document.find(_MARK.format(number))
        if not cursor.isNull():
            form = QTextCharFormat()
            form.setObjectType(_FIGURE)
            form.setProperty(_NUMBER, number)
            cursor.insertText("\ufffc", form)
    document.setPageSize(room)
    return document


class _Figures(QPyTextObject):
    """Paints a figure where it stands among words: as large as it is, or smaller where the page is."""

    def __init__(self, figures: list[Figure], room: QSizeF, parent: QTextDocument) -> None:
        super().__init__(parent)
        self._figures, self._room = figures, room

    def _scale(self, figure: Figure) -> float:
        return min(UNIT, self._room.width() / figure.width, TALLEST * self._room.height() / figure.height)

    def intrinsicSize(self, _: QTextDocument, __: int, form: QTextFormat) -> QSizeF:  # noqa: N802 - Qt's name
        figure = self._figures[int(form.property(_NUMBER))]
        return QSizeF(figure.width, figure.height) * self._scale(figure)

    def drawObject(  # noqa: N802 - Qt's name, and what Qt gives
        self, painter: QPainter, rect: QRectF | QRect, _: QTextDocument, __: int, form: QTextFormat
    ) -> None:
        figure = self._figures[int(form.property(_NUMBER))]
        painter.save()
        painter.translate(rect.topLeft())
        painter.scale(self._scale(figure), self._scale(figure))
        paint_marks(painter, figure)
        painter.restore()


def _pictures(document: QTextDocument, width: float) -> Callable[[Pictures], str]:
    """How pictures are set: in a table, as many in a row as there is room for; ``width`` is the page's, in units."""
    count = 0

    def one(each: Picture) -> str:
        nonlocal count
        count += 1
        address = QUrl(f"picture:{count}")
        image = QImage.fromData(QByteArray(each.png))
        document.addResource(QTextDocument.ResourceType.ImageResource.value, address, image)
        scale = min(1.0, width / max(1, each.width))
        size = f'width="{round(each.width * scale)}" height="{round(each.height * scale)}"'
        return f'<td><img src="{address.toString()}" {size}><br><span class="words">{text(each.words)}</span></td>'

    def rows(block: Pictures) -> str:
        widest = max((each.width for each in block.pictures), default=1) + 24
        across = max(1, int(width // max(90, widest)))
        lines = (block.pictures[start : start + across] for start in range(0, len(block.pictures), across))
        return "<table>" + "".join(f"<tr>{''.join(map(one, line))}</tr>" for line in lines) + "</table>"

    return rows


def _font(points: float) -> QFont:
    font = QFont()
    font.setFamilies(FONTS)
    font.setPointSizeF(points)
    return font

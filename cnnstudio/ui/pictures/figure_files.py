"""Figure files: a figure as pixels, as a drawing, as a page, and as what the clipboard takes."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QMimeData, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter

from cnnstudio.figure.marks import Figure
from cnnstudio.figure.svg import svg
from cnnstudio.ui.pictures.canvas_picture import DOTS_PER_METER, KINDS, MOST, SCALE, PictureError
from cnnstudio.ui.pictures.figure_painter import paint, signs


def made(figure: Figure, path: Path) -> QImage | QByteArray:
    """What goes into a file of this name. Raises ``PictureError`` for another ending than .png, .svg and .pdf."""
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise PictureError(f"A figure ends in {', '.join(KINDS)}, not in {suffix or 'nothing'}.")
    if suffix == ".png":
        return image(figure)
    return QByteArray(drawing(figure)) if suffix == ".svg" else _page(figure)


def image(figure: Figure) -> QImage:
    """The figure at two pixels for each of its units, or fewer where it is very large."""
    scale = min(SCALE, sqrt(MOST / (figure.width * figure.height)))
    pixels = QImage((QSizeF(figure.width, figure.height) * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    pixels.setDotsPerMeterX(round(DOTS_PER_METER))
    pixels.setDotsPerMeterY(round(DOTS_PER_METER))
    painter = QPainter(pixels)
    painter.scale(scale, scale)
    paint(painter, figure)
    painter.end()
    return pixels


def drawing(figure: Figure) -> bytes:
    """The figure as SVG."""
    return svg(figure, signs(figure)).encode()


def copied(figure: Figure) -> QMimeData:
    """The figure for the clipboard: pixels, and the drawing for programs that can take it."""
    data = QMimeData()
    data.setImageData(image(figure))
    data.setData("image/svg+xml", QByteArray(drawing(figure)))
    return data


def _page(figure: Figure) -> QByteArray:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    device = QPdfWriter(buffer)
    device.setResolution(960)  # ten to a unit: a PDF knows whole numbers of them only
    device.setTitle(figure.title)
    points = QSizeF(figure.width, figure.height) * 72.0 / 96.0
    device.setPageSize(QPageSize(points, QPageSize.Unit.Point, "Figure", QPageSize.SizeMatchPolicy.ExactMatch))
    device.setPageMargins(QMarginsF(0.0, 0.0, 0.0, 0.0))
    painter = QPainter(device)
    painter.scale(10.0, 10.0)
    paint(painter, figure)
    painter.end()
    buffer.close()
    return data

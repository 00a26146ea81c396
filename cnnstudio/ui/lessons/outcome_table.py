"""Outcome table: what the networks of an experiment come to, side by side, with bars; and maps as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.lessons.experiment import Outcome, Picture, Row
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.map_colours import MapColours, colour_table, normalised

GAP = 12
BAR = 4  # pixels
LEAST = 70  # pixels of a column at the normal size of text
NAME, MOST = 0.28, 190  # of the width, and pixels at the normal size of text, for the names of the rows


class OutcomeTable(QWidget):
    """A row for each thing that is compared, a column for each network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcome: Outcome | None = None
        self.setAccessibleName("What the networks come to")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_outcome(self, outcome: Outcome) -> None:
        """Show these numbers."""
        self._outcome = outcome
        titles = outcome.columns
        rows = (
            f"{row.name}: " + ", ".join(f"{title} {cell}" for title, cell in zip(titles, row.cells, strict=True))
            for row in outcome.rows
        )
        self.setAccessibleDescription("; ".join(rows))
        self.updateGeometry()
        self.update()

    @property
    def _high(self) -> int:
        return QFontMetrics(theme.font()).height() + BAR + 5

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        made = self._outcome
        columns = 1 + (len(made.columns) if made is not None else 2)
        return QSize(round(columns * 120 * theme.scale), self._high * (1 + (len(made.rows) if made is not None else 4)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(round(LEAST * theme.scale), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        made = self._outcome
        if made is None or not made.rows:
            return
        painter, high = QPainter(self), self._high
        share = NAME if len(made.columns) > 1 else 0.5
        name = min(self.width() * share, MOST * theme.scale)
        wide = (self.width() - name) / len(made.columns)
        self._row(painter, QRectF(0, 0, name, high), wide, Row("", made.columns))
        for number, row in enumerate(made.rows, start=1):
            y = float(number * high)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(0, round(y) - 1, self.width(), round(y) - 1)
            self._row(painter, QRectF(0, y, name, high - BAR), wide, row)
            largest = max(row.sizes, default=0.0)
            for column, size in enumerate(row.sizes if largest and len(row.sizes) > 1 else ()):
                box = QRectF(name + column * wide, y + high - BAR - 2, (wide - GAP) * size / largest, BAR)
                painter.fillRect(box, theme.color("train", 0.75))
        painter.end()

    def _row(self, painter: QPainter, box: QRectF, wide: float, row: Row) -> None:
        """Write a row whose name stands in the box, or the titles, which have none."""
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        self._write(painter, box.adjusted(0, 0, -GAP, 0), row.name)
        if row.name:
            painter.setFont(theme.font())
            painter.setPen(theme.color("text"))
        for column, words in enumerate(row.cells):
            self._write(painter, QRectF(box.right() + column * wide, box.y(), wide - GAP, box.height()), words)

    @staticmethod
    def _write(painter: QPainter, box: QRectF, words: str) -> None:
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class MapPicture(QWidget):
    """A map under its title, as large as there is room, with a frame round what is seen of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: Picture | None = None
        self._image, self._lines = QImage(), QPainterPath()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, picture: Picture) -> None:
        """Show this one."""
        self.picture = picture
        values = picture.values.astype(np.float32)
        if picture.limits is not None:
            black, white = picture.limits
            levels = ((values - black) * np.float32(255 / (white - black))).clip(0, 255).astype(np.uint8)
            colors = colour_table(MapColours.GREY)[levels]
        elif picture.ends is None:
            colors = colour_table(MapColours.GREY)[normalised(values[None], together=False)[0]]
        else:
            low, high = picture.ends
            levels = np.nan_to_num((values - low) * np.float32(255 / (high - low or 1.0))).clip(0, 255).astype(np.uint8)
            colors = np.where(np.isfinite(values), colour_table(MapColours.VIRIDIS)[levels], np.uint32(0))
        colors = np.ascontiguousarray(colors)
        height, width = colors.shape
        self._image = QImage(colors.tobytes(), width, height, width * 4, QImage.Format.Format_ARGB32).copy()
        self._lines = _height_lines(picture)
        self.setAccessibleName(picture.title)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(150, 160)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(64, 84)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.picture is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        top = painter.fontMetrics().height() + 3
        title = painter.fontMetrics().elidedText(self.picture.title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), top), Qt.AlignmentFlag.AlignLeft, title)
        side = max(1, min(self.width(), self.height() - top))
        height, width = self.picture.values.shape
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.picture.ends is not None)
        painter.drawImage(QRectF(0, top, side, side), self._image)
        if not self._lines.isEmpty():
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(0, top)
            painter.scale(side / width, side / height)
            pen = QPen(QColor(255, 255, 255, 190), 1)
            pen.setCosmetic(True)
            painter.strokePath(self._lines, pen)
            painter.restore()
        if self.picture.box is not None:
            rows, columns = self.picture.box
            x, y = side / width, side / height
            box = QRectF(columns.start * x, top + rows.start * y, len(columns) * x, len(rows) * y)
            painter.setPen(QPen(theme.color("panel", 0.9), 4))
            painter.drawRect(box)
            painter.setPen(QPen(theme.color("validation"), 2))
            painter.drawRect(box)
        painter.end()


def _height_lines(picture: Picture) -> QPainterPath:
    """The lines on which the map has its ``heights``, in pixels of the map; none while some of it is not known."""
    path = QPainterPath()
    if not picture.heights or not np.isfinite(picture.values).all():
        return path
    import pyqtgraph  # which takes longer than the window's first picture has time for

    functions: Any = pyqtgraph.functions
    for height in picture.heights:
        for stroke in functions.isocurve(picture.values.T, height, connected=True):
            points = [QPointF(x, y) for x, y in stroke]
            path.addPolygon(QPolygonF(points))
    return path

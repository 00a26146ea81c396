"""Curve view: the curves of an experiment, or its named points, in the size and the colours of the screen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.figure import ticks
from cnnstudio.lessons.experiment import OTHERS, Curve, Curves
from cnnstudio.ui.theme import theme
from cnnstudio.wording import short

HUES = (20, 145, 214, 285, 48, 350, 178, 315)  # of the inks
DASHES = ((), (7.0, 3.0), (2.0, 2.5), (8.0, 3.0, 2.0, 3.0))  # in widths of the pen, so that no colour tells alone
PAD, LINE = 6, 2.0  # pixels
KEY = 24  # pixels of a line in the legend
RADIUS = 3.5  # pixels of a point
HIGH, HIGHEST = 170, 340  # pixels, and pixels at the normal size of text


class CurveView(QWidget):
    """Curves below their title and legend, with numbers along both axes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: Curves | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_curves(self, curves: Curves) -> None:
        """Show these."""
        self.curves = curves
        self.setAccessibleName(f"{curves.title} over {curves.across}")
        self.setAccessibleDescription("; ".join(told for each in curves.curves if (told := _told(each))))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(300, HIGH)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.curves is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("small"))
        _Painting(painter, self.curves, self.width(), self.height()).paint()
        painter.end()


def color(ink: int) -> QColor:
    """The colour of a curve with this ink."""
    if ink == OTHERS:
        return theme.color("muted", 0.45)
    return theme.hue(HUES[ink % len(HUES)])


def _told(curve: Curve) -> str:
    """A curve in words: where it ends, or where each of its points is."""
    if curve.names:
        told = zip(curve.names, curve.x, curve.y, strict=True)
        return ", ".join(f"{name} {x:.4g} {y:.4g}" for name, x, y in told if name)
    known = curve.y[np.isfinite(curve.y)]
    return f"{curve.name} ends at {known[-1]:.3g}" if len(known) else f"{curve.name} has not begun"


class _Painting:
    """One picture of curves: where what lies, and the strokes."""

    def __init__(self, painter: QPainter, curves: Curves, width: int, height: int) -> None:
        self.painter, self.shown = painter, curves
        self.metrics = painter.fontMetrics()
        self.row = self.metrics.height() + 2
        self.left, self.right = self._span("x", curves.wide)
        self.low, self.top = self._span("y", curves.high)
        self.levels = ticks.linear(self.low, self.top, max(2, height // 40))
        numbers = max((self.metrics.horizontalAdvance(each) for each in ticks.written(self.levels)), default=0)
        self.field = QRectF(numbers + 8, 2 * self.row + 4, 0, 0)
        self.field.setRight(width - PAD)
        self.field.setBottom(height - 2 * self.row)

    def _span(self, axis: str, given: tuple[float, float] | None) -> tuple[float, float]:
        """From where to where an axis goes; to the right in powers of ten, where it is logarithmic."""
        is_log = axis == "x" and self.shown.is_logarithmic
        if given is not None:
            return (float(np.log10(given[0])), float(np.log10(given[1]))) if is_log else given
        every = [getattr(curve, axis) for curve in self.shown.curves]
        known = np.concatenate(every) if every else np.empty(0)
        known = known[np.isfinite(known)]
        known = np.log10(known) if is_log else known
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        air = 0.06 * (high - low) or 0.5
        return low - air, high + air

    def paint(self) -> None:
        self._head()
        self._grid()
        self.painter.setClipRect(self.field.adjusted(-RADIUS, -RADIUS, RADIUS, RADIUS))
        for curve in self.shown.curves:
            self._points(curve) if curve.names else self._line(curve)
        self.painter.setClipping(False)
        self._names()

    def _head(self) -> None:
        """The title, and below it the legend: of each ink its line and its name."""
        self.painter.setPen(theme.color("muted"))
        width = int(self.field.right())
        title = self.metrics.elidedText(self.shown.title, Qt.TextElideMode.ElideRight, width)
        self.painter.drawText(QPointF(0, self.metrics.ascent()), title)
        named = [curve for curve in self.shown.curves if curve.name]
        room = (width - PAD) / max(1, len(named))
        x, middle = 0.0, self.row + self.row / 2
        for curve in named:
            key = KEY if not curve.names else 3 * RADIUS
            words = self.metrics.elidedText(curve.name, Qt.TextElideMode.ElideRight, int(room - key - 16))
            if curve.names:
                self._dot(QPointF(x + RADIUS, middle), curve.ink)
            else:
                self.painter.setPen(self._pen(curve))
                self.painter.drawLine(QPointF(x, middle), QPointF(x + KEY, middle))
            self.painter.setPen(theme.color("text"))
            self.painter.drawText(QPointF(x + key + 4, self.row + self.metrics.ascent()), words)
            x += min(room, key + 16 + self.metrics.horizontalAdvance(words))

    def _grid(self) -> None:
        field, painter = self.field, self.painter
        for value, words in zip(self.levels, ticks.written(self.levels), strict=True):
            y = self._at(0.0, value).y()
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(theme.color("muted"))
            box = QRectF(0, y - self.row / 2, field.left() - 5, self.row)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        places = self._places()
        last = -1e9
        written = list(map(short, places)) if self.shown.is_logarithmic else ticks.written(places)
        for value, words in zip(places, written, strict=True):
            x = self._across(value)
            wide = self.metrics.horizontalAdvance(words)
            if x - wide / 2 < last + 6:
                continue
            last = x + wide / 2
            painter.drawText(
                QPointF(min(x - wide / 2, field.right() + PAD - wide), field.bottom() + self.metrics.ascent() + 2),
                words,
            )
        painter.setPen(QPen(theme.color("muted"), 1))
        painter.drawLine(field.bottomLeft(), field.bottomRight())
        painter.setPen(theme.color("muted"))
        box = QRectF(field.left(), field.bottom() + self.row, field.width(), self.row)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, self.shown.across)

    def _places(self) -> list[float]:
        most = max(2, int(self.field.width() / 60))
        if self.shown.is_logarithmic:
            return ticks.logarithmic(10**self.left, 10**self.right, most)
        return ticks.linear(self.left, self.right, most)

    def _across(self, value: float) -> float:
        """Where a number of the axis to the right lies, in pixels."""
        place = float(np.log10(value)) if self.shown.is_logarithmic else value
        return self.field.left() + (place - self.left) / (self.right - self.left) * self.field.width()

    def _at(self, x: float, y: float) -> QPointF:
        down = self.field.bottom() - (y - self.low) / (self.top - self.low) * self.field.height()
        return QPointF(self._across(x) if x > 0 or not self.shown.is_logarithmic else 0.0, down)

    def _pen(self, curve: Curve) -> QPen:
        pen = QPen(color(curve.ink), LINE)
        if dashes := DASHES[max(0, curve.ink) % len(DASHES)]:
            pen.setDashPattern(dashes)
        return pen

    def _line(self, curve: Curve) -> None:
        self.painter.setPen(self._pen(curve))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        known = np.isfinite(curve.x) & np.isfinite(curve.y)
        for first, last in _runs(known):
            points = [
                self._at(x, y) for x, y in zip(curve.x[first:last].tolist(), curve.y[first:last].tolist(), strict=True)
            ]
            if len(points) == 1:
                self._dot(points[0], curve.ink)
            self.painter.drawPolyline(QPolygonF(points))

    def _points(self, curve: Curve) -> None:
        for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True):
            self._dot(self._at(x, y), curve.ink)

    def _dot(self, place: QPointF, ink: int) -> None:
        self.painter.setPen(QPen(theme.color("panel"), 1))
        self.painter.setBrush(color(ink))
        self.painter.drawEllipse(place, RADIUS, RADIUS)

    def _names(self) -> None:
        """The names of the points, those that have room beside them."""
        taken: list[QRectF] = []
        points = [
            (self._at(x, y), name)
            for curve in self.shown.curves
            for x, y, name in zip(curve.x.tolist(), curve.y.tolist(), curve.names, strict=False)
            if name
        ]
        dots = [QRectF(at.x() - RADIUS, at.y() - RADIUS, 2 * RADIUS, 2 * RADIUS) for at, _ in points]
        self.painter.setPen(theme.color("text"))
        for at, name in points:
            wide = self.metrics.horizontalAdvance(name)
            for x, y in ((7, 4), (-7 - wide, 4), (-wide / 2, -7), (-wide / 2, self.row + 2)):
                box = QRectF(at.x() + x, at.y() + y - self.metrics.ascent(), wide, self.metrics.height() - 2)
                if not self.field.contains(box) or any(box.intersects(other) for other in (*taken, *dots)):
                    continue
                self.painter.fillRect(box.adjusted(-1, 1, 1, 1), theme.color("window", 0.75))
                self.painter.drawText(QPointF(box.x(), at.y() + y), name)
                taken.append(box)
                break


def _runs(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches that are known without a break, each from its first place to the one behind its last."""
    breaks = [0, *(np.flatnonzero(np.diff(known.astype(np.int8))) + 1).tolist(), len(known)]
    return [(first, last) for first, last in pairwise(breaks) if last > first and known[first]]

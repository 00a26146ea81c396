"""Point map: a point for each picture, near those that the network sees alike; the pointer or the arrows say which."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.insight.evaluation.charts import class_colors, placed
from cnnstudio.insight.evaluation.evaluation import Numbers, Values
from cnnstudio.ui.insight.evaluation.evaluation_view import Seen, screen_inks
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.announcement import announce

MARGIN, REACH = 14.0, 14.0  # pixels
SMALL, LARGE = 1.7, 3.2  # pixels of the radius of a point
WAYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class PointMap(QWidget):
    """Points in the colours of their classes, those that are told wrong ringed; the current one has a large ring."""

    picked = Signal(int)
    opened = Signal(int)
    pointed = Signal(str)  # what is under the pointer, or current, in words

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seen: Seen | None = None
        self._numbers: Numbers = np.empty(0, np.int64)
        self._places: Values = np.empty((0, 2))
        self._drawn: Values = np.empty((0, 2))
        self._size = QSize()
        self.current: int | None = None  # the place in the arrays
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(120, 80))
        self.setAccessibleName("Map of the pictures; arrows go to the next point, Enter opens its picture")

    def show_points(self, seen: Seen | None, numbers: Numbers, places: Values) -> None:
        """Show these validation images at these places (N, 2)."""
        self._seen, self._numbers, self._places = seen, numbers, places
        self.current, self._size = None, QSize()
        self.update()

    def clear(self) -> None:
        """Show no points, and hold no images."""
        self.show_points(None, np.empty(0, np.int64), np.empty((0, 2)))

    @property
    def _radius(self) -> float:
        return min(LARGE, max(SMALL, min(self.width(), self.height()) / 120))

    def _on_screen(self) -> Values:
        if self._size != self.size() and len(self._places):
            self._drawn, self._size = placed(self._places, self.width(), self.height(), MARGIN), self.size()
        return self._drawn

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._seen is None or not len(self._places):
            return
        evaluation, inks = self._seen.evaluation, screen_inks()
        colors = [QColor(each) for each in class_colors(len(evaluation.classes), inks)]
        right = evaluation.right
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points, ring = self._on_screen(), QPen(theme.color("text"), 1.3)
        wrong = [at for at, number in enumerate(self._numbers.tolist()) if not right[number]]
        radius = self._radius
        painter.setPen(Qt.PenStyle.NoPen)
        for at, number in enumerate(self._numbers.tolist()):
            painter.setBrush(colors[evaluation.labels[number]])
            painter.drawEllipse(QPointF(*points[at]), radius, radius)
        for at in wrong:  # above all others
            painter.setPen(ring)
            painter.setBrush(colors[evaluation.labels[self._numbers[at]]])
            painter.drawEllipse(QPointF(*points[at]), radius + 0.8, radius + 0.8)
        if self.current is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2.2))
            painter.drawEllipse(QPointF(*points[self.current]), radius + 5, radius + 5)
        painter.end()

    def at(self, place: QPointF) -> int | None:
        """The point that is nearest to this place, where one is within reach."""
        points = self._on_screen()
        if not len(points):
            return None
        distances = ((points - np.array([place.x(), place.y()])) ** 2).sum(1)
        nearest = int(distances.argmin())
        return nearest if distances[nearest] <= REACH**2 else None

    def position(self, at: int) -> QPointF:
        """Where a point stands on the screen."""
        return QPointF(*self._on_screen()[at])

    def go_to(self, at: int) -> None:
        """Make this point the current one; all panels look at its picture."""
        self.current = at
        self.update()
        words = self._words(at)
        self.pointed.emit(words)
        announce(self, words)
        self.picked.emit(int(self._numbers[at]))

    def _words(self, at: int) -> str:
        return self._seen.listed(int(self._numbers[at])).aloud if self._seen is not None else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.at(event.position())
        if found is None:
            found = self.current
        self.pointed.emit("" if found is None else self._words(found))

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit("" if self.current is None else self._words(self.current))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (found := self.at(event.position())) is not None:
            self.go_to(found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if (found := self.at(event.position())) is not None:
            self.opened.emit(int(self._numbers[found]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in WAYS and len(self._places):
            self._move(WAYS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.opened.emit(int(self._numbers[self.current]))
        else:
            super().keyPressEvent(event)

    def _move(self, way: tuple[float, float]) -> None:
        """Go to the nearest point in this direction, straight ahead before aside."""
        points = self._on_screen()
        if self.current is None:
            middle = points.mean(0)
            self.go_to(int(((points - middle) ** 2).sum(1).argmin()))
            return
        offset = points - points[self.current]
        ahead, aside = offset @ np.array(way), np.abs(offset @ np.array([way[1], way[0]]))
        cost = np.where((ahead > 0.5) & (aside <= 2 * ahead), ahead + 2 * aside, np.inf)
        if np.isfinite(cost).any():
            self.go_to(int(cost.argmin()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.current is not None:
            self.pointed.emit(self._words(self.current))

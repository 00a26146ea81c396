"""Preview: a figure on its white page, as large as there is room, nearer with the wheel."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.ui.figure.painter import paint
from cnnstudio.ui.theme import theme

MARGIN = 16.0
LARGEST = 1.6  # of the figure, where it would fit at more
NEAREST = 12.0  # times the size at which it fits


class Preview(QWidget):
    """Shows a figure, or a sentence where there is none. The wheel comes nearer, a drag moves, a double click fits."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self.sentence = ""
        self.nearness = 1.0
        self._moved, self._held = QPointF(), QPointF()
        self.setMinimumSize(QSize(240, 160))
        self.setAccessibleName("The paper figure")
        self.setToolTip("The wheel comes nearer, a drag moves, a double click shows all.")

    def show_figure(self, figure: Figure | None, sentence: str = "") -> None:
        """Show this figure, or say why there is none."""
        self.figure, self.sentence = figure, sentence
        self.setAccessibleDescription(figure.caption if figure is not None else sentence)
        self.update()

    def fit(self) -> None:
        """Show the whole figure."""
        self.nearness, self._moved = 1.0, QPointF()
        self.update()

    @property
    def scale(self) -> float:
        """Pixels for a unit of the figure."""
        if self.figure is None:
            return 1.0
        room = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        fits = min(room.width() / self.figure.width, room.height() / self.figure.height, LARGEST)
        return max(0.05, fits) * self.nearness

    def _corner(self) -> QPointF:
        """Where the figure's top left corner is."""
        assert self.figure is not None
        size = QPointF(self.figure.width, self.figure.height) * self.scale
        return QRectF(self.rect()).center() - size / 2 + self._moved

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("window"))
        if self.figure is None:
            painter.setPen(theme.color("muted"))
            painter.setFont(theme.font())
            room = self.rect().adjusted(40, 20, -40, -20)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.sentence)
            return
        painter.translate(self._corner())
        painter.scale(self.scale, self.scale)
        paint(painter, self.figure)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.figure is None:
            return
        before, at = self.scale, event.position()
        on_figure = (at - self._corner()) / before
        self.nearness = min(NEAREST, max(1.0, self.nearness * 1.0015 ** event.angleDelta().y()))
        if self.nearness == 1.0:
            self._moved = QPointF()
        else:
            self._moved += at - (self._corner() + on_figure * self.scale)
        self.update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.nearness > 1.0:
            self._moved += event.position() - self._held
            self._held = event.position()
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

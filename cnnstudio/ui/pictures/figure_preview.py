"""Figure preview: a figure on its white page, as large as there is room, nearer with the wheel."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.ui.pictures.figure_painter import paint
from cnnstudio.ui.theme import theme

MARGIN = 16.0
LARGEST = 1.6  # of the figure, where it would fit at more
STEPS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (40, 0),
    Qt.Key.Key_Right: (-40, 0),
    Qt.Key.Key_Up: (0, 40),
    Qt.Key.Key_Down: (0, -40),
}
NEAREST = 12.0  # times the size at which it fits


class Preview(QWidget):
    """Shows a figure, or a sentence where there is none. Wheel and keys come nearer and move, a double click fits."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self.sentence = ""
        self.nearness = 1.0
        self._moved, self._held = QPointF(), QPointF()
        self.setMinimumSize(QSize(240, 160))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The paper figure")
        self.setToolTip(
            "The wheel, + and − come nearer or go away, a drag and the arrows move, a double click and 0 show all."
        )

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
        self._come_nearer(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def _come_nearer(self, factor: float, at: QPointF) -> None:
        if self.figure is None:
            return
        on_figure = (at - self._corner()) / self.scale
        self.nearness = min(NEAREST, max(1.0, self.nearness * factor))
        if self.nearness == 1.0:
            self._moved = QPointF()
        else:
            self._moved += at - (self._corner() + on_figure * self.scale)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS and self.nearness > 1.0:
            self._moved += QPointF(*STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._come_nearer(0.8 if event.key() == Qt.Key.Key_Minus else 1.25, QRectF(self.rect()).center())
        elif event.key() in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.fit()
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.nearness > 1.0:
            self._moved += event.position() - self._held
            self._held = event.position()
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

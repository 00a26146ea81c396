"""Drag ghost: what hangs on the pointer while something is dragged out of a panel, until it is over what takes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QDrag, QDragMoveEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

BESIDE = QPoint(12, 10)  # from the pointer to it


class Ghost(QWidget):
    """A picture beside the pointer. Over what takes it, as over the canvas, that shows what is to come itself.

    The pixmap of a ``QDrag`` cannot be changed while it goes on, so the drag is given an empty one.
    """

    def __init__(self, drag: QDrag, picture: QPixmap, host: QWidget) -> None:
        super().__init__(host)
        self._picture, self._is_taken = picture, False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(picture.deviceIndependentSize().toSize())
        empty = QPixmap(1, 1)
        empty.fill(Qt.GlobalColor.transparent)
        drag.setPixmap(empty)
        drag.targetChanged.connect(self._follow)
        if (handle := host.windowHandle()) is not None:
            handle.installEventFilter(self)

    def _follow(self, target: QObject | None) -> None:
        self._is_taken = target is not None
        self.setVisible(not self._is_taken)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QDragMoveEvent):  # or its kind that enters
            self.move(event.position().toPoint() + BESIDE)
            self.setVisible(not self._is_taken)
            self.raise_()
        elif event.type() in (QEvent.Type.DragLeave, QEvent.Type.Drop):
            self.hide()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(QPoint(), self._picture)

"""Elided: a line of text that gives way where it is too narrow, and is told whole in its tooltip."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolTip

LEAST = 24  # pixels: room for a letter and the ellipsis


class Elided(QLabel):
    """A label of one line of plain text that ends in an ellipsis where it has no room for all of it."""

    @property
    def is_cut(self) -> bool:
        """Whether it shows less than its text."""
        return QFontMetrics(self.font()).horizontalAdvance(self.text()) > self.contentsRect().width()

    @property
    def told(self) -> str:
        """What its tooltip says: what is cut, and what there is to say of it besides."""
        if not self.is_cut:
            return self.toolTip()
        return f"<p><b>{escape(self.text())}</b></p>{self.toolTip()}"

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        whole = self.sizeHint()
        return QSize(min(LEAST, whole.width()), whole.height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.is_cut:
            QToolTip.showText(event.globalPos(), self.told, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.is_cut:
            super().paintEvent(event)
            return
        painter, room = QPainter(self), self.contentsRect()
        shown = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.style().drawItemText(
            painter, room, self.alignment(), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()

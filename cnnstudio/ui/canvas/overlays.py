"""Overlays: where one is when a composite is open, with the way back, and the hint on an empty canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.theme.pens import pen

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.camera import Camera


class Breadcrumb(QWidget):
    """A button for the network and one for each composite entered; hidden while the whole network is shown."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 3, 10, 3)
        self._row.setSpacing(2)
        document.scope_changed.connect(self._show_scope)
        self._show_scope()

    def _show_scope(self, *_: object) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        scope = self._document.scope
        for depth in range(len(scope) + 1):
            button = QToolButton(self)
            button.setText(scope[depth - 1] if depth else "Network")
            button.setEnabled(depth < len(scope))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, to=scope[:depth]: self._document.enter(to))
            if depth:
                self._row.addWidget(self._label("›"))
            self._row.addWidget(button)
        if self._document.is_read_only:
            self._row.addWidget(self._label("   to look at: ungroup the block to change its parts"))
        self.adjustSize()
        self.setVisible(bool(scope))
        self.raise_()

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("role", "muted")
        label.setProperty("size", "small")
        return label

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(theme.color("line"), 1.0))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


def paint_hint(painter: QPainter, view: Camera) -> None:
    """Paint in the middle of the view how to begin."""
    transform = painter.worldTransform()
    painter.resetTransform()
    middle = view.viewport().rect().center()
    frame = QRectF(middle.x() - 190.0, middle.y() - 82.0, 380.0, 164.0)
    painter.setPen(pen(theme.color("line"), 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(theme.color("canvas"))
    painter.drawRoundedRect(frame, 14.0, 14.0)
    icon("plus-circle", "accent").paint(painter, QRectF(middle.x() - 18.0, frame.y() + 22.0, 36.0, 36.0).toRect())
    painter.setFont(theme.font("large", bold=True))
    painter.setPen(theme.color("text"))
    painter.drawText(frame.adjusted(0, 70, 0, 0), _TOP, "Drag a block here")
    painter.setFont(theme.font("body"))
    painter.setPen(theme.color("muted"))
    painter.drawText(
        frame.adjusted(20, 100, -20, 0),
        _TOP,
        "or press Tab, or double-click, and type its name.\nAn Input is a good first block.",
    )
    painter.setWorldTransform(transform)


_TOP = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)

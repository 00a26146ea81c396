"""Breadcrumb: where one is when a composite is open, and the way back out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from cnnstudio.ui.canvas.style import pen
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import theme


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

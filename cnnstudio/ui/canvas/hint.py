"""Hint: what the empty canvas says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from cnnstudio.ui.canvas.style import pen
from cnnstudio.ui.theme import icon, theme

if TYPE_CHECKING:
    from cnnstudio.ui.canvas.camera import Camera


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

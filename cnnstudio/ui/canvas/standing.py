"""Standing: what of a view stays as it was while something small moves over it, kept as pixels."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import QPainter, QPixmap


class Standing:
    """A picture of a whole view, made the second time that the same is asked for: a pan or a zoom never needs it."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._picture: QPixmap | None = None

    def paint(
        self, painter: QPainter, key: Hashable, view: QSize, piece: QRect, draw: Callable[[QPainter, QRect], None]
    ) -> None:
        """Paint this piece of the view by ``draw``, or from the picture if the view was painted with this key before.

        The painter is in pixels of the view.
        """
        if key != self._key:
            self.forget()
            self._key = key
            draw(painter, piece)
            return
        ratio = painter.device().devicePixelRatio()
        if self._picture is None:
            self._picture = QPixmap(view * ratio)
            self._picture.setDevicePixelRatio(ratio)
            within = QPainter(self._picture)
            within.setRenderHints(painter.renderHints())
            draw(within, QRect(QRect().topLeft(), view))
            within.end()
        source = QRectF(piece.topLeft().toPointF() * ratio, QSizeF(piece.size()) * ratio)
        painter.drawPixmap(QRectF(piece), self._picture, source)

    def forget(self) -> None:
        """Give the memory back."""
        self._key = self._picture = None

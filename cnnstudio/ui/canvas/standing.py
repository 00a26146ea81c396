"""Standing: what of a view stays as it was while something small moves over it, kept as pixels."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform


class Standing:
    """A picture of a whole view, made the second time that the same is asked for: a pan or a zoom never needs it."""

    def __init__(self, is_clear: bool = False) -> None:
        self._is_clear = is_clear  # whether what lies behind it can be seen
        self._key: tuple[Hashable, ...] = ()
        self._picture: QPixmap | None = None
        self._spoilt: list[QRect] = []

    def paint(
        self, painter: QPainter, key: Hashable, view: QSize, piece: QRect, draw: Callable[[QPainter, QRect], None]
    ) -> None:
        """Paint this piece of the view by ``draw``, or from the picture if the view was painted with this key before.

        The painter is in pixels of the view.
        """
        ratio = painter.device().devicePixelRatio()
        if (key, view, ratio) != self._key:
            self.forget()
            self._key = key, view, ratio
            draw(painter, piece)
            return
        if self._picture is None:
            self._picture = QPixmap(view * ratio)
            if self._is_clear:
                self._picture.fill(Qt.GlobalColor.transparent)  # which gives it transparency
            self._spoilt = [QRect(QPoint(), view)]
        if self._spoilt:
            self._mend(self._picture, painter, draw, ratio)
        if ratio != 1.0:
            painter.setWorldTransform(QTransform.fromScale(1.0 / ratio, 1.0 / ratio))  # pixel for pixel
        inside = piece if ratio == 1.0 else _scaled(piece, ratio)
        painter.drawPixmap(inside.topLeft(), self._picture, inside)
        if ratio != 1.0:
            painter.resetTransform()

    def _mend(self, picture: QPixmap, like: QPainter, draw: Callable[[QPainter, QRect], None], ratio: float) -> None:
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.setRenderHints(like.renderHints())
        for piece in self._spoilt:
            painter.setClipRect(piece)
            if self._is_clear:
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                painter.fillRect(piece, Qt.GlobalColor.transparent)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            draw(painter, piece)
        painter.end()
        picture.setDevicePixelRatio(1.0)
        self._spoilt = []

    def spoil(self, piece: QRect) -> None:
        """Say that this piece of the view is not as it was."""
        if self._picture is not None:
            self._spoilt.append(piece)

    def forget(self) -> None:
        """Give the memory back."""
        self._key, self._picture, self._spoilt = (), None, []


def _scaled(piece: QRect, ratio: float) -> QRect:
    """The pixels of the screen that this piece of a view touches."""
    corner, size = QPointF(piece.topLeft()) * ratio, QSizeF(piece.size()) * ratio
    return QRectF(corner, size).toAlignedRect()

"""A kept picture is, pixel for pixel, what it stands for; and no longer than it is true."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from cnnstudio.ui.canvas.compositing import StillLayer

VIEW = QSize(120, 80)
WHOLE = QRect(QPoint(), VIEW)


class Scribble:
    """Draws lines of a colour, and counts how often."""

    def __init__(self, ground: QColor | None) -> None:
        self.ground, self.color, self.pieces = ground, QColor("#3060c0"), list[QRect]()

    def __call__(self, painter: QPainter, piece: QRect) -> None:
        self.pieces.append(QRect(piece))
        if self.ground is not None:
            painter.fillRect(piece, self.ground)
        painter.setPen(QPen(self.color, 2.5))
        for step in range(0, 120, 13):
            painter.drawLine(QPointF(step, 0.3), QPointF(119.7 - step, 79.6))


def _painted(standing: StillLayer, key: int, draw: Scribble, ratio: float, *pieces: QRect) -> np.ndarray:
    image = QImage(VIEW * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for piece in pieces or (WHOLE,):
        standing.paint(painter, key, VIEW, piece, draw)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("is_clear", [False, True])
def test_what_is_kept_is_like_what_was_drawn(qtbot, ratio, is_clear):
    standing, draw = StillLayer(is_clear), Scribble(None if is_clear else QColor("#eeeeee"))
    drawn = _painted(standing, 1, draw, ratio)
    kept = _painted(standing, 1, draw, ratio)
    assert np.abs(drawn - kept).max() <= 2
    assert len(np.unique(drawn)) > 10
    assert len(draw.pieces) == 2
    assert (_painted(standing, 1, draw, ratio) == kept).all()
    assert len(draw.pieces) == 2, "it was kept"


def test_pieces_come_from_their_places(qtbot):
    standing, draw = StillLayer(), Scribble(QColor("#eeeeee"))
    whole = _painted(standing, 1, draw, 1.0)
    one, other = QRect(5, 7, 30, 20), QRect(60, 30, 41, 33)
    pieces = _painted(standing, 1, draw, 1.0, one, other)
    for piece in (one, other):
        inside = np.s_[piece.top() : piece.bottom() + 1, piece.left() : piece.right() + 1]
        assert (pieces[inside] == whole[inside]).all()
        pieces[inside] = 255
    assert (pieces == 255).all(), "nothing else was painted"


@pytest.mark.parametrize("is_clear", [False, True])
def test_what_is_spoilt_is_drawn_again_there_and_nowhere_else(qtbot, is_clear):
    standing, draw = StillLayer(is_clear), Scribble(None if is_clear else QColor("#eeeeee"))
    for _ in range(2):
        before = _painted(standing, 1, draw, 1.0)
    draw.color = QColor("#c03030")
    spoilt = QRect(40, 20, 30, 30)
    standing.spoil(spoilt)
    after = _painted(standing, 1, draw, 1.0)
    assert draw.pieces[2:] == [spoilt]
    fresh = _painted(StillLayer(is_clear), 2, draw, 1.0)
    inside = np.s_[20:50, 40:70]
    assert np.abs(after[inside] - fresh[inside]).max() <= 3, "not painted over what was there"
    assert (after[inside] != before[inside]).any()
    after[inside] = before[inside]
    assert (after == before).all()


def test_another_key_another_size_or_another_screen_needs_another_picture(qtbot):
    standing, draw = StillLayer(), Scribble(QColor("#eeeeee"))
    for _ in range(3):
        _painted(standing, 1, draw, 1.0)
    assert len(draw.pieces) == 2
    _painted(standing, 2, draw, 1.0)
    _painted(standing, 2, draw, 2.0)
    assert len(draw.pieces) == 4
    draw.color = QColor("#c03030")
    _painted(standing, 3, draw, 2.0, QRect(10, 10, 5, 5))
    assert draw.pieces[-1] == QRect(10, 10, 5, 5), "only what is asked for, the first time"

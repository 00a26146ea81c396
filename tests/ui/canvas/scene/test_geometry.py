"""Lines and wires as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from cnnstudio.ui.canvas.scene.geometry import level_lines, way, wire_bounds, within

BOX = QRectF(10.0, 10.0, 100.0, 50.0)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ((20, 20, 80, 40), (20, 20, 80, 40)),
        ((0, 30, 200, 30), (10, 30, 110, 30)),
        ((50, 0, 50, 100), (50, 10, 50, 60)),
        ((0, 0, 60, 60), (10, 10, 60, 60)),
        ((200, 30, 60, 30), (110, 30, 60, 30)),
    ],
)
def test_the_part_of_a_line_in_a_rectangle(line, part):
    assert within(QLineF(*line), BOX).toTuple() == pytest.approx(part)


@pytest.mark.parametrize("line", [(0, 0, 9, 100), (0, 5, 200, 5), (120, 20, 130, 40), (0, 50, 30, 90)])
def test_a_line_beside_a_rectangle_has_no_part_in_it(line):
    assert within(QLineF(*line), BOX) is None


@pytest.mark.parametrize(
    "ends",
    [(0, 0, 300, 40), (0, 0, 30, 200), (0, 0, -90, 20), (0, 0, -900, 400), (5, 80, 1600, -30), (0, 0, -300, -80)],
)
def test_a_wire_stays_within_its_bounds(ends):
    left, top, right, bottom = wire_bounds(*map(float, ends))
    rect = way(*map(float, ends)).boundingRect()
    assert QRectF(left, top, right - left, bottom - top).adjusted(-0.1, -0.1, 0.1, 0.1).contains(rect)


def _drawn(paint, pen: QPen) -> np.ndarray:
    image = QImage(900, 200, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    paint(painter)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(200, 900, 4)[..., :3].astype(int)


@pytest.mark.parametrize("ends", [(20, 60, 870, 100), (20, 60.4, 870, 60.7), (-700, 130, 640, 85), (40, 50, 700, 80)])
@pytest.mark.parametrize("width", [1.8, 2.4])
def test_a_level_wire_in_pieces_looks_like_the_curve(qtbot, ends, width):
    pen = QPen(QColor("#8a90a0"), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    curve = _drawn(lambda painter: painter.drawPath(way(*map(float, ends))), pen)
    lines = _drawn(lambda painter: painter.drawLines(level_lines(*map(float, ends), 0.15)), pen)
    assert (255 - curve).max() > 100
    assert np.abs(curve - lines).max() <= 24

"""A name in little room."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QFontMetricsF

from cnnstudio.ui.canvas.scene.style import shortened


@pytest.mark.parametrize(
    ("name", "letters", "short"),
    [
        ("conv1", 20, "conv1"),
        ("inception3a", 6, "inc3a"),
        ("inception3a", 7, "incep3a"),
        ("transition1", 4, "tr1"),
        ("dropout1", 7, "drop1"),
        ("layer1_0_conv2", 10, "la1_0_co2"),
        ("stem", 2, "st"),
        ("conv3x3_1", 6, "c3x3_1"),
        ("überlang7", 4, "üb7"),
        ("aeon7", 2, "a7"),
    ],
)
def test_letters_are_left_out_and_numbers_kept(qapp, monkeypatch, name, letters, short):
    font = QFontMetricsF(QFont())
    monkeypatch.setattr(font, "horizontalAdvance", len)
    assert shortened(name, font, letters) == short


def test_siblings_are_cut_alike(qapp):
    font = QFontMetricsF(QFont())
    for room in range(20, 90, 3):
        cut = {shortened(f"inception3{letter}", font, room)[:-1] for letter in "abcmil"} - {"inception3"}
        assert len(cut) <= 1 or any("…" in each for each in cut)


def test_what_is_all_numbers_is_cut_in_the_middle(qapp):
    font = QFontMetricsF(QFont())
    room = font.horizontalAdvance("12…34")
    short = shortened("12345678901234", font, room)
    assert "…" in short
    assert font.horizontalAdvance(short) <= room

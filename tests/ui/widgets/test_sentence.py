from __future__ import annotations

from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.labels import GAP, Sentence, breakable


def test_a_long_name_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    text = "the_very_very_very_long_name (AdaptiveAvgPool2d) fits nowhere."
    label = Sentence(text)
    qtbot.addWidget(label)
    assert label.text() == text
    assert label.minimumSizeHint().width() < label.fontMetrics().horizontalAdvance("the_very_very_very")
    assert label.heightForWidth(120) >= 3 * label.fontMetrics().height()


def test_short_words_and_shapes_stay_as_they_are() -> None:
    assert breakable("conv_1 takes 8\u00a0×\u00a01 from Conv2d") == "conv_1 takes 8\u00a0×\u00a01 from Conv2d"
    assert breakable("AdaptiveAvgPool2d") == f"Adaptive{GAP}Avg{GAP}Pool2d"
    assert breakable("/home/someone/images") == f"/{GAP}home/{GAP}someone/{GAP}images"

"""The fields as a person sees them."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.fields import Choices


def test_a_choice_that_is_too_long_for_its_box_ends_in_an_ellipsis(qtbot: QtBot) -> None:
    box = Choices()
    qtbot.addWidget(box)
    box.addItems(["A folder of images", "Digits"])
    box.resize(300, box.sizeHint().height())
    box.show()
    assert box.shown == "A folder of images"
    box.resize(100, box.height())
    assert box.shown.endswith("…") and box.shown.startswith("A f")
    assert box.currentText() == "A folder of images", "which is what is read out"

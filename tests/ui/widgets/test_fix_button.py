from __future__ import annotations

from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.fix_button import FixButton


def test_words_go_on_in_the_next_line_where_it_is_narrow(qtbot: QtBot) -> None:
    button = FixButton("Insert global average pooling and Flatten")
    qtbot.addWidget(button)
    wide, narrow = button.heightForWidth(600), button.heightForWidth(160)
    assert narrow >= wide + button.fontMetrics().height()
    button.set_title("Flatten")
    assert button.text() == "Flatten" and button.heightForWidth(160) == wide

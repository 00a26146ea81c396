from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl
from pytestqt.qtbot import QtBot

from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets import messages


def test_an_address_is_shown_first_and_opened_by_a_button(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(messages.QDesktopServices, "openUrl", opened.append)
    window.canvas.follow_link("https://example.org/a?b=c")
    bar = window.messages.bars[-1]
    assert "https://example.org/a?b=c" in bar.sentence
    assert not opened
    qtbot.mouseClick(bar.buttons["Open in the browser"], Qt.MouseButton.LeftButton)
    assert opened == [QUrl("https://example.org/a?b=c")]


def test_a_very_long_address_does_not_fill_the_window(window: MainWindow) -> None:
    messages.offer_link(window.messages, "https://example.org/" + "a" * 3_000)
    assert len(window.messages.bars[-1].sentence) < 300

"""What a test of a widget adds lives as long as the test, so that nothing of its own deletes it."""

from __future__ import annotations

import weakref

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


def test_what_a_test_adds_is_there_until_the_test_has_ended(qtbot: QtBot) -> None:
    added = QWidget()
    qtbot.addWidget(added)
    known = weakref.ref(added)
    del added
    assert known() is not None

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.labels import Elided


def test_a_line_gives_way_and_its_tooltip_says_all_of_it(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: said.append(text))
    label = Elided("the <name> of a block that is long")
    qtbot.addWidget(label)
    label.show()
    label.resize(label.sizeHint())
    whole = label.grab().toImage()
    assert not label.is_cut
    label.resize(60, label.height())
    assert label.is_cut and label.minimumSizeHint().width() < 60
    assert label.grab().toImage() != whole.copy(0, 0, 60, whole.height()), "it ends in an ellipsis"
    label.setToolTip("<p>Default: 3.</p>")
    QApplication.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, QPoint(), QPoint()))
    assert said == ["<p><b>the &lt;name&gt; of a block that is long</b></p><p>Default: 3.</p>"]

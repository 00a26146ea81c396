from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.labels import Elided, Live


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


def test_a_line_that_follows_a_run_moves_nothing_until_it_needs_more_room(qtbot: QtBot) -> None:
    frame = QWidget()
    qtbot.addWidget(frame)
    row = QHBoxLayout(frame)
    label = Live("Time left")
    row.addWidget(label)
    label.setText("1 h 27 min")
    frame.show()
    QApplication.processEvents()
    asked: list[QEvent.Type] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            asked.append(event.type())
            return False

    watch = Watch()
    frame.installEventFilter(watch)
    before = label.grab().toImage()
    label.setText("1 min")
    QApplication.processEvents()
    assert label.grab().toImage() != before, "it shows the new text"
    assert (label.text(), label.accessibleName()) == ("1 min", "Time left: 1 min")
    assert QEvent.Type.LayoutRequest not in asked
    wide = label.sizeHint().width()
    label.setText("more than a whole day")
    QApplication.processEvents()
    assert QEvent.Type.LayoutRequest in asked and label.sizeHint().width() > wide

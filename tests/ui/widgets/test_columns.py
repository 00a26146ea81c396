from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.columns import columns
from cnnstudio.ui.widgets.foreign_text import tip


def test_a_cell_that_is_cut_is_told_whole(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: said.append(text))
    made = columns(None, "Commands", 2, 0)  # type: ignore[arg-type] # it stands alone here
    qtbot.addWidget(made)
    made.resize(200, 120)
    long, short = "New from a template: Transfer learning", "New"
    made.addTopLevelItems([QTreeWidgetItem([text, "Ctrl+N"]) for text in (long, short)])
    made.show()
    for row, column in ((0, 0), (1, 0), (0, 1)):
        item = made.topLevelItem(row)
        assert item is not None
        place = made.visualRect(made.indexFromItem(item, column)).center()
        event = QHelpEvent(QEvent.Type.ToolTip, place, made.viewport().mapToGlobal(place))
        QApplication.sendEvent(made.viewport(), event)
    assert said == [tip(long)]
    assert made.indexAt(QPoint(10, 110)).row() < 0, "and below the last there is nothing to tell"

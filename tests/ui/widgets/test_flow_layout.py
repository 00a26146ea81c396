from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.widgets.flow_layout import FlowLayout


def test_widgets_break_where_the_width_ends_and_hidden_ones_take_no_room(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box, spacing=5)
    labels = [QLabel(str(number)) for number in range(4)]
    for label in labels:
        label.setFixedSize(40, 20)
        flow.addWidget(label)
    labels[1].hide()
    box.resize(90, 100)
    box.show()
    assert [label.pos().toTuple() for label in labels if label.isVisible()] == [(0, 0), (45, 0), (0, 25)]
    assert flow.heightForWidth(90) == 45 and flow.heightForWidth(200) == 20


def test_a_widget_wider_than_the_flow_is_cut_to_it(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box)
    label = QLabel("a rather long text that does not fit in a narrow box")
    flow.addWidget(label)
    box.resize(60, 50)
    box.show()
    assert label.width() == 60

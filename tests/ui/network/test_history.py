from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.history import HistoryPanel
from cnnstudio.ui.run import Run

STEPS = 20


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> Iterator[HistoryPanel]:
    """The history of a project whose convolution was widened twenty times."""
    document = Document()
    document.open(tiny, None)
    made = HistoryPanel(document, Run())
    qtbot.addWidget(made)
    made.resize(240, 700)
    made.show()
    for channels in range(5, 5 + STEPS):
        document.edit_graph(f"Set channels to {channels}", document.graph.replace("conv1", Conv2d(channels)))
    yield made


def click(qtbot: QtBot, panel: HistoryPanel, row: int) -> None:
    view = panel.list
    view.scrollTo(view.model().index(row, 0))
    place = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def texts(panel: HistoryPanel) -> list[str]:
    model = panel.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_every_step_has_a_line_below_how_the_project_was_opened(panel: HistoryPanel) -> None:
    assert texts(panel) == ["As opened", *(f"Set channels to {n}" for n in range(5, 5 + STEPS))]
    assert panel.list.currentIndex().row() == STEPS


def test_a_click_leads_to_the_step_in_one_change(qtbot: QtBot, panel: HistoryPanel, tiny: Project) -> None:
    document, changes = panel.document, list[tuple[Project, Project]]()
    last = document.project
    document.changed.connect(lambda old, new: changes.append((old, new)))
    click(qtbot, panel, 3)
    assert document.graph["conv1"].block == Conv2d(7)
    click(qtbot, panel, 0)
    assert document.project is tiny
    click(qtbot, panel, STEPS)
    assert document.project is last
    assert len(changes) == 3, "one change a jump, however far it goes"
    assert changes[-1] == (tiny, last)


def test_the_arrow_keys_go_step_by_step(qtbot: QtBot, panel: HistoryPanel) -> None:
    qtbot.keyClick(panel.list, Qt.Key.Key_Up)
    assert panel.document.undo_stack.index() == STEPS - 1
    assert panel.document.graph["conv1"].block == Conv2d(5 + STEPS - 2)


def test_a_change_after_a_jump_takes_the_place_of_what_came_after(qtbot: QtBot, panel: HistoryPanel) -> None:
    click(qtbot, panel, 1)
    panel.document.edit_graph("Rename", panel.document.graph.rename("conv1", "stem"))
    assert texts(panel) == ["As opened", "Set channels to 5", "Rename"]
    assert "stem" in panel.document.graph


def test_what_was_taken_back_is_fainter(qtbot: QtBot, panel: HistoryPanel) -> None:
    from PySide6.QtGui import QPalette
    from PySide6.QtWidgets import QStyleOptionViewItem

    click(qtbot, panel, 4)

    def ink(row: int) -> str:
        option = QStyleOptionViewItem()
        panel.list.itemDelegate().initStyleOption(option, panel.list.model().index(row, 0))
        return str(option.palette.color(QPalette.ColorRole.Text).name())

    assert ink(5) == ink(STEPS) != ink(4) == ink(1)

"""Whatever cannot be done says why, wherever it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QToolBar

from cnnstudio.graph import Edge, Note
from cnnstudio.project import Project
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.zoo import small_resnet


def _nothing(window: MainWindow, tiny: Project) -> None:
    """A window as it opens."""


def _network(window: MainWindow, tiny: Project) -> None:
    window.document.open(tiny, None)


def _node(window: MainWindow, tiny: Project) -> None:
    _network(window, tiny)
    window.document.select(("conv1",))


def _all(window: MainWindow, tiny: Project) -> None:
    _network(window, tiny)
    window.canvas.select_all()


def _wire(window: MainWindow, tiny: Project) -> None:
    _network(window, tiny)
    window.canvas.scene().select_wires(list(window.canvas.scene().wires)[:1])


def _bent_wire(window: MainWindow, tiny: Project) -> None:
    _wire(window, tiny)
    window.canvas.add_bend()


def _note(window: MainWindow, tiny: Project) -> None:
    _network(window, tiny)
    note = Note("words", (0.0, 400.0))
    window.document.edit_graph("Add a note", window.document.graph.add_note(note))
    window.canvas.select_notes((note,))


def _frame(window: MainWindow, tiny: Project) -> None:
    _node(window, tiny)
    window.canvas.frame()


def _inside(window: MainWindow, tiny: Project) -> None:
    window.document.open(Project(small_resnet()), None)
    block = next(node.name for node in window.document.graph if window.document.can_enter(node.name))
    window.canvas.enter(block)
    window.canvas.select_all()


def _broken(window: MainWindow, tiny: Project) -> None:
    _network(window, tiny)
    edge = next(iter(window.document.graph.edges))
    assert isinstance(edge, Edge)
    window.document.edit_graph("Unplug", window.document.graph.disconnect(edge))


STATES: tuple[Callable[[MainWindow, Project], None], ...] = (
    _nothing, _network, _node, _all, _wire, _bent_wire, _note, _frame, _inside, _broken,
)  # fmt: skip


def offered(window: MainWindow) -> Iterator[QAction]:
    """What stands in the menus, the toolbar and the list of commands."""
    for menu in window.menuBar().findChildren(QMenu):
        yield from (entry for entry in menu.actions() if not entry.isSeparator() and entry.menu() is None)
    for bar in window.findChildren(QToolBar):
        yield from (entry for entry in bar.actions() if not entry.isSeparator())
    yield from window.commands.bound.values()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__.strip("_"))
def test_whatever_cannot_be_done_says_why(
    window: MainWindow, tiny: Project, state: Callable[[MainWindow, Project], None]
) -> None:
    state(window, tiny)
    QApplication.processEvents()
    window.commands.refresh()
    disabled = {entry.objectName(): entry for entry in offered(window) if not entry.isEnabled() and entry.objectName()}
    assert disabled, "something can never be done"
    for name, entry in disabled.items():
        reason = window.commands.why_not(name)
        assert reason.endswith("."), name
        assert reason.split("<")[0] in entry.toolTip(), name

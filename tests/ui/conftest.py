"""Projects small enough to train in a blink, and a window that is closed after the test."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.theme import LIGHT, theme

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow


PATIENCE = 60_000  # milliseconds until what is waited for counts as lost; five seconds are not enough on a busy machine
for waiting in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitCallback):
    waiting.__kwdefaults__["timeout"] = PATIENCE


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """Python collects nothing during a test, as in the program: a thread that did could delete what is Qt's.

    It may collect again when all fixtures have ended, for then the threads of the test have ended, too; and nobody asks
    Qt for all its widgets any more, whose wrappers are made one by one: a collection amid them deleted the next.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        _added.clear()
        gc.enable()


_added: list[QWidget] = []  # by the test that runs


def _hold(add: Callable[..., None]) -> Callable[..., None]:
    """Let what a test adds live until the test has ended, as a panel in a window does; qtbot knows it weakly.

    Else its last owner may be a slot of its own child, a task: with that child the slot goes, with the slot the widget,
    and with the widget all its children, the one that is being deleted once more among them.
    """

    def add_and_hold(self: QtBot, widget: QWidget, **options: Any) -> None:
        _added.append(widget)
        add(self, widget, **options)

    return add_and_hold


QtBot.addWidget = _hold(QtBot.addWidget)  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _clipboard_left_empty() -> Iterator[None]:
    """What Python has put on the clipboard cannot be freed by Qt any more when Python has ended."""
    yield
    if QGuiApplication.instance() is not None:
        QGuiApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def _disks_answer_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at the disk is waited for, however busy the machine is."""
    monkeypatch.setattr("cnnstudio.ui.kept.known_places.AT_ONCE", PATIENCE / 1_000)


@pytest.fixture
def tiny_graph() -> Graph:
    """A network of a few hundred weights for digits of 8 × 8."""
    return Graph.of(
        (
            Node("input1", Input((1, 8, 8)), (), (0.0, 0.0)),
            Node("conv1", Conv2d(4), ("input1",), (300.0, 0.0)),
            Node("flatten1", Flatten(), ("conv1",), (600.0, 0.0)),
            Node("linear1", Linear(10), ("flatten1",), (900.0, 0.0)),
        )
    )


@pytest.fixture
def tiny(tiny_graph: Graph) -> Project:
    """The tiny network with two epochs of digits."""
    return Project(tiny_graph, Recipe(data="digits", epochs=2, batch_size=256, learning_rate=0.01))


@pytest.fixture
def window(qtbot: QtBot, isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window of 1280 × 720 with an empty project; closed for good afterwards, whatever is unsaved.

    Its panels are made when they are asked for and not beforehand: half of what a window costs nobody looks at.
    """
    from cnnstudio.ui.main_window import MainWindow

    monkeypatch.setattr("cnnstudio.ui.docking.docks.make_soon", lambda window, docks: None)
    theme.install("light")
    made = MainWindow()
    made.resize(1280, 720)
    qtbot.addWidget(made, before_close_func=_give_up)
    made.show()
    qtbot.waitExposed(made)
    yield made
    for each in [*made.windows.all]:  # and what a test opened beside it
        _give_up(each)
        each.close()
        each.deleteLater()
    theme.use(LIGHT)


def _give_up(window: MainWindow) -> None:
    if isValid(window):  # one that was closed beside another is gone
        window.run.close()
        window.windows.queue.close()
        window.document.mark_saved()

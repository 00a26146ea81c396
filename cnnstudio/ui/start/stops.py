"""Stops: what the tour of the window points at, and what it says there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QToolBar, QWidget

from cnnstudio.ui.docking.docks import PanelDock, bring_up
from cnnstudio.ui.start.tour import Stop, Tour


def tour(window: QMainWindow, docks: Mapping[str, PanelDock], canvas: QWidget, train: QAction) -> Tour:
    """The tour of this window: canvas, blocks, inspector, training, a drawing of one's own."""

    def dock(name: str) -> Callable[[], QWidget]:
        def show() -> QWidget:
            bring_up(window, docks[name], canvas)
            return docks[name].widget()

        return show

    def button() -> QWidget:
        made = (bar.widgetForAction(train) for bar in window.findChildren(QToolBar))
        return next((each for each in made if isinstance(each, QWidget) and each.isVisible()), canvas)

    stops = (
        Stop(
            "The canvas",
            "Here your network stands. Begin with LeNet-5, or with an empty canvas: press Tab there and type the name "
            "of a block. Whatever you do, Ctrl+Z takes it back.",
            lambda: canvas,
        ),
        Stop(
            "Blocks",
            "Everything that a network can be made of. Drag a block to the canvas, or press Enter to put it behind the "
            "selected one. F1 tells what it is.",
            dock("palette"),
        ),
        Stop(
            "Inspector",
            "Of the selected block: its parameters, the size that comes out, what it costs, and how each of these "
            "numbers comes about.",
            dock("inspector"),
        ),
        Stop(
            "Train",
            "This button, or F5, trains the network on pictures that come with the program. The curves stand below, "
            "and it can be paused at any time.",
            button,
        ),
        Stop(
            "Try",
            "Then draw something yourself, and see what your network takes it for. This tour is found again under "
            "Help and on the page that F1 opens.",
            dock("try"),
        ),
    )
    return Tour(window, stops, canvas.setFocus)

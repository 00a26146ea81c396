"""Panels: the panels of one window, to be shown, brought up, gone round and put in their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from cnnstudio.ui.docking import docks as docking
from cnnstudio.ui.docking.docks import PanelDock
from cnnstudio.ui.docking.focus import give_keyboard, go_round, parts_of
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.windows import ProjectWindow

P = TypeVar("P", bound=Panel)


class Panels:
    """The docks of a window round its canvas, by the ids of their panels."""

    def __init__(self, window: ProjectWindow, docks: Mapping[str, PanelDock], canvas: QWidget) -> None:
        self._window, self._docks, self._canvas = window, docks, canvas
        self.document, self.run = window.document, window.run

    def show(self, name: str, to_scroll: bool = True) -> None:
        """Bring a panel to the front and give it the keyboard, even if that can only scroll it, unless said."""
        dock = self._docks[name]
        dock.show()
        dock.raise_()
        give_keyboard(dock.widget(), to_scroll)

    def bring_up(self, name: str) -> None:
        """Bring a panel to the front; the keyboard stays where it is, or goes to the canvas."""
        docking.bring_up(self._window, self._docks[name], self._canvas)

    def of(self, name: str, kind: type[P]) -> P:
        """The panel of this id, which is of this kind. Raises ``TypeError`` where it is of another."""
        return docking.panel_in(self._docks[name], kind)

    def place_anew(self) -> None:
        """Put every panel where it stood at first."""
        docking.place_anew(self._window, self._docks)

    @property
    def parts(self) -> list[QWidget]:
        """The canvas, the messages and the panels: what the keyboard goes round."""
        return parts_of(self._canvas, self._window.messages.bars, self._docks.values())

    def go_round(self, by: int) -> None:
        """Give the keyboard to the next part of the window that has use for it, or with -1 to the one before."""
        go_round(self._window, self.parts, by)

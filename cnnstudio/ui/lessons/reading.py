"""Reading: opens pages of help in their panel, and leads through the window."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.widgets.messages import offer_link
from cnnstudio.ui.windows import ProjectWindow

if TYPE_CHECKING:
    from cnnstudio.ui.docking.docks import PanelDock
    from cnnstudio.ui.files.classroom import Classroom
    from cnnstudio.ui.lessons.pages_panel import PagesPanel
    from cnnstudio.ui.start.tour import Tour


class Reading(QObject):
    """What can be read in a window. The tour points at ``train``."""

    def __init__(
        self,
        window: ProjectWindow,
        docks: Mapping[str, PanelDock],
        canvas: QWidget,
        classroom: Classroom,
        train: QAction,
    ) -> None:
        super().__init__(window)
        self.window, self.docks, self._canvas, self._train = window, docks, canvas, train
        self._classroom = classroom
        docks["pages"].made.connect(self._follow)

    @cached_property
    def tour(self) -> Tour:
        """The tour through the window, made when somebody takes it."""
        from cnnstudio.ui.start.stops import tour

        return tour(self.window, self.docks, self._canvas, self._train)

    def read(self, key: str) -> None:
        """Show a page of help, unless a lesson puts them away."""
        if "show-pages" not in self._classroom.withheld:
            panel = cast("PagesPanel", self.docks["pages"].widget())
            panel.read(key)
            panel.panel_asked.emit("pages")

    def take_tour(self) -> None:
        """Lead through the window."""
        self.tour.begin()

    def _follow(self, panel: PagesPanel) -> None:
        panel.tour_asked.connect(self.take_tour)
        panel.link_asked.connect(lambda address: offer_link(self.window.messages, address))

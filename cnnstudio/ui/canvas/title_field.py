"""TitleField: a line to type the title of a frame into, where the title stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnstudio.graph.frame import LONGEST
from cnnstudio.ui.canvas.in_place import InPlace


class TitleField(QLineEdit):
    """A title, all of it selected; ``ending`` ends the writing."""

    def __init__(self, title: str, place: QRect, keep: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setMaxLength(LONGEST)
        self.setAccessibleName("Title of the frame")
        self.setGeometry(place)
        self.selectAll()
        self.ending = InPlace(self, keep)

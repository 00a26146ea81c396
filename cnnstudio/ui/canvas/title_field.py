"""TitleField: a line to type a name or a title into, where it stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnstudio.ui.canvas.in_place import InPlace


class TitleField(QLineEdit):
    """A title of so many letters at ``most``, all of it selected; ``ending`` ends the writing."""

    def __init__(
        self,
        title: str,
        most: int,
        place: QRect,
        parent: QWidget,
        *,
        keep: Callable[[str], object],
        refuses: Callable[[str], bool],
    ) -> None:
        super().__init__(title, parent)
        self.setMaxLength(most)
        self.setGeometry(place)
        self.selectAll()
        self.ending = InPlace(self, keep, refuses=refuses)

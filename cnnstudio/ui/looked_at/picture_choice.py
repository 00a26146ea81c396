"""Picture choice: the one picture that all panels of a window look at when they look into the network."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from cnnstudio.insight.subject import OwnPicture


class PictureChoice(QObject):
    """``choice`` is the number of a validation image, or a picture that the person brought; ``changed`` says so."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice: int | OwnPicture = 0
        self.is_open = True  # whether nobody has chosen yet, and no panel has found one to begin with

    @property
    def number(self) -> int:
        """The number of the validation image; 0 while it is an own picture."""
        return self.choice if isinstance(self.choice, int) else 0

    def choose(self, choice: int | OwnPicture) -> None:
        """Look at another picture from now on."""
        self.is_open = False
        if choice is not self.choice:
            self.choice = choice
            self.changed.emit()

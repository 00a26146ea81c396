"""Picture detail: one picture enlarged, what is known of it, its class to be put right, and a tick to leave it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.training.data.errors import DataError
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.fields import Choices
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.samples import pixmap
from cnnstudio.ui.widgets.scrolled import Scrolled
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album, Facts
    from cnnstudio.training.data.roll import Roll

LARGE = 640  # pixels of a side that is read
WORDS = 150  # pixels of the words beside a picture
SETTLE = 60  # milliseconds, while the arrow keys run through pictures
LOW = 330  # pixels at the normal size of text: a lower pane has its words beside the picture


class Enlarged(QWidget):
    """A picture (C, H, W) as large as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: NDArray[np.uint8] | None = None
        self.setMinimumSize(48, 48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: NDArray[np.uint8] | None) -> None:
        """Show this one, or none."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(120, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        _, height, width = self._image.shape
        scale = min(self.width() / width, self.height() / height)
        made = pixmap(self._image, max(1, int(scale * max(height, width))))
        painter = QPainter(self)
        painter.drawPixmap((self.width() - made.width()) // 2, 0, made)
        painter.end()


class PictureDetail(QWidget):
    """Shows the current picture. ``labelled`` and ``left_out_asked`` carry what the person says of it."""

    labelled = Signal(int, int)  # its number, and the class that it is said to be of
    left_out_asked = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number: int | None = None
        self._album: Album | None = None
        self._task: Task[tuple[NDArray[np.uint8] | None, Facts | str]] | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._settle.timeout.connect(self._read)
        self.picture = Enlarged()
        self.picture.setAccessibleName("The picture, enlarged")
        self.name, self.facts, self.found = Elided(), Sentence(), Sentence()
        self.name.setProperty("textSize", "small")
        for label in (self.facts, self.found):
            label.setProperty("textSize", "small")
            label.setProperty("role", "muted")
        self.label = Choices()
        self.label.setAccessibleName("The class of this picture")
        self.label.setToolTip("Of which class this picture is; the file stays where it is")
        self.label.activated.connect(self._say_class)
        self.out = QCheckBox("Leave out")
        self.out.setToolTip(tip("Neither train nor validate with it; the file stays where it is"))
        self.out.clicked.connect(self._say_out)
        self._side = QWidget()
        words = QVBoxLayout(self._side)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(3)
        for widget in (self.name, self.facts, self.label, self.found, self.out):
            words.addWidget(widget)
        words.addStretch(1)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(6, 0, 0, 0)
        self._box.setSpacing(8)
        self._box.addWidget(self.picture, 1)
        self._words = Scrolled(self._side)
        self._box.addWidget(self._words)
        self.clear()

    def offer(self, classes: Sequence[str]) -> None:
        """Let these classes be chosen."""
        if [self.label.itemText(row) for row in range(self.label.count())] != list(classes):
            self.label.clear()
            self.label.addItems(list(classes))

    def clear(self) -> None:
        """Show no picture."""
        self.stop()
        self.number = None
        self.picture.show_image(None)
        self._words.hide()

    def show_picture(self, album: Album, roll: Roll, number: int, name: str) -> None:
        """Show this one as things are now."""
        is_other = number != self.number or album is not self._album
        self.number, self._album = number, album
        found, now = int(roll.given[number]), int(roll.labels[number])
        self.name.setText(name)
        self.name.setToolTip(tip(name))
        self.label.setCurrentIndex(now)
        half = "to validate with" if roll.apart[number] else "to train with"
        moved = f"found in {roll.classes[found]}, " if now != found else ""
        looked = "looked at, " if now == found and roll.confirmed[number] else ""
        self.found.setText("Left out." if roll.left_out[number] else f"{moved}{looked}{half}".capitalize())
        self.out.setChecked(bool(roll.left_out[number]))
        self._words.show()
        if is_other:
            self._settle.start()

    def stop(self, seconds: float = 0.0) -> bool:
        """Read nothing more, and wait so long; whether what was read has ended."""
        self._settle.stop()
        task, self._task = self._task, None
        return task is None or task.stop(seconds)

    def _read(self) -> None:
        self.stop()
        album, number = self._album, self.number
        if album is None or number is None:
            return

        def read(report: Report) -> tuple[NDArray[np.uint8] | None, Facts | str]:
            try:
                return album.image(number, LARGE), album.facts(number)
            except (DataError, OSError) as error:
                return None, str(error)

        self._task = Task(read, "picture", self)
        self._task.finished.connect(lambda found: self._show(number, *found))

    def _show(self, number: int, image: NDArray[np.uint8] | None, facts: Facts | str) -> None:
        if number == self.number:
            self.picture.show_image(image)
            self.facts.setText(facts if isinstance(facts, str) else f"{facts.sentence}.")

    def _say_class(self, label: int) -> None:
        if self.number is not None:
            self.labelled.emit(self.number, label)

    def _say_out(self, on: bool) -> None:
        if self.number is not None:
            self.left_out_asked.emit(self.number, on)

    def lay(self, room: QSize) -> None:
        """Have the words beside the picture or below it, as there is room."""
        is_beside = room.height() < LOW * theme.scale or room.width() > 2 * room.height()
        ways = QBoxLayout.Direction
        self._box.setDirection(ways.LeftToRight if is_beside else ways.TopToBottom)
        self._words.setMaximumWidth(round(WORDS * theme.scale) if is_beside else NO_LIMIT)
        self._words.setMinimumWidth(min(round(WORDS * theme.scale), room.width() * 6 // 10) if is_beside else 0)

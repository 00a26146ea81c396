"""Picture shelf: small pictures by their numbers, read on a thread once somebody sees them, and kept within a limit."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from cnnstudio.training.data.errors import DataError
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.widgets.samples import pixmap
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album

Read: TypeAlias = "list[tuple[int, NDArray[np.uint8] | str]]"
LIMIT = 32_000_000  # bytes of pictures that are kept
TOGETHER, SECONDS = 32, 0.06  # pictures that are read at once, and the time after which they are shown
SOON = 8  # milliseconds in which a view asks for all that it shows


class PictureShelf(QObject):
    """Gives the picture of a number at once where it is kept, and else asks for it; ``arrived`` says that some came."""

    arrived = Signal()

    def __init__(self, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.side = side
        self.broken: dict[int, str] = {}  # number -> why there is no picture of it
        self._album: Album | None = None
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self._size = 0
        self._wanted: dict[int, None] = {}
        self._task: Task[Read] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SOON)
        self._timer.timeout.connect(self._begin)

    def show(self, album: Album | None) -> None:
        """Give those of these pictures from now on, or of none, and hold no others."""
        self.stop()
        self._album, self.broken = album, {}
        self._kept.clear()
        self._wanted.clear()
        self._size = 0

    @property
    def size(self) -> int:
        """The bytes of the pictures that are kept."""
        return self._size

    def of(self, number: int) -> QPixmap | None:
        """The picture of this number; None while it is read, or where it cannot be."""
        found = self._kept.get(number)
        if found is not None:
            self._kept.move_to_end(number)
            return found
        if self._album is None or number in self.broken:
            return None
        if not self._album.has_files:
            return self._keep(number, pixmap(self._album.image(number, self.side), self.side))
        self._wanted[number] = None
        if self._task is None and not self._timer.isActive():
            self._timer.start()
        return None

    def stop(self, seconds: float = 0.0) -> bool:
        """Read no more, and wait so long for what is read; whether that has ended."""
        self._timer.stop()
        task, self._task = self._task, None
        return put_away(task, seconds)

    def _keep(self, number: int, made: QPixmap) -> QPixmap:
        if (before := self._kept.pop(number, None)) is not None:  # it was asked for again while it was read
            self._size -= _bytes(before)
        self._kept[number] = made
        self._size += _bytes(made)
        while self._size > LIMIT and len(self._kept) > 1:
            self._size -= _bytes(self._kept.popitem(last=False)[1])
        return made

    def _begin(self) -> None:
        """Read what was asked for last; what is still seen by then is asked for again."""
        album, numbers = self._album, [*self._wanted][-TOGETHER:]
        self._wanted.clear()
        if album is None or not numbers:
            return
        side = self.side

        def read(report: Report) -> Read:
            begun = time.monotonic()
            found: Read = []
            for number in numbers:
                try:
                    found.append((number, album.image(number, side)))
                except DataError as error:
                    found.append((number, str(error)))
                if time.monotonic() - begun > SECONDS or not report("", None):
                    break
            return found

        self._task = Task(read, "thumbnails", self)
        self._task.finished.connect(self._take)
        self._task.failed.connect(lambda sentence: self._take([(number, sentence) for number in numbers]))

    def _take(self, found: Read) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.deleteLater()
        for number, image in found:
            if isinstance(image, str):
                self.broken[number] = image
            else:
                self._keep(number, pixmap(image, self.side))
        self.arrived.emit()
        if self._wanted:
            self._timer.start()


def _bytes(made: QPixmap) -> int:
    return made.width() * made.height() * made.depth() // 8

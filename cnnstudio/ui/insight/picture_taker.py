"""Picture taker: one picture from the computer's camera, once that has found how bright it is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from cnnstudio.ui.widgets.webcam import Webcam

SETTLED = 10  # frames until a camera has found how bright it is


class PictureTaker(QObject):
    """``take`` turns the camera on, emits one picture as ``taken`` or a sentence as ``failed``, and turns it off."""

    taken = Signal(QImage)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames = 0
        self._camera = Webcam(self)
        self._camera.seen.connect(self._see)
        self._camera.failed.connect(self.failed)

    def take(self) -> None:
        """Ask for a picture; while one is waited for, nothing."""
        if not self._camera.is_on:
            self._frames = 0
            self._camera.start()

    def stop(self) -> None:
        """Turn the camera off."""
        self._camera.stop()

    def _see(self, image: QImage) -> None:
        self._frames += 1
        if self._frames >= SETTLED:
            self.stop()
            self.taken.emit(image)

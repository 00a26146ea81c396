"""Picture taker: one picture from the computer's camera, where Qt's multimedia module is installed.

It comes with PySide6-Addons, which the program does not ask for.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

MODULE = "PySide6.QtMultimedia"
SETTLED = 10  # frames until a camera has found how bright it is
PATIENCE = 8_000  # milliseconds until the first of them
NO_CAMERA = "There is no camera at this computer."
SILENT = "The camera gives no picture. Another program may have it, or it may not be used."


def can_take() -> bool:
    """Whether a camera could be asked for a picture; whether there is one is seen when it is."""
    return find_spec(MODULE) is not None


class PictureTaker(QObject):
    """``take`` turns the camera on, emits one picture as ``taken`` or a sentence as ``failed``, and turns it off."""

    taken = Signal(QImage)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[Any, ...] = ()  # camera, session and sink, which Qt would let go of
        self._frames = 0
        self._late = QTimer(self, singleShot=True, interval=PATIENCE)
        self._late.timeout.connect(lambda: self._fail(SILENT))

    def take(self) -> None:
        """Ask for a picture; while one is waited for, nothing."""
        if self._parts:
            return
        try:
            qt: Any = import_module(MODULE)
        except ImportError:
            self.failed.emit(NO_CAMERA)
            return
        if not qt.QMediaDevices.videoInputs():
            self.failed.emit(NO_CAMERA)
            return
        camera, session, sink = (
            qt.QCamera(qt.QMediaDevices.defaultVideoInput()),
            qt.QMediaCaptureSession(),
            qt.QVideoSink(),
        )
        session.setCamera(camera)
        session.setVideoSink(sink)
        sink.videoFrameChanged.connect(self._see)
        camera.errorOccurred.connect(lambda *_: self._fail(SILENT))
        self._parts, self._frames = (camera, session, sink), 0
        self._late.start()
        camera.start()

    def stop(self) -> None:
        """Turn the camera off."""
        self._late.stop()
        parts, self._parts = self._parts, ()
        if parts:
            parts[0].stop()

    def _see(self, frame: Any) -> None:
        self._frames += 1
        if not self._parts or self._frames < SETTLED:
            return
        image = frame.toImage()
        if not image.isNull():
            self.stop()
            self.taken.emit(image)

    def _fail(self, sentence: str) -> None:
        if self._parts:
            self.stop()
            self.failed.emit(sentence)

"""Webcam: what a camera of this computer sees, where Qt's multimedia module is installed.

That module comes with PySide6-Addons, which the program does not ask for.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

MODULE = "PySide6.QtMultimedia"
PATIENCE = 8_000  # milliseconds until the first picture
NO_MODULE = "A camera needs Qt's multimedia module: pip install PySide6-Addons, in the version of PySide6-Essentials."
NO_CAMERA = "There is no camera at this computer."
SILENT = "The camera gives no picture. Another program may have it, or it may not be used."


def is_possible() -> bool:
    """Whether a camera could be asked; whether there is one is known once somebody asks."""
    return find_spec(MODULE) is not None


class Webcam(QObject):
    """``start`` turns a camera on, whose pictures come as ``seen`` until ``stop``; or a sentence as ``failed``."""

    seen = Signal(QImage)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[Any, ...] = ()  # camera, session and sink, which Qt would let go of
        self._late = QTimer(self, singleShot=True, interval=PATIENCE)
        self._late.timeout.connect(lambda: self._fail(SILENT))

    @property
    def is_on(self) -> bool:
        """Whether one is turned on."""
        return bool(self._parts)

    @staticmethod
    def names() -> tuple[str, ...]:
        """What the cameras of this computer are called, in the system's order."""
        try:
            qt: Any = import_module(MODULE)
        except ImportError:
            return ()
        return tuple(each.description() for each in qt.QMediaDevices.videoInputs())

    def start(self, number: int = 0) -> None:
        """Turn on the camera of this number in ``names``, the first where there are not so many."""
        self.stop()
        try:
            qt: Any = import_module(MODULE)
        except ImportError:
            self.failed.emit(NO_MODULE)
            return
        cameras = qt.QMediaDevices.videoInputs()
        if not cameras:
            self.failed.emit(NO_CAMERA)
            return
        camera = qt.QCamera(cameras[number if 0 <= number < len(cameras) else 0])
        session, sink = qt.QMediaCaptureSession(), qt.QVideoSink()
        session.setCamera(camera)
        session.setVideoSink(sink)
        sink.videoFrameChanged.connect(self._see)
        camera.errorOccurred.connect(lambda *_: self._fail(SILENT))
        self._parts = camera, session, sink
        self._late.start()
        camera.start()

    def stop(self) -> None:
        """Turn it off."""
        self._late.stop()
        parts, self._parts = self._parts, ()
        if parts:
            parts[0].stop()

    def _see(self, frame: Any) -> None:
        image = frame.toImage() if self._parts else QImage()
        if not image.isNull():
            self._late.stop()
            self.seen.emit(image)

    def _fail(self, sentence: str) -> None:
        if self._parts:
            self.stop()
            self.failed.emit(sentence)

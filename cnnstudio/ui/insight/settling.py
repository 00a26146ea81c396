"""Settling: a change is followed at once; while one follows another, when they have settled."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer


class Settling(QTimer):
    """A timer that does ``work``: at once when it is begun after a rest of so many milliseconds, else after them."""

    def __init__(self, work: Callable[[], object], milliseconds: int, parent: QObject) -> None:
        super().__init__(parent, singleShot=True, interval=milliseconds)
        self.timeout.connect(work)
        self._milliseconds = milliseconds  # the interval is that of the last start
        self._begun = QElapsedTimer()  # since the last change

    def begin(self) -> None:
        """Something has changed."""
        is_moving = self._begun.isValid() and not self._begun.hasExpired(self._milliseconds)
        self._begun.restart()
        self.start(self._milliseconds if is_moving else 0)

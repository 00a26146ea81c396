"""Signals: what the system asks of the program. Ctrl+C asks to close; SIGTERM and SIGHUP end it, and nothing is lost.

While Qt waits for events Python runs no handler. A byte that Python writes into a socket for each signal wakes it up:
https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer

from cnnstudio.ui.windows import Windows

ENDING = ("SIGTERM", "SIGHUP")  # the second of which Windows has not


class Signals(QObject):
    """Listens until it is closed. ``end`` is given the exit code once everything is kept."""

    def __init__(self, windows: Windows, end: Callable[[int], object] = QCoreApplication.exit) -> None:
        super().__init__()
        self._windows, self._end = windows, end
        self._before: dict[int, object] = {}
        if threading.current_thread() is not threading.main_thread():
            return
        self._heard, self._woken = socket.socketpair()
        for end_ in (self._heard, self._woken):
            end_.setblocking(False)
        self._before_fd = signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._heard.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        self._take(signal.SIGINT, self._ask)
        for name in ENDING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
                self._take(number, self._keep)

    def _take(self, number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
        self._before[number] = signal.signal(number, handler)

    def _hear(self) -> None:
        """Do nothing but run Python, which runs the handlers."""
        with suppress(BlockingIOError):
            self._heard.recv(4_096)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        QTimer.singleShot(0, self, self._windows.quit)  # the handler may run in the middle of anything

    def _keep(self, number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # the second one does not wait
        QTimer.singleShot(0, self, lambda: self._end_now(number))

    def _end_now(self, number: int) -> None:
        try:
            self._windows.keep_and_end()
        finally:
            self._end(128 + number)

    def close(self) -> None:
        """Listen no more."""
        if not self._before:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before = {}
        signal.set_wakeup_fd(self._before_fd)
        self._notifier.setEnabled(False)
        self._heard.close()
        self._woken.close()

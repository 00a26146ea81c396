"""Failures: what nobody caught is told in place where a window stands, else in a dialog, and always in the log."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from contextlib import suppress
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, QUrl, Signal, qInstallMessageHandler
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from cnnstudio import crash_log
from cnnstudio.folders import log_file
from cnnstudio.ui.windows import Windows

logger = logging.getLogger(__name__)

LEVELS = {
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
NOWHERE = ("offscreen", "minimal")  # platforms of Qt on which nobody sees a dialog


class Failures(QObject):
    """Takes the place of Python's and Qt's own hooks; the program lives on. ``windows`` is None until one stands."""

    failed = Signal(str)  # the traceback, from any thread
    interrupted = Signal()

    def __init__(self, windows: Windows | None = None) -> None:
        super().__init__()
        self.windows = windows
        self._old = sys.excepthook, threading.excepthook, sys.unraisablehook
        self.failed.connect(self._say)
        self.interrupted.connect(self._quit)

    def install(self) -> None:
        """Take the place of Python's own hooks, and of Qt's."""
        sys.excepthook = self._caught
        threading.excepthook = lambda args: self._caught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )
        sys.unraisablehook = crash_log.unraisable
        qInstallMessageHandler(log_of_qt)

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._old
        qInstallMessageHandler(None)

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self.interrupted.emit()
            return
        if self.windows is None:
            self._old[0](kind, error, trace)
            return
        logger.error("unexpected error", exc_info=(kind, error, trace))
        self.failed.emit("".join(traceback.format_exception(kind, error, trace)))

    def _quit(self) -> None:
        if self.windows is not None:
            self.windows.quit()

    def _say(self, details: str) -> None:
        if self.windows is None or not self.windows.all:
            return  # the log has it
        self.windows.present.messages.say(
            "Something went wrong inside the program. Your work is still here; saving it now does no harm.",
            "error",
            ("Copy details", lambda: QGuiApplication.clipboard().setText(details)),
        )


def log_of_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Put what Qt warns of into the log, and on the terminal as Qt does itself."""
    if kind in LEVELS:
        logger.log(LEVELS[kind], "Qt: %s", message)
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # a terminal that is gone
            sys.stderr.write(f"{message}\n")


def tell_of_crash(windows: Windows, count: int) -> None:
    """Say in place that the program has crashed before, and where it stands what is known of that."""
    if count and windows.all:
        log = log_file()
        windows.present.messages.say(
            f"CNN Studio crashed the last time. What is known of it stands in its log, {log}.",
            "warning",
            ("Open the log", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log)))),
            ("Not now", lambda: None),
        )


def tell_of_no_start(error: Exception) -> None:
    """Say, where there is no window yet, that there will be none, and where it stands why."""
    logger.error("the window does not stand", exc_info=error)
    log = crash_log.install(log_file())
    if log.trouble:
        traceback.print_exception(error)
    sentence = f"CNN Studio does not start. {crash_log.sentence(type(error), log.path)}"
    crash_log.tell(sentence)
    if isinstance(QApplication.instance(), QApplication) and QGuiApplication.platformName() not in NOWHERE:
        QMessageBox.critical(None, "CNN Studio", sentence)

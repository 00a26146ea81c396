"""App: from start to end of the program with a window. The window stands before torch is imported."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

import cnnstudio
from cnnstudio.folders import APPLICATION, log_file
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import ORGANIZATION, Preferences
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.windows import Windows
from cnnstudio.worker import Report

logger = logging.getLogger(__name__)


def run(path: Path | None = None, on_first_paint: Callable[[], object] | None = None) -> int:
    """Show a window, with the project at ``path`` open, until the last window is closed; the exit code.

    ``on_first_paint`` is called once the first window stands on the screen.
    """
    app = application()
    garbage = Garbage()
    log_to_file(log_file())
    window = open_window(path)
    windows = window.windows
    failures = Failures(windows)
    failures.install()
    heartbeat = _quit_on_interrupt(windows)
    warm_up = WarmUp()
    warm_up.finished.connect(garbage.set_apart)
    window.painted.connect(on_first_paint or warm_up.start)
    window.painted.connect(window.files.offer_recovery)
    window.painted.connect(lambda: windows.queue.offer(window.messages, lambda: window.show_panel("queue")))
    try:
        return app.exec()
    finally:
        heartbeat.stop()
        warm_up.wait()
        failures.remove()
        _delete_windows()
        garbage.close()


def _delete_windows() -> None:
    """Delete the windows while Python can still answer what Qt asks as they go; with a screen reader it asks much."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, MainWindow):
            widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def open_window(path: Path | None = None) -> MainWindow:
    """The window as the person left it, shown, with the project at ``path`` open."""
    preferences = Preferences()
    theme.install(preferences.scheme, preferences.text_scale)
    QGuiApplication.setWindowIcon(QIcon(icon("share-network", "accent")))
    window = MainWindow(preferences)
    if path is not None:
        window.files.open(path)
    window.show()
    return window


def application() -> QApplication:
    """The one QApplication, made where there is none yet."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(sys.argv[:1])
    app.setOrganizationName(ORGANIZATION)
    app.setApplicationName(APPLICATION)
    app.setApplicationDisplayName("CNN Studio")
    app.setApplicationVersion(cnnstudio.__version__)
    app.setDesktopFileName(APPLICATION)
    return app


def log_to_file(path: Path) -> None:
    """Write warnings and worse to a file that never grows beyond 1 MB."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=500_000, backupCount=1, encoding="utf-8", delay=True)
    except OSError:
        return  # a log is no reason not to start
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger("cnnstudio").addHandler(handler)


class Failures(QObject):
    """What nobody caught: a sentence in place, the details in the log and to copy, and the program lives on."""

    failed = Signal(str)  # the traceback, from any thread

    def __init__(self, windows: Windows) -> None:
        super().__init__()
        self._windows = windows
        self._old = sys.excepthook, threading.excepthook
        self.failed.connect(self._say)

    def install(self) -> None:
        """Take the place of Python's own hooks."""
        sys.excepthook = self._caught
        threading.excepthook = lambda args: self._caught(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def remove(self) -> None:
        """Give Python's hooks back."""
        sys.excepthook, threading.excepthook = self._old

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QTimer.singleShot(0, self, self._windows.quit)
            return
        logger.error("unexpected error", exc_info=(kind, error, trace))
        self.failed.emit("".join(traceback.format_exception(kind, error, trace)))

    def _say(self, details: str) -> None:
        if not self._windows.all:
            return  # the log has it
        self._windows.present.messages.say(
            "Something went wrong inside the program. Your work is still here; saving it now does no harm.",
            "error",
            ("Copy details", lambda: QGuiApplication.clipboard().setText(details)),
        )


class WarmUp(QObject):
    """Trains once in the background, once the window stands: the first run then begins at once."""

    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._task: Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = Task(self._load, "warm-up", self)
        self._task.finished.connect(lambda _: self.finished.emit())

    def wait(self) -> None:
        """Wait for it: an interpreter that ends in the middle of an import may crash."""
        if self._task is not None:
            self._task.stop(30.0)

    @staticmethod
    def _load(report: Report) -> None:
        from cnnstudio.training.warming import warm_up

        warm_up()


def _quit_on_interrupt(windows: Windows) -> QTimer:
    """Quit on Ctrl+C in the terminal; the timer lets Python see the signal while Qt waits."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: windows.quit())
    timer = QTimer()
    timer.start(200)
    timer.timeout.connect(lambda: None)
    return timer


INTERVAL = 500  # milliseconds; young garbage of half a second is collected in a few


class Garbage(QObject):
    """Takes Python's own collector out of service, and does its work from a timer until it is closed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due by Python's own thresholds, and with it the younger ones."""
        filled = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (number, most) in enumerate(filled) if number > most]
        if due:
            gc.collect(due[-1])

    @staticmethod
    def set_apart() -> None:
        """Never look again at what there is now: torch's 200,000 objects live as long as the program.

        To look through them took 90 ms, once a minute or two; without them it takes none.
        """
        gc.freeze()

    def close(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

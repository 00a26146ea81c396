"""App: from start to end of the program with a window. The window stands before torch is imported."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

import cnnstudio
from cnnstudio import crash_log
from cnnstudio.folders import crash_folder, log_file
from cnnstudio.policy import APPLICATION
from cnnstudio.resources import resource
from cnnstudio.training.runs.leftovers import clear
from cnnstudio.training.runs.run_library import usual_places
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.preferences import ORGANIZATION, Preferences
from cnnstudio.ui.process.failures import Failures, tell_of_crash
from cnnstudio.ui.process.signals import Signals
from cnnstudio.ui.task import Task
from cnnstudio.ui.theme import theme
from cnnstudio.worker import Report


def run(path: Path | None = None, on_first_paint: Callable[[], object] | None = None) -> int:
    """Show a window, with the project at ``path`` open, until the last window is closed; the exit code.

    ``on_first_paint`` is called once the first window stands on the screen.
    """
    crash_log.install(log_file())
    end_watch = crash_log.watch(crash_folder())
    crashes = crash_log.crashed_before(crash_folder())
    app = application()
    failures = Failures()
    failures.install()
    with ExitStack() as at_end:
        at_end.callback(end_watch)
        at_end.callback(failures.remove)
        garbage = Garbage()
        at_end.callback(garbage.close)
        window = open_window(path)
        at_end.callback(_delete_windows)
        windows = failures.windows = window.windows
        signals = Signals(windows)
        at_end.callback(signals.close)
        warm_up = WarmUp()
        at_end.callback(warm_up.wait)
        warm_up.finished.connect(garbage.set_apart)
        window.painted.connect(on_first_paint or warm_up.start)
        window.painted.connect(window.files.offer_recovery)
        window.painted.connect(lambda: show_first_tour(window))
        window.painted.connect(lambda: windows.queue.offer(window.messages, lambda: window.show_panel("queue")))
        window.painted.connect(lambda: tell_of_crash(windows, crashes))
        clearing = Clearing(windows.preferences)
        at_end.callback(clearing.stop)
        window.painted.connect(clearing.start)
        return app.exec()


def show_first_tour(window: MainWindow) -> None:
    """Begin the tour where the program never ran before; the keyboard stays where it is."""
    if not window.preferences.toured and window.start_page.is_new:
        window.preferences.toured = True
        window.reading.tour.begin(by_key=False)


def _delete_windows() -> None:
    """Delete the windows while Python can still answer what Qt asks as they go; with a screen reader it asks much."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, MainWindow):
            widget.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def new_window(preferences: Preferences | None = None) -> MainWindow:
    """A window with an empty project, not shown yet. Nobody else makes the first one."""
    return MainWindow(preferences)


def open_window(path: Path | None = None) -> MainWindow:
    """The window as the person left it, shown, with the project at ``path`` open."""
    preferences = Preferences()
    theme.install(preferences.scheme, preferences.text_scale)
    QGuiApplication.setWindowIcon(QIcon(str(resource("icon.png"))))
    window = new_window(preferences)
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


class WarmUp(QObject):
    """Trains once in the background, once the window stands: the first run and the first map are then there at once."""

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
        import pyqtgraph  # noqa: F401 - or the first map that is shown would stop the window for its import


class Clearing(QObject):
    """Clears away what programs that were killed have left, once the window stands, beside the files of its list."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._task: Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        recent = self._preferences.recent
        places = usual_places(recent)

        def work(report: Report) -> None:
            clear([path.parent for path in recent], places, report)

        self._task = Task(work, "clearing", self)

    def stop(self) -> None:
        """End after the folder in progress, and wait for none: its disk may be in a network that is gone."""
        if self._task is not None:
            self._task.stop()


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

"""A real window with no screen, for attacks: what nobody caught is noted."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow

TO_LOSE_ALL = "Stop and close", "Lose it", "Do not save"  # what is pressed where a window asks before it closes


@contextmanager
def opened() -> Iterator[tuple[MainWindow, list[str]]]:
    """A window with an empty project, and the list in which the errors stand that nobody caught."""
    from cnnstudio.ui.app import Garbage, application
    from cnnstudio.ui.main_window import MainWindow
    from cnnstudio.ui.theme import theme

    application()
    garbage = Garbage()  # as in the program: Python's own collection may delete what is Qt's amid a call of Qt
    theme.install("light")
    errors: list[str] = []

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        last = traceback.extract_tb(trace)[-1:] if trace else []
        place = f" at {last[0].name}:{last[0].lineno}" if last else ""
        errors.append(f"{kind.__name__}{place}: {str(error)[:300]}")

    old = sys.excepthook, threading.excepthook
    sys.excepthook = caught
    threading.excepthook = lambda args: caught(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
    window = MainWindow()
    window.resize(1280, 720)
    window.show()
    settle()
    try:
        yield window, errors
    finally:
        for each in [*window.windows.all]:
            if not _is_closed(each):
                errors.append(f"the window did not close: {[bar.sentence for bar in each.messages.bars]}")
                each.hide()  # Qt says of a window that it deletes as it stands that it hides, to what is half gone
            each.deleteLater()
        window.windows.queue.close()
        garbage.close()
        QGuiApplication.clipboard().clear()  # what Python made cannot be freed by Qt any more when Python has ended
        settle()
        sys.excepthook, threading.excepthook = old


def _is_closed(window: MainWindow) -> bool:
    """Close a window, and whatever it asks give up what would be lost; whether it closed."""
    window.close()
    for _ in range(9):
        if not window.isVisible():
            return True
        asked = [bar.buttons[way] for bar in window.messages.bars for way in TO_LOSE_ALL if way in bar.buttons]
        for button in asked[:1]:
            button.click()
        settle()
    return not window.isVisible()


def settle(rounds: int = 3) -> None:
    """Let everything happen that waits in the event loop, and so often what waits then."""
    for _ in range(rounds):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

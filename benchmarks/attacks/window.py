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
            each.run.close()
            each.files.settle()  # what is being typed is a change too, of which closing would ask
            each.document.mark_saved()
            if not each.close():
                errors.append("the window did not close, though nothing would have been lost")
                each.hide()  # Qt says of a window that it deletes as it stands that it hides, to what is half gone
            each.deleteLater()
        window.windows.queue.close()
        garbage.close()
        QGuiApplication.clipboard().clear()  # what Python made cannot be freed by Qt any more when Python has ended
        settle()
        sys.excepthook, threading.excepthook = old


def settle(rounds: int = 3) -> None:
    """Let everything happen that waits in the event loop, and so often what waits then."""
    for _ in range(rounds):
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

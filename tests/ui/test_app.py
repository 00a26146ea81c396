from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cnnstudio.ui.app import Failures, log_to_file
from cnnstudio.ui.main_window import MainWindow


def raised() -> BaseException:
    try:
        raise ZeroDivisionError("the mean of nothing")
    except ZeroDivisionError as error:
        return error


def test_what_nobody_caught_is_a_sentence_in_place_and_the_window_lives_on(
    qtbot: QtBot, window: MainWindow, caplog: pytest.LogCaptureFixture
) -> None:
    failures = Failures(window.windows)
    error = raised()
    with caplog.at_level(logging.ERROR):
        failures._caught(type(error), error, error.__traceback__)
    bar = window.messages.bars[-1]
    assert bar.kind == "error"
    assert "Traceback" not in bar.sentence
    bar.buttons["Copy details"].click()
    assert "ZeroDivisionError: the mean of nothing" in QGuiApplication.clipboard().text()
    assert [record.message for record in caplog.records] == ["unexpected error"]
    caplog.clear()
    assert window.isVisible()


def test_python_s_hooks_are_taken_and_given_back(window: MainWindow) -> None:
    before = sys.excepthook, threading.excepthook
    failures = Failures(window.windows)
    failures.install()
    assert sys.excepthook != before[0]
    failures.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_ctrl_c_closes_the_window(qtbot: QtBot, window: MainWindow) -> None:
    failures = Failures(window.windows)
    failures._caught(KeyboardInterrupt, KeyboardInterrupt(), None)
    qtbot.waitUntil(lambda: not window.isVisible())


def test_warnings_go_to_the_log_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    package = logging.getLogger("cnnstudio")
    before = list(package.handlers)
    log_to_file(tmp_path / "deep" / "log.txt")
    logging.getLogger("cnnstudio.ui.app").warning("the disk is full")
    assert "the disk is full" in (tmp_path / "deep" / "log.txt").read_text()
    for handler in [handler for handler in package.handlers if handler not in before]:
        package.removeHandler(handler)
        handler.close()
    caplog.clear()


def test_the_window_stands_before_torch_is_imported_and_then_warms_up(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from cnnstudio.ui import app\n"
        "def painted():\n"
        "    assert 'torch' not in sys.modules\n"
        "    print('painted')\n"
        "    QTimer.singleShot(0, QApplication.instance().closeAllWindows)\n"
        "sys.exit(app.run(None, on_first_paint=painted))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "painted\n"


END_WITH_A_SCREEN_READER = """
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication
from cnnstudio.ui import app
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.zoo import TEMPLATES

def walk(interface, depth=0):
    interface.text(QAccessible.Text.Name), QAccessible.uniqueId(interface)
    for place in range(interface.childCount() if depth < 4 else 0):
        child = interface.child(place)
        if child is not None:
            walk(child, depth + 1)

def painted():
    QAccessible.setActive(True)
    window = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    document = window.document
    document.edit_graph("Draw", TEMPLATES["lenet5"].make())
    document.edit_graph("Move", document.graph.move({"conv1": (5.0, 5.0)}))
    window.show_panel("history")
    QApplication.processEvents()
    document.undo_stack.undo()
    document.undo_stack.setClean()
    walk(QAccessible.queryAccessibleInterface(window.canvas))
    QTimer.singleShot(50, window.close)

raise SystemExit(app.run(None, on_first_paint=painted))
"""


def test_the_program_ends_cleanly_while_a_screen_reader_listens() -> None:
    """What Qt asks Python as the windows go must be asked before Python is gone."""
    ended = subprocess.run(
        [sys.executable, "-c", END_WITH_A_SCREEN_READER], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "Traceback" not in ended.stderr

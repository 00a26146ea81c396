from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from cnnstudio import crash_log
from cnnstudio.folders import crash_folder, log_file, recovery_folder, runs_folder
from cnnstudio.project import Project, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.process.failures import Failures, tell_of_crash


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
    def hooks() -> tuple[object, ...]:
        return sys.excepthook, threading.excepthook, sys.unraisablehook

    before = hooks()
    failures = Failures(window.windows)
    failures.install()
    assert all(one != other for one, other in zip(hooks(), before, strict=True))
    failures.remove()
    assert hooks() == before


def test_ctrl_c_closes_the_window(qtbot: QtBot, window: MainWindow) -> None:
    failures = Failures(window.windows)
    failures._caught(KeyboardInterrupt, KeyboardInterrupt(), None)
    qtbot.waitUntil(lambda: not window.isVisible())


def test_warnings_go_to_the_log_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = crash_log.LogFile(tmp_path / "deep" / "log.txt")
    package = logging.getLogger("cnnstudio")
    package.addHandler(log)
    try:
        assert not log.path.exists(), "there is nothing to write"
        logging.getLogger("cnnstudio.ui.app").warning("the disk is full")
        assert "the disk is full" in log.path.read_text() and not log.trouble
        for _ in range(12):
            package.warning("x" * 100_000)
        assert sum(path.stat().st_size for path in log.path.parent.iterdir()) < 1_000_000
    finally:
        package.removeHandler(log)
        log.close()
        caplog.clear()


def ended(code: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A program that has ended, with its home there."""
    environment = {**os.environ, "CNNSTUDIO_HOME": str(home), "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


ROOT = Path(__file__).parents[2]
BEFORE_THE_WINDOW = """
import sys
import cnnstudio.ui.app as app
def broken(path):
    raise ZeroDivisionError("the window of nothing")
app.open_window = broken
sys.argv = ["cnnstudio"]
from cnnstudio.__main__ import main
sys.exit(main())
"""


def test_an_error_before_the_window_stands_is_a_line_and_stands_in_the_log(isolated_home: Path) -> None:
    done = ended(BEFORE_THE_WINDOW, isolated_home)
    assert done.returncode == 1
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("cnnstudio:"))
    assert line.startswith("cnnstudio: CNN Studio does not start.") and str(log_file()) in line
    assert "Traceback" not in done.stderr
    assert "ZeroDivisionError: the window of nothing" in log_file().read_text()
    assert not list(crash_folder().iterdir()), "it has ended as it should"


def test_where_a_person_sees_no_terminal_it_is_a_dialog(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: object
) -> None:
    from cnnstudio.ui.process import failures

    shown: list[str] = []
    monkeypatch.setattr(failures.QMessageBox, "critical", lambda _, title, sentence: shown.append(sentence))
    monkeypatch.setattr(failures.QGuiApplication, "platformName", lambda: "xcb")
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    handlers = list(logging.getLogger("cnnstudio").handlers)
    try:
        failures.tell_of_no_start(MemoryError())
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        for handler in logging.getLogger("cnnstudio").handlers[:]:
            if handler not in handlers:
                logging.getLogger("cnnstudio").removeHandler(handler)
                handler.close()
        caplog.clear()  # type: ignore[attr-defined]
    (sentence,) = shown
    assert sentence == (f"CNN Studio does not start. The computer ran out of memory. The details are in {log_file()}.")
    assert capsys.readouterr().err == f"cnnstudio: {sentence}\n"


FAULT = """
import faulthandler
from cnnstudio.ui import app
app.run(None, on_first_paint=faulthandler._sigsegv)
"""


def test_a_fault_in_a_library_stands_in_the_log_after_the_next_start_which_says_so(
    window: MainWindow, isolated_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done = ended(FAULT, isolated_home)
    assert done.returncode not in (0, 1)
    (file,) = crash_folder().iterdir()
    assert "Segmentation fault" in file.read_text() or "access violation" in file.read_text()
    log = crash_log.LogFile(log_file())
    logging.getLogger("cnnstudio").addHandler(log)
    try:
        end = crash_log.watch(crash_folder())
        count = crash_log.crashed_before(crash_folder())
        assert count == 1 and crash_log.crashed_before(crash_folder()) == 0
        assert len(list(crash_folder().iterdir())) == 1, "that of this process stays"
        end()
        assert not list(crash_folder().iterdir())
    finally:
        logging.getLogger("cnnstudio").removeHandler(log)
        log.close()
        caplog.clear()
    assert "line" in log_file().read_text() and "app.py" in log_file().read_text()
    tell_of_crash(window.windows, count)
    (bar,) = window.messages.bars
    assert str(log_file()) in bar.sentence and "Open the log" in bar.buttons
    bar.dismiss()
    tell_of_crash(window.windows, 0)
    assert window.messages.bars == []


def test_what_qt_warns_of_is_logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

    from cnnstudio.ui.process.failures import log_of_qt

    for kind in (QtMsgType.QtDebugMsg, QtMsgType.QtWarningMsg):
        log_of_qt(kind, QMessageLogContext(), f"QPainter {kind.name}")
    assert [record.message for record in caplog.records] == ["Qt: QPainter QtWarningMsg"]
    assert capsys.readouterr().err == "QPainter QtDebugMsg\nQPainter QtWarningMsg\n"
    caplog.clear()


TRAINS = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from cnnstudio.ui import app
from cnnstudio.ui.main_window import MainWindow

def painted():
    window = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    window.run.start(window.document.project)
    window.keeper = QTimer(window, interval=20)
    def look():
        if len(window.run.history.steps) > 3:
            window.keeper.stop()
            window.document.edit("Rename", window.document.project.with_graph(
                window.document.graph.rename("conv1", "unsaved")))
            print("training", flush=True)
    window.keeper.timeout.connect(look)
    window.keeper.start()

sys.exit(app.run(Path(sys.argv[1]), on_first_paint=painted))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_program_that_is_ended_keeps_the_last_weights_and_what_is_not_saved(
    tiny: Project, tmp_path: Path, isolated_home: Path
) -> None:
    import dataclasses

    long = dataclasses.replace(tiny, recipe=dataclasses.replace(tiny.recipe, epochs=10_000, batch_size=64))
    write(tmp_path / "long.cnn", long)
    environment = {**os.environ, "CNNSTUDIO_HOME": str(isolated_home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", TRAINS, str(tmp_path / "long.cnn")], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    (copy,) = recovery_folder().glob("*/project.cnn")
    kept = read(copy)
    (folder,) = runs_folder().iterdir()
    assert "unsaved" in kept.graph and kept.run is not None and kept.run.folder == folder.name
    assert {"last.safetensors", "checkpoint.safetensors"} <= {path.name for path in folder.iterdir()}
    assert '"stopped"' in (folder / "run.json").read_text()
    assert not list(crash_folder().iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_session_that_ends_is_heard_while_qt_waits(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnnstudio.ui.process.signals import Signals

    begun = Project(recipe=Recipe(epochs=3))  # of which nothing is computed
    codes, queue = list[int](), list[str]()
    signals = Signals(window.windows, codes.append)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(window.windows.queue, "stop", lambda: queue.append("asked to stop"))
            patch.setattr(window.windows.queue, "close", lambda seconds: queue.append("waited for"))
            window.document.edit("Change", begun)
            signal.raise_signal(signal.SIGHUP)
            qtbot.waitUntil(lambda: codes == [128 + signal.SIGHUP])
    finally:
        signals.close()
    (copy,) = recovery_folder().glob("*/project.cnn")
    assert read(copy) == begun and window.isVisible() and queue == ["asked to stop", "waited for"]
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    assert signal.set_wakeup_fd(-1) == -1


def test_the_window_stands_before_torch_is_imported_and_then_warms_up(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from cnnstudio.ui import app\n"
        "def painted():\n"
        "    assert not {'torch', 'pyqtgraph'} & sys.modules.keys()\n"
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

"""No command: the window. Where there is no display, the main job without one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError
from cnnstudio.crash_log import tell
from cnnstudio.lessons.file_names import LESSON
from cnnstudio.resources import resource

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def show(path: Path | None) -> int:
    """Open the window with this file, or train and export it (or LeNet-5) where no window can be."""
    if not has_display():
        if path is not None and path.suffix == LESSON:
            raise CommandError("A lesson is opened in a window, and there is no display here.")
        return _run_without_display(path or resource("examples", "lenet5.cnn"))
    try:
        from cnnstudio.ui.app import run

        return run(path)
    except ImportError as error:
        if not (error.name or "").startswith(("PySide6", "shiboken6")) and ".so" not in str(error):
            raise
        sentence = f"Qt, which draws the window, does not start here: {error}. Is it installed whole?"
        if sys.stderr is None:
            tell(sentence)
        raise CommandError(sentence) from error
    except Exception as error:
        from cnnstudio.ui.process.failures import tell_of_no_start

        tell_of_no_start(error)
        return 1


def _run_without_display(path: Path) -> int:
    from cnnstudio.ui.process.demo import DemoError, run

    bar = Bar()
    try:
        return run(path, Path("out"), bar.say, bar.show)
    except DemoError as error:
        raise CommandError(str(error)) from error
    finally:
        bar.clear()


def paint_once() -> str:
    """Paint a window that goes again, and say how. Raises ``NotPaintedError`` with a sentence where none is seen."""
    from cnnstudio.ui.process.own_check import painted_window

    return painted_window()


def has_display() -> bool:
    """Whether a window can be shown, as far as one can know without Qt."""
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in _DISPLAYS)

"""Crash log: what goes wrong stands in one file of the person's home, whatever ends the program. Knows no Qt.

Python's own errors are logged as they happen. What ends the process itself, such as a fault in a library, is written
by ``faulthandler`` into a file that stands while the program runs; the next start takes that into the log.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from cnnstudio.owner import Owner, is_gone

LARGEST = 500_000  # bytes of the log, and of the one before it
LONGEST = 100_000  # letters of one crash

logger = logging.getLogger(__name__)


class LogFile(RotatingFileHandler):
    """Warnings and worse in a file that never grows beyond 1 MB, made when there is something to write.

    ``trouble`` is why nothing could be written: a log is no reason not to start, nor to stop.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=LARGEST, backupCount=1, encoding="utf-8", errors="backslashreplace", delay=True)
        self.path, self.trouble = path, False
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self.setLevel(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        self.trouble = False
        with suppress(OSError):  # which is met once more below
            self.path.parent.mkdir(parents=True, exist_ok=True)
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        self.trouble = True


def install(path: Path) -> LogFile:
    """Let what nobody catches be logged there and told in a line on the terminal; the one handler of the program."""
    package = logging.getLogger("cnnstudio")
    for handler in package.handlers:
        if isinstance(handler, LogFile):
            return handler
    log = LogFile(path)
    package.addHandler(log)
    sys.excepthook = lambda kind, error, trace: caught(log, kind, error, trace)
    threading.excepthook = lambda args: caught(
        log, args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
    sys.unraisablehook = unraisable
    if sys.stderr is not None:
        with suppress(OSError, ValueError, RuntimeError):  # a terminal that is no file
            faulthandler.enable()
    return log


def caught(log: LogFile, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log an error that nobody caught, and say so in a line; all of it where there is no log."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.error("unexpected error", exc_info=(kind, error, trace))
    if log.trouble and sys.stderr is not None:
        sys.__excepthook__(kind, error, trace)
    else:
        tell(sentence(kind, log.path))


def tell(said: str) -> None:
    """Say something in a line on the terminal, or in a dialog of the system where Windows gave the program none."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"cnnstudio: {said}\n")
    elif sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, said, "CNN Studio", 0x10)  # with the sign of an error


def sentence(kind: type[BaseException], path: Path) -> str:
    """What a person is told of an error of this kind that nobody foresaw."""
    if issubclass(kind, MemoryError):
        return f"The computer ran out of memory. The details are in {path}."
    return f"Something went wrong inside the program ({kind.__name__}). The details are in {path}."


def unraisable(args: sys.UnraisableHookArgs) -> None:
    """Log what went wrong where nobody can be told, as while something is deleted."""
    error = args.exc_value or args.exc_type()
    trace = (args.exc_type, error, args.exc_traceback)
    logger.error("unexpected error: %s", args.err_msg or "in a finalizer", exc_info=trace)


def watch(folder: Path) -> Callable[[], None]:
    """Let a fault that ends this process be written into a file in ``folder``, until what comes back is called.

    That is a clean end, after which there is no file.
    """
    path = folder / f"{Owner.here().mark}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")  # open as long as the program runs
        faulthandler.enable(file)
    except (OSError, ValueError, RuntimeError):
        return lambda: None

    def end() -> None:
        faulthandler.disable()
        file.close()
        with suppress(OSError):
            path.unlink()

    return end


def crashed_before(folder: Path) -> int:
    """How many programs have ended in a fault since the last look; what is known of each goes into the log."""
    count = 0
    with suppress(OSError):
        for path in sorted(folder.glob("*.txt")):
            if not is_gone(path.stem):
                continue
            with suppress(OSError):
                with path.open(encoding="utf-8", errors="replace") as file:
                    text = file.read(LONGEST).strip()
                path.unlink()  # or it is counted again
                if text:  # else somebody has ended it
                    count += 1
                    logger.error("process %s ended in a fault:\n%s", path.stem.split("-")[1], text)
    return count

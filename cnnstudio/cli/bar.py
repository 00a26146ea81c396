"""Bar: how far something is, in one line that a terminal keeps drawing over. Elsewhere it draws nothing."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from contextlib import suppress
from typing import TextIO

from cnnstudio.cli.terminal import draw
from cnnstudio.wording import printable

CELLS = 24
SECONDS = 0.1  # between two drawings


class Bar:
    """``show`` draws, as often as the eye can follow; ``say`` puts a line above it that stays.

    A bar that ``is_silent`` does neither: it is that of a process for which another one speaks.
    """

    def __init__(self, is_silent: bool = False) -> None:
        self.is_silent = is_silent
        self.is_live = not is_silent and sys.stdout is not None and sys.stdout.isatty()
        self._drawn = 0
        self._at = 0.0
        self._full, self._empty = "█░" if _can_say("█░") else "#-"

    def show(self, before: str, share: float | None, after: str = "") -> None:
        """Draw ``before``, a bar of this share (0 to 1; None where it is not known) and ``after``."""
        now = time.monotonic()
        if not self.is_live or now - self._at < SECONDS:
            return
        self._at = now
        if share is None:
            text = f"{before} {after}".rstrip()
        else:
            full = round(CELLS * min(max(share, 0.0), 1.0))
            text = f"{before} {self._full * full}{self._empty * (CELLS - full)} {share:4.0%}  {after}".rstrip()
        text = printable(text)[: shutil.get_terminal_size().columns - 1]
        _write("\r" + text.ljust(self._drawn))
        self._drawn = len(text)

    def say(self, *lines: str) -> None:
        """Print lines that stay, where the bar was."""
        self.clear()
        for line in () if self.is_silent else lines:
            _write(f"{printable(line)}\n")

    def ring(self) -> None:
        """Ring the terminal's bell, where there is one: something long is over, and somebody may be away from it."""
        if self.is_live:
            _write("\a")

    def clear(self) -> None:
        """Take the bar away."""
        if self._drawn:
            _write("\r" + " " * self._drawn + "\r")
            self._drawn = 0
        self._at = 0.0


def _write(text: str) -> None:
    """Put this on the terminal; where that was closed meanwhile nobody reads it, and the work goes on to its end."""
    try:
        draw(text)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        hang_up(sys.stdout)


def hang_up(*streams: TextIO) -> None:
    """Let what is still said there go nowhere: the terminal is gone, and to write to it would end the program."""
    for stream in streams:
        with suppress(OSError, ValueError):  # in a test it is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _can_say(text: str) -> bool:
    """Whether the terminal's encoding has these letters."""
    with suppress(UnicodeError, LookupError):
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
        return True
    return False

"""Terminal: the streams that the commands print to. No name and no text of a file reaches them as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from cnnstudio.wording import printable


class Printable:
    """A stream that spells out what a terminal would obey or not show; ``draw`` is for what we draw ourselves."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``printable`` text."""
        self._stream.write(printable(text))
        return len(text)

    def draw(self, text: str) -> None:
        """Write text of our own, which may move the cursor or ring the bell."""
        self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def draw(text: str) -> None:
    """Write text of our own on the terminal, which may move the cursor or ring the bell."""
    getattr(sys.stdout, "draw", sys.stdout.write)(text)
    sys.stdout.flush()


@contextmanager
def terminal() -> Iterator[None]:
    """Within it, what is printed is ``printable``."""
    before = sys.stdout, sys.stderr
    # there is none in a windowed program
    sys.stdout, sys.stderr = (each and Printable(each) for each in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before

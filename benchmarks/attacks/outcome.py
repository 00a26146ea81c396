"""What an attack found: how often it tried, what it was told, and each time that the promise was broken."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

MOST_SHOWN = 10


@dataclass
class Outcome:
    """``told`` counts what was answered, such as "refused" and "opened"; ``faults`` are sentences."""

    tried: int = 0
    told: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def answer(self, word: str) -> None:
        """Count one try, and what came of it."""
        self.tried += 1
        self.told[word] += 1

    def fault(self, sentence: str) -> None:
        """Count one try in which the promise was broken."""
        self.answer("FAULT")
        self.faults.append(sentence)


@dataclass(frozen=True)
class Attack:
    """A promise, and what tries to break it ``number`` times; ``make(count, chance)`` does it ``count`` times."""

    name: str
    promise: str
    number: int
    make: Callable[[int, random.Random], Outcome]


# what nothing that is only opened, drawn or pasted has any reason to do; see PEP 578
FORBIDDEN = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "subprocess.Popen", "socket.connect",
    "socket.getaddrinfo", "webbrowser.open", "pty.spawn", "shutil.rmtree", "ftplib.connect", "urllib.Request",
)  # fmt: skip
_watchers: list[Callable[[str, tuple[Any, ...]], None]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    for watcher in _watchers:
        watcher(event, arguments)


@cache
def _install() -> None:
    sys.addaudithook(_hook)  # which stays until the interpreter ends


@contextmanager
def watched(marker: str = "stranger") -> Iterator[list[str]]:
    """What is done meanwhile that a stranger's file must not bring about, as it happens.

    ``marker`` stands in every name that such a file gives: to open, list or look for one is forbidden too.
    """
    seen: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            seen.append(event)
        elif event in ("open", "os.listdir", "os.scandir", "exec", "compile") and marker in str(arguments[:1]):
            seen.append(f"{event} of what the file names")

    _install()
    _watchers.append(note)
    try:
        yield seen
    finally:
        _watchers.remove(note)

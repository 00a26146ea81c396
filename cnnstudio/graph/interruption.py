"""Interruption: to look into a large network can be given up where nobody waits for the answer any more.

What looks, by formula alone, is a function of values that knows of no thread and may be called from anywhere; only
whoever calls knows whether the answer is still wanted. So it says so once, around all that it asks for, and what takes
long asks before it begins: a composite that draws what is inside, a long expression that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Interrupted(Exception):  # noqa: N818 - it is no error, as StopIteration is none
    """Nobody waits for the answer any more."""


_is_wanted: ContextVar[Callable[[], bool]] = ContextVar("is_wanted", default=lambda: True)


@contextmanager
def interruptible(is_wanted: Callable[[], bool]) -> Iterator[None]:
    """While this goes on, on this thread, ``Interrupted`` is raised as soon as ``is_wanted`` says no."""
    token = _is_wanted.set(is_wanted)
    try:
        yield
    finally:
        _is_wanted.reset(token)


def go_on() -> None:
    """Go on where the answer is still wanted. Raises ``Interrupted``."""
    if not _is_wanted.get()():
        raise Interrupted

"""Awake: the computer does not fall asleep while something trains, where its system lets itself be asked. No torch.

Asked is what wakepy knows to ask: the desktop by D-Bus, caffeinate on macOS, SetThreadExecutionState on Windows. The
screen may go dark, and the lid may be closed.
https://wakepy.readthedocs.io/stable/modes.html#keep-running-mode
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

logger = logging.getLogger(__name__)


@contextmanager
def awake() -> Iterator[None]:
    """While it lasts the computer stays awake; where that cannot be had, that is said in the log, once."""
    held = ExitStack()
    try:
        from wakepy import keep  # here, so that who does not train does not wait for it

        mode = held.enter_context(keep.running(on_fail="pass"))
        is_held = bool(mode.active)
    except Exception:  # a missing package, a desktop that answers nonsense: never a reason not to train
        is_held = False
    if not is_held:
        _say()
    try:
        yield
    finally:
        try:
            held.close()
        except Exception as error:
            logger.info("The system was not told that the computer may sleep again: %s", error)


@cache
def _say() -> None:
    logger.info("This computer may fall asleep while it trains: nothing here could be asked to keep it awake.")

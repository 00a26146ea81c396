"""Blame: the line of somebody's source in which something happened, and an error of PyTorch in words about it."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import Any

import torch

BATCH = 7919
"""How many samples a network is followed with: a prime, and larger than the sizes of maps and layers, so that what is
a multiple of it belongs to the batch and nothing else does. On the meta device it costs nothing."""

_OURS = str(Path(__file__).parents[2])
_TRACING = str(Path(__file__).with_name("tracing.py"))  # whoever calls it has nothing to do with what is traced
_NOT_THEIRS = (
    str(Path(torch.__file__).parent), _OURS, sysconfig.get_path("stdlib"), "<frozen",
)  # fmt: skip


@lru_cache(maxsize=4096)
def _is_theirs(file: str) -> bool:
    return "site-packages" in file or not file.startswith(_NOT_THEIRS)


@lru_cache(maxsize=4096)
def _is_torchs(file: str) -> bool:
    return file.startswith(_NOT_THEIRS[0])


def line_now() -> str:
    """The innermost line of somebody's source that is being traced, as ``net.py:12``; empty where there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != _TRACING:
        if not _is_torchs(frame.f_code.co_filename) and _is_theirs(frame.f_code.co_filename):
            return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def line_of(error: BaseException) -> str:
    """The innermost line of somebody's source that an error came through, as ``net.py:12``; empty where none is."""
    found = ""
    for frame, line in walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if not _is_torchs(file) and _is_theirs(file):
            found = f"{Path(file).name}:{line}"
    return found


def called(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A call of PyTorch in somebody's name: what it raises is theirs, see ``is_ours``."""
    return function(*args, **kwargs)


def is_ours(error: BaseException) -> bool:
    """Whether an error was raised by the program's own code, so that nobody else is to be blamed."""
    steps = list(walk_tb(error.__traceback__))
    code = steps[-1][0].f_code if steps else called.__code__
    return code.co_filename.startswith(_OURS) and code is not called.__code__


def plain(error: BaseException) -> str:
    """What an error says, without the samples that a network was followed with."""
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    text = re.sub(rf"\b{BATCH}\b", "N", text)
    return text[:160].rstrip(". ")

"""How many threads compute, and how their memory is had: set here and nowhere else."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

import psutil
import torch

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


def default_threads() -> int:
    """One less than there are cores, so that the window stays awake; OMP_NUM_THREADS says otherwise.

    Two threads beside other work on two cores trained 4 to 12 times slower than one.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = psutil.cpu_count(logical=False) or usable  # type: ignore[no-untyped-call]
    return max(1, min(cores, usable) - 1)


def prepare() -> None:
    """Make the calling thread ready to compute; it costs nothing to do so again."""
    torch.set_num_threads(default_threads())
    _keep_freed_memory()


@cache
def _keep_freed_memory() -> bool:
    """Ask glibc to keep freed blocks instead of giving them back to the system; whether it agreed.

    Every step frees and asks again for the same large blocks, and a block fresh from the system costs a page fault
    for every 4 KiB. See mallopt(3); other C libraries have no such switch, and nothing happens there.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    # 32 MiB is the most that every glibc takes for the size from which blocks come from the system
    return bool(mallopt(_M_MMAP_THRESHOLD, 32 << 20)) and bool(mallopt(_M_TRIM_THRESHOLD, 1 << 30))

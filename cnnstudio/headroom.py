"""Headroom: the bytes of memory that may still be taken, and what is said where they were not enough. No torch."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from cnnstudio.wording import memory

WAYS = "try a smaller batch, smaller images or fewer channels, or close other programs"

# what Python, NumPy, PyTorch, oneDNN, CUDA, the C++ library and the loader say; of two no tensor fits anywhere
_SAID = (
    "out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "unable to allocate",
    "failed to allocate", "could not allocate", "bad_alloc", "alloc_failed", "storage size calculation overflowed",
    "integer multiplication overflow", "failed to map segment",
)  # fmt: skip


_NO_LIMIT = 2**60  # bytes: version 1 says so by a number beyond any memory; what is used need not be read then


class NoRoomError(MemoryError):
    """What would not fit into memory, or did not; the message is a sentence with a way out."""


def headroom(root: Path = Path("/")) -> int:
    """The bytes that this program could take now: what the computer has free, where it may have as much.

    That is the least of what is free without another program giving any up (psutil), of what the control groups of
    this process have left, as containers and batch systems set them (cgroups(7), versions 1 and 2), and of what is left
    of its address space (RLIMIT_AS, setrlimit(2)). ``root`` is where the files of the system are.
    """
    free: int = psutil.virtual_memory().available  # type: ignore[no-untyped-call]
    return max(0, min([free, *_left_to_groups(root), *_left_of_addresses()]))


def whole() -> int:
    """The bytes of memory that this computer has."""
    return int(psutil.virtual_memory().total)  # type: ignore[no-untyped-call]


def _left_to_groups(root: Path) -> Iterator[int]:
    """What each control group leaves of its limit; pages of files that were read are free: they are given up."""
    with suppress(OSError, ValueError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines():
            _, controllers, name = line.split(":", 2)
            if not controllers:
                top, limit, used, prefix = root / "sys/fs/cgroup", "memory.max", "memory.current", ""
            elif "memory" in controllers.split(","):
                top = root / "sys/fs/cgroup/memory"
                limit, used, prefix = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"
            else:
                continue
            group = top / name.lstrip("/")
            for place in (group, *group.parents):  # within a container only the top of its own is there
                if not place.is_relative_to(top):
                    break
                with suppress(OSError, ValueError):  # no limit is "max"
                    most = int((place / limit).read_text(encoding="ascii"))
                    if most < _NO_LIMIT:
                        yield most - int((place / used).read_text(encoding="ascii")) + _of_files(place, prefix)


def _of_files(group: Path, prefix: str) -> int:
    wanted = f"{prefix}inactive_file", f"{prefix}active_file"
    with suppress(OSError, ValueError):
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        return sum(int(number) for word, _, number in (line.partition(" ") for line in lines) if word in wanted)
    return 0


def _left_of_addresses() -> Iterator[int]:
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            yield most - int(psutil.Process().memory_info().vms)  # type: ignore[no-untyped-call]


def lack(what: str, needed: int, free: int, ways: str = "") -> str:
    """Why ``what``, which takes so many bytes, cannot be begun with so many free, in a sentence; empty where it can."""
    if needed <= free:
        return ""
    told = f"{what} takes about {memory(needed)} of memory, and {memory(free)} are free"
    return f"{told}: {ways}." if ways else f"{told}."


def ran_out(error: BaseException | None) -> bool:
    """Whether an error, or one that it arose from, says that there was no memory left."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return True
        if isinstance(error, OSError):
            if error.errno == errno.ENOMEM:
                return True
        elif any(words in str(error).lower() for words in _SAID):
            return True
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


def not_enough(aim: str = "for this", ways: str = WAYS) -> str:
    """What is said where the memory was not enough for what ``aim`` says, and what may help."""
    return f"The memory is not enough {aim}: {ways}."


@contextmanager
def within_memory(aim: str, ways: str = WAYS) -> Iterator[None]:
    """Turn whatever says that there is no memory left into ``NoRoomError`` with a sentence about the ``aim``.

    One that is a ``NoRoomError`` already knows more and stays.
    """
    try:
        yield
    except NoRoomError:
        raise
    except Exception as error:
        if not ran_out(error):
            raise
        raise NoRoomError(not_enough(aim, ways)) from error


def give_back() -> bool:
    """Give the system the memory that is free in this process already; whether there was any.

    What a training frees it keeps for its next step (``training.device.prepare_thread``), and so do threads. Only glibc
    can be asked to, see malloc_trim(3); with other C libraries nothing happens.
    """
    import ctypes

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return False
    return bool(trim(ctypes.c_size_t(0)))

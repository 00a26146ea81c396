"""Owner: a process as others know it again, so that what a dead one left is told from what a living one uses. No Qt.

A number alone does not do: it is given again, a home on a network is shared by many computers, and a container sees
numbers of its own. Where it cannot be known whether a process lives, it is believed to.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
import psutil

START_TOLERANCE = 2.0  # seconds by which two looks at the start of one process may differ, where there is no ``birth``
MARK = r"[0-9a-f]{8}-\d{1,10}-[0-9a-f]{8}"
"""What the mark of an owner looks like within the name of a file."""

Word = Annotated[str, msgspec.Meta(max_length=200)]


class Owner(msgspec.Struct, frozen=True):
    """A process: ``started`` (seconds since 1970) tells it from a later one that was given its number.

    ``birth`` says the same where the system knows it better, as Linux does: the machine (machine-id(5)), the boot, the
    namespace of process numbers and the clock ticks since the boot (proc_pid_stat(5)), of which none changes when
    somebody sets the clock.
    """

    host: Word
    pid: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    started: float
    birth: Word = ""

    @property
    def is_alive(self) -> bool:
        """Whether it still runs. One of another computer or container is believed, for nobody here can tell."""
        if self.is_elsewhere:
            return True
        if self.birth:
            return _birth(self.pid) in (self.birth, None)
        try:
            return abs(_started(self.pid) - self.started) < START_TOLERANCE
        except (psutil.Error, OverflowError, ValueError):
            return False

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is of another computer, or of a container with numbers of its own."""
        if self.host != _host():
            return True
        machine, boot, namespace, *_ = [*self.birth.split(" "), "", "", ""]
        if not self.birth or not _boot():
            return False
        return machine != _machine() or (boot == _boot() and namespace != _namespace())

    @property
    def mark(self) -> str:
        """A word of at most 30 characters that stands for it in the name of a file."""
        return f"{_place()}-{self.pid}-{_short(self.birth or str(round(self.started)))}"

    @classmethod
    def here(cls) -> Owner:
        """This process."""
        return _here(os.getpid())


def is_gone(mark: str) -> bool:
    """Whether the process with this mark has surely ended."""
    if not re.fullmatch(MARK, mark, re.ASCII):
        return False
    place, number, birth = mark.split("-")
    if place != _place():
        return False
    if _boot():
        now = _birth(int(number))
        return now is not None and _short(now) != birth
    try:
        return _short(str(round(_started(int(number))))) != birth
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OverflowError, ValueError):
        return False


@cache
def _here(pid: int) -> Owner:
    return Owner(_host(), pid, _started(pid), _birth(pid) or "")


def _host() -> str:
    return socket.gethostname()[:200]


def _place() -> str:
    """A word for this computer, or for this container of it."""
    return _short(f"{_host()} {_machine()} {_namespace()}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def _started(pid: int) -> float:
    """When this process began, in seconds since 1970. Raises ``psutil.Error``."""
    return float(psutil.Process(pid).create_time())  # type: ignore[no-untyped-call]


def _birth(pid: int) -> str | None:
    """What Linux says of the start of this process; empty where there is none, None where it may not be known."""
    if not _boot():
        return ""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    except OSError:
        return None
    fields = text.rpartition(b")")[2].split()  # the name of a program may hold anything, brackets and spaces too
    if len(fields) < 20:
        return None
    state, ticks = fields[0], fields[19]
    return "" if state in (b"Z", b"X", b"x") else " ".join((_machine(), _boot(), _namespace(), ticks.decode()))


@cache
def _machine() -> str:
    """A word for this machine, which is not its id itself; "-" where it has none."""
    try:
        return _short(f"cnnstudio {Path('/etc/machine-id').read_text().strip()}")
    except (OSError, UnicodeError):
        return "-"


@cache
def _boot() -> str:
    """This boot of Linux; empty on another system."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:40]
    except OSError:
        return ""


@cache
def _namespace() -> str:
    """The namespace in which process numbers are counted, which a container has of its own; empty elsewhere."""
    try:
        return os.readlink("/proc/self/ns/pid")[:40]  # noqa: PTH115 - it is no path
    except OSError:
        return ""

"""Disk: how a person's files are read and replaced, and what went wrong in plain words. Knows no format."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cnnstudio.owner import MARK, Owner, is_gone
from cnnstudio.wording import on_a_line

NEW = ".new-"  # what a file is called that is to take the place of another
TEMPORARY = "cnnstudio-"  # what our folders among the system's temporary ones are called
SETTLED = 60.0  # seconds after which a file that nobody has touched is not being written


class DiskError(Exception):
    """A file could not be read or written; the message is a sentence that names the file and the reason."""


def require_file(path: Path) -> None:
    """Raise ``DiskError`` unless ``path`` is an ordinary file: to open a pipe would be to wait for ever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise DiskError(f"{shown(path)} cannot be opened: {reason(error)}.") from error
    if stat.S_ISDIR(mode):
        raise DiskError(f"{shown(path)} cannot be opened: it is a folder.")
    if not stat.S_ISREG(mode):
        raise DiskError(f"{shown(path)} cannot be opened: it is no ordinary file.")


def read(path: Path, most: int) -> bytes:
    """The bytes of an ordinary file of at most ``most`` bytes. Raises ``DiskError``."""
    require_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise DiskError(f"{shown(path)} cannot be opened: {reason(error)}.") from error
    if len(data) > most:
        raise DiskError(f"{shown(path)} cannot be opened: it is larger than {most // 2**20} MB.")
    return data


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when the block ends well, and is gone otherwise.

    Write the file and check it inside the block. It is on the disk (fsync) before the rename, so that at every moment
    ``path`` is the whole old file or the whole new one. Qt's QSaveFile put a short file in the place of a good one on
    a full disk. Raises ``DiskError``.
    """
    try:
        target = _target(path)
        temporary = _beside(target)
        try:
            yield temporary
            _sync(temporary)
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            os.replace(temporary, target)  # noqa: PTH105 - Path.replace is the same call, and tests make this one fail
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise DiskError(f"{shown(path)} was not written: {reason(error)}.") from error


def shown(path: Path) -> str:
    """The name of a file within a sentence."""
    return on_a_line(str(path.name or path))


def is_there(path: Path) -> bool:
    """Whether this leads to anything; no name raises, as it does in ``Path.exists`` where it is too long."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def is_folder(path: Path) -> bool:
    """Whether this leads to a folder; no name raises."""
    return is_there(path) and path.is_dir()


def size_of(path: Path) -> int:
    """The bytes of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def told(error: OSError) -> str:
    """What went wrong with which file, as a sentence."""
    name = shown(Path(os.fsdecode(error.filename))) if isinstance(error.filename, str | bytes) else "A file"
    return f"{name} cannot be used: {reason(error)}."


def marked(prefix: str) -> str:
    """The beginning of a temporary name that tells which process made it, so that others know when that is gone."""
    return f"{prefix}{Owner.here().mark}-"


def left_by_the_dead(folder: Path, prefix: str) -> list[Path]:
    """What stands directly in ``folder`` under a name that a process ``marked`` so that has surely ended.

    Empty where nobody can look. What belongs to another person, or is a link, is never among it.
    """
    pattern = re.compile(rf"{re.escape(prefix)}({MARK})-.*", re.ASCII | re.DOTALL)
    found = []
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for entry in entries:
            match = pattern.fullmatch(entry.name)
            if match is None or entry.is_symlink() or not is_gone(match[1]):
                continue
            with suppress(OSError):
                if not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid():
                    found.append(Path(entry.path))
    return sorted(found)


def clear_left(folder: Path, prefix: str = NEW, seconds: float = SETTLED) -> int:
    """Delete what ``left_by_the_dead`` finds and nobody has touched for so many ``seconds``; how much that was.

    The time is for disks in a network: another computer that has the same name as this one may be writing there.
    """
    count = 0
    for path in left_by_the_dead(folder, prefix):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime < seconds:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
            count += 1
    return count


def reason(error: Exception) -> str:
    """What went wrong, without a full stop: "the disk is full"."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _REASONS:
        return _REASONS[number]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "its name has characters that no file name can have" if isinstance(error, ValueError) else str(error)


_REASONS: dict[int | None, str] = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EFBIG: "it is larger than this disk allows",
    errno.EACCES: "you have no permission for it",
    errno.EPERM: "you have no permission for it",
    errno.EROFS: "the disk can only be read",
    errno.ENOENT: "it does not exist",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder",
    errno.EEXIST: "something of that name is there already",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ELOOP: "its links lead round in a circle",
    errno.EIO: "the disk reports a fault",
    errno.ENOMEM: "the memory is not enough",
}


def _target(path: Path) -> Path:
    if "\0" in str(path):
        raise DiskError("A file name cannot hold a zero character.")
    try:
        target = path.resolve()  # so that a link stays a link and the file that it leads to is replaced
    except RuntimeError as error:  # what Python 3.11 makes of ELOOP
        raise DiskError(f"{shown(path)} was not written: {_REASONS[errno.ELOOP]}.") from error
    if target.is_dir():
        raise DiskError(f"{shown(path)} was not written: it is a folder.")
    if target.exists() and not target.is_file():  # a pipe or a device such as /dev/full
        raise DiskError(f"{shown(path)} was not written: it is no ordinary file.")
    if not target.parent.is_dir():
        raise DiskError(f"{shown(path)} was not written: there is no folder {shown(target.parent)}.")
    if target.exists() and not os.access(target, os.W_OK):
        raise DiskError(f"{shown(path)} was not written: it may only be read.")
    return target


def _beside(target: Path) -> Path:
    # the suffix is kept because some loaders look at it; the name is short because the target's may be the longest
    temporary = target.parent / f"{marked(NEW)}{secrets.token_hex(6)}{target.suffix[:20]}"
    temporary.touch(exist_ok=False)  # not tempfile, whose files only their owner may ever read
    return temporary


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Put the rename itself on the disk, where the system knows how."""
    with suppress(OSError):  # Windows cannot open a folder; some network disks cannot sync one
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

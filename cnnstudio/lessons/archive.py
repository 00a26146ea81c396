"""Archive: a zip that anybody may have made, read within bounds; and one of ours, the same bytes each time.

What is refused: paths that lead out, links, names that stand twice, members that overlap, encrypted ones, those that
unpack to more than is said or than is allowed, and the 64-bit form, which nothing needs that is small enough for here.
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath
from typing import BinaryIO

from cnnstudio.wording import counted, memory, on_a_line

MOST_RATIO = 200  # times as large as it is packed that a member may be, beyond the size below
SMALL = 2**20
LONGEST_NAME = 240  # letters
_ENTRY = 46 + LONGEST_NAME * 4 + 200  # bytes that a member takes in the directory at most
_END = struct.Struct("<4s4H2LH")
_PACKED = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".zip", ".handin"})  # what does not get smaller


class ArchiveError(ValueError):
    """An archive that is not read; the message is a sentence."""


@dataclass(frozen=True)
class Bounds:
    """How much an archive may hold: bytes of the file, of one member and of all unpacked, and how many members."""

    file: int
    member: int
    whole: int
    members: int


@dataclass(frozen=True)
class Member:
    """What stands in an archive: its path, its bytes when unpacked, when it was written, why it is not read if so."""

    name: str
    size: int
    written: datetime | None = None
    trouble: str = ""


class Archive:
    """A zip that is open for reading. Raises ``ArchiveError`` where it is none, or holds more than it may."""

    def __init__(self, file: BinaryIO, bounds: Bounds) -> None:
        self._bounds = bounds
        _require_small(file, bounds)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, struct.error) as error:
            raise ArchiveError("It is no zip, or it is damaged.") from error
        self._infos = {_named(info): info for info in self._zip.infolist() if not info.is_dir()}
        self.members = {member.name: member for member in self._members()}
        whole = sum(member.size for member in self.members.values() if not member.trouble)
        if whole > bounds.whole:
            raise ArchiveError(f"It unpacks to {memory(whole)}; {memory(bounds.whole)} are allowed.")

    def _members(self) -> Iterator[Member]:
        every = self._zip.infolist()
        if len(every) > self._bounds.members:
            raise ArchiveError(f"It holds {counted(len(every), 'file')}; {self._bounds.members:,} are allowed.")
        overlapping = _overlapping(every)
        seen: set[str] = set()
        for info in every:
            if info.is_dir():
                continue
            name = _named(info)
            key = name.casefold()
            trouble = "it stands in the archive twice" if key in seen else self._trouble(info)
            if not trouble and info.header_offset in overlapping:
                trouble = "it lies in the archive where another file lies"
            seen.add(key)
            yield Member(name, info.file_size, _moment(info.date_time), trouble)

    def _trouble(self, info: zipfile.ZipInfo) -> str:
        if found := trouble_of(_named(info)):
            return found
        mode = info.external_attr >> 16
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            return "it is a link or no ordinary file"
        if info.flag_bits & 0x1:
            return "it is encrypted"
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return "it is packed in a way that is not read here"
        if info.file_size > self._bounds.member:
            return f"it unpacks to {memory(info.file_size)}; {memory(self._bounds.member)} are allowed"
        if info.file_size > SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
            return f"it unpacks to more than {MOST_RATIO} times its size"
        return ""

    @property
    def trouble(self) -> str:
        """Why the first member that is not read is not, in a sentence; empty where all can be."""
        bad = next((member for member in self.members.values() if member.trouble), None)
        return f"{on_a_line(bad.name, 80)} was not read: {bad.trouble}." if bad is not None else ""

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises ``ArchiveError`` where it has trouble, or is not what the archive says."""
        member = self.members[name]
        if member.trouble:
            raise ArchiveError(f"{on_a_line(name, 80)} was not read: {member.trouble}.")
        try:
            with self._zip.open(self._infos[name]) as file:
                data = file.read(member.size + 1)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
        ) as error:
            raise ArchiveError(f"{on_a_line(name, 80)} in it is damaged.") from error
        if len(data) != member.size:
            raise ArchiveError(f"{on_a_line(name, 80)} in it is not as long as it says.")
        return data

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()


def unpacked(data: bytes, bounds: Bounds) -> dict[str, bytes]:
    """Path -> bytes of all that a zip holds. Raises ``ArchiveError`` where any of it is not as it should be."""
    archive = Archive(io.BytesIO(data), bounds)
    if archive.trouble:
        raise ArchiveError(archive.trouble)
    return {name: archive.read(name) for name in archive.members}


def packed(members: Mapping[str, bytes]) -> bytes:
    """A zip of these files, in their order; the same bytes for the same files."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            is_packed = PurePosixPath(name).suffix.lower() in _PACKED
            info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return into.getvalue()


def trouble_of(name: str) -> str:
    """Why a path in an archive is none that is read; empty where it is."""
    if len(name) > LONGEST_NAME:
        return f"its name has {len(name):,} letters; {LONGEST_NAME} are allowed"
    if not name.isprintable() or "\\" in name or ":" in name:
        return "its name has characters that no file name can have on every system"
    parts = name.split("/")
    if name.startswith("/") or any(part in ("", ".", "..") for part in parts):
        return "its path leads out of the archive"
    return ""


def _require_small(file: BinaryIO, bounds: Bounds) -> None:
    """Look at the end of a zip before anything is made of its directory: that may claim millions of files."""
    size = file.seek(0, io.SEEK_END)
    if size > bounds.file:
        raise ArchiveError(f"It takes {memory(size)}; {memory(bounds.file)} are allowed.")
    file.seek(max(0, size - 66_000))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise ArchiveError("It is no zip, or its end is missing.")
    _, _, _, _, count, directory, start, _ = _END.unpack_from(tail, at)
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07") or count == 0xFFFF or 0xFFFFFFFF in (directory, start):
        raise ArchiveError("It is a zip in the 64-bit form, which is not read here.")
    if count > bounds.members or directory > bounds.members * _ENTRY:
        raise ArchiveError(f"It holds {counted(count, 'file')}; {bounds.members:,} are allowed.")
    file.seek(0)


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Where members begin that reach into the next one."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    return {
        before.header_offset
        for before, after in pairwise(ordered)
        if before.header_offset + 30 + before.compress_size > after.header_offset
    }


def _named(info: zipfile.ZipInfo) -> str:
    """The name of a member: UTF-8 where it is that, though many programs (those of macOS and Unix) do not say so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _moment(written: tuple[int, ...]) -> datetime | None:
    try:
        year, month, day, hour, minute, second = written
        return datetime(year, month, day, hour, minute, second)  # as the zip says, in the time of whoever packed it
    except ValueError:
        return None

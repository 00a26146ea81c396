"""Recovery copy: what a window keeps on the disk of a project that is not saved, and of which file it is. No Qt.

A folder for each window: ``copy.json`` says whose it is, ``project.cnn`` is the copy, where there is something to keep.
Folders of an earlier CNN Studio are called after the number of its process, and have a ``path.txt`` instead.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psutil

from cnnstudio.disk import DiskError, read, reason, replacing
from cnnstudio.folders import recovery_folder
from cnnstudio.owner import Owner
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.project import read as read_project

_psutil: Any = psutil  # it has no types

Stamp = tuple[int, int]  # when a file was written (nanoseconds), and its bytes
ABOUT, PROJECT, PATH, SEEN = "copy.json", "project.cnn", "path.txt", "seen.txt"
LARGEST = 2**16  # bytes of copy.json
BELIEVED = 24 * 3_600.0  # seconds
_NUMBERED = re.compile(r"(\d{1,10})(-\d{1,3})?", re.ASCII)


class About(msgspec.Struct, frozen=True):
    """Whose a copy is, and to which file the project belongs; empty for none yet.

    ``stamp`` is of that file as its window knew it, None where it knew of none.
    """

    owner: Owner
    path: Annotated[str, msgspec.Meta(max_length=4_096)] = ""
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Copy:
    """One recovery copy, by its folder."""

    folder: Path

    @classmethod
    def new(cls) -> Copy:
        """One that no other window has; nothing is on the disk yet."""
        return cls(recovery_folder() / f"copy-{secrets.token_hex(8)}")

    def save(self, project: Project, path: Path | None, stamp: Stamp | None = None) -> None:
        """Write the copy. Raises ``ProjectError`` or ``OSError``."""
        self.claim(path, stamp)
        write(self.folder / PROJECT, project, is_bounded=False)

    def claim(self, path: Path | None, stamp: Stamp | None = None) -> None:
        """Say that it is this process's own, and of which file. Raises ``DiskError`` or ``OSError``."""
        about = About(Owner.here(), str(path or "")[:4_096], stamp)
        if self.about != about:
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(self.folder / ABOUT) as temporary:
                temporary.write_bytes(msgspec.json.encode(about))

    @property
    def about(self) -> About | None:
        """Whose it is; None where nobody says."""
        with suppress(DiskError, msgspec.MsgspecError, UnicodeError, RecursionError):
            return msgspec.json.decode(read(self.folder / ABOUT, LARGEST), type=About)
        return None

    @property
    def path(self) -> Path | None:
        """The file that it belongs to, where there is one and it is known."""
        if (about := self.about) is not None:
            return Path(about.path) if about.path else None
        with suppress(DiskError, UnicodeError):
            text = read(self.folder / PATH, LARGEST).decode()
            return Path(text) if text and "\0" not in text else None
        return None

    @property
    def is_used(self) -> bool:
        """Whether a program has it at this moment, as far as can be known here."""
        if (about := self.about) is not None:
            return about.owner.is_alive
        match = _NUMBERED.fullmatch(self.folder.name)
        return match is not None and self._may_be_of(int(match[1]))

    @property
    def host(self) -> str:
        """The other computer that it is of; empty where it is of this one."""
        about = self.about
        return about.owner.host if about is not None and about.owner.is_elsewhere else ""

    def _may_be_of(self, process: int) -> bool:
        """Whether a process with this number runs that was there already when the copy was made."""
        try:
            made = max(path.stat().st_mtime for path in (self.folder, *self.folder.iterdir()))
            return bool(_psutil.Process(process).create_time() < made + 1.0)
        except _psutil.NoSuchProcess:
            return False
        except (OSError, OverflowError, ValueError, _psutil.Error):
            return True

    @property
    def file(self) -> Path | None:
        """The file with the project: one that was being written for the first time where there is no other."""
        kept = self.folder / PROJECT
        return kept if kept.exists() else next(iter(sorted(self.folder.glob(f".new-*{kept.suffix}"))), None)

    def load(self) -> Project:
        """The project. Raises ``ProjectError``."""
        return read_project(self.file or self.folder / PROJECT, is_bounded=False)

    @property
    def is_outdated(self) -> bool:
        """Whether its file is another by now than the one that was open: it was changed after that, or before it.

        Of a copy that does not say which file it knew, a file that was written after it is another.
        """
        about, path, kept = self.about, self.path, self.file
        now = stamp_of(path) if path is not None else None
        if now is None:
            return False
        if about is not None and about.stamp is not None:
            return now != about.stamp
        made = stamp_of(kept) if kept is not None else None
        return made is None or now[0] > made[0]

    @property
    def was_seen(self) -> bool:
        """Whether the project was opened on another computer, and is the same since."""
        file = self.file
        with suppress(DiskError):
            return file is not None and read(self.folder / SEEN, 100) == str(file.stat().st_mtime_ns).encode()
        return False

    def note_seen(self) -> None:
        """Note for other starts on this computer that the project was opened here, though it is not this one's own."""
        with suppress(OSError):
            if (file := self.file) is not None:
                (self.folder / SEEN).write_text(str(file.stat().st_mtime_ns))

    def drop(self) -> None:
        """Keep no project any more; the folder goes on to say which file is open."""
        with suppress(OSError):
            for path in (self.folder / PROJECT, *self.folder.glob(f".new-*{Path(PROJECT).suffix}")):
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Found:
    """A copy that was left behind, as it was when somebody looked: the project, or in ``trouble`` why there is none.

    ``host`` is the other computer that it is of, where CNN Studio may still run; empty for this one. Only of one that
    ``is_certain`` it is known that no program has it. The file of one that ``is_outdated`` is another by now.
    """

    copy: Copy
    path: Path | None = None
    moment: datetime | None = None
    host: str = ""
    is_certain: bool = False
    is_outdated: bool = False
    project: Project | None = None
    trouble: str = ""

    @property
    def name(self) -> str:
        """What the project is called, in a sentence that begins with it."""
        return self.path.stem if self.path is not None else "An untitled project"


def left_behind(go_on: Callable[[], bool] = lambda: True) -> list[Found]:
    """The copies of programs that no longer run, or run on another computer. Raises ``OSError``.

    Folders of dead programs with no copy in them are deleted; nothing else is.
    """
    found: list[Found] = []
    for copy in _copies():
        if not go_on():
            break
        try:
            one = _seen(copy)
        except (OSError, ValueError) as error:  # one that is strange hides no other
            one = Found(copy, trouble=f"{reason(error).capitalize()}.")
        if one is not None:
            found.append(one)
    return found


def _seen(copy: Copy) -> Found | None:
    """What there is to say of a copy; None where that is nothing. Raises ``OSError``."""
    host, file = copy.host, copy.file
    if copy.is_used and not host:
        return None
    is_certain = not host and (copy.about is not None or _NUMBERED.fullmatch(copy.folder.name) is not None)
    if file is None:
        if is_certain:
            _tidy(copy)
        return None
    if host and copy.was_seen:
        return None
    made, path = file.stat().st_mtime, copy.path
    found = Found(copy, path, datetime.fromtimestamp(made), host, is_certain, copy.is_outdated)
    try:
        return replace(found, project=copy.load())
    except ProjectError as error:
        return replace(found, trouble=str(error))


def stamp_of(path: Path) -> Stamp | None:
    """When the file was written and how large it is; None where there is none."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        return None
    return about.st_mtime_ns, about.st_size


def others_with(path: Path) -> list[Owner]:
    """The other programs that have this file open, as far as they keep their copies in the same home.

    Of another computer that has said nothing for a day it is not believed: it may have been switched off.
    """
    here, found = Owner.here(), list[Owner]()
    with suppress(OSError, ValueError):
        target = path.resolve()
        for copy in _copies():
            about = copy.about
            if about is None or not about.path or about.owner == here or not about.owner.is_alive:
                continue
            with suppress(OSError, ValueError):
                if about.owner.is_elsewhere and time.time() - (copy.folder / ABOUT).stat().st_mtime > BELIEVED:
                    continue
                if Path(about.path).resolve() == target and about.owner not in found:
                    found.append(about.owner)
    return found


def _copies() -> Iterator[Copy]:
    """Every folder that may be a copy, in the order of their names. Raises ``OSError``."""
    folder = recovery_folder()
    if folder.exists():
        yield from (Copy(path) for path in sorted(folder.iterdir()) if path.is_dir() and not path.is_symlink())


def _tidy(copy: Copy) -> None:
    """Delete what a dead program has left that kept no copy: its word, and nothing that is not ours."""
    for path in list(copy.folder.iterdir()):
        if path.name in (ABOUT, PATH, SEEN) or path.name.startswith(".new-"):
            path.unlink()
    copy.folder.rmdir()

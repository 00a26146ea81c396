"""Album cache: what was found in a large folder, kept on the disk until one of its folders changes. Knows no torch.

To list a hundred thousand files takes seconds, and to ask each folder whether it is still as it was, milliseconds: a
folder has another time once a file in it was added, taken away or called otherwise.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cnnstudio.disk import DiskError, replacing
from cnnstudio.folders import cache
from cnnstudio.training.data.file_note import Note
from cnnstudio.training.data.roll import Flags, Numbers

LEAST, MOST_KEPT = 2_000, 20  # files of a folder that is kept, and folders
_MOST_FOLDERS = 20_000  # in one


@dataclass(frozen=True, eq=False)
class Listing:
    """What was found: ``places`` (N) are the files by their ways from the folder, as the system has them."""

    classes: tuple[str, ...]
    given: Numbers
    apart: Flags
    places: tuple[str, ...]
    notes: tuple[str, ...]


def kept(home: Path, key: Sequence[object]) -> Listing | None:
    """What was found in ``home`` with these settings, where every folder in it is as it was then; else None."""
    with suppress(OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile):
        with np.load(_file(home, key), allow_pickle=False) as found:
            told = json.loads(found["told"].tobytes().decode("utf-8", "surrogatepass"))
            given, apart = found["given"].astype(np.int64), found["apart"].astype(bool)
            places = tuple(map(os.fsdecode, found["places"].tobytes().split(b"\0")))
        if told["key"] != _told(home, key) or not len(places) == len(given) == len(apart):
            return None
        if all((home / name).stat().st_mtime_ns == time for name, time in told["folders"]):
            notes = tuple(Note.of(sentence, tuple(files)) for sentence, files in told["notes"])
            return Listing(tuple(told["classes"]), given, apart, places, notes)
    return None


def keep(home: Path, key: Sequence[object], listing: Listing) -> None:
    """Keep what was found in a large folder, and no more than ``MOST_KEPT`` of them; one with links in it is not."""
    if len(listing.places) < LEAST or (folders := _folders(home)) is None:
        return
    told = {
        "key": _told(home, key),
        "folders": folders,
        "classes": listing.classes,
        "notes": [(str(note), getattr(note, "files", ())) for note in listing.notes],
    }
    path = _file(home, key)
    with suppress(OSError, DiskError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                told=np.frombuffer(json.dumps(told).encode(), np.uint8),
                given=listing.given.astype(np.int32),
                apart=listing.apart,
                places=np.frombuffer(b"\0".join(map(os.fsencode, listing.places)), np.uint8),
            )
        others = sorted(path.parent.glob("*.npz"), key=lambda each: each.stat().st_mtime_ns)
        for old in others[:-MOST_KEPT]:
            old.unlink()


def _file(home: Path, key: Sequence[object]) -> Path:
    name = hashlib.sha256(json.dumps(_told(home, key)).encode()).hexdigest()[:32]
    return cache() / "albums" / f"{name}.npz"


def _told(home: Path, key: Sequence[object]) -> list[object]:
    return [str(home.absolute()), *key]


def _folders(home: Path) -> list[tuple[str, int]] | None:
    """Every folder in this one with its time; None where links lead out, or there are too many."""
    found, waiting = [], [home]
    with suppress(OSError):
        while waiting:
            place = waiting.pop()
            found.append((os.path.relpath(place, home), place.stat().st_mtime_ns))
            for entry in os.scandir(place):
                if entry.is_symlink():
                    return None
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
            if len(found) > _MOST_FOLDERS:
                return None
        return found
    return None

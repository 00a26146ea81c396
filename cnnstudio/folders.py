"""Folders: where the program keeps what is a person's, decided here alone. Makes none of them; knows no Qt.

There are two: ``home`` for what cannot be had again, ``cache`` for what can. The environment variable CNNSTUDIO_HOME
takes the place of both, and the policy of this computer may name others.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from cnnstudio.policy import APPLICATION, TITLE, policy, shared_folder

_MOST_LINES = 100


def home() -> Path:
    """The folder of settings, runs, logs, the person's own groups, lessons and recovery copies."""
    return _chosen() or policy().home or _data() / APPLICATION


def settings_file() -> Path:
    """What the program remembers of a person between two starts."""
    return home() / "settings.ini"


def log_file() -> Path:
    """What went wrong, for who reports it."""
    return home() / "log.txt"


def crash_folder() -> Path:
    """What the system said of programs that ended in a fault, until the next start takes it into the log."""
    return home() / "crashes"


def runs_folder() -> Path:
    """The runs that a window began, a folder each."""
    return home() / "runs"


def queue_file() -> Path:
    """The runs that are to come, one after another."""
    return home() / "queue.json"


def recovery_folder() -> Path:
    """The copies of projects that are not saved yet, a folder for each window."""
    return home() / "recovery"


def library_folder() -> Path:
    """The person's own groups, a file each."""
    return home() / "library"


def lessons_folder() -> Path:
    """How far the person is in each lesson that was begun, a file each."""
    return home() / "lessons"


def collected_folder() -> Path:
    """The pictures that the person has collected by hand, a folder for each collection."""
    return home() / "collected"


def cache() -> Path:
    """The folder of what was downloaded or drawn and can be again."""
    return _chosen() or policy().cache or _cache()


def data_folder(key: str) -> Path:
    """The downloaded files of the data set with this key."""
    return cache() / "data" / key


def data_places() -> list[Path]:
    """Where data sets live that somebody else has put there: what was given first is looked at first.

    Those of the environment variable CNNSTUDIO_DATA, of the person's own list, of the list for all of this computer,
    which an administrator writes, and of the policy. A list is a text file with a folder a line; one that cannot be
    read is empty.
    """
    given = os.environ.get("CNNSTUDIO_DATA", "").split(os.pathsep)
    lines = [line for file in (data_places_file(), shared_data_places_file()) for line in _lines(file)]
    found = []
    for text in (*given, *lines):
        if text.strip() and not text.lstrip().startswith("#"):
            with suppress(RuntimeError, ValueError):  # a home that is not there
                found.append(Path(text.strip()).expanduser().absolute())
    return list(dict.fromkeys([*found, *policy().data]))


def data_places_file() -> Path:
    """The person's own list of folders in which data sets live."""
    return home() / "data_places.txt"


def shared_data_places_file() -> Path:
    """The list for everybody who works on this computer."""
    return shared_folder() / "data_places.txt"


def weights_folder() -> Path:
    """The downloaded weights of pretrained models."""
    return cache() / "weights"


def decoded_folder() -> Path:
    """Picture files as they were decoded, which takes long."""
    return cache() / "decoded"


def thumbnails_folder() -> Path:
    """The small pictures of the files opened or saved last."""
    return cache() / "thumbnails"


def _chosen() -> Path | None:
    chosen = os.environ.get("CNNSTUDIO_HOME")
    return Path(chosen).expanduser().absolute() if chosen else None


def _data() -> Path:
    """The folder that Qt calls GenericDataLocation, on each system."""
    if sys.platform == "win32":
        return _local()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return _xdg("XDG_DATA_HOME", Path(".local", "share"))


def _cache() -> Path:
    if sys.platform == "win32":
        return _local() / TITLE
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / TITLE
    return _xdg("XDG_CACHE_HOME", Path(".cache")) / APPLICATION


def _local() -> Path:
    """Windows' folder for what stays on this computer."""
    local = os.environ.get("LOCALAPPDATA")
    return Path(local) if local else Path.home() / "AppData" / "Local"


def _xdg(variable: str, otherwise: Path) -> Path:
    """A folder of the freedesktop standard, which says that a relative one is to be ignored."""
    kept = os.environ.get(variable, "")
    return Path(kept) if kept.startswith("/") else Path.home() / otherwise


def _lines(file: Path) -> list[str]:
    try:
        return (
            file.read_text(encoding="utf-8-sig", errors="replace").splitlines()[:_MOST_LINES] if file.is_file() else []
        )
    except OSError:
        return []

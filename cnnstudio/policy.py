r"""Policy: what whoever looks after this computer has laid down for everybody on it, in one file that they write.

``policy.toml`` stands in the folder for all of this computer: ``%PROGRAMDATA%\CNN Studio``, ``/Library/Application
Support/CNN Studio``, or ``cnnstudio`` in the first of ``XDG_CONFIG_DIRS`` (``/etc/xdg``). The environment variable
CNNSTUDIO_POLICY names another file. It says, all of it as one likes::

    home = "H:/cnnstudio"                      # settings, runs and lessons of a person; ~ and $NAME are filled in
    cache = "D:/cnnstudio/$USERNAME"           # what was downloaded
    data = ["D:/data"]                         # folders in which data sets lie
    downloads = ["download.pytorch.org"]       # from where files may be fetched; false for nowhere
    update_check = false                       # Help, Look for a newer version asks nobody; it never does unasked

Knows no Qt.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TITLE, APPLICATION = "CNN Studio", "cnnstudio"
LARGEST = 2**16  # bytes
_KEYS = {"home", "cache", "data", "downloads", "update_check"}


@dataclass(frozen=True)
class Policy:
    """What is laid down; where a file of it cannot be understood, nothing is fetched, and ``trouble`` says why.

    ``hosts`` are those from which files may be fetched, None for all. ``update_check`` says whether a person may ask
    for a newer version.
    """

    home: Path | None = None
    cache: Path | None = None
    data: tuple[Path, ...] = ()
    hosts: frozenset[str] | None = None
    trouble: str = ""
    update_check: bool = True

    def refusal(self, address: str) -> str:
        """Why nothing is fetched from this address, in a few words; empty where it may be."""
        if self.trouble:
            return self.trouble
        host = (urlsplit(address).hostname or "").lower()
        if self.hosts is None or host in self.hosts:
            return ""
        return f"the policy of this computer, {policy_file().name}, allows nothing from {host}"


def policy() -> Policy:
    """What is laid down now; nothing where there is no such file."""
    path = policy_file()
    try:
        found = path.stat()
    except (OSError, ValueError):
        return Policy()
    return _read(path, found.st_mtime_ns, found.st_size)


def policy_file() -> Path:
    """Where whoever looks after this computer writes it."""
    chosen = os.environ.get("CNNSTUDIO_POLICY")
    return Path(chosen) if chosen else shared_folder() / "policy.toml"


def shared_folder() -> Path:
    """The folder of what holds for everybody on this computer, which an administrator writes."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA") or "C:/ProgramData") / TITLE
    if sys.platform == "darwin":
        return Path("/Library/Application Support") / TITLE
    first = os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0]
    return Path(first if first.startswith("/") else "/etc/xdg") / APPLICATION


@lru_cache(maxsize=8)
def _read(path: Path, stamp: int, size: int) -> Policy:
    try:
        if size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST // 1024} KB")
        return _policy(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError) as error:  # of TOML and of letters, too
        why = str(getattr(error, "strerror", None) or error).rstrip(".")[:200]
        return Policy(trouble=f"the policy of this computer, {path.name}, cannot be understood: {why}")


def _policy(told: dict[str, Any]) -> Policy:
    if unknown := told.keys() - _KEYS:
        raise ValueError(f"{min(unknown)[:40]} is none of {', '.join(sorted(_KEYS))}")
    downloads = told.get("downloads", True)
    if not isinstance(downloads, bool) and not _are_texts(downloads):
        raise ValueError("downloads is true, false, or a list of hosts in quotes")
    update_check = told.get("update_check", True)
    if not isinstance(update_check, bool):
        raise ValueError("update_check is true or false")
    if not _are_texts(data := told.get("data", [])):
        raise ValueError("data is a list of folders in quotes")
    hosts = None if downloads is True else frozenset(each.lower() for each in downloads or ())
    places = tuple(_path(each, "data") for each in data)
    return Policy(_folder(told, "home"), _folder(told, "cache"), places, hosts, update_check=update_check)


def _folder(told: dict[str, Any], name: str) -> Path | None:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} is a folder in quotes")
    return _path(value, name) if value else None


def _path(text: str, name: str) -> Path:
    try:
        found = Path(os.path.expandvars(text)).expanduser()
    except RuntimeError as error:  # a home that is not there
        raise ValueError(f"{name} cannot be found") from error
    if not found.is_absolute():
        raise ValueError(f"{name} is no folder from the root on: {text[:80]}")
    return found


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)

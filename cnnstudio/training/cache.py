"""Where what was downloaded is kept for this user. Knows no torch."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder(*parts: str) -> Path:
    """The path of ``parts`` in the user's own folder for the program; it need not exist.

    The environment variable CNNSTUDIO_HOME takes the place of the system's folder for such things.
    """
    return _root().joinpath(*parts)


def _root() -> Path:
    if chosen := os.environ.get("CNNSTUDIO_HOME"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "CNN Studio"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "CNN Studio"
    kept = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(kept) if kept.startswith("/") else Path.home() / ".cache") / "cnnstudio"

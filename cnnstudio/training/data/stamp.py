"""Stamp: whether an image folder is still the one that was looked at. Knows no torch."""

from __future__ import annotations

from pathlib import Path

from cnnstudio.training.data.folder_layout import class_roots


def stamp(folder: str) -> tuple[int, ...]:
    """What is another when a class was added to an image folder or taken away; empty where there is no folder."""
    if not folder:  # to Python that is the folder in which the program was started
        return ()
    try:
        root = Path(folder).expanduser()
        return tuple(place.stat().st_mtime_ns for place in class_roots(root)) if root.is_dir() else ()
    except (OSError, RuntimeError, ValueError):  # a name that no system takes; a home that is not there
        return ()

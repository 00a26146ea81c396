"""Stamp: whether the images of a person's own are still those that were looked at. Knows no torch."""

from __future__ import annotations

from pathlib import Path

from cnnstudio.training.data.folder_layout import class_roots


def stamp(folder: str) -> tuple[int, ...]:
    """What is another when a class was added to an image folder or taken away, or a file was written anew.

    Empty where there is nothing.
    """
    if not folder:  # to Python that is the folder in which the program was started
        return ()
    try:
        root = Path(folder).expanduser()
        if root.is_file():
            told = root.stat()
            return told.st_mtime_ns, told.st_size
        return tuple(place.stat().st_mtime_ns for place in class_roots(root)) if root.is_dir() else ()
    except (OSError, RuntimeError, ValueError):  # a name that no system takes; a home that is not there
        return ()

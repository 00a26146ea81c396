"""Stamp: whether the images of a person's own are still those that were looked at. Knows no torch."""

from __future__ import annotations

from pathlib import Path

from cnnstudio.training.data.folder_layout import class_roots, folders

MOST = 2_000  # folders of classes that are asked; a folder has another time once a file is added to it or taken away


def stamp(folder: str) -> tuple[int, ...]:
    """What is another when a class or a picture was added to an image folder or taken away, or a file written anew.

    Of folders within those of the classes nobody is asked.

    Empty where there is nothing.
    """
    if not folder:  # to Python that is the folder in which the program was started
        return ()
    try:
        root = Path(folder).expanduser()
        if root.is_file():
            told = root.stat()
            return told.st_mtime_ns, told.st_size
        if not root.is_dir():
            return ()
        roots = class_roots(root)
        classes = [place for each in roots for place in folders(each) if place not in roots][:MOST]
        return tuple(place.stat().st_mtime_ns for place in (*roots, *classes))
    except (OSError, RuntimeError, ValueError):  # a name that no system takes; a home that is not there
        return ()

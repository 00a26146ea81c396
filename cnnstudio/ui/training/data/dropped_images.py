"""Dropped images: which data set of a person's own is in files and folders that are dragged here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData

from cnnstudio.disk import is_folder
from cnnstudio.project.datasets import FILE, FOLDER, TABLE
from cnnstudio.training.data.folder_layout import SUFFIXES

PICTURES = "pictures"
_KINDS = {".csv": TABLE, ".tsv": TABLE, ".npz": FILE, ".mat": FILE, ".parquet": FILE}


def local_files(data: QMimeData) -> list[Path]:
    """The files and folders of this computer that are dragged or pasted."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def images_in(paths: Sequence[Path]) -> str | None:
    """The word of a recipe for the data set that these are, or ``PICTURES``; None where they are neither."""
    if paths and all(path.suffix.lower() in SUFFIXES for path in paths):
        return PICTURES
    if len(paths) != 1:
        return None
    return _KINDS.get(paths[0].suffix.lower()) or (FOLDER if is_folder(paths[0]) else None)

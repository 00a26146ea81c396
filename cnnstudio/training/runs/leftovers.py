"""Leftovers: what programs of ours that were killed have left on the disk is cleared away. Knows no torch, no Qt.

Every temporary thing is called after the process that makes it, so that nothing is touched that is not ours, or whose
process may still live.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cnnstudio.disk import NEW, TEMPORARY, clear_left
from cnnstudio.folders import (
    cache,
    decoded_folder,
    home,
    library_folder,
    runs_folder,
    thumbnails_folder,
    weights_folder,
)
from cnnstudio.training.runs.folder import mend
from cnnstudio.worker import Report, unheard

SENTENCE = "Clearing up after programs that were ended"


def clear(beside: Iterable[Path] = (), runs: Iterable[Path] = (), report: Report = unheard) -> None:
    """Clear the temporary folders, a person's own folders, and the folders ``beside``, where projects or exports stand.

    ``runs`` are folders of runs beside those of the window. Raises nothing: what cannot be read stays as it is.
    """
    with suppress(OSError):  # where the disk is full there is no such place
        clear_left(Path(tempfile.gettempdir()), TEMPORARY, seconds=0.0)
    own = [home(), library_folder(), thumbnails_folder(), weights_folder(), decoded_folder(), *_data_folders()]
    for folder in dict.fromkeys([*own, *beside]):
        if not report(SENTENCE, None):
            return
        clear_left(folder, NEW)
    for place in dict.fromkeys([runs_folder(), *runs]):
        for folder in _inside(place):
            if not report(SENTENCE, None):
                return
            mend(folder)


def _data_folders() -> list[Path]:
    """Those of the data sets, as deep as torchvision has archives downloaded: MNIST/raw."""
    level = found = _inside(cache() / "data")
    for _ in range(2):
        level = [folder for outer in level for folder in _inside(outer)]
        found = [*found, *level]
    return found


def _inside(folder: Path) -> list[Path]:
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []

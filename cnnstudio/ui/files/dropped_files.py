"""Dropped files: what of what is dragged over a window is a project, and what to say of the rest."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent

from cnnstudio.disk import shown
from cnnstudio.exchange.importing.translating.file_kinds import KINDS
from cnnstudio.lessons.file_names import LESSON
from cnnstudio.wording import abridged

SUFFIX = ".cnn"
OPENED = (SUFFIX, LESSON, *KINDS)
"""What a file that is opened ends in: a project, a lesson, or a network of another program."""

_PLACES = {
    ".py": "A network in a Python file comes in by File, Import Python file.",
    **dict.fromkeys(
        (".safetensors", ".pth", ".pt"), "A file of weights is named in the recipe: drop it on the field there."
    ),
}


def dropped(event: QDropEvent) -> list[Path]:
    """The files and folders of this computer that are being dragged; where there are any, the event is accepted.

    As a copy, whatever was proposed: who drags and is told that files were moved may delete them.
    """
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if paths:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
    return paths


def refused(strangers: list[Path]) -> str:
    """Why these were not opened, and where what they may be belongs."""
    names = abridged((shown(path) for path in strangers), 3)
    is_one = len(strangers) == 1
    what = "is no project of CNN Studio, so it was" if is_one else "are no projects of CNN Studio, so they were"
    places = dict.fromkeys(_PLACES.get(path.suffix.lower(), "") for path in strangers)
    return " ".join([f"{names} {what} not opened; a project is a file that ends in {SUFFIX}.", *filter(None, places)])

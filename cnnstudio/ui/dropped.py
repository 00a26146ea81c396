"""Dropped: the files that are dragged from elsewhere onto the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent

from cnnstudio.ui.files import SUFFIX


def projects(event: QDropEvent) -> list[Path]:
    """The project files that are being dragged, if that is all they are; then the event is accepted.

    As a copy, whatever was proposed: who drags and is told that files were moved may delete them.
    """
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if not paths or any(path.suffix.lower() != SUFFIX for path in paths):
        return []
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
    return paths

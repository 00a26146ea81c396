"""Recent: the files opened or saved last, each with a small picture of its network. The pictures are a mere cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Signal
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QMenu

from cnnstudio.disk import DiskError, read, replacing
from cnnstudio.folders import thumbnails_folder
from cnnstudio.graph import Graph
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.foreign_text import unmarked
from cnnstudio.ui.widgets.miniature import miniature

PICTURE = QSize(320, 200)
MOST_PICTURES = 40
MOST_BYTES = 1_000_000  # of one picture; ours have some thousand


@dataclass(frozen=True)
class RecentFile:
    """What is known of a file of the list: whether it is still there, when it was written, how it looks."""

    path: Path
    is_there: bool = True
    written: datetime | None = None
    picture: QImage | None = None


class Recent(QObject):
    """The list of recent files, and what a look at the disk found of them; all looking is done on a thread."""

    changed = Signal()  # the list, or what is known of the files in it

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._known: dict[Path, RecentFile] = {}
        self._tasks: list[Task[list[RecentFile]]] = []

    @property
    def files(self) -> list[RecentFile]:
        """The files, the latest first, with what the last look found."""
        return [self._known.get(path, RecentFile(path)) for path in self._preferences.recent]

    def look(self) -> None:
        """See on the disk which of the files are there; ``changed`` follows."""
        paths = self._preferences.recent
        self._start(lambda: [_seen(path) for path in paths])

    def remember(self, path: Path, graph: Graph) -> None:
        """Put a file at the head of the list, with a picture of this network."""
        self._preferences.remember(path)
        path = self._preferences.recent[0]
        self.changed.emit()

        def work() -> list[RecentFile]:
            keep(path, miniature(graph, PICTURE))
            return [_seen(path)]

        self._start(work)

    def forget(self, path: Path) -> None:
        """Take a file out of the list; the file itself stays where it is."""
        self._preferences.forget(path)
        with suppress(OSError):
            _picture_of(path).unlink(missing_ok=True)
        self.changed.emit()

    def clear(self) -> None:
        """Forget all files."""
        for path in self._preferences.recent:
            self.forget(path)

    def fill_menu(self, menu: QMenu, take: Callable[[Path], object]) -> None:
        """List the files; ``take`` is given the one that is chosen. Those known to be gone cannot be."""
        for file in self.files:
            entry = menu.addAction(unmarked(f"{file.path.stem}    {file.path.parent}"))
            entry.setEnabled(file.is_there)
            entry.triggered.connect(lambda _=False, path=file.path: take(path))
        if menu.isEmpty():
            menu.addAction("Nothing yet").setEnabled(False)
            return
        menu.addSeparator()
        menu.addAction("Clear the list").triggered.connect(self.clear)

    def close(self) -> None:
        """Wait a moment for a picture that is being written."""
        for task in self._tasks:
            task.stop(2.0)

    def _start(self, work: Callable[[], list[RecentFile]]) -> None:
        self._tasks = [task for task in self._tasks if task.is_running]
        task: Task[list[RecentFile]] = Task(lambda report: work(), "recent files", self)
        task.finished.connect(self._take)
        self._tasks.append(task)

    def _take(self, seen: list[RecentFile]) -> None:
        self._known |= {file.path: file for file in seen}
        self.changed.emit()


def keep(path: Path, picture: QImage) -> None:
    """Keep the picture of a file. That it cannot be kept is no reason to trouble anybody."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]  # PySide's stub wants bytes, Qt wants text
    buffer.close()
    with suppress(DiskError, OSError):
        target = _picture_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            temporary.write_bytes(data.data())
        kept = sorted(target.parent.glob("*.png"), key=lambda each: each.stat().st_mtime)
        for old in kept[:-MOST_PICTURES]:
            old.unlink(missing_ok=True)


def kept_picture(path: Path) -> QImage | None:
    """The picture that was kept of a file. What lies there is read with limits: anybody may have put it there."""
    try:
        data = QByteArray(read(_picture_of(path), MOST_BYTES))
    except DiskError:
        return None
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, b"png")
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    if not size.isValid() or size.width() > 2 * PICTURE.width() or size.height() > 2 * PICTURE.height():
        return None
    image = reader.read()
    return None if image.isNull() else image


def _seen(path: Path) -> RecentFile:
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime)
    except (OSError, ValueError, OverflowError):
        return RecentFile(path, is_there=False)
    return RecentFile(path, path.is_file(), written, kept_picture(path))


def _picture_of(path: Path) -> Path:
    name = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return thumbnails_folder() / f"{name}.png"

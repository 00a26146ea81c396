"""Recovery: a copy of what is not saved yet, for the next start after a crash."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, QTimer

from cnnstudio.folders import recovery_folder
from cnnstudio.project import Project, ProjectError, read, write
from cnnstudio.ui.document import Document
from cnnstudio.ui.task import Task

_psutil: Any = psutil  # it has no types


RECOVERY_MILLISECONDS = 2_000


_NUMBERED = re.compile(r"(\d{1,10})(-\d{1,3})?")


class Copy:
    """One recovery copy: the project, and the file that it belongs to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, project: Project, path: Path | None) -> None:
        """Write the copy. Raises ``ProjectError`` or ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write(self._folder / "project.cnn", project)
        (self._folder / "path.txt").write_text(str(path) if path else "", encoding="utf-8")

    def load(self) -> tuple[Project, Path | None, datetime]:
        """The project, its file and when the copy was made. Raises ``ProjectError`` or ``OSError``."""
        project = read(self._folder / "project.cnn")
        path = (self._folder / "path.txt").read_text(encoding="utf-8")
        moment = datetime.fromtimestamp((self._folder / "project.cnn").stat().st_mtime)
        return project, Path(path) if path else None, moment

    def may_be_of(self, process: int) -> bool:
        """Whether a process with this number runs that was there already when the copy was made."""
        try:
            made = max(path.stat().st_mtime for path in (self._folder, *self._folder.iterdir()))
            return bool(_psutil.Process(process).create_time() < made + 1.0)
        except (OSError, OverflowError, ValueError, _psutil.Error):
            return False

    def remove(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Recovery(QObject):
    """Keeps a copy of the document while it has unsaved changes.

    One folder for each window, called after the number of the program: 4711, and 4711-2 for its second window.
    """

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._folder = recovery_folder()
        self._copy: Copy | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RECOVERY_MILLISECONDS)
        self._timer.timeout.connect(self._keep_in_background)
        self._task: Task[None] | None = None
        document.changed.connect(self._soon)
        document.undo_stack.cleanChanged.connect(self._soon)

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def keep(self) -> None:
        """Write the copy now, or remove it where everything is saved."""
        if not self._document.is_modified:
            self._remove()
            return
        self._write(self._document.project, self._document.path)

    def _keep_in_background(self) -> None:
        """``keep`` on a thread: a large project takes longer to write than a frame, and it is a value."""
        if self._task is not None and self._task.is_running:
            self._soon()
        elif not self._document.is_modified:
            self._remove()
        else:
            project, path = self._document.project, self._document.path
            self._task = Task(lambda report: self._write(project, path), "recovery", self)

    def _write(self, project: Project, path: Path | None) -> None:
        with suppress(ProjectError, OSError):  # a full disk must not stop the work; saving will say so
            if self._copy is None:
                self._copy = Copy(self._new_folder())
            self._copy.save(project, path)

    def _new_folder(self) -> Path:
        """A folder that no other window has, nor a program of the same number before. Raises ``OSError``."""
        names = (str(os.getpid()), *(f"{os.getpid()}-{number}" for number in range(2, 1000)))
        for name in names:
            with suppress(FileExistsError):
                (self._folder / name).mkdir(parents=True)
                return self._folder / name
        raise FileExistsError(names[-1])

    def _remove(self) -> None:
        copy, self._copy = self._copy, None
        if copy is not None:
            copy.remove()

    def left_behind(self) -> list[Copy]:
        """The copies of programs that no longer run; numbers are given again, and in a container always the same."""
        if not self._folder.is_dir():
            return []
        found = [(folder, _NUMBERED.fullmatch(folder.name)) for folder in sorted(self._folder.iterdir())]
        copies = [(Copy(folder), int(match[1])) for folder, match in found if match is not None]
        return [copy for copy, owner in copies if not copy.may_be_of(owner)]

    def close(self) -> None:
        """Stop, and remove the copy."""
        self._timer.stop()
        if self._task is not None:
            self._task.stop(10.0)
        self._remove()

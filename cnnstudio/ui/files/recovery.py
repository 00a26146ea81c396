"""Recovery: a copy of what is not saved yet, for the next start after a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.disk import DiskError, reason
from cnnstudio.project import Project, ProjectError
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.recovery_copy import Copy, Stamp
from cnnstudio.ui.task import Task

RECOVERY_MILLISECONDS = 2_000
AGAIN_MILLISECONDS = 20_000  # until it is tried once more, where no copy could be made


class Recovery(QObject):
    """Keeps a copy of the document while it has unsaved changes, and says on the disk which file is open here.

    ``failed`` says why no copy can be made, once until one can again, which ``mended`` says.
    """

    failed = Signal(str)
    mended = Signal()

    def __init__(self, document: Document, parent: QObject, stamp: Callable[[], Stamp | None] = lambda: None) -> None:
        super().__init__(parent)
        self._document, self._stamp = document, stamp  # of the document's file, as it is known here
        self._copy = Copy.new()
        self._trouble = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._keep_in_background)
        self._task: Task[str] | None = None
        document.changed.connect(self._soon)
        document.undo_stack.cleanChanged.connect(self._soon)
        document.path_changed.connect(self._soon)

    def _soon(self) -> None:
        if not self._timer.isActive() or self._timer.interval() != RECOVERY_MILLISECONDS:
            self._timer.start(RECOVERY_MILLISECONDS)

    def keep(self) -> None:
        """Write the copy now, or remove it where everything is saved."""
        self._tell(_kept(self._copy, self._wanted, self._document.path, self._stamp()))

    @property
    def _wanted(self) -> Project | None:
        return self._document.project if self._document.is_modified else None

    def _keep_in_background(self) -> None:
        """``keep`` on a thread: a large project takes longer to write than a frame, and it is a value."""
        if self._task is not None and self._task.is_running:
            self._soon()
            return
        copy, project, path, stamp = self._copy, self._wanted, self._document.path, self._stamp()
        self._task = Task(lambda report: _kept(copy, project, path, stamp), "recovery", self)
        self._task.finished.connect(self._tell)

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            if trouble:
                self.failed.emit(trouble)
            else:
                self.mended.emit()
        if trouble and not self._timer.isActive():
            self._timer.start(AGAIN_MILLISECONDS)

    def adopt(self, copy: Copy) -> None:
        """Go on with this copy, which a dead program has left, as the document's own: it is never written anew first.

        Where the disk has no room even for a word, it stays as it is, and is offered again the next time.
        """
        self._end_task()
        old, self._copy = self._copy, copy
        old.remove()
        try:
            copy.claim(self._document.path, self._stamp())
        except (DiskError, OSError) as error:
            self._tell(_told(error))

    def _end_task(self) -> None:
        if self._task is not None:
            self._task.stop(10.0)

    def close(self) -> None:
        """Stop, and remove the copy."""
        self._timer.stop()
        self._end_task()
        self._copy.remove()


def _kept(copy: Copy, project: Project | None, path: Path | None, stamp: Stamp | None) -> str:
    """Write this copy, or remove it where there is nothing to keep; a sentence where that cannot be done."""
    try:
        if project is not None:
            copy.save(project, path, stamp)
            return ""
        copy.drop()
        if path is None:
            copy.remove()
        else:
            copy.claim(path, stamp)
    except (ProjectError, DiskError, OSError) as error:
        return _told(error) if project is not None else ""  # a full disk must not stop the work
    return ""


def _told(error: Exception) -> str:
    said = reason(error) if isinstance(error, OSError) else str(error).rstrip(".")
    return f"No copy of what is not saved can be kept for a crash: {said}. Save your work."

"""Files: new, open, save and the recovery copy. What goes wrong is a sentence, and the open project is untouched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from cnnstudio.project import Project, ProjectError, from_template, read, write
from cnnstudio.ui.document import Document
from cnnstudio.ui.preferences import Preferences, home
from cnnstudio.ui.widgets.message_bar import Messages
from cnnstudio.ui.worker import Task

_psutil: Any = psutil  # it has no types
SUFFIX = ".cnn"
FILTER = f"CNN Studio projects (*{SUFFIX});;All files (*)"
RECOVERY_MILLISECONDS = 2_000


class Files(QObject):
    """The document's life on the disk. Asks in place before anything unsaved would be lost."""

    recent_changed = Signal()

    def __init__(self, document: Document, preferences: Preferences, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._preferences, self._messages, self._window = document, preferences, messages, window
        self._recovery = Recovery(document, self)

    @property
    def title(self) -> str:
        """What the project is called: its file's name, or "Untitled"."""
        return self._document.path.stem if self._document.path else "Untitled"

    @property
    def is_modified(self) -> bool:
        """Whether there is anything that no file holds."""
        return not self._document.undo_stack.isClean()

    # new and open

    def new(self, template: str | None = None, small: bool = False) -> None:
        """Begin an empty project, or one from a template; ``small`` takes its variant for images of 32 × 32."""
        self.guard(lambda: self._begin(template, small))

    def _begin(self, template: str | None, small: bool) -> None:
        if template is None:
            self._document.open(Project(), None)
            return
        self._document.open(from_template(template, small), None)

    def open(self, path: Path | None = None) -> None:
        """Open a project file; without a path a dialog asks for one."""
        if path is not None:
            self.guard(lambda: self._open(path))
        else:
            dialog = self._dialog("Open a project", QFileDialog.AcceptMode.AcceptOpen, FILTER)
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.fileSelected.connect(lambda name: self.guard(lambda: self._open(Path(name))))
            dialog.open()

    def _open(self, path: Path) -> None:
        try:
            project = read(path)
        except ProjectError as error:
            if not path.exists():
                self._preferences.forget(path)
                self.recent_changed.emit()
            self._messages.say(str(error), "error")
            return
        self._document.open(project, path)
        self._remember(path)

    # save

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save where the project is kept, or ask where; ``then`` runs once it is saved."""
        if self._document.path is None:
            self.save_as(then)
        else:
            self._save(self._document.path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a file and save there."""
        self.choose("Save the project", f"{self.title}{SUFFIX}", FILTER, SUFFIX, lambda path: self._save(path, then))

    def _save(self, path: Path, then: Callable[[], object] | None = None) -> None:
        try:
            write(path, self._document.project)
        except ProjectError as error:
            self._messages.say(str(error), "error")
            return
        self._document.set_path(path)
        self._remember(path)
        self._document.said.emit(f"Saved {path.name}.")
        if then is not None:
            then()

    def choose(
        self,
        title: str,
        name: str,
        filters: str,
        suffix: str,
        then: Callable[[Path], object],
        *,
        kinds: tuple[str, ...] = (),
    ) -> None:
        """Ask for a file to write, and give it to ``then``; nothing happens where the person cancels.

        Where ``filters`` offers several ``kinds`` of file, a name with none of their endings gets that of the filter.
        """
        dialog = self._dialog(title, QFileDialog.AcceptMode.AcceptSave, filters)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(name)

        def ending() -> str:
            return next((kind for kind in kinds if f"*{kind})" in dialog.selectedNameFilter()), suffix)

        dialog.filterSelected.connect(lambda _: dialog.setDefaultSuffix(ending().removeprefix(".")))
        dialog.fileSelected.connect(lambda chosen: self._take(Path(chosen), kinds, ending(), then))
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode, filters: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, str(self._preferences.folder), filters)
        dialog.setAcceptMode(mode)
        dialog.fileSelected.connect(self._stay_in)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _stay_in(self, name: str) -> None:
        self._preferences.folder = Path(name).parent

    def _remember(self, path: Path) -> None:
        self._preferences.remember(path)
        self.recent_changed.emit()

    def _take(self, path: Path, kinds: tuple[str, ...], ending: str, then: Callable[[Path], object]) -> None:
        if not kinds or path.suffix.lower() in kinds:
            then(path)
        elif (whole := path.with_name(path.name + ending)).exists():  # the dialog asked for another name
            choices = ("Replace it", lambda: then(whole)), ("Keep it", lambda: None)
            self._messages.say(f"{whole.name} is there already.", "warning", *choices)
        else:
            then(whole)

    # nothing is lost

    def guard(self, then: Callable[[], object]) -> bool:
        """Do ``then`` where nothing would be lost by it, else ask in place first; whether it was done at once."""
        if not self.is_modified:
            then()
            return True

        self._messages.say(
            f"{self.title} has changes that are not saved.",
            "warning",
            ("Save", lambda: self.save(then)),
            ("Do not save", then),
            ("Cancel", lambda: None),
        )
        return False

    def offer_recovery(self) -> None:
        """Offer what a program that ended badly left behind."""
        for copy in self._recovery.left_behind():
            try:
                project, path, moment = copy.load()
            except (ProjectError, OSError):
                copy.remove()
                continue
            name = path.stem if path else "An untitled project"

            def recover(copy: Copy = copy, project: Project = project, path: Path | None = path) -> None:
                self.guard(lambda: self._recover(copy, project, path))

            self._messages.say(
                f"{name} was not saved when the program ended on {moment:%d %B at %H:%M}. A copy was kept.",
                "warning",
                ("Open the copy", recover),
                ("Delete it", copy.remove),
            )

    def _recover(self, copy: Copy, project: Project, path: Path | None) -> None:
        self._document.open(project, path)
        self._document.undo_stack.resetClean()
        self._recovery.keep()
        copy.remove()

    def close(self) -> None:
        """Remove the recovery copy: the project is saved, or was given up."""
        self._recovery.close()


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

    def remove(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Recovery(QObject):
    """Keeps a copy of the document while it has unsaved changes, one folder for each running program."""

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._folder = home() / "recovery"
        self._copy = Copy(self._folder / str(os.getpid()))
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
        if self._document.undo_stack.isClean():
            self._copy.remove()
            return
        self._write(self._document.project, self._document.path)

    def _keep_in_background(self) -> None:
        """``keep`` on a thread: a large project takes longer to write than a frame, and it is a value."""
        if self._task is not None and self._task.is_running:
            self._soon()
        elif self._document.undo_stack.isClean():
            self._copy.remove()
        else:
            project, path = self._document.project, self._document.path
            self._task = Task(lambda report: self._write(project, path), "recovery", self)

    def _write(self, project: Project, path: Path | None) -> None:
        with suppress(ProjectError, OSError):  # a full disk must not stop the work; saving will say so
            self._copy.save(project, path)

    def left_behind(self) -> list[Copy]:
        """The copies of programs that no longer run."""
        if not self._folder.is_dir():
            return []
        folders = [folder for folder in sorted(self._folder.iterdir()) if folder.name.isdigit()]
        return [Copy(f) for f in folders if int(f.name) != os.getpid() and not _psutil.pid_exists(int(f.name))]

    def close(self) -> None:
        """Stop, and remove the copy."""
        self._timer.stop()
        if self._task is not None:
            self._task.stop(10.0)
        self._copy.remove()

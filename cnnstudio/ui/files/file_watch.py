"""File watch: says in place when another program has changed, deleted or moved the file of the open project.

It looks at the file from time to time, on a thread. To be told by the system instead would not do: that says nothing of
what another computer does to a disk in a network, loses a file when another takes its place, and makes the window wait
for a disk that does not answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer

from cnnstudio.project import Project, ProjectError, read
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.recovery_copy import Stamp, others_with, stamp_of
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.messages import Choice, Messages
from cnnstudio.wording import listed

LOOK_MILLISECONDS = 2_000
SETTLE_MILLISECONDS = 300  # between two looks that must find the same: a file is replaced in several steps
FILE, ELSEWHERE = "file", "elsewhere"  # what messages are about

State = Literal["same", "changed", "gone", "away"]


@dataclass(frozen=True)
class Look:
    """How the file stands, with what is in it where that is another project, or in ``trouble`` why nobody can say."""

    state: State
    stamp: Stamp | None = None
    project: Project | None = None
    trouble: str = ""


class FileWatch(QObject):
    """Follows the file of a document; ``save`` and ``save_as`` are offered where the file does not hold it any more."""

    def __init__(
        self,
        document: Document,
        messages: Messages,
        save: Callable[[], object],
        save_as: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._messages, self._save, self._save_as = document, messages, save, save_as
        self._path: Path | None = None
        self._stamp: Stamp | None = None  # of the file, as it was opened or saved here
        self._saved: Project | None = None
        self._told = Look("same")
        self._last = Look("same")
        self._clean_at = -1  # where the undo stack was when the file held the project no more
        self._task: Task[Look] | None = None
        self._others: Task[list[str]] | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        document.path_changed.connect(self._know)

    @property
    def stamp(self) -> Stamp | None:
        """Of the file as it is known here."""
        return self._stamp

    def is_as_known(self, path: Path) -> bool:
        """Whether the file is as it was opened or saved here, or is not there; asked right before it is replaced."""
        return path != self._path or self._stamp is None or stamp_of(path) in (None, self._stamp)

    def _know(self, path: Path | None) -> None:
        """Take the file as it is now for that of the project as it is now."""
        is_another = path != self._path
        self._path, self._saved = path, self._document.project
        self._settle(stamp_of(path) if path is not None else None)
        if path is not None and is_another:
            self._look_for_others(path)

    def _settle(self, stamp: Stamp | None) -> None:
        self._stamp, self._told, self._last, self._clean_at = stamp, Look("same"), Look("same"), -1
        self._drop()
        self._messages.withdraw(FILE)
        if self._path is not None and stamp is not None:
            self._timer.start(LOOK_MILLISECONDS)
        else:
            self._timer.stop()

    def _drop(self) -> None:
        """Await no look any more that began before something changed here; one that waits for a disk is left to it."""
        if self._task is not None:
            self._task.stop()
            self._task = None

    # looking

    def look(self) -> None:
        """Look at the file, on a thread; while a look waits for the disk no other one begins."""
        path, stamp, saved, told = self._path, self._stamp, self._saved, self._told
        if path is None or stamp is None or (self._task is not None and self._task.is_running):
            return
        self._task = Task(lambda report: _look(path, stamp, saved, told), "file", self)
        self._task.finished.connect(self._take)

    def _take(self, look: Look) -> None:
        is_settled, self._last = look == self._last, look
        self._timer.start(LOOK_MILLISECONDS if is_settled else SETTLE_MILLISECONDS)
        if look.state == "same" and look.stamp is not None:
            self._stamp = look.stamp  # written anew, and the same
        if is_settled and look != self._told:
            self._told = look
            self._tell(look)

    def _tell(self, look: Look) -> None:
        stack = self._document.undo_stack
        if look.state == "same":
            self._messages.withdraw(FILE)
            if self._clean_at == stack.index():
                stack.setClean()
            self._clean_at = -1
            return
        if stack.isClean():
            self._clean_at = stack.index()
            stack.resetClean()  # no file holds it as it is
        name = self._path.name if self._path is not None else self._document.title
        sentence, *choices = self._told_of(look, name)
        self._messages.withdraw(FILE)
        self._messages.say(sentence, "warning", *choices, about=FILE)

    def _told_of(self, look: Look, name: str) -> tuple[str, *tuple[Choice, ...]]:
        elsewhere: Choice = ("Save under another name…", self._save_as)
        if look.state == "gone":
            sentence = f"{name} is not in its folder any more: it was deleted, moved or renamed. It is still open here."
            return sentence, ("Save it again", self._save), elsewhere
        if look.state == "away":
            return f"{name} cannot be reached: its folder or its disk is gone. It is still open here.", elsewhere
        keep: Choice = ("Keep mine", lambda: self._keep(look))
        project = look.project
        if project is None:
            sentence = f"{name} was changed by another program, and cannot be read now: {look.trouble}"
            return f"{sentence} What you opened is still here.", keep
        sentence = f"{name} was changed by another program. Undo brings yours back after you reload it."
        return sentence, ("Reload", lambda: self._reload(look, project)), keep

    # what the person says to it

    def _reload(self, look: Look, project: Project) -> None:
        """Show what is in the file, as a step that can be undone."""
        document = self._document
        document.edit(f"Reload {document.title}", project)
        if dataclasses.replace(document.project, run=project.run) != project:
            return  # a lesson does not allow it, and has said so
        is_other_run = project.run != document.project.run
        document.take_run(project.run)
        document.mark_saved()
        self._saved = document.project
        self._settle(look.stamp)
        if is_other_run:
            document.opened.emit()  # its weights come along
        self.look()  # it may have changed again

    def _keep(self, look: Look) -> None:
        """Leave the file alone until the person saves, which then replaces it unasked."""
        self._settle(look.stamp)
        self._saved = look.project

    # who else has it open

    def _look_for_others(self, path: Path) -> None:
        self._messages.withdraw(ELSEWHERE)
        if self._others is not None:
            self._others.stop()

        def hosts(report: object) -> list[str]:
            return [owner.host if owner.is_elsewhere else "" for owner in others_with(path)]

        self._others = Task(hosts, "others", self)
        self._others.finished.connect(lambda found: self._tell_of_others(path, found))

    def _tell_of_others(self, path: Path, hosts: list[str]) -> None:
        if hosts:
            there = listed(sorted({f"on the computer {host}" if host else "here" for host in hosts}))
            self._messages.say(
                f"{path.name} is open in another CNN Studio as well, {there}. "
                "When it is saved there, you are told, and asked before you replace it.",
                "warning",
                about=ELSEWHERE,
            )

    def close(self) -> None:
        """Look no more."""
        self._path = None
        self._timer.stop()
        self._drop()
        if self._others is not None:
            self._others.stop()


def _look(path: Path, stamp: Stamp, saved: Project | None, told: Look) -> Look:
    """How the file stands against this stamp and this project; what was told already is not read again."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        try:
            return Look("gone" if path.parent.is_dir() and not path.exists() else "away")
        except (OSError, ValueError):
            return Look("away")
    now = about.st_mtime_ns, about.st_size
    if now == stamp:
        return Look("same", now)
    if told.state == "changed" and told.stamp == now:
        return told
    try:
        project = read(path)
    except ProjectError as error:
        return Look("changed", now, trouble=str(error))
    return Look("same", now) if project == saved else Look("changed", now, project)

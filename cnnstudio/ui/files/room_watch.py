"""Room: says while a person draws that a project is becoming too large for a file, so that it can still be undone."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from cnnstudio.project import Project
from cnnstudio.project.limits import is_near
from cnnstudio.project.writing import Room, room
from cnnstudio.ui.document import Document
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.messages import Messages

ROOM = "room in a file"  # what its messages are about
MILLISECONDS = 300  # after a change, of which many come at once


class RoomWatch(QObject):
    """Looks after each change; a project that is near a limit is measured on a thread, as saving would measure it."""

    def __init__(self, document: Document, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._messages = document, messages
        self._is_near_said = False
        self._task: Task[tuple[Project, Room]] | None = None
        self._timer = QTimer(self, singleShot=True, interval=MILLISECONDS)
        self._timer.timeout.connect(self.look)
        document.changed.connect(self._timer.start)

    def look(self) -> None:
        """See whether a file can hold the project as it is now."""
        if self._task is not None and self._task.is_running:
            self._timer.start()
            return
        project = self._document.project
        if not is_near(project.graph, project.corrections):
            self._tell((project, Room()))
            return
        self._task = Task(lambda report: (project, room(project)), "room", self)
        self._task.finished.connect(self._tell)

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()
        if self._task is not None:
            self._task.stop(10.0)

    def _tell(self, found: tuple[Project, Room]) -> None:
        project, measured = found
        if project is not self._document.project:
            self._timer.start()
        if measured.refusal:
            sentence = f"{self._document.title} cannot be saved as it is now. {measured.refusal}"
            undo = self._document.undo_stack.undo
            choices = [("Undo", undo)] if self._document.undo_stack.canUndo() else []
            self._messages.say(sentence, "error", *choices, about=ROOM)
            return
        self._messages.withdraw(ROOM)
        if measured.nearness and not self._is_near_said:
            sentence = f"{self._document.title} will soon be too large to be saved: it has {measured.nearness}."
            self._messages.say(sentence, about=ROOM)
        self._is_near_said = bool(measured.nearness)

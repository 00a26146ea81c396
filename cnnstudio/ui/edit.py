"""Edit: the one command of undo."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QUndoCommand

from cnnstudio.project import Project


class Wants(Protocol):
    """What is told which project the undo stack has come to."""

    def want(self, project: Project) -> None:
        """Take this project for the one that is wanted."""


class Edit(QUndoCommand):
    """The project before and the project after; edits with the same ``merge`` are one."""

    def __init__(self, document: Wants, text: str, before: Project, after: Project, merge: str | None) -> None:
        super().__init__(text)
        self._document, self._before, self._after, self._merge = document, before, after, merge

    def undo(self) -> None:
        self._document.want(self._before)

    def redo(self) -> None:
        self._document.want(self._after)

    def id(self) -> int:
        return -1 if self._merge is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, Edit) or other._merge != self._merge:
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True

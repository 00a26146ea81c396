"""Edit: the one command of undo."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from PySide6.QtGui import QUndoCommand

V = TypeVar("V")
V_contra = TypeVar("V_contra", contravariant=True)


class Wants(Protocol[V_contra]):
    """What is told which value the undo stack has come to."""

    def want(self, value: V_contra, /) -> None:
        """Take this value for the one that is wanted."""


class Edit(QUndoCommand, Generic[V]):
    """The value before and the value after, a project or a lesson; edits with the same ``merge`` are one."""

    def __init__(self, owner: Wants[V], text: str, before: V, after: V, merge: str | None) -> None:
        super().__init__(text)
        self._owner, self._before, self._after, self._merge = owner, before, after, merge

    def undo(self) -> None:
        self._owner.want(self._before)

    def redo(self) -> None:
        self._owner.want(self._after)

    def id(self) -> int:
        return -1 if self._merge is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, Edit) or other._merge != self._merge:
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True
